"""Folders of known files -> a bundle.

Every file of the tree is a known file, and every member of an archive is one
too: a thief unpacks. What cannot be read as text is still known by its bytes,
its size and checksum, and its name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from leakwatch.corpus.assemble import assemble, population
from leakwatch.corpus.background import Background, BackgroundTable
from leakwatch.corpus.bundle import new_bundle, refuse_existing, write_manifest, write_segment
from leakwatch.corpus.calibration import Calibration, CommonPolicy
from leakwatch.corpus.intake import EMPTY, FileReader, Taken, batches, take
from leakwatch.corpus.known import Fingerprinter, KnownFile, RawText
from leakwatch.corpus.labels import Labels
from leakwatch.corpus.manifest import Manifest
from leakwatch.corpus.mapping import write_map
from leakwatch.corpus.parallel import in_order
from leakwatch.corpus.segment import F4, IN_BACKGROUND, Segment
from leakwatch.corpus.tree import Found, TreeEntry, walk
from leakwatch.errors import CorpusError, MissingFile
from leakwatch.fingerprint.key import FingerprintKey
from leakwatch.fingerprint.sketch import Sketch

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """What to build from, and what to call it."""

    folders: tuple[Path, ...]
    out: Path
    background: tuple[Path, ...] = ()
    labels: Labels = field(default_factory=Labels)
    map_file: Path | None = None
    """Where to write the custodian's CSV of ids and paths."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One file that is not known as it should be."""

    path: str = field(repr=False)
    slug: str
    """``empty``, ``skipped``, ``unreadable``, or what stopped its reading."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build came to."""

    manifest: Manifest
    problems: tuple[Problem, ...] = field(repr=False)


class PeakMeasure(Protocol):
    """Measures how near the background comes to each known file (``match.peaks``)."""

    def __call__(
        self, segment: Segment, background: BackgroundTable, policy: CommonPolicy, population: int
    ) -> F4: ...


@dataclass(frozen=True, slots=True)
class _Item(Generic[Made]):
    """What is left of a file or member when its content is dropped."""

    path: str = field(repr=False)
    relative: str = field(repr=False)
    is_member: bool
    problem: str | None
    made: Made | None


