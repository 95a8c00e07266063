"""The methods of ZIP, each with the interface of ``bz2.BZ2Decompressor`` (APPNOTE 4.4.5)."""

from __future__ import annotations

import bz2
import lzma
import sys
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from leakwatch.errors import Corrupt
from leakwatch.unpack.container import CHUNK_BYTES
from leakwatch.unpack.inflating import Decoder, Inflate, Inflate64, Stored

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_MAX_WINDOW_LOG = 27
"""128 MiB, what ``zstd`` itself allows unasked."""
_OPTIONS: dict[int, int] = {zstd.DecompressionParameter.window_log_max: _MAX_WINDOW_LOG}
FAULTS = (OSError, EOFError, ValueError, lzma.LZMAError, zstd.ZstdError)
"""What decoders raise for damaged data, beside ``zlib.error``."""


def decoded(packed: Iterator[bytes], decoder: Decoder) -> Iterator[bytes]:
    """Yield what a decoder makes of packed chunks, chunk by chunk."""
    while not decoder.eof:
        data = next(packed, b"") if decoder.needs_input else b""
        out = decoder.decompress(data, CHUNK_BYTES)
        if out:
            yield out
        elif not data and decoder.needs_input:
            break
    # Stored members have no end of their own; packed ones that never reached
    # theirs fail the checks of the caller.


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


def _zstd() -> Decoder:
    return zstd.ZstdDecompressor(options=_OPTIONS)


DECODERS: Mapping[int, Callable[[], Decoder]] = MappingProxyType(
    {
        0: Stored,
        8: Inflate,
        9: Inflate64,
        12: bz2.BZ2Decompressor,
        14: _Lzma,
        20: _zstd,
        93: _zstd,
        95: lzma.LZMADecompressor,
    }
)
PPMD = 98
"""Only libarchive has a decoder that needs no thread."""
METHODS: Mapping[int, str] = MappingProxyType(
    {1: "shrunk", 2: "reduced", 3: "reduced", 4: "reduced", 5: "reduced", 6: "imploded"}
)
"""Names of methods without a decoder here."""
