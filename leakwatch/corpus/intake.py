"""Files of a folder -> artefacts, many small files or one large one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from leakwatch.corpus.tree import Found, TreeEntry, pieces_root, read_bytes
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
    """Cut into what is read together: a large file alone, small ones by the hundred."""
    batch: list[TreeEntry] = []
    size = 0
    most = min(_FIRST_FILES, _BATCH_FILES)
    for entry in entries:
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
    if batch:
        yield batch


def take(
    reader: FileReader, batch: Sequence[TreeEntry], *, with_roots: bool = True
) -> Iterator[Taken]:
    """Yield everything in a batch, entry by entry; raises only if the reader does not work.

    Args:
        reader: opens the files.
        batch: of ``batches``.
        with_roots: compute ``pieces_root``, which takes a hash of every byte.
    """
    if len(batch) == 1 and batch[0].size_bytes > LARGE_BYTES:
        yield from _take_large(reader, batch[0], with_roots=with_roots)
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


def _take_large(reader: FileReader, entry: TreeEntry, *, with_roots: bool) -> Iterator[Taken]:
    try:
        root = pieces_root(entry) if with_roots else None
    except OSError:
        yield Taken(0, entry, problem=str(Found.UNREADABLE))
        return
    for artefact in reader.iter_read(entry.path, name=entry.relative):
        yield _taken(0, entry, artefact, root)


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
