"""``manifest.json``: what a bundle is, and the digest of everything in it.

{"format": "leakwatch-corpus", "schema": 2, "tool": "leakwatch X", "created_at": ISO 8601,
 "params": {...}, "common": {...}, "calibration": {...}, "counts": {...},
 "kinds": {KIND: {OUTCOME: N}}, "categories": [...],
 "background": {"documents": N, "sample": N, "arrays": {NAME: {"sha256": ..., "bytes": N}}},
 "segments": [{"name": "0000", "files": N, "families": N, "repeated": N, "population": N,
               "withdrawn": [N, ...], "arrays": {...}}],
 "withdrawn": ["k-..."],
 "history": [{"digest": ..., "at": ISO 8601, "then": "add"}, ...],
 "digest": SHA-256 of all the above as canonical JSON}

It is replaced whole, by a rename: that is what makes an addition or a
withdrawal happen. ``history`` names the states before this one and what was
then done to each.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from leakwatch.corpus.calibration import Calibration, CommonPolicy
from leakwatch.errors import CorpusCorrupt, CorpusError
from leakwatch.model.coverage import KindCounts
from leakwatch.model.fingerprint import FingerprintParams

NAME = "manifest.json"
FORMAT = "leakwatch-corpus"
SCHEMA = 2


@dataclass(frozen=True, slots=True)
class ArrayFile:
    """One ``.npy`` file of a segment."""

    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class SegmentEntry:
    """What the manifest says of one segment."""

    name: str
    files: int
    population: int
    """Groups of known files and background documents that rarity is counted in."""
    arrays: Mapping[str, ArrayFile] = field(repr=False)
    families: int = 0
    """Families of near-duplicates among its own files."""
    repeated: int = 0
    """Files that an older segment has too: they came again under another name."""
    withdrawn: tuple[int, ...] = ()
    """Files of it that are known no longer, by index."""


@dataclass(frozen=True, slots=True)
class BackgroundEntry:
    """What the manifest says of the background."""

    documents: int
    sample: int
    """Documents that are kept whole, for calibration."""
    arrays: Mapping[str, ArrayFile] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Step:
    """A state of the corpus that was, and what was then done to it."""

    digest: str
    at: str
    then: str
    """``add``, ``merge`` or ``withdraw``."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A bundle's own description."""

    tool: str
    created_at: str
    params: FingerprintParams
    common: CommonPolicy
    calibration: Calibration
    background: BackgroundEntry
    images: str | None
    """How pictures are kept (``fingerprint.image.SCHEME``); None: they were not asked for."""
    counts: Mapping[str, int]
    """What the build and every addition met, by what the command line calls it."""
    categories: tuple[str, ...]
    segments: tuple[SegmentEntry, ...]
    kinds: KindCounts = field(default_factory=dict)
    """What came of reading files and members, kind by kind; empty in bundles of old."""
    withdrawn: tuple[str, ...] = ()
    """Ids of known files that are known no longer."""
    history: tuple[Step, ...] = ()
    digest: str = field(default="", compare=False)
    """Of the manifest itself: names this state of the corpus."""

    @property
    def files(self) -> int:
        """Return how many files are known, withdrawn ones left out."""
        return sum(s.files - s.repeated for s in self.segments) - len(self.withdrawn)

    @property
    def background_documents(self) -> int:
        return self.background.documents

    @property
    def size_bytes(self) -> int:
        """Return what all arrays take on disk."""
        every = [self.background.arrays, *(s.arrays for s in self.segments)]
        return sum(a.size_bytes for arrays in every for a in arrays.values())

    def after(self, then: str, *, at: str) -> tuple[Step, ...]:
        """Return the history of the state that follows this one."""
        return (*self.history, Step(self.digest, at, then))

    def info(self) -> dict[str, Any]:
        """Return what may be said of the bundle to anybody, JSON-ready."""
        return {
            "key_id": self.params.key_id,
            "created_at": self.created_at,
            "tool": self.tool,
            "files": self.files,
            "families": sum(s.families for s in self.segments),
            "withdrawn": len(self.withdrawn),
            "segments": len(self.segments),
            "size_bytes": self.size_bytes,
            "images": self.images,
            "background_documents": self.background.documents,
            "background_kept": self.background.sample,
            "background_bytes": sum(a.size_bytes for a in self.background.arrays.values()),
            "counts": dict(self.counts),
            "kinds": _told_kinds(self.kinds),
            "categories": list(self.categories),
            "params": self.params.as_dict(),
            "common": asdict(self.common),
            "calibration": self.calibration.as_dict(),
            "digest": self.digest,
        }

    def to_json(self) -> str:
        """Return the text of ``manifest.json``."""
        fields = self._fields()
        return json.dumps({**fields, "digest": _digest(fields)}, indent=1) + "\n"

    def sealed(self) -> Manifest:
        """Return the manifest with its own digest filled in."""
        return replace(self, digest=_digest(self._fields()))

    def _fields(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "schema": SCHEMA,
            "tool": self.tool,
            "created_at": self.created_at,
            "params": self.params.as_dict(),
            "common": asdict(self.common),
            "calibration": self.calibration.as_dict(),
            "background": {
                "documents": self.background.documents,
                "sample": self.background.sample,
                "arrays": _told(self.background.arrays),
            },
            "images": self.images,
            "counts": dict(self.counts),
            # Told only where there are any: a bundle of old keeps its digest.
            **({"kinds": _told_kinds(self.kinds)} if self.kinds else {}),
            "categories": list(self.categories),
            "segments": [
                {
                    "name": s.name,
                    "files": s.files,
                    "families": s.families,
                    "repeated": s.repeated,
                    "population": s.population,
                    "withdrawn": list(s.withdrawn),
                    "arrays": _told(s.arrays),
                }
                for s in self.segments
            ],
            "withdrawn": list(self.withdrawn),
            "history": [asdict(step) for step in self.history],
        }


