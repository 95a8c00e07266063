"""A capture: one answer to one request, as seen; and the ways there is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from leakwatch.model.location import host_of
from leakwatch.model.source import SourceSpec, Via
from leakwatch.model.taking import Meter, Purpose


class Content(Protocol):
    """Bytes too many for memory, kept encrypted on disk until ``close``."""

    fd: int
    """Open for reading; holds the encrypted bytes."""
    key: bytes
    """What they are encrypted with (``leakwatch/spool.py``)."""
    size_bytes: int
    sha256: str
    """Hex digest of the clear bytes."""
    crc32: int
    head: bytes
    """The first clear bytes, enough to tell the kind."""

    def chunks(self) -> Iterator[bytes]:
        """Yield the clear bytes from the start; may be called again."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class ByteRange:
    """The part of a file that is asked for (RFC 9110, 14.1.2)."""

    first: int
    """From 0; negative: so many bytes from the end, and ``last`` is not looked at."""
    last: int = -1
    """Itself included; the file may end before."""
    whole_bytes: int = 0
    """A server that knows no ranges and sends the whole is heard out if that is text, or
    says that it is at most so long; 0: never."""

    @property
    def header(self) -> str:
        return f"bytes={self.first}" if self.first < 0 else f"bytes={self.first}-{self.last}"

    @property
    def max_bytes(self) -> int:
        """Return the longest answer that is one."""
        return -self.first if self.first < 0 else self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """One GET that a source asks for."""

    url: str
    source: str
    """Name of the source: the Tor circuit and the cookies are its own."""
    via: Via = Via.TOR
    allow_private: bool = False
    etag: str | None = None
    last_modified: str | None = None
    max_bytes: int | None = None
    """Cap of the decoded body; None means the fetcher's page cap."""
    headers: Mapping[str, str] = field(default_factory=dict)
    range: ByteRange | None = None
    """Ask for a part; ``fetch.ranged.read_part`` makes sense of the answer."""
    total_timeout_s: float | None = None
    is_spooled: bool = False
    """The body goes to disk, encrypted, and not to memory: see ``SpooledCapture``."""
    purpose: Purpose = Purpose.PAGE
    meter: Meter | None = field(default=None, repr=False, compare=False)
    """Counts what this request costs, where somebody wants to know."""

    @classmethod
    def linked(cls, url: str, source: SourceSpec, purpose: Purpose) -> FetchRequest:
        """Return the request for what a source's post links to, with a meter of its own.

        Only on the source's own hosts does its way there hold, and its leave to
        ask private addresses: elsewhere a post may link to anything.
        """
        is_own_host = host_of(url) in {host_of(location) for location in source.locations}
        return cls(
            url=url,
            source=source.name,
            via=source.via if is_own_host else Via.TOR,
            allow_private=source.allow_private and is_own_host,
            purpose=purpose,
            meter=Meter(),
        )


@dataclass(frozen=True, slots=True)
class Capture:
    """One answer to one request, with its times and bytes."""

    id: str
    source: str
    url: str
    """As requested."""
    final_url: str
    """After redirects."""
    status: int
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    """May name a document (content-disposition)."""
    requested_at: datetime
    first_byte_at: datetime
    completed_at: datetime
    via: Via
    body: bytes = field(repr=False)
    """Decoded (no content-encoding). Never stored or logged in clear."""
    sha256: str
    """Hex digest of the content."""
    size_bytes: int = -1
    """Length of the content; filled in when not given, kept when it is dropped."""

    def __post_init__(self) -> None:
        if self.size_bytes < 0:
            object.__setattr__(self, "size_bytes", len(self.body))

    def without_body(self) -> Capture:
        """Return the same capture with its bytes dropped, digest and length kept."""
        return replace(self, body=b"")

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes from the start; may be called again."""
        if self.body:
            yield self.body

    def close(self) -> None:
        """Give back what its bytes take on disk."""

    def header(self, name: str) -> str | None:
        """Return the first header of that name (any case), or None."""
        wanted = name.lower()
        return next((v for k, v in self.headers if k.lower() == wanted), None)

    @property
    def etag(self) -> str | None:
        return self.header("etag")

    @property
    def last_modified(self) -> str | None:
        return self.header("last-modified")


@dataclass(frozen=True, slots=True)
class SpooledCapture(Capture):
    """A capture whose bytes lie on disk: ``body`` is empty. Never kept, never journalled."""

    content: Content = field(kw_only=True, repr=False, compare=False)

    def without_body(self) -> Capture:
        """Return the same capture with its bytes dropped; ``close`` gives them back."""
        kept = {f.name: getattr(self, f.name) for f in fields(Capture)}
        return Capture(**kept)

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes from the start; may be called again."""
        return self.content.chunks()

    def close(self) -> None:
        """Give back what its bytes take on disk."""
        self.content.close()


def spooled(capture: Capture, content: Content) -> SpooledCapture:
    """Return a capture with its bytes on disk."""
    told = {f.name: getattr(capture, f.name) for f in fields(Capture)}
    return SpooledCapture(**told | {"size_bytes": content.size_bytes}, content=content)


@dataclass(frozen=True, slots=True)
class NotModified:
    """The server says nothing changed since our validators (RFC 9110, 15.4.5)."""

    url: str
    requested_at: datetime
    completed_at: datetime


@dataclass(frozen=True, slots=True)
class Gone:
    """404 or 410: the server answers, the resource is not there."""

    url: str
    status: int
    requested_at: datetime
    completed_at: datetime


FetchResult = Capture | NotModified | Gone


class PollOutcome(StrEnum):
    """What one poll of one source came to."""

    OK = "ok"
    UNCHANGED = "unchanged"
    DEGRADED = "degraded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Poll:
    """One poll: the proof that we were looking, or the gap."""

    id: str
    source: str
    started_at: datetime
    finished_at: datetime
    outcome: PollOutcome
    location: str | None
    """The location that answered; None when none did."""
    pages: int
    items: int
    is_complete: bool
    """False when a page cap cut the poll short."""
    error: str | None = None
    """Slug, or None."""
    detail: str | None = None
    """One line for the operator; no content of the page."""

    @property
    def is_failure(self) -> bool:
        return self.outcome is PollOutcome.FAILED

    @property
    def is_degraded(self) -> bool:
        return self.outcome is PollOutcome.DEGRADED


@dataclass(frozen=True, slots=True)
class Absence:
    """A poll looked for a finding where it had been, and it was not there."""

    poll_id: str
    finding_id: str
    looked_at: datetime
    via: Via
