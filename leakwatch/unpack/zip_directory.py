"""The central directory of a ZIP file, read one entry at a time (PKWARE APPNOTE 6.3).

Own parser rather than ``zipfile``: that one loads the whole directory into
objects first (half a gigabyte for a million entries), refuses a file for one
bad entry, and gives up where a directory's size is a lie.

End of central directory record, little-endian:

     0  4  "PK" 5 6
     4  2  this disk            6  2  disk of the directory
     8  2  entries here        10  2  entries in all
    12  4  directory bytes     16  4  directory offset
    20  2  comment bytes       22  -  comment

All-ones fields are found in the ZIP64 record, whose locator stands before.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from leakwatch.errors import Corrupt, UnpackError, Unsupported
from leakwatch.unpack.container import MAX_NAME_CHARS, SeekableStream
from leakwatch.unpack.volumes import starts_of

END_BYTES = 22
MAX_TAIL_BYTES = END_BYTES + 0xFFFF
_END = struct.Struct("<4s4H2LH")
END_MAGIC = b"PK\x05\x06"
_LOCATOR = struct.Struct("<4sLQL")
_LOCATOR_MAGIC = b"PK\x06\x07"
_END64 = struct.Struct("<4sQ2H2L4Q")
_END64_MAGIC = b"PK\x06\x06"
_ENTRY = struct.Struct("<4s6H3L5H2L")
_ENTRY_MAGIC = b"PK\x01\x02"
_ALL_ONES_16, _ALL_ONES_32 = 0xFFFF, 0xFFFFFFFF
_EXTRA_ZIP64, _EXTRA_UNICODE_PATH, EXTRA_AES = 0x0001, 0x7075, 0x9901
_FLAG_UTF8 = 0x800
_UNIX_SYSTEMS = frozenset({3, 19})
_BUFFER_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Aes:
    """How WinZip encrypted a member."""

    version: int
    """1 keeps the checksum, 2 has none."""
    strength: int
    """1, 2, 3 for keys of 128, 192, 256 bits."""
    method: int
    """How it was packed before."""


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """One line of the directory: claims, all of them."""

    name: str = field(repr=False)
    flags: int
    method: int
    crc32: int
    packed_bytes: int
    size_bytes: int
    header_offset: int
    """Where the member's local header starts in the file."""
    unix_mode: int
    """``st_mode``, or 0 where the maker was no Unix."""

    dos_time: int = 0
    aes: Aes | None = None

    @property
    def is_encrypted(self) -> bool:
        return bool(self.flags & 1)


@dataclass(frozen=True, slots=True)
class _Place:
    start: int
    end: int
    shift_bytes: int
    """Bytes put before the archive: added to every offset it states."""
    disks: Sequence[int] = ()
    """Where each volume begins, where offsets count from their own."""

    def shift_of(self, disk: int) -> int:
        """Return what is added to offsets on one of the volumes."""
        return self.disks[disk] if disk < len(self.disks) else self.shift_bytes


_NO_FILE_BYTES = 1 << 62


def find_end(tail: bytes) -> int | None:
    """Return where the end record starts in a file's last bytes, or None.

    Only a record whose comment ends within the bytes given counts; data added
    after the archive is tolerated.
    """
    at = tail.rfind(END_MAGIC)
    while at >= 0:
        if at + END_BYTES <= len(tail):
            comment_bytes = int.from_bytes(tail[at + 20 : at + 22], "little")
            if at + END_BYTES + comment_bytes <= len(tail):
                return at
        at = tail.rfind(END_MAGIC, 0, at)
    return None


def ends_volumes(tail: bytes) -> bool:
    """Tell whether a file's last bytes are those of the last of several ZIP volumes."""
    at = find_end(tail)
    return at is not None and _END.unpack_from(tail, at)[1] not in {0, _ALL_ONES_16}


def has_directory(stream: SeekableStream) -> bool:
    """Tell whether a file of whatever kind ends with a ZIP directory of an entry or more."""
    size_bytes = stream.seek(0, 2)
    tail_bytes = min(size_bytes, MAX_TAIL_BYTES)
    try:
        if find_end(read_at(stream, size_bytes - tail_bytes, tail_bytes)) is None:
            return False
        return next(read_directory(stream), None) is not None
    except UnpackError:
        return False
    finally:
        stream.seek(0)


def read_directory(stream: SeekableStream) -> Iterator[ZipEntry]:
    """Yield the entries in directory order.

    Raises:
        Corrupt: there is no directory, or it breaks off here.
        Unsupported: it lies on another volume.
    """
    place = _find_directory(stream)
    reader = _Window(stream, place.start, place.end)
    while True:
        fixed = reader.take(_ENTRY.size)
        if not fixed:
            return
        if len(fixed) < _ENTRY.size or not fixed.startswith(_ENTRY_MAGIC):
            raise Corrupt("the directory of the archive is damaged")
        yield _entry(fixed, reader, place)


