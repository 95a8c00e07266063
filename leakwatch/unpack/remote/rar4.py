"""Headers of RAR 1.5 to 4 (RARLAB's "RAR version 4.x technical note"). Pure.

Numbers little-endian:

     0  2  CRC         7  4  added bytes, if flag 0x8000; of a file:
     2  1  type        7  4  packed bytes      24  1  version
     3  2  flags      11  4  size              25  1  method
     5  2  header     15  1  system            26  2  name bytes
           bytes      16  4  CRC-32            28  4  attributes
                      20  4  time              32  8  high halves of both sizes, if flag 0x100
"""

from __future__ import annotations

import struct

from leakwatch.errors import Corrupt
from leakwatch.model.listing import ListingEntry
from leakwatch.unpack.rar4_headers import file_fields
from leakwatch.unpack.remote.rar_block import Block
from leakwatch.unpack.remote.sparse import Pieces

_HEAD = struct.Struct("<HBHH")
_MAIN_TYPE, _FILE_TYPE, _SERVICE_TYPE, _END_TYPE = 0x73, 0x74, 0x7A, 0x7B
_HEADERS_ENCRYPTED = 0x80
_GOES_ON, _ADDED = 0x02, 0x8000


def read_block(pieces: Pieces, at: int, ahead: int) -> Block | None:
    """Return the header at an offset, or None where there is none that is whole.

    Raises:
        Missing: it is not here; ``ahead`` bytes are asked for.
    """
    start = pieces.get(at, _HEAD.size, ahead=ahead)
    if len(start) < _HEAD.size:
        return None
    _, kind, _, size = _HEAD.unpack(start)
    if size < _HEAD.size or not 0x72 <= kind <= _END_TYPE:
        return None
    return parse_block(pieces.get(at, size, ahead=ahead))


def parse_block(raw: bytes) -> Block | None:
    """Return what a header says; None if it is damaged."""
    try:
        _, kind, flags, size = _HEAD.unpack_from(raw)
        if kind in {_FILE_TYPE, _SERVICE_TYPE}:
            return _file(raw[:size], flags, is_told=kind == _FILE_TYPE)
        added = int.from_bytes(raw[7:11], "little") if flags & _ADDED else 0
    except (struct.error, Corrupt):
        return None
    is_hidden = kind == _MAIN_TYPE and bool(flags & _HEADERS_ENCRYPTED)
    return Block(size, added, is_end=kind == _END_TYPE, is_encryption=is_hidden)


def _file(raw: bytes, flags: int, *, is_told: bool) -> Block:
    file = file_fields(raw, flags)
    size = file.size_bytes
    is_sized = size is not None and size < 2**63 and not file.is_directory
    entry = ListingEntry(
        path=file.name,
        size_bytes=size if is_sized else None,
        # Of a member that goes on in the next volume it is that of this part.
        crc32=None if file.is_directory or flags & _GOES_ON else file.crc32,
        is_directory=file.is_directory,
    )
    return Block(len(raw), file.packed_bytes, entry if is_told else None)