def parse(text: str, *, where: str) -> Manifest:
    """Read ``manifest.json``.

    Raises:
        CorpusError: not a bundle of ours, or of a schema this version does not know.
        CorpusCorrupt: it was ours and is damaged.
    """
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        raise CorpusCorrupt(f"{where}: {NAME} is damaged: not JSON") from None
    if not isinstance(fields, dict) or fields.get("format") != FORMAT:
        raise CorpusError(f"{where}: {NAME} does not describe a corpus")
    if fields.get("schema") != SCHEMA:
        raise CorpusError(
            f"{where}: corpus schema {fields.get('schema')!r}, this version reads {SCHEMA}",
            hint="use the leakwatch that built it, or build the corpus again",
        )
    digest = fields.pop("digest", None)
    if digest != _digest(fields):
        raise CorpusCorrupt(f"{where}: {NAME} fails its own digest")
    try:
        return _manifest(fields, digest)
    except (KeyError, TypeError, AttributeError):
        raise CorpusCorrupt(f"{where}: {NAME} lacks what a corpus must say") from None


def _told(arrays: Mapping[str, ArrayFile]) -> dict[str, Any]:
    return {name: {"sha256": a.sha256, "bytes": a.size_bytes} for name, a in arrays.items()}


def _told_kinds(kinds: KindCounts) -> dict[str, dict[str, int]]:
    return {kind: dict(words) for kind, words in kinds.items()}


def _arrays(fields: Mapping[str, Any]) -> dict[str, ArrayFile]:
    return {
        name: ArrayFile(_text(a["sha256"]), _count(a["bytes"]))
        for name, a in fields["arrays"].items()
    }


def _manifest(fields: dict[str, Any], digest: str) -> Manifest:
    segments = [
        SegmentEntry(
            name=_text(s["name"]),
            files=_count(s["files"]),
            population=_count(s["population"]),
            arrays=_arrays(s),
            families=_count(s["families"]),
            repeated=_count(s["repeated"]),
            withdrawn=tuple(_count(n, below=s["files"]) for n in s["withdrawn"]),
        )
        for s in fields["segments"]
    ]
    background = fields["background"]
    return Manifest(
        tool=_text(fields["tool"]),
        created_at=_text(fields["created_at"]),
        params=FingerprintParams(**fields["params"]),
        common=CommonPolicy(**fields["common"]),
        calibration=Calibration.from_dict(fields["calibration"]),
        background=BackgroundEntry(
            _count(background["documents"]), _count(background["sample"]), _arrays(background)
        ),
        images=None if fields["images"] is None else _text(fields["images"]),
        counts={_text(name): _count(n) for name, n in fields["counts"].items()},
        categories=tuple(map(_text, fields["categories"])),
        segments=tuple(segments),
        kinds={
            _text(kind): {_text(word): _count(n) for word, n in words.items()}
            for kind, words in fields.get("kinds", {}).items()
        },
        withdrawn=tuple(map(_text, fields["withdrawn"])),
        history=tuple(Step(**step) for step in fields["history"]),
        digest=digest,
    )


def _count(value: Any, *, below: int = 1 << 63) -> int:
    """Return what is a count; raises TypeError for anything else."""
    if type(value) is int and 0 <= value < below:
        return value
    raise TypeError


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise TypeError


def _digest(fields: Mapping[str, Any]) -> str:
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()