def _find_directory(stream: SeekableStream) -> _Place:
    file_bytes = stream.seek(0, 2)
    tail_start = max(0, file_bytes - MAX_TAIL_BYTES)
    tail = read_at(stream, tail_start, file_bytes - tail_start)
    at = find_end(tail)
    if at is None:
        raise Corrupt("the archive has no directory")
    _, disk, start_disk, _, _, length, offset, _ = _END.unpack_from(tail, at)
    end = tail_start + at
    zip64 = _zip64_record(stream, end)
    if zip64 is not None:
        end, disk, start_disk, length, offset = zip64
    disks = starts_of(stream)
    if disk not in {0, _ALL_ONES_16} or start_disk not in {0, _ALL_ONES_16}:
        if len(disks) == 1:
            raise Unsupported("the archive is one of several volumes")
        if start_disk >= len(disks):
            raise Corrupt(f"volume {start_disk + 1} of the archive is missing")
        return _Place(disks[start_disk] + offset, end, 0, disks)
    # The directory stands right before the end record; where that is further on
    # than stated, something was put in front of the archive (self-extractors,
    # pictures). A directory that is not there may still be where it says.
    start = end - length
    if length and (start < 0 or read_at(stream, start, 4) != _ENTRY_MAGIC):
        start = offset
        if start >= end or read_at(stream, start, 4) != _ENTRY_MAGIC:
            raise Corrupt("the archive's directory is not where it says")
    return _Place(start, end, max(0, start - offset))


def _zip64_record(stream: SeekableStream, end: int) -> tuple[int, int, int, int, int] | None:
    """Return (start of record, disk, directory's disk, its bytes, its offset), or None."""
    if end < _LOCATOR.size:
        return None
    magic, _, offset, _ = _LOCATOR.unpack(read_at(stream, end - _LOCATOR.size, _LOCATOR.size))
    if magic != _LOCATOR_MAGIC:
        return None
    for at in (end - _LOCATOR.size - _END64.size, offset):
        # First where it must be without extensible data, then where it is said to be.
        raw = read_at(stream, at, _END64.size) if 0 <= at < end else b""
        if len(raw) == _END64.size and raw.startswith(_END64_MAGIC):
            fields = _END64.unpack(raw)
            return at, fields[4], fields[5], fields[8], fields[9]
    raise Corrupt("the archive has no ZIP64 directory where it says")


def _entry(fixed: bytes, reader: _Window, place: _Place) -> ZipEntry:
    _, made_by, _, flags, method, dos_time, _, *rest = _ENTRY.unpack(fixed)
    crc32, packed, size, name_bytes, extra_bytes, comment_bytes, disk, _, attributes, offset = rest
    raw_name = reader.take(name_bytes)
    extra = dict(extra_fields(reader.take(extra_bytes)))
    reader.skip(comment_bytes)
    size, packed, offset = _wide(extra.get(_EXTRA_ZIP64, b""), (size, packed, offset))
    return ZipEntry(
        name=decode_name(raw_name, flags, extra.get(_EXTRA_UNICODE_PATH, b""))[:MAX_NAME_CHARS],
        flags=flags,
        method=method,
        crc32=crc32,
        packed_bytes=packed,
        size_bytes=size,
        header_offset=offset + place.shift_of(disk),
        unix_mode=attributes >> 16 if made_by >> 8 in _UNIX_SYSTEMS else 0,
        dos_time=dos_time,
        aes=aes_of(extra.get(EXTRA_AES)),
    )


def aes_of(record: bytes | None) -> Aes | None:
    """Read the extra field 0x9901: version, "AE", strength, method."""
    if record is None or len(record) < 7:
        return None
    version, _, strength, method = struct.unpack_from("<HHBH", record)
    return Aes(version, strength, method)


def extra_fields(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (tag, content) of each record of an extra field."""
    at = 0
    while at + 4 <= len(raw):
        tag, length = struct.unpack_from("<2H", raw, at)
        yield tag, raw[at + 4 : at + 4 + length]
        at += 4 + length


def _wide(zip64: bytes, narrow: tuple[int, int, int]) -> list[int]:
    """Replace each all-ones field by the next 64-bit number of the ZIP64 extra field."""
    numbers = iter(struct.unpack_from(f"<{len(zip64) // 8}Q", zip64))
    return [next(numbers, value) if value == _ALL_ONES_32 else value for value in narrow]


def decode_name(raw: bytes, flags: int, unicode_path: bytes = b"") -> str:
    """Decode a member's name.

    Undeclared names are CP437 by the standard, and UTF-8 in practice where
    they are valid UTF-8.
    """
    if len(unicode_path) > 5 and unicode_path[1:5] == zlib.crc32(raw).to_bytes(4, "little"):
        raw = unicode_path[5:]
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("utf-8" if flags & _FLAG_UTF8 else "cp437", "replace")


class _Window:
    """Reads a stretch of a file forwards, in large pieces, without moving past its end."""

    def __init__(self, stream: SeekableStream, start: int, end: int) -> None:
        self._stream = stream
        self._next = start
        self._end = end
        self._buffer = b""
        self._at = 0

    def take(self, size: int) -> bytes:
        """Return the next bytes, fewer only at the end."""
        if self._at + size > len(self._buffer):
            self._fill(size)
        data = self._buffer[self._at : self._at + size]
        self._at += len(data)
        return data

    def skip(self, size: int) -> None:
        self.take(size)

    def _fill(self, size: int) -> None:
        rest = self._buffer[self._at :]
        want = min(max(size - len(rest), _BUFFER_BYTES), self._end - self._next)
        data = read_at(self._stream, self._next, want) if want > 0 else b""
        self._next += len(data)
        self._buffer, self._at = rest + data, 0


def read_at(stream: SeekableStream, offset: int, size: int) -> bytes:
    """Return bytes of any place: none of one that no file reaches."""
    if offset >= _NO_FILE_BYTES:
        return b""
    stream.seek(offset)
    return stream.read(size)
