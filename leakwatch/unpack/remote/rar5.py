"""Headers of RAR 5 (RARLAB's technical note "RAR 5.0 archive format"). Pure.

     0  4    CRC-32 of what follows      -  vint  extra area bytes, if flag 1
     4  vint header bytes from here on   -  vint  data bytes, if flag 2
     -  vint type                        -   -    fields of the type
     -  vint flags                       -   -    extra area

A vint has seven bits a byte, lowest first; the eighth says that more follow.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from leakwatch.errors import Corrupt
from leakwatch.model.listing import ListingEntry
from leakwatch.unpack.rar5_headers import HeaderFields, file_fields
from leakwatch.unpack.remote.rar_block import Block
from leakwatch.unpack.remote.sparse import Pieces

MAX_HEADER_BYTES = 2 * 1024 * 1024
_MAX_COPY_BYTES = 16 * 1024
_MAIN, _FILE, _SERVICE, _ENCRYPTION, _END = 1, 2, 3, 4, 5
_HAS_EXTRA, _HAS_DATA, _GOES_ON = 0x01, 0x02, 0x10
_LOCATOR, _FILE_ENCRYPTION = 0x01, 0x01
_TWEAKED = 0x02
"""Checksums depend on the password."""


def read_block(pieces: Pieces, at: int, ahead: int) -> Block | None:
    """Return the header at an offset, or None where there is none that is whole.

    Raises:
        Missing: it is not here; ``ahead`` bytes are asked for.
    """
    start = pieces.get(at, 7, ahead=ahead)
    reader = HeaderFields(start, 4)
    try:
        size = reader.number()
    except Corrupt:
        return None
    if not 2 <= size <= MAX_HEADER_BYTES:
        return None
    return parse_block(pieces.get(at, reader.at + size, ahead=ahead))


def parse_block(raw: bytes) -> Block | None:
    """Return what a header says, from its checksum to its end; None if it is damaged."""
    try:
        reader = HeaderFields(raw, 4)
        size = reader.number()
        end = reader.at + size
        if end > len(raw) or zlib.crc32(raw[4:end]) != int.from_bytes(raw[:4], "little"):
            return None
        return _block(HeaderFields(raw[:end], reader.at))
    except Corrupt:
        return None


def _block(reader: HeaderFields) -> Block:
    end = len(reader.data)
    kind, flags = reader.number(), reader.number()
    extra_bytes = reader.number() if flags & _HAS_EXTRA else 0
    data_bytes = reader.number() if flags & _HAS_DATA else 0
    extra = dict(_extras(reader.data[max(reader.at, end - extra_bytes) :]))
    if kind == _MAIN:
        return Block(end, data_bytes, quick_at=_quick_at(extra.get(_LOCATOR)))
    if kind in {_FILE, _SERVICE}:
        entry = _entry(reader, is_part=bool(flags & _GOES_ON), extra=extra.get(_FILE_ENCRYPTION))
        is_quick = kind == _SERVICE and entry.path == "QO" and _FILE_ENCRYPTION not in extra
        told = entry if kind == _FILE else None
        return Block(end, data_bytes, told, is_quick_open=is_quick)
    return Block(end, data_bytes, is_end=kind == _END, is_encryption=kind == _ENCRYPTION)


def _extras(raw: bytes) -> Iterator[tuple[int, bytes]]:
    reader = HeaderFields(raw)
    while reader.at < len(raw):
        size = reader.number()
        record = HeaderFields(reader.take(size))
        kind = record.number()
        yield kind, record.data[record.at :]


def _quick_at(locator: bytes | None) -> int | None:
    if locator is None:
        return None
    reader = HeaderFields(locator)
    return reader.number() or None if reader.number() & 1 else None


def _entry(reader: HeaderFields, *, is_part: bool, extra: bytes | None) -> ListingEntry:
    file = file_fields(reader)
    size, crc32 = file.size_bytes, file.crc32
    # Of a member that goes on in the next volume the checksum is that of this part.
    if is_part or (extra is not None and _is_tweaked(extra)):
        crc32 = None
    is_sized = size is not None and size < 2**63 and not file.is_directory
    return ListingEntry(
        path=file.name,
        size_bytes=size if is_sized else None,
        crc32=None if file.is_directory else crc32,
        is_directory=file.is_directory,
    )


def _is_tweaked(encryption: bytes) -> bool:
    reader = HeaderFields(encryption)
    reader.number()
    return bool(reader.number() & _TWEAKED)


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of a header in the quick open record."""

    size_bytes: int
    """Of the copy with what is around it."""
    back_bytes: int
    """From the record's own header back to the one that was copied."""
    header: bytes = field(repr=False)


def copies(data: bytes, *, is_start: bool) -> Iterator[tuple[int, Copy]]:
    """Yield (where it ends, copy); stop at the first that is not all here, or is none.

    Args:
        data: a stretch of the record.
        is_start: a copy begins where it does; else the first that is found.
    """
    at = 0 if is_start else _synchronised(data)
    while at is not None and (copy := _copy(data, at)) is not None:
        at += copy.size_bytes
        yield at, copy


def _copy(data: bytes, at: int, max_bytes: int = MAX_HEADER_BYTES) -> Copy | None:
    """Return the copy at an offset: CRC-32, bytes, flags, offset, header bytes, header."""
    reader = HeaderFields(data, at + 4)
    try:
        size = reader.number()
        end = reader.at + size
        if not 3 <= size <= max_bytes or end > len(data):
            return None
        if zlib.crc32(data[at + 4 : end]) != int.from_bytes(data[at : at + 4], "little"):
            return None
        reader.number()
        back_bytes = reader.number()
        return Copy(end - at, back_bytes, reader.take(reader.number()))
    except Corrupt:
        return None


def _synchronised(data: bytes) -> int | None:
    """Return where the first copy begins, told by its checksum."""
    for at in range(max(0, min(len(data), _MAX_COPY_BYTES) - 8)):
        if _copy(data, at, _MAX_COPY_BYTES) is not None:
            return at
    return None
