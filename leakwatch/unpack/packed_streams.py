"""bzip2, xz, LZMA, lzip and Zstandard streams; LZ4 and compress by libarchive.

No stream may ask for a window larger than ``MAX_WINDOW_BYTES``: what a packer
looks back on is kept in memory, and a header of ten bytes may demand gigabytes.
"""

from __future__ import annotations

import bz2
import io
import lzma
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from leakwatch.errors import BudgetExceeded, Corrupt, UnpackError
from leakwatch.unpack.container import CHUNK_BYTES, Member, Mismatch, SeekableStream
from leakwatch.unpack.libarchive_reader import LibarchiveReader
from leakwatch.unpack.pieces import UNNAMED, Decoder, PackedStream

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MAX_WINDOW_BYTES = 128 * 1024 * 1024
"""What ``zstd`` itself allows unasked; ``xz -9`` needs half."""
_MEMORY_LIMIT = MAX_WINDOW_BYTES + MAX_WINDOW_BYTES // 2
_ZSTD_OPTIONS: dict[int, int] = {
    zstd.DecompressionParameter.window_log_max: MAX_WINDOW_BYTES.bit_length() - 1
}
_LZIP_SUMS = ((0, 4), (4, 12))
"""Where CRC-32 and size stand behind the stream."""
_SKIPPABLE_HEAD_BYTES = 8
_MAX_EMPTY_BYTES = 64
"""Length of a stream that may hold nothing."""
_ZSTD_SKIPPABLE = tuple(bytes([n]) + b"\x2a\x4d\x18" for n in range(0x50, 0x60))


def _reason(error: Exception) -> UnpackError | None:
    """Return what a decoder's exception means, or None where it is none of theirs."""
    if isinstance(error, lzma.LZMAError | zstd.ZstdError):
        message = str(error).lower()
        # "Memory usage limit exceeded"; "... requires too much memory for decoding".
        if "memory" in message:
            return BudgetExceeded("the stream wants too large a window", limit="window")
    if isinstance(error, lzma.LZMAError | zstd.ZstdError | OSError | EOFError | ValueError):
        return Corrupt("the packed stream is damaged")
    return None


def _xz() -> Decoder:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY_LIMIT)


def _lzma_alone() -> Decoder:
    return lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=_MEMORY_LIMIT)


def _zstd() -> Decoder:
    return zstd.ZstdDecompressor(options=_ZSTD_OPTIONS)


class Lzip:
    """One member of a lzip file (its manual, "File format").

     0  4  "LZIP"        4  1  version (1)       5  1  coded dictionary size
     6  -  LZMA stream with an end marker, lc=3 lp=0 pb=2
    -20  4  CRC-32      -16  8  size            -8  8  size of this member
    """

    _HEAD_BYTES, _TAIL_BYTES = 6, 20

    def __init__(self) -> None:
        self._buffer = b""
        self._decoder: lzma.LZMADecompressor | None = None
        self._crc32 = self._size_bytes = 0
        self.eof = False
        self.unused_data = b""

    @property
    def needs_input(self) -> bool:
        if self._decoder is None or not self._decoder.eof:
            return self._decoder is None or self._decoder.needs_input
        return len(self._buffer) < self._TAIL_BYTES

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """Return more of the content. Raises Corrupt, Mismatch, BudgetExceeded."""
        if self._decoder is None:
            self._buffer += data
            if len(self._buffer) < self._HEAD_BYTES:
                return b""
            self._decoder = _lzip_decoder(self._buffer)
            data, self._buffer = self._buffer[self._HEAD_BYTES :], b""
        if self._decoder.eof:
            self._buffer += data
            self._end()
            return b""
        out = self._decoder.decompress(data, max_length)
        self._crc32 = zlib.crc32(out, self._crc32)
        self._size_bytes += len(out)
        self._buffer = self._decoder.unused_data
        return out

    def _end(self) -> None:
        if len(self._buffer) < self._TAIL_BYTES:
            return
        self.eof, self.unused_data = True, self._buffer[self._TAIL_BYTES :]
        crc32, size_bytes = (int.from_bytes(self._buffer[a:b], "little") for a, b in _LZIP_SUMS)
        if (crc32, size_bytes) != (self._crc32, self._size_bytes):
            raise Mismatch("the checksum or the size is wrong")


