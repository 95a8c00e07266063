"""Bounded reading of a body: decoded while it streams, never more than a step ahead.

Limits are on decoded bytes. What was received is counted too, so that a body
of empty gzip members ends as well. The total deadline is the caller's, around
the whole attempt.
"""

from __future__ import annotations

import hashlib
import io
import re
import zlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import httpx

from leakwatch.errors import BodyTooLarge, BrokenResponse
from leakwatch.model.taking import Meter

STEP_BYTES = 64 * 1024
RATIO = 200
"""Text deflates 3 to 20 times, SQL dumps up to 50; deflate itself stops at 1032."""
RATIO_FLOOR_BYTES = 1024 * 1024
"""Below this, a ratio harms nobody."""
MAX_CODINGS = 2
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(?:\d{1,18}|\*)")


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """What one body may cost."""

    max_bytes: int
    """Of the decoded body."""
    host: str
    """Named in errors."""


@dataclass(frozen=True, slots=True)
class Body:
    """A decoded body with its digest, taken while it came in."""

    data: bytes = field(repr=False)
    sha256: str


EMPTY = Body(b"", hashlib.sha256().hexdigest())


class _Decoder(Protocol):
    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the decoded bytes, at most ``STEP_BYTES`` at a time."""
        ...

    @property
    def is_complete(self) -> bool: ...


class _Inflate:
    """gzip (RFC 1952, with further members) or deflate (RFC 1950, or raw as some send it)."""

    def __init__(self, *, is_gzip: bool) -> None:
        self._is_gzip = is_gzip
        self._head = b""
        self._inner: zlib._Decompress | None = None

    @property
    def is_complete(self) -> bool:
        """Whether the stream ended, or never began: an empty body is whole."""
        return self._inner.eof if self._inner else not self._head

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._inner is None:
            data = self._head = self._head + data
            if len(data) < 2:
                return
            self._inner = zlib.decompressobj(self._window_bits(data))
        while data:
            if self._inner.eof:
                if not (self._is_gzip and data.startswith(b"\x1f")):
                    return  # what follows the end is padding, as browsers see it
                self._inner = zlib.decompressobj(self._window_bits(data))
            yield from self._steps(self._inner, data)
            data = self._inner.unused_data

    @staticmethod
    def _steps(inner: zlib._Decompress, data: bytes) -> Iterator[bytes]:
        while True:
            piece = inner.decompress(data, STEP_BYTES)
            if piece:
                yield piece
            data = inner.unconsumed_tail
            # A full step may leave output inside with no input left to show for it.
            if inner.eof or (not data and len(piece) < STEP_BYTES):
                return

    def _window_bits(self, head: bytes) -> int:
        if self._is_gzip:
            return zlib.MAX_WBITS | 16
        is_zlib = head[0] & 0x0F == 8 and int.from_bytes(head[:2], "big") % 31 == 0
        return zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS


def _decoders(response: httpx.Response, host: str) -> list[_Decoder]:
    """Return decoders in the order they apply: the last coding named is the outermost."""
    names = [n.strip().lower() for n in response.headers.get("content-encoding", "").split(",")]
    names = [n for n in names if n not in {"", "identity"}]
    known = {"gzip", "x-gzip", "deflate"}
    if len(names) > MAX_CODINGS or not known.issuperset(names):
        raise BrokenResponse(f"{host} sent a content-encoding that was not asked for")
    return [_Inflate(is_gzip=name != "deflate") for name in reversed(names)]


def _decode(decoders: list[_Decoder], data: bytes) -> Iterator[bytes]:
    if not decoders:
        yield data
        return
    for piece in decoders[0].feed(data):
        yield from _decode(decoders[1:], piece)


async def metered(chunks: AsyncIterator[bytes], meter: Meter | None) -> AsyncIterator[bytes]:
    """Yield the chunks as they come, counting their bytes."""
    async for chunk in chunks:
        if meter is not None:
            meter.received_bytes += len(chunk)
        yield chunk


async def read_body(
    response: httpx.Response, chunks: AsyncIterator[bytes], limits: BodyLimits
) -> Body:
    """Return the whole decoded body.

    Args:
        response: its headers only are looked at.
        chunks: the body as received.
        limits: see ``BodyLimits``.

    Raises:
        BodyTooLarge: over the cap, by its own account or by count, or it
            expands more than ``RATIO`` times.
        BrokenResponse: an unknown or broken content-encoding, or fewer bytes
            than the response says.
    """
    decoders = _decoders(response, limits.host)
    _check_announced(response, limits)
    received, decoded, digest = 0, io.BytesIO(), hashlib.sha256()
    try:
        async for chunk in chunks:
            received += len(chunk)
            for piece in _decode(decoders, chunk):
                decoded.write(piece)
                digest.update(piece)
                _check_so_far(decoded.tell(), received, limits)
            _check_so_far(decoded.tell(), received, limits)
    except zlib.error:
        raise BrokenResponse(f"{limits.host} sent a body that does not decode") from None
    if not all(d.is_complete for d in decoders):
        raise BrokenResponse(f"{limits.host} sent a compressed body that was cut short")
    _check_range(response, received, limits.host)
    return Body(decoded.getvalue(), digest.hexdigest())


def _check_announced(response: httpx.Response, limits: BodyLimits) -> None:
    length = response.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:19]) > limits.max_bytes:
        raise BodyTooLarge(
            f"{limits.host} announces {length[:19]} bytes, the cap is {limits.max_bytes}"
        )


def _check_so_far(decoded: int, received: int, limits: BodyLimits) -> None:
    if max(decoded, received - STEP_BYTES) > limits.max_bytes:
        raise BodyTooLarge(f"{limits.host} sent more than the cap of {limits.max_bytes} bytes")
    if decoded > RATIO_FLOOR_BYTES and decoded > RATIO * received:
        raise BodyTooLarge(f"{limits.host} sent a body that expands more than {RATIO} times")


def _check_range(response: httpx.Response, received: int, host: str) -> None:
    """A part whose length is not the one it names was cut (RFC 9110, 14.4)."""
    if response.status_code != 206:
        return
    found = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", "").strip())
    if found and int(found[2]) - int(found[1]) + 1 != received:
        raise BrokenResponse(f"{host} sent a part of another length than it says")
