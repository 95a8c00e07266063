"""``manifest.json``: what a bundle is, and the digest of everything in it.

{"format": "leakwatch-corpus", "schema": 1, "tool": "leakwatch X", "created_at": ISO 8601,
 "params": {...}, "common": {...}, "calibration": {...}, "population": N,
 "background_documents": N, "counts": {...}, "categories": [...],
 "segments": [{"name": "0000", "files": N, "arrays": {NAME: {"sha256": ..., "bytes": N}}}],
 "withdrawn": ["k-..."], "digest": SHA-256 of all the above as canonical JSON}
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from leakwatch.corpus.calibration import Calibration, CommonPolicy
from leakwatch.errors import CorpusCorrupt, CorpusError
from leakwatch.model.fingerprint import FingerprintParams

NAME = "manifest.json"
FORMAT = "leakwatch-corpus"
SCHEMA = 1


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
    arrays: Mapping[str, ArrayFile]


@dataclass(frozen=True, slots=True)
class Manifest:
    """A bundle's own description."""

    tool: str
    created_at: str
    params: FingerprintParams
    common: CommonPolicy
    calibration: Calibration
    background_documents: int
    counts: Mapping[str, int]
    """What the build met: see ``build.Counts``."""
    categories: tuple[str, ...]
    segments: tuple[SegmentEntry, ...]
    withdrawn: tuple[str, ...] = ()
    """Ids of known files that are known no longer."""
    digest: str = field(default="", compare=False)
    """Of the manifest itself: names this state of the corpus."""

    @property
    def files(self) -> int:
        """Return how many files are known, withdrawn ones left out."""
        return sum(s.files for s in self.segments) - len(self.withdrawn)

    def info(self) -> dict[str, Any]:
        """Return what may be said of the bundle to anybody, JSON-ready."""
        return {
            "key_id": self.params.key_id,
            "created_at": self.created_at,
            "tool": self.tool,
            "files": self.files,
            "withdrawn": len(self.withdrawn),
            "segments": len(self.segments),
            "size_bytes": sum(a.size_bytes for s in self.segments for a in s.arrays.values()),
            "background_documents": self.background_documents,
            "counts": dict(self.counts),
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
            "background_documents": self.background_documents,
            "counts": dict(self.counts),
            "categories": list(self.categories),
            "segments": [
                {
                    "name": s.name,
                    "files": s.files,
                    "population": s.population,
                    "arrays": {
                        name: {"sha256": a.sha256, "bytes": a.size_bytes}
                        for name, a in s.arrays.items()
                    },
                }
                for s in self.segments
            ],
            "withdrawn": list(self.withdrawn),
        }


def parse(text: str, *, where: str) -> Manifest:
    """Read ``manifest.json``.

    Raises:
        CorpusError: not a bundle of ours, or of a schema this version does not know.
        CorpusCorrupt: it was ours and is damaged.
    """
    try:
        fields = json.loads(text)
    except ValueError:
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


def _manifest(fields: dict[str, Any], digest: str) -> Manifest:
    segments = [
        SegmentEntry(
            name=s["name"],
            files=s["files"],
            population=s["population"],
            arrays={n: ArrayFile(a["sha256"], a["bytes"]) for n, a in s["arrays"].items()},
        )
        for s in fields["segments"]
    ]
    return Manifest(
        tool=fields["tool"],
        created_at=fields["created_at"],
        params=FingerprintParams(**fields["params"]),
        common=CommonPolicy(**fields["common"]),
        calibration=Calibration.from_dict(fields["calibration"]),
        background_documents=fields["background_documents"],
        counts=fields["counts"],
        categories=tuple(fields["categories"]),
        segments=tuple(segments),
        withdrawn=tuple(fields["withdrawn"]),
        digest=digest,
    )


def _digest(fields: Mapping[str, Any]) -> str:
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()
