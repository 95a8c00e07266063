"""The header of a remote 7z archive: two requests, mostly, then all of it is here.

``unpack.sevenzip_header`` shows the layout. The header lies at the end, and is
mostly packed itself, in a stream just before what says so.
"""

from __future__ import annotations

import io
import lzma
import zlib
from collections.abc import Iterable
from typing import Any

from leakwatch.errors import BudgetExceeded, Corrupt, Encrypted, Unsupported
from leakwatch.model.listing import ListingEntry
from leakwatch.unpack.remote.sparse import Pieces, Step
from leakwatch.unpack.sevenzip_coders import Source, chain, is_encrypted
from leakwatch.unpack.sevenzip_header import (
    MAGIC,
    START_BYTES,
    SevenZipEntry,
    Streams,
    read_header,
    read_start,
)
from leakwatch.unpack.sevenzip_keys import SevenZipKeys

MAX_HEADER_BYTES = 256 * 1024 * 1024
"""Unpacked; a million files take some 100 MB."""
_MAX_ROUNDS = 4


def step(pieces: Pieces, state: dict[str, Any], *, is_full: bool, seed: int) -> Step:  # noqa: ARG001
    """Read the header, once it is here; see ``sparse.Step``. A sample is all of it.

    Raises:
        Missing: pieces of the header.
        Encrypted: the names are.
        Unsupported: it lies in another volume, or is packed in another way.
        BudgetExceeded: it is a bomb.
        Corrupt: it is damaged.
    """
    base = _base(pieces)
    start = read_start(pieces.get(base, START_BYTES))
    if not start.size_bytes:
        return Step(is_done=True, claimed=0, directory_bytes=0)
    at = base + START_BYTES + start.offset
    raw = _there(pieces, at, start.size_bytes)
    if zlib.crc32(raw) != start.crc32:
        raise Corrupt("the directory of the archive is damaged")
    directory_bytes = start.size_bytes
    for _ in range(_MAX_ROUNDS):
        said = read_header(raw)
        if not isinstance(said, Streams):
            _, files, claimed = said
            return _told(files, claimed, directory_bytes)
        raw, packed_bytes = _unpacked(said, pieces, base)
        directory_bytes += packed_bytes
    raise Corrupt("the directory is packed again and again")


def _told(files: Iterable[SevenZipEntry], claimed: int, directory_bytes: int) -> Step:
    entries = [_entry(file) for file in files]
    is_complete = len(entries) >= claimed
    return Step(
        entries=entries,
        is_done=True,
        is_complete=is_complete,
        claimed=claimed,
        directory_bytes=directory_bytes,
    )


def _entry(file: SevenZipEntry) -> ListingEntry:
    is_file = not file.is_directory and 0 <= file.size_bytes < 2**63
    size_bytes = file.size_bytes if is_file else None
    crc32 = file.crc32 if is_file else None
    return ListingEntry(file.name, size_bytes, crc32, is_directory=file.is_directory)


def _base(pieces: Pieces) -> int:
    """Return where the archive starts: behind a self-extractor's program, maybe."""
    if pieces.get(0, len(MAGIC), ahead=START_BYTES) == MAGIC:
        return 0
    head = next((data for at, data in pieces.parts if at == 0), b"")
    at = head.find(MAGIC)
    if at < 0:
        raise Corrupt("no 7z archive")
    return at


def _there(pieces: Pieces, at: int, size: int) -> bytes:
    if at + size > pieces.size_bytes:
        raise Unsupported("the directory lies in another volume, or is cut off")
    return pieces.get(at, size)


def _unpacked(streams: Streams, pieces: Pieces, base: int) -> tuple[bytes, int]:
    """Return what a packed header unpacks to, and how long it was."""
    if len(streams.folders) != 1 or len(streams.folders[0].places) != 1:
        raise Corrupt("a packed directory of several streams")
    [folder] = streams.folders
    if is_encrypted(folder):
        raise Encrypted("the archive's directory is encrypted")
    if folder.size_bytes > MAX_HEADER_BYTES:
        raise BudgetExceeded("the directory unpacks to too much", limit="header_bytes")
    [(offset, size)] = folder.places
    packed = _there(pieces, base + offset, size)
    try:
        raw = _all(chain(folder, io.BytesIO(packed), SevenZipKeys(()), None), folder.size_bytes)
    except (lzma.LZMAError, zlib.error, OSError, EOFError, ValueError):
        raise Corrupt("the packed directory is damaged") from None
    if folder.crc32 not in {None, zlib.crc32(raw)}:
        raise Corrupt("the packed directory is damaged")
    return raw, size


def _all(source: Source, size_bytes: int) -> bytes:
    raw = bytearray()
    while len(raw) < size_bytes:
        piece = source.read(size_bytes - len(raw))
        if not piece:
            raise Corrupt("the packed directory is damaged")
        raw += piece
    return bytes(raw)
