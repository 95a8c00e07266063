"""The header of a remote 7z archive: two requests, mostly, then all of it is here.

(7zFormat.txt of the LZMA SDK.) The file starts with where the header lies; the
header itself is mostly packed with LZMA, in a stream just before what says so.

    0  6  "7z" BC AF 27 1C     12  8  header offset, counted from 32
    6  2  version              20  8  header bytes
    8  4  CRC-32 of 12..32     28  4  CRC-32 of the header
"""

from __future__ import annotations

import lzma
import struct
import zlib
from typing import Any

from leakwatch.errors import BudgetExceeded, Corrupt, Encrypted, Unsupported
from leakwatch.unpack.remote.sevenzip_header import Folder, Header, HeaderReader
from leakwatch.unpack.remote.sparse import Pieces, Step

START_BYTES = 32
MAX_HEADER_BYTES = 256 * 1024 * 1024
"""Unpacked; a million files take some 100 MB."""
_MAX_ROUNDS = 4
_MAGIC = b"7z\xbc\xaf\x27\x1c"
_START = struct.Struct("<2QL")
_COPY, _LZMA, _LZMA2, _AES = b"\x00", b"\x03\x01\x01", b"\x21", b"\x06\xf1\x07\x01"
_MIN_DICTIONARY = 4096


def step(pieces: Pieces, state: dict[str, Any], *, is_full: bool, seed: int) -> Step:  # noqa: ARG001
    """Read the header, once it is here; see ``sparse.Step``. A sample is all of it.

    Raises:
        Missing: pieces of the header.
        Encrypted: the names are.
        Unsupported: it lies in another volume, or is packed in another way.
        BudgetExceeded: it is a bomb.
        Corrupt: it is damaged.
    """
    base = _start(pieces)
    offset, size, crc32 = _START.unpack(pieces.get(base + 12, _START.size))
    if not size:
        return Step(is_done=True, claimed=0, directory_bytes=0)
    if base + START_BYTES + offset + size > pieces.size_bytes:
        raise Unsupported("the directory lies in another volume, or is cut off")
    raw = pieces.get(base + START_BYTES + offset, size)
    if zlib.crc32(raw) != crc32:
        raise Corrupt("the directory of the archive is damaged")
    packed_bytes = size
    for _ in range(_MAX_ROUNDS):
        reader = HeaderReader(raw)
        if not reader.is_packed:
            header = reader.files()
            return _told(header, packed_bytes)
        raw, packed = _unpacked(reader, pieces, base)
        packed_bytes += packed
    raise Corrupt("the directory is packed again and again")


def _told(header: Header, directory_bytes: int) -> Step:
    return Step(
        entries=header.entries,
        is_done=True,
        is_complete=not header.is_cut,
        claimed=header.claimed,
        directory_bytes=directory_bytes,
    )


def _start(pieces: Pieces) -> int:
    """Return where the archive starts: behind a self-extractor's program, maybe."""
    if pieces.get(0, len(_MAGIC), ahead=START_BYTES) == _MAGIC:
        return 0
    head = next((data for at, data in pieces.parts if at == 0), b"")
    at = head.find(_MAGIC)
    if at < 0:
        raise Corrupt("no 7z archive")
    return at


def _unpacked(reader: HeaderReader, pieces: Pieces, base: int) -> tuple[bytes, int]:
    """Return what a packed header unpacks to, and how long it was."""
    streams = reader.packed()
    if len(streams.folders) != 1 or len(streams.pack_sizes) < 1:
        raise Corrupt("a packed directory of several streams")
    [folder] = streams.folders
    if any(coder.method == _AES for coder in folder.coders):
        raise Encrypted("the archive's directory is encrypted")
    if folder.size_bytes > MAX_HEADER_BYTES:
        raise BudgetExceeded("the directory unpacks to too much", limit="header_bytes")
    at, size = base + START_BYTES + streams.pack_at, streams.pack_sizes[0]
    if at + size > pieces.size_bytes:
        raise Unsupported("the directory lies in another volume, or is cut off")
    raw = _unpack(folder, pieces.get(at, size))
    if len(raw) != folder.size_bytes or (folder.crc32 not in {None, zlib.crc32(raw)}):
        raise Corrupt("the packed directory is damaged")
    return raw, size


def _unpack(folder: Folder, packed: bytes) -> bytes:
    if len(folder.coders) != 1:
        raise Unsupported("the directory is packed by several methods")
    [coder] = folder.coders
    if coder.method == _COPY:
        return packed[: folder.size_bytes]
    if coder.method == _LZMA and len(coder.properties) == 5:
        packing, dictionary = coder.properties[0], int.from_bytes(coder.properties[1:], "little")
        filters = {
            "id": lzma.FILTER_LZMA1,
            "dict_size": _dictionary(dictionary, folder),
            "lc": packing % 9,
            "lp": packing // 9 % 5,
            "pb": packing // 45,
        }
    elif coder.method == _LZMA2 and len(coder.properties) == 1:
        bits = coder.properties[0]
        dictionary = 0xFFFFFFFF if bits >= 40 else (2 | bits & 1) << (bits // 2 + 11)
        filters = {"id": lzma.FILTER_LZMA2, "dict_size": _dictionary(dictionary, folder)}
    else:
        raise Unsupported("the directory is packed by a method there is no reader for")
    try:
        unpacker = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[filters])
        return unpacker.decompress(packed, folder.size_bytes)
    except (lzma.LZMAError, ValueError):
        raise Corrupt("the packed directory is damaged") from None


def _dictionary(stated: int, folder: Folder) -> int:
    # Never more than what comes out can refer back to.
    return max(_MIN_DICTIONARY, min(stated, folder.size_bytes))
