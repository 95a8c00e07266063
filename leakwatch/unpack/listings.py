"""Artefacts that tell of files without holding them: torrents, and lists in a text."""

from __future__ import annotations

from dataclasses import replace

from leakwatch.model.artefact import Artefact
from leakwatch.unpack.container import SeekableStream
from leakwatch.unpack.torrent import MAX_BYTES, read_torrent
from leakwatch.unpack.trees import listing_in

RISKY_KINDS = frozenset({"torrent"})
"""Kinds whose listing a parser reads that is not ours: it may die of it."""


def with_listing(artefact: Artefact, stream: SeekableStream, *, plainly: bool) -> Artefact:
    """Return the artefact with what it says of other files, if it does.

    Args:
        artefact: as read so far, with its text.
        stream: its content.
        plainly: read it in the way that cannot crash.

    Raises:
        Corrupt: a torrent that is none: it is whatever else it may be.
        BudgetExceeded: one that is too long.
    """
    if artefact.kind == "torrent":
        stream.seek(0)
        torrent = read_torrent(stream.read(MAX_BYTES + 1), plainly=plainly)
        return replace(
            artefact,
            listing=torrent.listing,
            text=torrent.comment,
            detail=artefact.detail or torrent.note,
        )
    if artefact.text is None or artefact.listing is not None:
        return artefact
    return replace(artefact, listing=listing_in(artefact.text))
