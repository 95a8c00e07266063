"""Files of a folder -> artefacts, each with where it lay and what listings would say of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from leakwatch.corpus.tree import MAX_READ_BYTES, Found, TreeEntry, digest_only, read_bytes
from leakwatch.fingerprint.names import NameFacts, PiecesRoot
from leakwatch.model.artefact import Artefact
from leakwatch.ports import ArtefactReader

EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Taken:
    """One file, or one member of an archive among the files."""

    path: str = field(repr=False)
    """In full; members below ``!/``."""
    relative: str = field(repr=False)
    """The same below the folder."""
    is_member: bool = False
    artefact: Artefact | None = field(default=None, repr=False)
    """None where there is nothing to fingerprint."""
    pieces_root: str | None = None
    problem: str | None = None
    """Why it is not known, or not by its text: ``empty``, ``unreadable``, an error's slug."""

    @property
    def names(self) -> list[NameFacts]:
        """Return what a listing would say of it."""
        if self.artefact is None:
            return []
        name = self.artefact.path.names[-1]
        size, crc32 = self.artefact.size_bytes, self.artefact.crc32
        return [NameFacts(name, size, crc32, self.pieces_root)]


def take(reader: ArtefactReader, entry: TreeEntry) -> Sequence[Taken]:
    """Read one file of a tree; outermost first, never raising for what it holds."""
    path = str(entry.path)
    if entry.found is not Found.FILE or entry.size_bytes == 0:
        problem = EMPTY if entry.found is Found.FILE else str(entry.found)
        return [Taken(path, entry.relative, problem=problem)]
    try:
        if entry.size_bytes > MAX_READ_BYTES:
            whole, root = digest_only(entry)
            return [_taken(entry, whole, root)]
        body = read_bytes(entry)
    except OSError:
        return [Taken(path, entry.relative, problem=str(Found.UNREADABLE))]
    pieces = PiecesRoot()
    pieces.update(body)
    artefacts = reader.read(body, name=entry.relative)
    return [_taken(entry, artefact, pieces.hexdigest()) for artefact in artefacts]


def _taken(entry: TreeEntry, artefact: Artefact, pieces_root: str | None) -> Taken:
    is_member = bool(artefact.path.ordinals)
    relative = str(artefact.path)
    is_there = artefact.size_bytes > 0 and artefact.sha256
    return Taken(
        path=f"{entry.root}/{relative}",
        relative=relative,
        is_member=is_member,
        artefact=artefact if is_there else None,
        pieces_root=None if is_member else pieces_root,
        problem=artefact.error or (None if is_there else EMPTY),
    )
