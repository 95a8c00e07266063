"""Bounded reading of a body: decoded while it streams, never more than a step ahead.

Limits are on decoded bytes. What was received is counted too, so that a body
of empty gzip members ends as well. The total deadline is the caller's, around
the whole attempt.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import re
import zlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import httpx

from leakwatch.errors import BodyTooLarge, BrokenResponse
from leakwatch.model.capture import Content
from leakwatch.model.taking import Meter
from leakwatch.spool import CHUNK_BYTES, SpoolWriter

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
    content: Content | None = None
    """The bytes in place of ``data``, where they went to disk."""


EMPTY = Body(b"", hashlib.sha256().hexdigest())


class _Sink(Protocol):
    """Where a decoded body goes."""

    @property
    def size_bytes(self) -> int: ...

    async def take(self, piece: bytes) -> None: ...

    async def finish(self) -> Body: ...


class _Held:
    """A body in memory."""

    def __init__(self) -> None:
        self._data = io.BytesIO()
        self._sha256 = hashlib.sha256()

    @property
    def size_bytes(self) -> int:
        return self._data.tell()

    async def take(self, piece: bytes) -> None:
        self._data.write(piece)
        self._sha256.update(piece)

    async def finish(self) -> Body:
        return Body(self._data.getvalue(), self._sha256.hexdigest())


class _OnDisk:
    """A body in the spool; a disk that is slow holds up no other fetch."""

    def __init__(self, writer: SpoolWriter) -> None:
        self._writer = writer
        self._pending = bytearray()

    @property
    def size_bytes(self) -> int:
        return self._writer.size_bytes + len(self._pending)

    async def take(self, piece: bytes) -> None:
        self._pending += piece
        if len(self._pending) >= CHUNK_BYTES:
            await self._write()

    async def finish(self) -> Body:
        await self._write()
        content = self._writer.finish()
        return Body(b"", content.sha256, content)

    async def _write(self) -> None:
        data, self._pending = bytes(self._pending), bytearray()
        writing = asyncio.ensure_future(asyncio.to_thread(self._writer.write, data))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            # The file is closed next: not under a thread that writes to it.
            await asyncio.wait([writing])
            raise


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


async def read_body(
    response: httpx.Response,
    chunks: AsyncIterator[bytes],
    limits: BodyLimits,
    *,
    writer: SpoolWriter | None = None,
    meter: Meter | None = None,
) -> Body:
    """Return the whole decoded body.

    Args:
        response: its headers only are looked at.
        chunks: the body as received.
        limits: see ``BodyLimits``.
        writer: takes the body to disk; None keeps it in memory.
        meter: counts what is received, also of a body that is refused.

    Raises:
        BodyTooLarge: over the cap, by its own account or by count, or it
            expands more than ``RATIO`` times.
        BrokenResponse: an unknown or broken content-encoding, or fewer bytes
            than the response says.
        SpoolFull: the disk has no room for it.
    """
    decoders = _decoders(response, limits.host)
    announced = _check_announced(response, limits)
    if writer is not None and announced is not None:
        writer.expect(announced)
    sink: _Sink = _Held() if writer is None else _OnDisk(writer)
    received, meter = 0, meter or Meter()
    try:
        async for chunk in chunks:
            received += len(chunk)
            meter.received_bytes += len(chunk)
            for piece in _decode(decoders, chunk):
                await sink.take(piece)
                _check_so_far(sink.size_bytes, received, limits)
            _check_so_far(sink.size_bytes, received, limits)
    except zlib.error:
        raise BrokenResponse(f"{limits.host} sent a body that does not decode") from None
    if not all(d.is_complete for d in decoders):
        raise BrokenResponse(f"{limits.host} sent a compressed body that was cut short")
    _check_range(response, received, limits.host)
    return await sink.finish()


def _check_announced(response: httpx.Response, limits: BodyLimits) -> int | None:
    """Return the length that the response says, or None."""
    length = response.headers.get("content-length", "")
    if not (length.isascii() and length.isdigit()):
        return None
    if int(length[:19]) > limits.max_bytes:
        raise BodyTooLarge(
            f"{limits.host} announces {length[:19]} bytes, the cap is {limits.max_bytes}"
        )
    return int(length[:19])


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
