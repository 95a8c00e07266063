"""Artefacts that tell of files without holding them: torrents, and lists in a text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from leakwatch.errors import Corrupt
from leakwatch.extract.plain import decode, find_encoding_of
from leakwatch.extract.stripped import strip_tags
from leakwatch.model.artefact import Artefact
from leakwatch.unpack.container import SeekableStream
from leakwatch.unpack.member_reader import as_unpack_error
from leakwatch.unpack.torrent import MAX_BYTES, read_torrent
from leakwatch.unpack.trees import listing_in, may_list

RISKY_KINDS = frozenset({"torrent"})
"""Kinds whose listing a parser reads that is not ours: it may die of it."""

ReadText = Callable[[Artefact, SeekableStream], Artefact]
_MAX_RAW_CHARS = 16 * 1024 * 1024
_BREAKS = str.maketrans("\r\n\t", "   ")
_CELL_END = re.compile(r"</t[dh]\b[^<>]{0,20}>", re.IGNORECASE)
_LINE_TAG = re.compile(
    r"</?(?:br|p|div|li|tr|h[1-6]|ul|ol|table|pre|dd|dt|section|article)\b[^<>]{0,2000}>",
    re.IGNORECASE,
)


def with_listing(
    artefact: Artefact, stream: SeekableStream, *, plainly: bool, read_text: ReadText
) -> Artefact:
    """Return the artefact with what it says of other files, if it does. Never raises.

    Args:
        artefact: as read so far, with its text.
        stream: its content.
        plainly: read it in the way that cannot crash.
        read_text: reads an artefact's text: of a torrent that is none, and may be anything.
    """
    try:
        if artefact.kind == "torrent":
            return _with_torrent(artefact, stream, plainly=plainly)
        return _with_list(artefact, stream)
    except Exception as raised:  # noqa: BLE001  (hostile bytes raise anything)
        error = as_unpack_error(raised)
        if artefact.kind == "torrent" and isinstance(error, Corrupt):
            artefact = read_text(replace(artefact, kind="text"), stream)
        return replace(artefact, error=error.slug, detail=error.what)


def _with_torrent(artefact: Artefact, stream: SeekableStream, *, plainly: bool) -> Artefact:
    stream.seek(0)
    torrent = read_torrent(stream.read(MAX_BYTES + 1), plainly=plainly)
    return replace(
        artefact,
        listing=torrent.listing,
        text=torrent.comment,
        detail=artefact.detail or torrent.note,
    )


def _with_list(artefact: Artefact, stream: SeekableStream) -> Artefact:
    if artefact.text is None or artefact.listing is not None or not may_list(artefact.text):
        return artefact
    listing = listing_in(artefact.text)
    is_json = artefact.text.lstrip("\ufeff \t\r\n")[:1] in ("[", "{") or artefact.kind == "json"
    lines_of = _lines_of_page if artefact.kind == "html" else _objects_of_json if is_json else None
    if listing is None and lines_of is not None:
        stream.seek(0)
        raw = decode(stream, max_chars=_MAX_RAW_CHARS, choose=find_encoding_of).text
        listing = listing_in(lines_of(raw))
    return replace(artefact, listing=listing)


def _objects_of_json(raw: str) -> str:
    """Return JSON with an object a line, as far as objects are flat."""
    return raw.replace("},", "},\n")


def _lines_of_page(markup: str) -> str:
    """Return a page's text as the lines and cells that it is shown in; one linear pass each."""
    lines = _LINE_TAG.sub("\n", _CELL_END.sub("\t", markup.translate(_BREAKS)))
    return strip_tags(lines)
