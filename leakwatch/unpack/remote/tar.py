"""A remote tar file: headers one behind the other, each saying how far it is to the next.

(POSIX.1-2024 pax and ustar, with GNU's long names and binary sizes.)
"""

from __future__ import annotations

from typing import Any

from leakwatch.errors import Corrupt
from leakwatch.model.listing import ListingEntry
from leakwatch.unpack.container import MAX_NAME_CHARS
from leakwatch.unpack.remote.sparse import Missing, Pieces, Span, Step

BLOCK = 512
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
    said: dict[str, str] = {}
    at = made.state["at"]
    ahead = NEAR_BYTES if made.state["near"] else FAR_BYTES
    while at < pieces.size_bytes:
        block = pieces.get(at, BLOCK, ahead=ahead)
        if not is_header(block):
            if not at:
                raise Corrupt("no tar header")
            made.is_done, made.is_complete = True, not block.strip(b"\0")
            return
        size, kind = _number(block[124:136]), block[156:157]
        if kind in {_LONG_NAME, _PAX} and size <= _MAX_LONG_BYTES:
            said |= _said(kind, pieces.get(at + BLOCK, size, ahead=ahead))
        elif kind in _FILES or kind == _FOLDER:
            size = int(said.get("size", size))
            made.entries.append(_entry(block, size, said, is_folder=kind == _FOLDER))
        at += BLOCK + -(-size // BLOCK) * BLOCK if kind != _FOLDER else BLOCK
        if kind not in {_LONG_NAME, _PAX, _PAX_GLOBAL}:
            said = {}
            made.state |= {"at": at, "near": size < NEAR_BYTES}
            ahead = NEAR_BYTES if made.state["near"] else FAR_BYTES
    made.is_done, made.is_complete = True, at == pieces.size_bytes


def _need(pieces: Pieces, start: int, missing: Missing) -> list[Span]:
    """Return what is needed to read from ``start`` again: headers before a name come with it."""
    kept = [span for span in pieces.spans() if missing.span[0] > start and sum(span) > start]
    return [*kept, missing.span]


def is_header(block: bytes) -> bool:
    """Tell whether a block's checksum is right; the field itself counts as spaces."""
    if len(block) < BLOCK or not block.strip(b"\0"):
        return False
    try:
        stated = int(block[148:156].strip(b" \0") or b"0", 8)
    except ValueError:
        return False
    return stated == sum(block[:148]) + 256 + sum(block[156:512])


def _number(field: bytes) -> int:
    """Return an octal number, or a binary one (GNU) where the first bit is set."""
    if field[:1] >= b"\x80":
        return int.from_bytes(field[1:], "big") if field[0] == 0x80 else 0
    return int(field.strip(b" \0") or b"0", 8)


def _said(kind: bytes, data: bytes) -> dict[str, str]:
    if kind == _LONG_NAME:
        return {"path": data.rstrip(b"\0").decode("utf-8", "replace")}
    found: dict[str, str] = {}
    while data:
        length, _, _ = data.partition(b" ")
        count = int(length) if length.isdigit() and len(length) < 8 else 0
        record, data = data[len(length) + 1 : count], data[count:] if count else b""
        name, _, value = record.rstrip(b"\n").partition(b"=")
        if name in {b"path", b"size"} and (name == b"path" or value.isdigit()):
            found[name.decode()] = value[: 19 if name == b"size" else None].decode(
                "utf-8", "replace"
            )
    return found


def _entry(block: bytes, size: int, said: dict[str, str], *, is_folder: bool) -> ListingEntry:
    prefix = block[345:500].partition(b"\0")[0] if block[257:263] == b"ustar\0" else b""
    name = block[:100].partition(b"\0")[0]
    raw = b"/".join(part for part in (prefix, name) if part)
    path = said.get("path") or raw.decode("utf-8", "replace")
    return ListingEntry(
        path=path[:MAX_NAME_CHARS],
        size_bytes=None if is_folder else size,
        is_directory=is_folder or path.endswith("/"),
    )
