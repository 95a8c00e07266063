"""A ZIP file of any size that is nowhere: its directory is real, its members are made up when read."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field

_ENTRY = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_LOCAL = struct.Struct("<4s5H3L2H")
_ONES = 0xFFFFFFFF
_UTF8 = 0x800


@dataclass(frozen=True, slots=True)
class Line:
    """What the directory says of one member."""

    path: str
    size_bytes: int
    crc32: int


def entry(line: Line, offset: int, *, comment: bytes = b"") -> bytes:
    """Return one entry of a central directory; offsets over 4 GiB take the ZIP64 field."""
    name = line.path.encode()
    wide = b"" if offset < _ONES else struct.pack("<2HQ", 1, 8, offset)
    version = 45 if wide else 20
    return (
        _ENTRY.pack(
            b"PK\x01\x02", 20, version, _UTF8, 8, 0x6000, 0x5A21, line.crc32,
            max(1, line.size_bytes // 2), line.size_bytes, len(name), len(wide), len(comment),
            0, 0, 0o100644 << 16, _ONES if wide else offset,
        )
        + name
        + wide
        + comment
    )  # fmt: skip


def end_records(entries: int, length: int, offset: int, *, comment: bytes = b"") -> bytes:
    """Return the records behind a directory; ZIP64's always, as large archives have them."""
    wide = _END64.pack(b"PK\x06\x06", 44, 45, 45, 0, 0, entries, entries, length, offset)
    locator = _LOCATOR.pack(b"PK\x06\x07", 0, offset + length, 1)
    end = _END.pack(b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, _ONES, _ONES, len(comment))
    return wide + locator + end + comment


@dataclass(frozen=True)
class VirtualZip:
    """A file of which only the directory takes memory."""

    directory_at: int
    tail: bytes = field(repr=False)
    """Directory and end records."""
    directory_bytes: int

    @property
    def size_bytes(self) -> int:
        return self.directory_at + len(self.tail)

    def read(self, offset: int, length: int) -> bytes:
        """Return bytes: a local header at the start, then noughts, then what is real."""
        end = min(offset + length, self.size_bytes)
        head = _LOCAL.pack(b"PK\x03\x04", 20, _UTF8, 8, 0, 0, 0, 0, 0, 0, 0)
        data = head[offset:end] if offset < len(head) else b""
        at = offset + len(data)
        if at < self.directory_at:
            data += bytes(min(end, self.directory_at) - at)
            at = offset + len(data)
        return data + self.tail[at - self.directory_at : end - self.directory_at]


def virtual_zip(lines: Iterable[Line], *, size_bytes: int, comment: bytes = b"") -> VirtualZip:
    """Return an archive of these members whose own size is about that."""
    every = list(lines)
    apart = max(64, size_bytes // max(1, len(every)))
    entries = [entry(line, n * apart) for n, line in enumerate(every)]
    directory = b"".join(entries)
    at = apart * len(every)
    tail = directory + end_records(len(every), len(directory), at, comment=comment)
    return VirtualZip(at, tail, len(directory))
