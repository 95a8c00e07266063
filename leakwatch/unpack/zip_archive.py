"""ZIP archives: the members that the central directory names, each on its own.

A member is found by its directory entry; of its local header only the lengths
are believed. Sizes are checked against what comes out, never relied on.
"""

from __future__ import annotations

import bz2
import lzma
import stat
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from types import MappingProxyType
from typing import Protocol

from leakwatch.errors import Corrupt, Encrypted, Unsupported
from leakwatch.unpack.container import CHUNK_BYTES, Member, Mismatch, SeekableStream
from leakwatch.unpack.zip_directory import ZipEntry, read_directory
from leakwatch.unpack.zip_salvage import salvage

_LOCAL = struct.Struct("<4s5H3L2H")
_LOCAL_MAGIC = b"PK\x03\x04"
_MAX_LINK_BYTES = 4096
"""A larger "symbolic link" is a file in disguise and is read."""


class ZipArchive:
    """Gives the members of a ZIP file; needs to seek."""

    needs_seek = True

    def members(
        self, stream: SeekableStream, _passwords: Sequence[str] = (), /
    ) -> Iterator[Member]:
        """Yield the members in directory order, or without a directory as they lie.

        Raises:
            Corrupt: there is no directory, or it breaks off here.
            Unsupported: the archive is one of several volumes.
        """
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
                    crc32=entry.crc32,
                    packed_bytes=entry.packed_bytes,
                    chunks=partial(_content, stream, entry),
                )
        if problem is not None:
            raise problem


def _is_passed_over(entry: ZipEntry) -> bool:
    if entry.name.endswith("/") and entry.size_bytes == 0:
        return True
    return stat.S_ISLNK(entry.unix_mode) and entry.size_bytes <= _MAX_LINK_BYTES


def _content(stream: SeekableStream, entry: ZipEntry) -> Iterator[bytes]:
    """Yield the member's bytes, then check them.

    Raises:
        Encrypted: it needs a password.
        Unsupported: its method has no decoder here.
        Corrupt: it is damaged, cut short, or not what the directory says.
    """
    if entry.is_encrypted:
        raise Encrypted("the member needs a password")
    make = _DECODERS.get(entry.method)
    if make is None:
        raise Unsupported(f"ZIP method {entry.method}")
    crc32 = size_bytes = 0
    try:
        for data in _decoded(_packed(stream, entry), make()):
            crc32 = zlib.crc32(data, crc32)
            size_bytes += len(data)
            yield data
    except (zlib.error, OSError, EOFError, lzma.LZMAError, ValueError):
        raise Corrupt("the packed data is damaged") from None
    if size_bytes < entry.size_bytes and crc32 != entry.crc32:
        raise Corrupt(f"only {size_bytes} of {entry.size_bytes} bytes came out")
    if crc32 != entry.crc32:
        raise Mismatch("the checksum is wrong")
    if size_bytes != entry.size_bytes:
        raise Mismatch(f"{size_bytes} bytes came out where {entry.size_bytes} were announced")


def _packed(stream: SeekableStream, entry: ZipEntry) -> Iterator[bytes]:
    """Yield the member's packed bytes; other members may be read in between."""
    stream.seek(entry.header_offset)
    header = stream.read(_LOCAL.size)
    if len(header) < _LOCAL.size or not header.startswith(_LOCAL_MAGIC):
        raise Corrupt("the member is not where the directory says")
    name_bytes, extra_bytes = _LOCAL.unpack(header)[-2:]
    at = entry.header_offset + _LOCAL.size + name_bytes + extra_bytes
    left = entry.packed_bytes
    while left > 0:
        stream.seek(at)
        data = stream.read(min(left, CHUNK_BYTES))
        if not data:
            raise Corrupt("the archive ends within this member")
        at += len(data)
        left -= len(data)
        yield data


class _Decoder(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def _decoded(packed: Iterator[bytes], decoder: _Decoder) -> Iterator[bytes]:
    while not decoder.eof:
        data = next(packed, b"") if decoder.needs_input else b""
        out = decoder.decompress(data, CHUNK_BYTES)
        if out:
            yield out
        elif not data and decoder.needs_input:
            break
    # Stored members have no end of their own; packed ones that never reached
    # theirs fail the checks of the caller.


class _Stored:
    eof = False
    needs_input = True

    def decompress(self, data: bytes, _max_length: int, /) -> bytes:
        return data


class _Inflate:
    """zlib with the interface of bz2 and lzma."""

    def __init__(self) -> None:
        self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)

    @property
    def eof(self) -> bool:
        return self._inflater.eof

    @property
    def needs_input(self) -> bool:
        return not self._inflater.unconsumed_tail

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        return self._inflater.decompress(self._inflater.unconsumed_tail or data, max_length)


class _Lzma:
    """Method 14: two bytes of version, a length, the properties, then a raw LZMA1 stream."""

    def __init__(self) -> None:
        self._head = b""
        self._decoder: lzma.LZMADecompressor | None = None

    @property
    def eof(self) -> bool:
        return self._decoder is not None and self._decoder.eof

    @property
    def needs_input(self) -> bool:
        return self._decoder is None or self._decoder.needs_input

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        if self._decoder is None:
            self._head += data
            length = int.from_bytes(self._head[2:4], "little")
            if len(self._head) < 4 + length:
                return b""
            properties, data = self._head[4 : 4 + length], self._head[4 + length :]
            self._decoder = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[_filter(properties)])
        return self._decoder.decompress(data, max_length)


def _filter(properties: bytes) -> dict[str, int]:
    """Return the LZMA1 filter for 5 property bytes (lc, lp, pb packed in one; dictionary size)."""
    if len(properties) != 5 or properties[0] >= 9 * 5 * 5:
        raise Corrupt("the LZMA properties are damaged")
    rest, lc = divmod(properties[0], 9)
    pb, lp = divmod(rest, 5)
    dict_size = int.from_bytes(properties[1:], "little")
    return {"id": lzma.FILTER_LZMA1, "lc": lc, "lp": lp, "pb": pb, "dict_size": dict_size}


_DECODERS: Mapping[int, Callable[[], _Decoder]] = MappingProxyType(
    {0: _Stored, 8: _Inflate, 12: bz2.BZ2Decompressor, 14: _Lzma, 95: lzma.LZMADecompressor}
)
