"""OLE compound files (MS-CFB): the file system inside .doc, .xls, .ppt and .msg.

Own reader, for hostile files: chains are followed no further than the file has
sectors, the directory tree is walked without recursion and each entry once, a
stream gives what there is of it. Nothing is held but the tables, of which a
file has at most a 128th of its own size.

Header, little-endian:

    30  2  sector shift            44  4  sectors of the FAT
    48  4  first directory sector  56  4  size below which a stream is "mini"
    60  4  first mini FAT sector   68  4  first DIFAT sector
    76  -  109 numbers of FAT sectors; more in the DIFAT
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from leakwatch.errors import Corrupt
from leakwatch.extract.base import ContentStream

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAX_STREAM_BYTES = 256 * 1024 * 1024
"""As much as ``read`` gives of one stream."""
_HEADER_BYTES = 512
_HEADER = struct.Struct("<30xH12x2L4x2L4xL")
_SHIFTS = {9, 12}
_MINI_BYTES = 64
_LAST = 0xFFFFFFFA
"""Numbers from here on are marks: end of chain, free, of the tables themselves."""
_IN_HEADER = 109
_ENTRY = struct.Struct("<64sHBBLLL36xLQ")
_STORAGE, _STREAM, _ROOT = 1, 2, 5
_NOBODY = 0xFFFFFFFF
_MAX_ENTRIES = 200_000
_MAX_DEPTH = 64
_RUN_SECTORS = 128


@dataclass(frozen=True, slots=True)
class OleEntry:
    """One stream or storage of a compound file."""

    path: tuple[str, ...] = field(repr=False)
    """Names from the root down."""
    is_storage: bool
    start: int
    size_bytes: int
    """As claimed."""


class CompoundFile:
    """A compound file over a seekable stream."""

    def __init__(self, stream: ContentStream) -> None:
        """Read the tables and the directory.

        Raises:
            Corrupt: the header is no such file's, or there is no directory.
        """
        self._stream = stream
        self._file_bytes = stream.seek(0, 2)
        head = self._at(0, _HEADER_BYTES)
        if len(head) < _HEADER_BYTES or not head.startswith(MAGIC):
            raise Corrupt("the header is no compound file's")
        shift, fat_sectors, directory, cutoff, mini_fat, difat = _HEADER.unpack_from(head)
        if shift not in _SHIFTS:
            raise Corrupt("a compound file with sectors of no known size")
        self._sector_bytes = 1 << shift
        self._sectors = self._file_bytes // self._sector_bytes + 1
        self._fat = self._table(self._fat_numbers(head, difat, fat_sectors))
        self._mini_fat = self._table(self._chain(mini_fat, self._fat))
        self._cutoff = min(cutoff, 1 << 20)
        self._mini_sectors: list[int] = []
        self.entries: dict[tuple[str, ...], OleEntry] = {}
        """Everything reachable from the root, by path in lower case."""
        self._children: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
        self._read_directory(directory)

    def has(self, *path: str) -> bool:
        return tuple(name.lower() for name in path) in self.entries

    def children(self, path: tuple[str, ...]) -> list[tuple[str, ...]]:
        """Return the paths of what lies in a storage, in lower case and in order of names."""
        return sorted(self._children.get(path, ()))

    def read(self, *path: str, max_bytes: int = MAX_STREAM_BYTES) -> bytes:
        """Return the start of a stream, what there is of it; empty where there is none."""
        entry = self.entries.get(tuple(name.lower() for name in path))
        return b"" if entry is None else b"".join(self.chunks(entry, max_bytes=max_bytes))

    def chunks(self, entry: OleEntry, *, max_bytes: int = MAX_STREAM_BYTES) -> Iterator[bytes]:
        """Yield a stream's bytes, at most ``max_bytes`` of them, as far as its chain goes."""
        left = 0 if entry.is_storage else min(entry.size_bytes, max_bytes)
        pieces = self._mini(entry) if entry.size_bytes < self._cutoff else self._long(entry)
        for data in pieces:
            if left <= 0:
                return
            yield data[:left]
            left -= len(data)

    def _long(self, entry: OleEntry) -> Iterator[bytes]:
        for start, count in _runs(self._chain(entry.start, self._fat)):
            data = self._at((start + 1) * self._sector_bytes, count * self._sector_bytes)
            if not data:
                return
            yield data

    def _mini(self, entry: OleEntry) -> Iterator[bytes]:
        per_sector = self._sector_bytes // _MINI_BYTES
        for number in self._chain(entry.start, self._mini_fat):
            sector, within = divmod(number, per_sector)
            if sector >= len(self._mini_sectors):
                return
            at = (self._mini_sectors[sector] + 1) * self._sector_bytes + within * _MINI_BYTES
            yield self._at(at, _MINI_BYTES)

    def _at(self, offset: int, size: int) -> bytes:
        if offset >= self._file_bytes:
            return b""
        self._stream.seek(offset)
        return self._stream.read(size)

    def _sector(self, number: int) -> bytes:
        return self._at((number + 1) * self._sector_bytes, self._sector_bytes)

    def _fat_numbers(self, head: bytes, difat: int, count: int) -> Iterator[int]:
        """Yield the sectors that the FAT lies in."""
        numbers = list(struct.unpack_from(f"<{_IN_HEADER}L", head, 76))
        seen: set[int] = set()
        per_sector = self._sector_bytes // 4
        while difat < _LAST and difat not in seen and len(numbers) < count:
            seen.add(difat)
            sector = self._sector(difat)
            if len(sector) < self._sector_bytes:
                break
            *more, difat = struct.unpack(f"<{per_sector}L", sector)
            numbers += more
        most = min(count, self._sectors // per_sector + 2)
        return islice((number for number in numbers if number < _LAST), most)

    def _table(self, sectors: Iterator[int]) -> array[int]:
        table = array("I")
        for number in sectors:
            data = self._sector(number)
            table.frombytes(data[: len(data) & ~3])
        return table

    def _chain(self, start: int, table: array[int]) -> Iterator[int]:
        """Yield the sectors of a chain; one that runs in a circle ends with the table."""
        number, left = start, len(table)
        while number < len(table) and left:
            yield number
            number = table[number]
            left -= 1

    def _read_directory(self, first: int) -> None:
        """Fill ``entries``.

        Siblings form a binary tree (left, right); a storage names its topmost child.
        """
        raw = bytearray()
        for start, count in _runs(self._chain(first, self._fat)):
            raw += self._at((start + 1) * self._sector_bytes, count * self._sector_bytes)
            if len(raw) >= _MAX_ENTRIES * _ENTRY.size:
                break
        if len(raw) < _ENTRY.size:
            raise Corrupt("a compound file without a directory")
        root = _ENTRY.unpack_from(raw)
        self._mini_sectors = list(self._chain(root[7], self._fat))
        pending: list[tuple[int, tuple[str, ...]]] = [(root[6], ())]
        seen = {0}
        while pending:
            number, parent = pending.pop()
            at = number * _ENTRY.size
            if number == _NOBODY or number in seen or at + _ENTRY.size > len(raw):
                continue
            seen.add(number)
            name, name_bytes, kind, _, left, right, child, start, size = _ENTRY.unpack_from(raw, at)
            # The upper half of the size is noise in files with sectors of 512 bytes.
            size &= 0xFFFFFFFF if self._sector_bytes == 512 else (1 << 63) - 1
            text = name[: max(0, min(name_bytes, 64) - 2)].decode("utf-16-le", "replace")
            path = (*parent, text)
            if kind in {_STORAGE, _STREAM}:
                entry = OleEntry(path, kind == _STORAGE, start, size)
                lower = tuple(part.lower() for part in path)
                if self.entries.setdefault(lower, entry) is entry:
                    self._children.setdefault(lower[:-1], []).append(lower)
            pending += [(left, parent), (right, parent)]
            if kind == _STORAGE and len(path) < _MAX_DEPTH:
                pending.append((child, path))


def _runs(numbers: Iterator[int]) -> Iterator[tuple[int, int]]:
    """Yield (first, count) of neighbouring sectors, to be read in one go."""
    start = count = 0
    for number in numbers:
        if count and number == start + count and count < _RUN_SECTORS:
            count += 1
            continue
        if count:
            yield start, count
        start, count = number, 1
    if count:
        yield start, count