class Builder:
    """Builds bundles under one key.

    Args:
        key: what everything is fingerprinted under.
        reader: opens hostile bytes; called from ``jobs`` threads at once.
        measure_peaks: ``match.peaks.background_peaks``.
        jobs: files read at the same time.
        tool: name and version written into the manifest.
    """

    def __init__(
        self,
        key: FingerprintKey,
        reader: FileReader,
        *,
        measure_peaks: PeakMeasure,
        jobs: int = 1,
        tool: str,
    ) -> None:
        self._fingerprinter = Fingerprinter(key)
        self._reader = reader
        self._measure_peaks = measure_peaks
        self._jobs = jobs
        self._tool = tool

    def build(
        self,
        request: BuildRequest,
        *,
        created_at: datetime,
        progress: Callable[[int], None] = lambda _: None,
    ) -> BuildReport:
        """Write one bundle.

        Args:
            request: what to build from.
            created_at: aware UTC, for the manifest.
            progress: called with the number of files done.

        Raises:
            CorpusExists: the output name, or the map's, is taken.
            MissingFile: a folder is not there.
            CorpusError: nothing can be written there.
        """
        _check(request)
        known = _Known(request.labels)
        for folder in request.folders:
            for item in self._made(folder, self._known_file, progress):
                known.add(folder, item)
        files = known.files()
        background = Background(files)
        for folder in request.background:
            for found in self._made(folder, self._document, progress):
                known.counts["background_unread"] += found.problem is not None
                if found.made is not None:
                    background.add(*found.made)
        with new_bundle(request.out) as folder:
            manifest = self._write(folder, files, background.table(), known.counts, created_at)
        if request.map_file is not None:
            write_map(request.map_file, known.paths)
        return BuildReport(manifest, tuple(known.problems))

    def _write(
        self,
        folder: Path,
        files: Sequence[KnownFile],
        background: BackgroundTable,
        counts: Counter[str],
        created_at: datetime,
    ) -> Manifest:
        categories = tuple(sorted({f.category for f in files if f.category is not None}))
        policy = CommonPolicy.for_background(background.documents)
        segment = assemble(files, background, policy=policy, categories=categories)
        size = population(segment, background)
        peaks = self._measure_peaks(segment, background, policy, size)
        segment = replace(segment, background_peaks=peaks)
        counts["in_background"] = int((segment.flags & IN_BACKGROUND).sum())
        entry = write_segment(folder, "0000", segment, population=size)
        manifest = Manifest(
            tool=self._tool,
            created_at=created_at.isoformat(timespec="seconds"),
            params=self._fingerprinter.params,
            common=policy,
            calibration=Calibration(),
            background_documents=background.documents,
            counts=dict(sorted((+counts).items())),
            categories=categories,
            segments=(entry,),
        ).sealed()
        write_manifest(folder, manifest)
        return manifest

    def _made(
        self,
        folder: Path,
        make: Callable[[Taken], Made | None],
        progress: Callable[[int], None],
    ) -> Iterator[_Item[Made]]:
        """Yield everything in a folder with what is made of it, in order."""

        def item(taken: Taken) -> _Item[Made]:
            path = f"{folder}/{taken.relative}"
            return _Item(path, taken.relative, taken.is_member, taken.problem, make(taken))

        def work(batch: list[TreeEntry]) -> list[_Item[Made]]:
            return [item(taken) for taken in take(self._reader, batch)]

        for batch, items in in_order(work, batches(walk(folder)), jobs=self._jobs):
            progress(len(batch))
            yield from items

    def _known_file(self, taken: Taken) -> KnownFile | None:
        artefact = taken.artefact
        if artefact is None or not artefact.sha256 or not artefact.size_bytes:
            return None
        return self._fingerprinter.known_file(artefact, taken.names)

    def _document(self, taken: Taken) -> tuple[RawText, Sketch] | None:
        artefact = taken.artefact
        return self._fingerprinter.document(artefact) if artefact and artefact.sha256 else None


class _Known:
    """The known files as they come in: each once, under all its names."""

    def __init__(self, labels: Labels) -> None:
        self._labels = labels
        self._by_raw: dict[bytes, KnownFile] = {}
        self.paths: list[tuple[str, str]] = []
        self.counts: Counter[str] = Counter()
        self.problems: list[Problem] = []

    def add(self, folder: Path, item: _Item[KnownFile]) -> None:
        self.counts["members" if item.is_member else "files"] += 1
        if item.problem is not None:
            told_apart = {EMPTY, *Found}
            self.counts[item.problem if item.problem in told_apart else "unread"] += 1
            self.problems.append(Problem(item.path, item.problem))
        file = item.made
        if file is None:
            return
        label = self._labels.of(folder, item.relative)
        if label is not None:
            file = replace(file, subject=label.subject, category=label.category)
        earlier = self._by_raw.get(file.raw)
        self.counts["duplicate" if earlier else "known"] += 1
        self.counts["without_text"] += not earlier and not file.letters
        self._by_raw[file.raw] = earlier.merged(file) if earlier else file
        self.paths.append((file.id, item.path))

    def files(self) -> list[KnownFile]:
        """Return every file once, by its raw digest."""
        return [self._by_raw[raw] for raw in sorted(self._by_raw)]


def _check(request: BuildRequest) -> None:
    """Find out before an hour's reading what would stop the writing after it."""
    outputs = [request.out, *([request.map_file] if request.map_file else [])]
    for path in outputs:
        refuse_existing(path)
        if not path.parent.is_dir():
            raise CorpusError(f"{path}: the folder {path.parent} is not there")
    for folder in (*request.folders, *request.background):
        if not folder.is_dir():
            raise MissingFile(f"{folder}: no such folder")
