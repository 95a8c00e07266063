"""Folders of known files -> a bundle.

Every file of the tree is a known file, and every member of an archive is one
too: a thief unpacks. What cannot be read as text is still known by its bytes,
its size and checksum, and its name.
"""

from __future__ import annotations

import csv
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from leakwatch.corpus.assemble import assemble, population
from leakwatch.corpus.background import Background, BackgroundTable
from leakwatch.corpus.bundle import new_bundle, refuse_existing, write_manifest, write_segment
from leakwatch.corpus.calibration import Calibration, CommonPolicy
from leakwatch.corpus.known import Fingerprinter, KnownFile
from leakwatch.corpus.labels import Labels
from leakwatch.corpus.manifest import Manifest
from leakwatch.corpus.parallel import in_order
from leakwatch.corpus.tree import (
    MAX_READ_BYTES,
    Found,
    TreeEntry,
    digest_only,
    read_bytes,
    walk,
)
from leakwatch.errors import CorpusError, MissingFile
from leakwatch.fingerprint.key import FingerprintKey
from leakwatch.fingerprint.names import NameFacts, PiecesRoot
from leakwatch.model.artefact import Artefact
from leakwatch.ports import ArtefactReader


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
    """``unreadable``, ``empty``, or what stopped its reading."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build came to."""

    manifest: Manifest
    problems: tuple[Problem, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Read:
    """One artefact of one file of a tree."""

    path: str = field(repr=False)
    relative: str = field(repr=False)
    file: KnownFile | None
    problem: str | None = None
    is_member: bool = False


class Builder:
    """Builds bundles under one key.

    Args:
        key: what everything is fingerprinted under.
        reader: opens hostile bytes; called from ``jobs`` threads at once.
        jobs: files read at the same time.
        tool: name and version written into the manifest.
    """

    def __init__(
        self, key: FingerprintKey, reader: ArtefactReader, *, jobs: int = 1, tool: str
    ) -> None:
        self._fingerprinter = Fingerprinter(key)
        self._reader = reader
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
            progress: called with the bytes of each file done.

        Raises:
            CorpusExists: the output name, or the map's, is taken.
            CorpusError: a folder cannot be listed, or nothing can be written.
        """
        _check(request)
        counts: Counter[str] = Counter()
        problems: list[Problem] = []
        background = self._background(request.background, progress)
        known, paths = self._known(request, counts, problems, progress)
        with new_bundle(request.out) as folder:
            manifest = self._write(folder, known, background, counts, created_at)
        if request.map_file is not None:
            _write_map(request.map_file, paths)
        return BuildReport(manifest, tuple(problems))

    def _background(
        self, folders: Iterable[Path], progress: Callable[[int], None]
    ) -> BackgroundTable:
        background = Background()
        for folder in folders:
            for reads in self._read_all(folder, progress):
                for read in reads:
                    if read.file is not None:
                        background.add(read.file)
        return background.table()

    def _known(
        self,
        request: BuildRequest,
        counts: Counter[str],
        problems: list[Problem],
        progress: Callable[[int], None],
    ) -> tuple[dict[bytes, KnownFile], list[tuple[str, str]]]:
        known: dict[bytes, KnownFile] = {}
        paths: list[tuple[str, str]] = []
        for folder in request.folders:
            for reads in self._read_all(folder, progress):
                for read in reads:
                    counts["members" if read.is_member else "files"] += 1
                    if read.problem is not None:
                        counts[_counted_as(read.problem)] += 1
                        problems.append(Problem(read.path, read.problem))
                    if read.file is None:
                        continue
                    file = _labelled(read.file, request.labels, folder, read.relative)
                    counts["duplicate"] += file.raw in known
                    counts["without_text"] += not file.letters
                    earlier = known.get(file.raw)
                    known[file.raw] = earlier.with_names_of(file) if earlier else file
                    paths.append((file.id, read.path))
        return known, paths

    def _write(
        self,
        folder: Path,
        known: dict[bytes, KnownFile],
        background: BackgroundTable,
        counts: Counter[str],
        created_at: datetime,
    ) -> Manifest:
        files = [known[raw] for raw in sorted(known)]
        categories = tuple(sorted({f.category for f in files if f.category is not None}))
        policy = CommonPolicy.for_background(background.documents)
        segment = assemble(files, background, policy=policy, categories=categories)
        rarity_of = population(segment, background)
        entry = write_segment(folder, "0000", segment, population=rarity_of)
        counts["known"] = len(files)
        manifest = Manifest(
            tool=self._tool,
            created_at=created_at.isoformat(timespec="seconds"),
            params=self._fingerprinter.params,
            common=policy,
            calibration=Calibration(),
            background_documents=background.documents,
            counts=dict(sorted(counts.items())),
            categories=categories,
            segments=(entry,),
        ).sealed()
        write_manifest(folder, manifest)
        return manifest

    def _read_all(self, folder: Path, progress: Callable[[int], None]) -> Iterator[Sequence[_Read]]:
        """Yield what each file of a tree holds, in order, read by several threads."""
        for entry, reads in in_order(self._read, walk(folder), jobs=self._jobs):
            progress(entry.size_bytes)
            yield reads

    def _read(self, entry: TreeEntry) -> Sequence[_Read]:
        path = str(entry.path)
        if entry.found is not Found.FILE or entry.size_bytes == 0:
            problem = "empty" if entry.found is Found.FILE else str(entry.found)
            return [_Read(path, entry.relative, None, problem)]
        try:
            if entry.size_bytes > MAX_READ_BYTES:
                whole, root = digest_only(entry)
                return [self._known_artefact(entry, whole, root)]
            body = read_bytes(entry)
        except OSError:
            return [_Read(path, entry.relative, None, str(Found.UNREADABLE))]
        pieces = PiecesRoot()
        pieces.update(body)
        artefacts = self._reader.read(body, name=entry.relative)
        return [self._known_artefact(entry, a, pieces.hexdigest()) for a in artefacts]

    def _known_artefact(self, entry: TreeEntry, artefact: Artefact, root: str | None) -> _Read:
        is_member = bool(artefact.path.ordinals)
        relative = str(artefact.path)
        name = NameFacts(
            path=artefact.path.names[-1],
            size_bytes=artefact.size_bytes,
            crc32=artefact.crc32,
            pieces_root=None if is_member else root,
        )
        path = f"{entry.root}/{relative}"
        if artefact.size_bytes == 0 or not artefact.sha256:
            return _Read(path, relative, None, artefact.error or "empty", is_member)
        file = self._fingerprinter.known_file(artefact, [name])
        return _Read(path, relative, file, artefact.error, is_member)


def _counted_as(problem: str) -> str:
    return problem if problem in {"empty", *Found} else "unread"


def _labelled(file: KnownFile, labels: Labels, folder: Path, relative: str) -> KnownFile:
    label = labels.of(folder, relative)
    if label is None:
        return file
    return replace(file, subject=label.subject, category=label.category)


def _check(request: BuildRequest) -> None:
    refuse_existing(request.out)
    if not request.out.parent.is_dir():
        raise CorpusError(f"{request.out}: the folder {request.out.parent} is not there")
    if request.map_file is not None:
        refuse_existing(request.map_file)
    for folder in (*request.folders, *request.background):
        if not folder.is_dir():
            raise MissingFile(f"{folder}: no such folder")


def _write_map(path: Path, rows: Iterable[tuple[str, str]]) -> None:
    """Write the custodian's own CSV, header ``file,path``, readable by its owner alone."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(("file", "path"))
            writer.writerows(rows)
            out.flush()
            os.fsync(out.fileno())
        Path(name).rename(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
