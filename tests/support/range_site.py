"""Remote files that are made up where they are read, served by range, well or badly."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from tests.support.http_site import Asked, Route

_RANGE = re.compile(r"bytes=(?:(\d+)-(\d*)|-(\d+))")


class Readable(Protocol):
    """A file that may be larger than any disk."""

    @property
    def size_bytes(self) -> int: ...

    def read(self, offset: int, length: int) -> bytes: ...


@dataclass(frozen=True)
class Held:
    """A file that is held in memory."""

    data: bytes = field(repr=False)

    @property
    def size_bytes(self) -> int:
        return len(self.data)

    def read(self, offset: int, length: int) -> bytes:
        return self.data[offset : offset + length]


@dataclass
class Served:
    """What was sent of a file."""

    requests: int = 0
    sent_bytes: int = 0
    ranges: list[tuple[int, int]] = field(default_factory=list)


Twist = Callable[[int, dict[str, str]], None]
"""Changes the headers of the n-th answer, from 1."""


def ranged(
    file: Readable | Callable[[int], Readable],
    *,
    served: Served | None = None,
    headers: Mapping[str, str] | None = None,
    twist: Twist = lambda _n, _headers: None,
    max_bytes: int | None = None,
) -> Route:
    """Return a route that serves a file by range.

    Args:
        file: or, for one that changes, what makes it for the n-th answer.
        served: told what was sent.
        headers: of every answer.
        twist: see ``Twist``.
        max_bytes: of one answer: a longer range is answered by its start.
    """
    told = served if served is not None else Served()

    async def route(asked: Asked, writer: asyncio.StreamWriter) -> None:
        told.requests += 1
        number = told.requests
        current = file(number) if callable(file) else file
        total = current.size_bytes
        first, last, status = _span(asked.headers.get("range", ""), total)
        if max_bytes is not None:
            last = min(last, first + max_bytes - 1)
        said = {
            "Content-Length": str(last - first + 1),
            "Accept-Ranges": "bytes",
            **(headers or {}),
        }
        if status == 206:
            said["Content-Range"] = f"bytes {first}-{last}/{total}"
            told.ranges.append((first, last))
        elif status == 416:
            said |= {"Content-Range": f"bytes */{total}", "Content-Length": "0"}
            first, last = 0, -1
        twist(number, said)
        head = "".join(f"{name}: {value}\r\n" for name, value in said.items())
        writer.write(f"HTTP/1.1 {status} X\r\n{head}\r\n".encode("latin-1"))
        at = first
        while at <= last:
            piece = current.read(at, min(65536, last - at + 1))
            writer.write(piece)
            await writer.drain()
            at += len(piece)
            told.sent_bytes += len(piece)

    return route


def _span(header: str, total: int) -> tuple[int, int, int]:
    found = _RANGE.fullmatch(header)
    if found is None:
        return 0, total - 1, 200
    if found[3]:
        return max(0, total - int(found[3])), total - 1, 206
    first = int(found[1])
    last = min(int(found[2] or total - 1), total - 1)
    return (first, last, 206) if first <= last else (0, -1, 416)
