"""Decoders with the interface of ``bz2.BZ2Decompressor``: bounded output for any input."""

from __future__ import annotations

import zlib
from typing import Protocol

import inflate64

SMALL_BYTES = 1024
"""Fed at a time to a decoder that does not bound what comes out: a thousandfold at most."""


class Decoder(Protocol):
    """Turns packed bytes into others, piece by piece."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class Stored:
    """Gives back what it gets."""

    eof = False
    needs_input = True

    def decompress(self, data: bytes, _max_length: int, /) -> bytes:
        return data


class Inflate:
    """Deflate by zlib (RFC 1951), with the interface of bz2 and lzma.

    Args:
        window: as zlib has it; of gzip or zlib streams, their headers and sums are read too.
    """

    def __init__(self, window: int = -zlib.MAX_WBITS) -> None:
        self._inflater = zlib.decompressobj(window)

    @property
    def eof(self) -> bool:
        return self._inflater.eof

    @property
    def needs_input(self) -> bool:
        return not self._inflater.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inflater.unused_data

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        return self._inflater.decompress(self._inflater.unconsumed_tail or data, max_length)


class Inflate64:
    """Deflate64, fed so little at a time that what comes out stays small."""

    def __init__(self) -> None:
        self._inflater = inflate64.Inflater()
        self._pending = b""

    @property
    def eof(self) -> bool:
        return bool(self._inflater.eof)

    @property
    def needs_input(self) -> bool:
        return not self._pending

    def decompress(self, data: bytes, _max_length: int, /) -> bytes:
        self._pending += data
        piece, self._pending = self._pending[:SMALL_BYTES], self._pending[SMALL_BYTES:]
        return bytes(self._inflater.inflate(piece))
