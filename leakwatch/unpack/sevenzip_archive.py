"""7z archives: members in order, each folder unpacked once and forwards."""

from __future__ import annotations

import stat
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from leakwatch.errors import (
    BudgetExceeded,
    Corrupt,
    Encrypted,
    LeakwatchError,
    Unsupported,
)
from leakwatch.unpack.container import CHUNK_BYTES, Member, Mismatch, SeekableStream
from leakwatch.unpack.libarchive_reader import LibarchiveReader
from leakwatch.unpack.member_reader import as_unpack_error
from leakwatch.unpack.sevenzip_coders import Source, chain, is_encrypted
from leakwatch.unpack.sevenzip_header import (
    MAGIC,
    MAX_FILES,
    START_BYTES,
    Folder,
    SevenZipEntry,
    Streams,
    read_header,
    read_start,
)
from leakwatch.unpack.sevenzip_keys import SevenZipKeys
from leakwatch.unpack.zip_directory import read_at

SFX_BYTES = 1024 * 1024
"""How far into a program its archive is looked for."""
_MAX_HEADER_BYTES = 128 * 1024 * 1024
"""Packed and unpacked; 400,000 files take some 40 MB."""
_MAX_LAYERS = 4
_MAX_LINK_BYTES = 4096
_TRIED_BYTES = 64 * 1024 * 1024
"""Of a first member, unpacked to tell whether a password is right."""


class SevenZipArchive:
    """Gives the members of a 7z archive; needs to seek."""

    needs_seek = True

    def members(self, stream: SeekableStream, passwords: Sequence[str] = (), /) -> Iterator[Member]:
        """Yield the members in order; folders and symbolic links are passed over.

        Raises:
            Corrupt: the header is damaged or not there, or gives out here.
            Encrypted: the header needs a password.
            BudgetExceeded: it is a bomb, or lists too many files.
            Unsupported: the header is packed in a way there is no reader for.
        """
        keys = SevenZipKeys(tuple(passwords))
        archive = _Archive(stream, find_start(stream), keys)
        entries, claimed = archive.read_header()
        for ordinal, entry in enumerate(entries):
            is_link = stat.S_ISLNK(entry.unix_mode) and entry.size_bytes <= _MAX_LINK_BYTES
            if entry.is_directory or is_link:
                continue
            yield Member(
                name=entry.name or "content",
                ordinal=ordinal,
                size_bytes=entry.size_bytes,
                crc32=entry.crc32,
                packed_bytes=archive.packed_bytes(entry),
                chunks=partial(archive.content, entry, ordinal),
            )
        if claimed > MAX_FILES:
            raise BudgetExceeded(f"{claimed} files are listed", limit="members")


def find_start(stream: SeekableStream) -> int:
    """Return where the archive starts: behind a self-extractor's program, maybe. Raises Corrupt."""
    start = 0
    while start < SFX_BYTES:
        data = read_at(stream, start, CHUNK_BYTES + START_BYTES)
        at = data.find(MAGIC)
        while at >= 0:
            if is_start(data[at : at + START_BYTES]):
                return start + at
            at = data.find(MAGIC, at + 1)
        if len(data) < CHUNK_BYTES:
            break
        start += CHUNK_BYTES
    if read_at(stream, 0, len(MAGIC)) == MAGIC:
        return 0
    raise Corrupt("there is no 7z archive")


def is_start(raw: bytes) -> bool:
    """Tell whether bytes are the start of an archive, by its checksum."""
    return len(raw) == START_BYTES and zlib.crc32(raw[12:]) == int.from_bytes(raw[8:12], "little")


class _Stretch:
    """A stretch of a stream, read forwards; others may read the stream in between."""

    def __init__(self, stream: SeekableStream, at: int, size_bytes: int) -> None:
        self._stream = stream
        self._at = at
        self._end = at + size_bytes

    def read(self, size: int, /) -> bytes:
        data = read_at(self._stream, self._at, max(0, min(size, self._end - self._at)))
        self._at += len(data)
        return data


