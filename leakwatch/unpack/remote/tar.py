"""A remote tar file: headers one behind the other, each saying how far it is to the next.

``unpack.tar_header`` shows the layout.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from leakwatch.errors import Corrupt
from leakwatch.model.listing import ListingEntry
from leakwatch.unpack.remote.sparse import Missing, Pieces, Span, Step
from leakwatch.unpack.tar_header import (
    BLOCK_BYTES,
    TarHeader,
    decode_name,
    parse_header,
    parse_pax,
)

NEAR_BYTES = 64 * 1024
"""Read ahead where the next header is near."""
FAR_BYTES = 4 * 1024
"""Read where a large member lies before the next header."""
SAMPLE_HOPS = 24
"""Requests for headers that a sample may take."""
_MAX_LONG_BYTES = 1024 * 1024
_LONG_NAME, _PAX, _PAX_GLOBAL = b"L", b"x", b"g"
_FILES = frozenset({b"0", b"\0", b"7", b"S"})
_FOLDER = b"5"
_SIZE = re.compile(rb"\d{1,18}")


def step(pieces: Pieces, state: dict[str, Any], *, is_full: bool, seed: int) -> Step:  # noqa: ARG001
    """Read headers as far as the pieces go; see ``sparse.Step``. A sample is the start.

    Raises:
        Corrupt: the first block is no header.
    """
    if state.get("full") not in {None, is_full}:
        # Listed whole after a sample was taken: from the start.
        state = {}
    made = Step(state={"at": 0, "near": True, **state, "full": is_full})
    try:
        _walk(pieces, made)
    except Missing as missing:
        hops = made.state["hops"] = made.state.get("hops", 0) + 1
        if is_full or hops <= SAMPLE_HOPS:
            made.need = _need(pieces, made.state["at"], missing)
        else:
            made.is_done, made.is_complete = True, False
    return made


def _walk(pieces: Pieces, made: Step) -> None:
    """Take headers from ``at`` on. Raises Missing where one is not here."""
    said: dict[str, bytes] = {}
    at = made.state["at"]
    ahead = NEAR_BYTES if made.state["near"] else FAR_BYTES
    while at < pieces.size_bytes:
        block = pieces.get(at, BLOCK_BYTES, ahead=ahead)
        header = parse_header(block)
        if header is None:
            if not at:
                raise Corrupt("no tar header")
            made.is_done, made.is_complete = True, not block.strip(b"\0")
            return
        size, kind = header.size_bytes, header.type
        if kind in {_LONG_NAME, _PAX} and size <= _MAX_LONG_BYTES:
            said |= _said(kind, pieces.get(at + BLOCK_BYTES, size, ahead=ahead))
        elif kind in _FILES or kind == _FOLDER:
            if _SIZE.fullmatch(said.get("size", b"")):
                size = int(said["size"])
            made.entries.append(_entry(header, size, said))
        blocks = 1 if kind == _FOLDER else 1 + -(-size // BLOCK_BYTES)
        at += blocks * BLOCK_BYTES
        if kind not in {_LONG_NAME, _PAX, _PAX_GLOBAL}:
            said = {}
            made.state |= {"at": at, "near": size < NEAR_BYTES}
            ahead = NEAR_BYTES if made.state["near"] else FAR_BYTES
    made.is_done, made.is_complete = True, at == pieces.size_bytes


def _need(pieces: Pieces, start: int, missing: Missing) -> list[Span]:
    """Return what is needed to read from ``start`` again: headers before a name come with it."""
    kept = [span for span in pieces.spans() if missing.span[0] > start and sum(span) > start]
    return [*kept, missing.span]


def _entry(header: TarHeader, size: int, said: Mapping[str, bytes]) -> ListingEntry:
    is_folder = header.type == _FOLDER
    path = decode_name(said["path"]) if said.get("path") else header.name
    return ListingEntry(
        path=path,
        size_bytes=None if is_folder else header.real_bytes or size,
        is_directory=is_folder or path.endswith("/"),
    )


def _said(kind: bytes, data: bytes) -> dict[str, bytes]:
    if kind == _LONG_NAME:
        return {"path": data.partition(b"\0")[0]}
    records = dict(parse_pax(data))
    found = {"path": records.get(b"path", b""), "size": records.get(b"size", b"")}
    return {name: value for name, value in found.items() if value}
