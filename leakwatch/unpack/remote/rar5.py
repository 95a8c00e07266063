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

from leakwatch.model.listing import ListingEntry
from leakwatch.unpack.container import MAX_NAME_CHARS
from leakwatch.unpack.remote.rar_block import Block
from leakwatch.unpack.remote.sparse import Pieces

MAX_HEADER_BYTES = 2 * 1024 * 1024
_MAX_COPY_BYTES = 16 * 1024
_MAIN, _FILE, _SERVICE, _ENCRYPTION, _END = 1, 2, 3, 4, 5
_HAS_EXTRA, _HAS_DATA, _GOES_ON = 0x01, 0x02, 0x10
_FOLDER, _HAS_TIME, _HAS_CRC, _SIZE_UNKNOWN = 0x01, 0x02, 0x04, 0x08
_LOCATOR, _FILE_ENCRYPTION = 0x01, 0x01
_TWEAKED = 0x02
"""Checksums depend on the password."""


class _Reader:
    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data = data
        self.at = at

    def vint(self) -> int:
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value
            if shift > 63:
                raise ValueError("a number without end")

    def take(self, size: int) -> bytes:
        found = self.data[self.at : self.at + size]
        if len(found) != size:
            raise ValueError("a header ends early")
        self.at += size
        return found


def read_block(pieces: Pieces, at: int, ahead: int) -> Block | None:
    """Return the header at an offset, or None where there is none that is whole.

    Raises:
        Missing: it is not here; ``ahead`` bytes are asked for.
    """
    start = pieces.get(at, 7, ahead=ahead)
    reader = _Reader(start, 4)
    try:
        size = reader.vint()
    except IndexError:
        return None
    if not 2 <= size <= MAX_HEADER_BYTES:
        return None
    return parse_block(pieces.get(at, reader.at + size, ahead=ahead))


def parse_block(raw: bytes) -> Block | None:
    """Return what a header says, from its checksum to its end; None if it is damaged."""
    try:
        reader = _Reader(raw, 4)
        size = reader.vint()
        end = reader.at + size
        if end > len(raw) or zlib.crc32(raw[4:end]) != int.from_bytes(raw[:4], "little"):
            return None
        return _block(_Reader(raw[:end], reader.at))
    except (IndexError, ValueError):
        return None


def _block(reader: _Reader) -> Block:
    end = len(reader.data)
    kind, flags = reader.vint(), reader.vint()
    extra_bytes = reader.vint() if flags & _HAS_EXTRA else 0
    data_bytes = reader.vint() if flags & _HAS_DATA else 0
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
    reader = _Reader(raw)
    while reader.at < len(raw):
        size = reader.vint()
        record = _Reader(reader.take(size))
        kind = record.vint()
        yield kind, record.data[record.at :]


def _quick_at(locator: bytes | None) -> int | None:
    if locator is None:
        return None
    reader = _Reader(locator)
    return reader.vint() or None if reader.vint() & 1 else None


def _entry(reader: _Reader, *, is_part: bool, extra: bytes | None) -> ListingEntry:
    flags, size, _ = reader.vint(), reader.vint(), reader.vint()
    if flags & _HAS_TIME:
        reader.take(4)
    crc32 = int.from_bytes(reader.take(4), "little") if flags & _HAS_CRC else None
    reader.vint()
    reader.vint()
    name = reader.take(reader.vint()).decode("utf-8", "replace")
    # Of a member that goes on in the next volume the checksum is that of this part.
    if is_part or (extra is not None and _is_tweaked(extra)):
        crc32 = None
    is_directory = bool(flags & _FOLDER)
    return ListingEntry(
        path=name[:MAX_NAME_CHARS],
        size_bytes=None if is_directory or flags & _SIZE_UNKNOWN or size >= 2**63 else size,
        crc32=None if is_directory else crc32,
        is_directory=is_directory,
    )


def _is_tweaked(encryption: bytes) -> bool:
    reader = _Reader(encryption)
    reader.vint()
    return bool(reader.vint() & _TWEAKED)


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
    reader = _Reader(data, at + 4)
    try:
        size = reader.vint()
        end = reader.at + size
        if not 3 <= size <= max_bytes or end > len(data):
            return None
        if zlib.crc32(data[at + 4 : end]) != int.from_bytes(data[at : at + 4], "little"):
            return None
        reader.vint()
        back_bytes = reader.vint()
        return Copy(end - at, back_bytes, reader.take(reader.vint()))
    except (IndexError, ValueError):
        return None


def _synchronised(data: bytes) -> int | None:
    """Return where the first copy begins, told by its checksum."""
    for at in range(max(0, min(len(data), _MAX_COPY_BYTES) - 8)):
        if _copy(data, at, _MAX_COPY_BYTES) is not None:
            return at
    return None