@dataclass(slots=True)
class _Cursor:
    """How far a folder has been unpacked."""

    folder: int
    source: Source
    at: int = 0

    def read(self, size: int) -> bytes:
        """Return some bytes, never none. Raises UnpackError."""
        try:
            data = self.source.read(size)
        except LeakwatchError:
            raise
        except MemoryError as error:
            raise as_unpack_error(error) from None
        except Exception:  # noqa: BLE001  (decoders raise what they like)
            raise Corrupt("the packed data is damaged") from None
        if not data:
            raise Corrupt("the packed data ends early")
        self.at += len(data)
        return data


@dataclass(slots=True)
class _Archive:
    _stream: SeekableStream
    _start: int
    _keys: SevenZipKeys
    _folders: Sequence[Folder] = ()
    _cursor: _Cursor | None = None
    _second: _SecondTry | None = None
    _damaged: dict[int, int] = field(default_factory=dict)
    """How far a folder could be unpacked, where it is damaged."""

    def read_header(self) -> tuple[Iterator[SevenZipEntry], int]:
        """Return the files and how many are claimed. Raises UnpackError."""
        start = read_start(read_at(self._stream, self._start, START_BYTES))
        if not start.size_bytes:
            return iter(()), 0
        if start.size_bytes > _MAX_HEADER_BYTES:
            raise BudgetExceeded("the header is too large", limit="memory")
        at = self._start + START_BYTES + start.offset
        if at + start.size_bytes > self._stream.seek(0, 2):
            raise Corrupt("the archive ends before its header")
        raw = read_at(self._stream, at, start.size_bytes)
        if zlib.crc32(raw) != start.crc32:
            raise Corrupt("the header of the archive has a wrong checksum")
        for _ in range(_MAX_LAYERS):
            found = read_header(raw)
            if isinstance(found, tuple):
                streams, entries, claimed = found
                self._folders = streams.folders
                return entries, claimed
            raw = self._unpacked_header(found)
        raise Corrupt("the header of the archive is packed too often")

    def packed_bytes(self, entry: SevenZipEntry) -> int | None:
        """Return the packed size where the member has a folder to itself."""
        if entry.folder is None or self._folders[entry.folder].streams != 1:
            return None
        return sum(size for _, size in self._folders[entry.folder].places)

    def content(self, entry: SevenZipEntry, ordinal: int) -> Iterator[bytes]:
        """Yield a member's bytes, then check them. Raises UnpackError."""
        if entry.folder is None or not entry.size_bytes:
            return
        crc32 = size_bytes = 0
        try:
            for data in self._unpacked(entry, entry.folder):
                crc32 = zlib.crc32(data, crc32)
                size_bytes += len(data)
                yield data
        except Unsupported:
            if size_bytes or is_encrypted(self._folders[entry.folder]):
                raise
            for data in self._by_another(entry, ordinal):
                crc32 = zlib.crc32(data, crc32)
                yield data
        if entry.crc32 not in {None, crc32}:
            raise Mismatch("the checksum is wrong")

    def _unpacked(self, entry: SevenZipEntry, number: int) -> Iterator[bytes]:
        if entry.at + entry.size_bytes > self._damaged.get(number, entry.at + entry.size_bytes):
            raise Corrupt("what is packed before this member is damaged")
        cursor = self._cursor
        if cursor is None or cursor.folder != number or cursor.at > entry.at:
            cursor = self._cursor = self._opened(number, entry)
        try:
            while cursor.at < entry.at:
                cursor.read(min(CHUNK_BYTES, entry.at - cursor.at))
            left = entry.size_bytes
            while left > 0:
                data = cursor.read(min(CHUNK_BYTES, left))
                left -= len(data)
                yield data
        except Corrupt:
            # Nothing behind it comes out, so it is not tried again.
            self._damaged[number] = cursor.at
            self._cursor = None
            raise

    def _opened(self, number: int, entry: SevenZipEntry) -> _Cursor:
        folder = self._folders[number]
        if not is_encrypted(folder):
            return self._cursor_of(folder, number, None)
        if not self._keys.passwords:
            raise Encrypted("the member needs a password")
        if self._keys.right is not None:
            return self._cursor_of(folder, number, self._keys.right)
        for password in self._keys.in_order():
            if self._opens(folder, number, entry, password):
                self._keys.right = password
                return self._cursor_of(folder, number, password)
        raise Encrypted(f"none of {len(self._keys.passwords)} passwords opens the member")

    def _opens(self, folder: Folder, number: int, entry: SevenZipEntry, password: str) -> bool:
        """Tell by what comes out whether a password is right; 7z stores no check of it."""
        cursor = self._cursor_of(folder, number, password)
        left, crc32 = min(entry.at + entry.size_bytes, _TRIED_BYTES), 0
        try:
            while cursor.at < entry.at and left > 0:
                left -= len(cursor.read(min(CHUNK_BYTES, entry.at - cursor.at)))
            while left > 0:
                data = cursor.read(min(CHUNK_BYTES, left))
                left -= len(data)
                crc32 = zlib.crc32(data, crc32)
        except Corrupt:
            return False
        is_whole = entry.at + entry.size_bytes <= _TRIED_BYTES
        return not is_whole or entry.crc32 in {None, crc32}

    def _cursor_of(self, folder: Folder, number: int, password: str | None) -> _Cursor:
        if not folder.places:
            raise Corrupt("packed data is announced that is not there")
        at, size_bytes = folder.places[0]
        stretch = _Stretch(self._stream, self._start + at, size_bytes)
        return _Cursor(number, chain(folder, stretch, self._keys, password))

    def _by_another(self, entry: SevenZipEntry, ordinal: int) -> Iterator[bytes]:
        if self._second is None or self._second.at > ordinal:
            self._second = _SecondTry(self._stream, self._start)
        yield from self._second.content(entry, ordinal)

    def _unpacked_header(self, streams: Streams) -> bytes:
        if len(streams.folders) != 1:
            raise Corrupt("the header of the archive is damaged")
        [folder] = streams.folders
        if folder.size_bytes > _MAX_HEADER_BYTES:
            raise BudgetExceeded("the header unpacks to too much", limit="memory")
        if not is_encrypted(folder):
            return self._header_with(folder, None)
        if not self._keys.passwords:
            raise Encrypted("the archive's header needs a password")
        for password in self._keys.in_order():
            try:
                raw = self._header_with(folder, password)
                if folder.crc32 is None:
                    read_header(raw)
            except Corrupt:
                continue
            self._keys.right = password
            return raw
        raise Encrypted(f"none of {len(self._keys.passwords)} passwords opens the header")

    def _header_with(self, folder: Folder, password: str | None) -> bytes:
        cursor = self._cursor_of(folder, -1, password)
        raw = bytearray()
        while len(raw) < folder.size_bytes:
            raw += cursor.read(folder.size_bytes - len(raw))
        if folder.crc32 not in {None, zlib.crc32(raw)}:
            raise Corrupt("the header of the archive has a wrong checksum")
        return bytes(raw)


class _Behind:
    """A stream without its first bytes."""

    def __init__(self, stream: SeekableStream, start: int) -> None:
        self._stream = stream
        self._start = start
        self._at = 0

    def read(self, size: int = -1, /) -> bytes:
        data = read_at(self._stream, self._start + self._at, size)
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = 0, /) -> int:
        end = self._stream.seek(0, 2) - self._start if whence == 2 else 0
        self._at = max(0, offset + {0: 0, 1: self._at, 2: end}[whence])
        return self._at

    def tell(self) -> int:
        return self._at


class _SecondTry:
    """The archive as libarchive reads it, for methods that only it knows; forwards."""

    def __init__(self, stream: SeekableStream, start: int) -> None:
        reader = LibarchiveReader(("7zip",), needs_seek=True)
        self._members = reader.members(_Behind(stream, start))
        self.at = 0

    def content(self, entry: SevenZipEntry, ordinal: int) -> Iterator[bytes]:
        for member in self._members:
            self.at = member.ordinal + 1
            if member.ordinal == ordinal and member.size_bytes == entry.size_bytes:
                yield from member.chunks()
                return
            if member.ordinal >= ordinal:
                break
        raise Unsupported("a 7z method that only libarchive knows, and it finds the member not")
