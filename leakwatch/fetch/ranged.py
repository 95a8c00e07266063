"""One part of a remote file, and that it is the part that was asked for (RFC 9110, 14).

Everything is judged by the headers, before the body is read: a server that
ignores ``Range`` costs its headers and what was under way, not the whole file.

No ``If-Range`` is sent. With it, a file that changed is answered by all of it,
and a connection is lost to see that; and a part sent under ``If-Range`` need not
carry ``Last-Modified`` (15.3.7), which is all that many servers have. Without it
each part says what it is a part of: ``unchanged`` compares.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import httpx

from leakwatch.errors import (
    BadStatus,
    BrokenResponse,
    RangeBroken,
    RangeIgnored,
    RemoteChanged,
)
from leakwatch.model.capture import ByteRange, Capture, FetchRequest, Gone
from leakwatch.ports import Fetcher

_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.ASCII | re.IGNORECASE)
_LENGTH = re.compile(r"\d{1,18}", re.ASCII)
_TEXTS = ("text/", "application/xhtml", "application/xml", "application/json")


@dataclass(frozen=True, slots=True)
class Version:
    """What tells one state of a remote file from another."""

    size_bytes: int | None
    """Of the whole; None where the server did not say."""
    etag: str | None
    last_modified: str | None

    def is_same(self, other: Version) -> bool:
        """Tell whether nothing speaks for a change; what one of them lacks does not."""
        pairs = (
            (self.size_bytes, other.size_bytes),
            (self.etag, other.etag),
            (self.last_modified, other.last_modified),
        )
        return all(a == b for a, b in pairs if a is not None and b is not None)

    @property
    def token(self) -> str:
        """Return it as one line; names no file."""
        return f"{self.size_bytes} {self.etag} {self.last_modified}"


@dataclass(frozen=True, slots=True)
class Part:
    """Some bytes of a remote file."""

    offset: int
    data: bytes = field(repr=False)
    version: Version
    is_whole: bool
    """The server sent everything instead of a part."""
    capture: Capture = field(repr=False)


async def read_part(fetcher: Fetcher, request: FetchRequest, known: Version | None = None) -> Part:
    """Get a part of a file; fewer bytes than asked for only where the server gave fewer.

    Args:
        fetcher: Tor, deadlines, turns, retries.
        request: with its ``range``.
        known: the version that earlier parts were of.

    Raises:
        RangeIgnored: the whole came, or would have; its body was not read.
        RangeBroken: what came is another part, or none.
        RemoteChanged: the file is not the one that ``known`` describes.
        FetchError: no usable answer.
    """
    if request.range is None:
        raise ValueError("a part without a range")
    answer = await fetcher.fetch(request)
    if isinstance(answer, Gone):
        raise BadStatus("the file is not there", status=answer.status)
    if not isinstance(answer, Capture):
        raise BrokenResponse("an answer without a body")
    part = _part(answer, request.range)
    if known is not None and not known.is_same(part.version):
        raise RemoteChanged("the remote file changed while it was read")
    return part


def check_part(asked: ByteRange, status: int, headers: httpx.Headers, host: str) -> None:
    """Refuse an answer to a request for a part, before its body is read. Pure.

    404, 410 and 304 are no parts and are let through, as is a whole that the
    range allows.

    Raises:
        RangeIgnored: the whole is about to come.
        RangeBroken: several parts, a coded one, another one, a longer one.
    """
    if status in {304, 404, 410}:
        return
    if status != 206:
        if not (asked.whole_bytes and _is_welcome(asked.whole_bytes, headers)):
            raise RangeIgnored(f"{host} sends the whole file where a part was asked for")
        return
    if headers.get("content-type", "").lower().startswith("multipart/"):
        raise RangeBroken(f"{host} sends several parts where one was asked for")
    if headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        raise RangeBroken(f"{host} sends a part of a compressed file")
    found = _CONTENT_RANGE.fullmatch(headers.get("content-range", "").strip())
    if found is None:
        raise RangeBroken(f"{host} sends a part and does not say which")
    first, last = int(found[1]), int(found[2])
    total = None if found[3] == "*" else int(found[3])
    if not _is_asked_for(asked, first, last, total):
        raise RangeBroken(f"{host} sends another part than was asked for")
    length = headers.get("content-length", "")
    if _LENGTH.fullmatch(length) and int(length) != last - first + 1:
        raise RangeBroken(f"{host} sends a part of another length than it says")


def _is_asked_for(asked: ByteRange, first: int, last: int, total: int | None) -> bool:
    if not first <= last or (total is not None and last >= total):
        return False
    if asked.first >= 0:
        return first == asked.first and last <= asked.last
    # The last so many bytes; a shorter file comes as a whole.
    return total is not None and last == total - 1 and first == max(0, total + asked.first)


def _is_welcome(whole_bytes: int, headers: httpx.Headers) -> bool:
    """Tell whether a whole may be read instead of a part."""
    length = headers.get("content-length", "")
    if _LENGTH.fullmatch(length):
        return int(length) <= whole_bytes
    return bool(headers.get("content-type", "").lower().startswith(_TEXTS))


def _part(capture: Capture, asked: ByteRange) -> Part:
    found = _CONTENT_RANGE.fullmatch((capture.header("content-range") or "").strip())
    if capture.status != 206 or found is None:
        version = Version(len(capture.body), capture.etag, capture.last_modified)
        return Part(0, capture.body, version, is_whole=True, capture=capture)
    first, last = int(found[1]), int(found[2])
    total = None if found[3] == "*" else int(found[3])
    if len(capture.body) != last - first + 1 or not _is_asked_for(asked, first, last, total):
        raise RangeBroken("the part is not the one that was asked for")
    version = Version(total, capture.etag, capture.last_modified)
    return Part(first, capture.body, version, is_whole=False, capture=capture)