def _lzip_decoder(head: bytes) -> lzma.LZMADecompressor:
    coded = head[5]
    size = 1 << (coded & 0x1F)
    size -= size // 16 * (coded >> 5)
    if head[4] != 1 or not 1 << 12 <= size <= 1 << 29:
        raise Corrupt("the lzip header is damaged")
    if size > MAX_WINDOW_BYTES:
        raise BudgetExceeded("the stream wants too large a window", limit="window")
    lzma1 = {"id": lzma.FILTER_LZMA1, "lc": 3, "lp": 0, "pb": 2, "dict_size": size}
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[lzma1])


@dataclass(frozen=True, slots=True)
class FilteredStream:
    """A stream that libarchive unpacks."""

    filter: str
    needs_seek: bool = False

    def members(
        self, stream: SeekableStream, _passwords: Sequence[str] = (), /
    ) -> Iterator[Member]:
        """Yield one member."""
        yield Member(
            name=UNNAMED,
            ordinal=0,
            size_bytes=None,
            crc32=None,
            packed_bytes=None,
            chunks=partial(self._content, stream),
        )

    def _content(self, stream: SeekableStream) -> Iterator[bytes]:
        reader = LibarchiveReader(("raw", "empty"), (self.filter,))
        source = _PastSkippable(stream)
        is_empty = True
        for member in reader.members(source):
            for data in member.chunks():
                is_empty = False
                yield data
        if is_empty and source.given_bytes > _MAX_EMPTY_BYTES:
            # The library takes for empty what it makes nothing of.
            raise Corrupt("nothing came out of the packed stream")


class _PastSkippable:
    """A stream from behind the frames on that readers are to skip: the library knows them only later."""

    def __init__(self, stream: SeekableStream) -> None:
        self._stream = stream
        self._pending = stream.read(CHUNK_BYTES)
        self.given_bytes = 0
        while self._pending[:4] in _ZSTD_SKIPPABLE and len(self._pending) >= _SKIPPABLE_HEAD_BYTES:
            self._skip(_SKIPPABLE_HEAD_BYTES + int.from_bytes(self._pending[4:8], "little"))

    def _skip(self, size: int) -> None:
        while size and self._pending:
            skipped = min(size, len(self._pending))
            size -= skipped
            self._pending = self._pending[skipped:]
            if len(self._pending) < _SKIPPABLE_HEAD_BYTES:
                self._pending += self._stream.read(CHUNK_BYTES)

    def read(self, size: int, /) -> bytes:
        data, self._pending = self._pending[:size], self._pending[size:]
        data = data or self._stream.read(size)
        self.given_bytes += len(data)
        return data

    def seek(self, _offset: int, _whence: int = 0, /) -> int:
        raise io.UnsupportedOperation("a packed stream is read forwards")

    def tell(self) -> int:
        return self.given_bytes


BZIP2 = PackedStream("bzip2", (b"BZh",), bz2.BZ2Decompressor, _reason)
XZ = PackedStream("xz", (b"\xfd7zXZ\x00",), _xz, _reason)
LZMA_ALONE = PackedStream("lzma", (b"\x5d\0\0", b"\x5e\0\0"), _lzma_alone, _reason)
LZIP = PackedStream("lzip", (b"LZIP",), Lzip, _reason)
ZSTD = PackedStream("zstd", (b"\x28\xb5\x2f\xfd", *_ZSTD_SKIPPABLE), _zstd, _reason)
LZ4 = FilteredStream("lz4")
COMPRESS = FilteredStream("compress")
