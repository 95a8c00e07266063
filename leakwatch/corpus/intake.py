"""Files of a folder -> artefacts, many small files or one large one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from leakwatch.corpus.tree import Found, TreeEntry, Volume, pieces_root, read_bytes
from leakwatch.fingerprint.names import NameFacts, PiecesRoot
from leakwatch.model.artefact import Artefact

EMPTY = "empty"
CHANGED = "changed"
"""Written to while it was read: known as it was then."""
LARGE_BYTES = 4 * 1024 * 1024
"""A file over this is read alone, from its path, and its members one after the other."""
_FIRST_FILES, _BATCH_FILES = 64, 512
"""Files read together: few at first, to have every process at work and something to
show; then more, as what starts the reading of a batch takes as long as a hundred notes."""
_BATCH_BYTES = 8 * 1024 * 1024


class FileReader(Protocol):
    """Opens hostile bytes (``sandbox.pool.SandboxPool``); called from several threads."""

    def read_many(self, inputs: Iterable[tuple[str, bytes]]) -> Iterator[Sequence[Artefact]]:
        """Yield what each (name, body) holds, in order; the whole first, then its members."""
        ...

    def iter_read(self, body: Path, *, name: str) -> Iterator[Artefact]:
        """Yield what a file holds, as it is read; members may come before the whole."""
        ...

    def iter_read_set(
        self, volumes: Sequence[tuple[str, Path] | None], *, fill: bool
    ) -> Iterator[Artefact]:
        """Yield what the volumes of an archive hold, under the first, then the others alone."""
        ...


@dataclass(frozen=True, slots=True)
class Taken:
    """One file, or one member of an archive among the files."""

    number: int
    """Which entry of the batch it lies in."""
    entry: TreeEntry
    artefact: Artefact | None = field(default=None, repr=False)
    """None where nothing could be read at all."""
    pieces_root: str | None = None
    problem: str | None = None
    """Why it is not known, or not by its text: ``empty``, ``unreadable``, an error's slug."""

    @property
    def relative(self) -> str:
        """Return where it lies below its folder; members below ``!/``."""
        return str(self.artefact.path) if self.artefact else self.entry.relative

    @property
    def is_member(self) -> bool:
        return self.artefact is not None and bool(self.artefact.path.ordinals)

    @property
    def names(self) -> list[NameFacts]:
        """Return what a listing would say of it."""
        if self.artefact is None:
            return []
        name = self.artefact.path.names[-1]
        size, crc32 = self.artefact.size_bytes, self.artefact.crc32
        return [NameFacts(name, size, crc32, None if self.is_member else self.pieces_root)]


def batches(entries: Iterable[TreeEntry]) -> Iterator[list[TreeEntry]]:
    """Cut into what is read together: a large file or a set of volumes, small files by 100."""
    batch: list[TreeEntry] = []
    size = 0
    most = min(_FIRST_FILES, _BATCH_FILES)
    volumes: list[TreeEntry] = []
    for entry in entries:
        if volumes and not _goes_on(volumes[-1], entry):
            yield volumes
            volumes = []
        if entry.volume is not None:
            if batch:
                yield batch
                batch, size = [], 0
            volumes.append(entry)
            continue
        is_large = entry.size_bytes > LARGE_BYTES
        if batch and (is_large or len(batch) >= most or size + entry.size_bytes > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
            most = min(2 * most, _BATCH_FILES)
        batch.append(entry)
        size += entry.size_bytes
        if is_large:
            yield batch
            batch, size = [], 0
    if volumes:
        yield volumes
    if batch:
        yield batch


def _goes_on(before: TreeEntry, entry: TreeEntry) -> bool:
    """Tell whether an entry is a later volume of the same archive."""
    one, other = before.volume, entry.volume
    if one is None or other is None or before.root != entry.root:
        return False
    return one.number < other.number and one.count == other.count


def take(
    reader: FileReader, batch: Sequence[TreeEntry], *, with_roots: bool = True
) -> Iterator[Taken]:
    """Yield everything in a batch, entry by entry; raises only if the reader does not work.

    Args:
        reader: opens the files.
        batch: of ``batches``.
        with_roots: compute ``pieces_root``, which takes a hash of every byte.
    """
    volume = batch[0].volume if batch else None
    if volume is not None and len(batch) == volume.present:
        yield from _take_set(reader, batch, volume, with_roots=with_roots)
        return
    if volume is not None or (len(batch) == 1 and batch[0].size_bytes > LARGE_BYTES):
        # Also volumes of which others were read before: as they are.
        for number, entry in enumerate(batch):
            yield from _take_large(reader, number, entry, with_roots=with_roots)
        return
    bodies = [_body(entry) for entry in batch]
    read = reader.read_many(
        (entry.relative, body)
        for entry, body in zip(batch, bodies, strict=True)
        if isinstance(body, bytes)
    )
    for number, (entry, body) in enumerate(zip(batch, bodies, strict=True)):
        if isinstance(body, bytes):
            root = _root(body) if with_roots else None
            yield from (_taken(number, entry, artefact, root) for artefact in next(read))
        else:
            yield Taken(number, entry, problem=body)


def _root(body: bytes) -> str | None:
    pieces = PiecesRoot()
    pieces.update(body)
    return pieces.hexdigest()


def _take_large(
    reader: FileReader, number: int, entry: TreeEntry, *, with_roots: bool
) -> Iterator[Taken]:
    try:
        root = pieces_root(entry) if with_roots else None
    except OSError:
        yield Taken(number, entry, problem=str(Found.UNREADABLE))
        return
    for artefact in reader.iter_read(entry.path, name=entry.relative):
        yield _taken(number, entry, artefact, root)


def _take_set(
    reader: FileReader, batch: Sequence[TreeEntry], first: Volume, *, with_roots: bool
) -> Iterator[Taken]:
    """Yield what an archive in volumes holds: all of it lies in the first entry."""
    places = {entry.relative: number for number, entry in enumerate(batch)}
    volumes: list[tuple[str, Path] | None] = [None] * first.count
    for entry in batch:
        if entry.volume is not None:
            volumes[entry.volume.number - 1] = (entry.relative, entry.path)
    roots: dict[int, str | None] = {}
    for artefact in reader.iter_read_set(volumes, fill=first.is_piece):
        number = places[artefact.path.names[0]]
        if number not in roots:
            roots[number] = _root_of(batch[number]) if with_roots else None
        yield _taken(number, batch[number], artefact, roots[number])


def _root_of(entry: TreeEntry) -> str | None:
    try:
        return pieces_root(entry)
    except OSError:
        return None


def _body(entry: TreeEntry) -> bytes | str:
    """Return a file's bytes, or why there are none."""
    if entry.found is not Found.FILE:
        return str(entry.found)
    try:
        return read_bytes(entry) or EMPTY
    except OSError:
        return str(Found.UNREADABLE)


def _taken(number: int, entry: TreeEntry, artefact: Artefact, root: str | None) -> Taken:
    problem = artefact.error or (None if artefact.size_bytes else EMPTY)
    return Taken(number, entry, artefact, root, problem)
