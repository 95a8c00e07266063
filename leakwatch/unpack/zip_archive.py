"""ZIP archives: the members that the central directory names, each on its own.

A member is found by its directory entry; of its local header only the lengths
are believed. Sizes are checked against what comes out, never relied on.
"""

from __future__ import annotations

import stat
import struct
import zlib
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain

from leakwatch.errors import Corrupt, Encrypted, UnpackError, Unsupported
from leakwatch.unpack.container import CHUNK_BYTES, Member, Mismatch, SeekableStream
from leakwatch.unpack.forward import ChunkStream
from leakwatch.unpack.in_place import stretch
from leakwatch.unpack.libarchive_reader import LibarchiveReader
from leakwatch.unpack.zip_decoders import DECODERS, FAULTS, METHODS, PPMD, decoded
from leakwatch.unpack.zip_directory import ZipEntry, read_directory
from leakwatch.unpack.zip_salvage import salvage
from leakwatch.unpack.zip_secrets import Opened, ZipKeys, local_header, openings

_LOCAL = struct.Struct("<4s5H3L2H")
_LOCAL_MAGIC = b"PK\x03\x04"
_MAX_LINK_BYTES = 4096
"""A larger "symbolic link" is a file in disguise and is read."""


class ZipArchive:
    """Gives the members of a ZIP file; needs to seek."""

    needs_seek = True

    def members(self, stream: SeekableStream, passwords: Sequence[str] = (), /) -> Iterator[Member]:
        """Yield the members in directory order, or without a directory as they lie.

        Raises:
            Corrupt: there is no directory, or it breaks off here.
            Unsupported: the archive is one of several volumes.
        """
        keys = ZipKeys(tuple(passwords))
        problem: Corrupt | None = None
        entries = read_directory(stream)
        try:
            first = next(entries, None)
        except Corrupt as error:
            problem, first, entries = error, None, salvage(stream)
        for ordinal, entry in enumerate(chain([first] if first else [], entries)):
            if not _is_passed_over(entry):
                yield Member(
                    name=entry.name,
                    ordinal=ordinal,
                    size_bytes=entry.size_bytes,
                    crc32=None if entry.aes and entry.aes.version != 1 else entry.crc32,
                    packed_bytes=entry.packed_bytes,
                    chunks=partial(_content, stream, entry, keys),
                    in_place=partial(_in_place, stream, entry) if _is_stored(entry) else None,
                )
        if problem is not None:
            raise problem


def _is_passed_over(entry: ZipEntry) -> bool:
    if entry.name.endswith("/") and entry.size_bytes == 0:
        return True
    return stat.S_ISLNK(entry.unix_mode) and entry.size_bytes <= _MAX_LINK_BYTES


def _is_stored(entry: ZipEntry) -> bool:
    return entry.method == 0 and not entry.is_encrypted and entry.packed_bytes == entry.size_bytes


def _in_place(stream: SeekableStream, entry: ZipEntry, most: int) -> SeekableStream:
    """Return a stored member where it lies, as far as it is there. Raises Corrupt."""
    return stretch(stream, _data_offset(stream, entry), entry.packed_bytes, most)


def _content(stream: SeekableStream, entry: ZipEntry, keys: ZipKeys) -> Iterator[bytes]:
    """Yield the member's bytes, then check them.

    Raises:
        Encrypted: no password opens it.
        Unsupported: its method has no decoder here.
        Corrupt: it is damaged, cut short, or not what the directory says.
    """
    packed = partial(_packed, stream, entry)
    if not entry.is_encrypted:
        yield from _checked(entry, _unpacked(entry, packed(), entry.method))
        return
    found = openings(entry, packed, keys)
    opened, second = next(found), next(found, None)
    if second is not None:
        # Several passed a check that lets one in 256 through.
        opened = next((o for o in chain([opened, second], found) if _is_right(entry, o)), opened)
        opened = next(o for o in openings(entry, packed, keys) if o.password == opened.password)
    try:
        yield from _checked(
            entry, _unpacked(entry, opened.chunks, opened.method), has_crc=opened.has_crc
        )
    except Corrupt:
        if keys.right == opened.password or entry.aes is not None:
            raise
        raise Encrypted(f"none of {len(keys.passwords)} passwords opens the member") from None
    keys.right = opened.password


def _is_right(entry: ZipEntry, opened: Opened) -> bool:
    """Tell by what comes out of a member whether a password is right."""
    try:
        for _ in _checked(
            entry, _unpacked(entry, opened.chunks, opened.method), has_crc=opened.has_crc
        ):
            pass
    except UnpackError:
        return False
    return True


def _unpacked(entry: ZipEntry, packed: Iterator[bytes], method: int) -> Iterator[bytes]:
    """Yield what a method's decoder makes of packed chunks. Raises UnpackError."""
    if method == PPMD:
        # As its only member, of an archive without a directory.
        head = local_header(method, 0, entry.crc32, entry.packed_bytes, entry.size_bytes)
        for member in LibarchiveReader(("zip",)).members(ChunkStream(chain([head], packed))):
            yield from member.chunks()
            return
    make = DECODERS.get(method)
    if make is None:
        raise Unsupported(f"ZIP method {METHODS.get(method, method)}")
    try:
        yield from decoded(packed, make())
    except (zlib.error, *FAULTS):
        raise Corrupt("the packed data is damaged") from None


def _checked(entry: ZipEntry, content: Iterator[bytes], *, has_crc: bool = True) -> Iterator[bytes]:
    """Pass content on, then compare it with what the directory says. Raises Corrupt."""
    crc32 = size_bytes = 0
    for data in content:
        crc32 = zlib.crc32(data, crc32)
        size_bytes += len(data)
        yield data
    is_right = crc32 == entry.crc32 or not has_crc
    if size_bytes < entry.size_bytes and (not is_right or not has_crc):
        raise Corrupt(f"only {size_bytes} of {entry.size_bytes} bytes came out")
    if not is_right:
        raise Mismatch("the checksum is wrong")
    if size_bytes != entry.size_bytes:
        raise Mismatch(f"{size_bytes} bytes came out where {entry.size_bytes} were announced")


def _data_offset(stream: SeekableStream, entry: ZipEntry) -> int:
    """Return where the member's bytes start. Raises Corrupt."""
    stream.seek(entry.header_offset)
    header = stream.read(_LOCAL.size)
    if len(header) < _LOCAL.size or not header.startswith(_LOCAL_MAGIC):
        raise Corrupt("the member is not where the directory says")
    name_bytes, extra_bytes = _LOCAL.unpack(header)[-2:]
    return int(entry.header_offset + _LOCAL.size + name_bytes + extra_bytes)


def _packed(stream: SeekableStream, entry: ZipEntry) -> Iterator[bytes]:
    """Yield the member's packed bytes; other members may be read in between."""
    at = _data_offset(stream, entry)
    left = entry.packed_bytes
    while left > 0:
        stream.seek(at)
        data = stream.read(min(left, CHUNK_BYTES))
        if not data:
            raise Corrupt("the archive ends within this member")
        at += len(data)
        left -= len(data)
        yield data
