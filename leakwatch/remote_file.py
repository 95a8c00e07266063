"""One remote file, of which parts are fetched as they are needed: what it costs, and that it stays the same."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import unquote, urlsplit

from leakwatch.errors import BadStatus, BudgetExceeded, RangeBroken, RangeIgnored, RemoteChanged
from leakwatch.fetch.pieces import Pieces
from leakwatch.fetch.ranged import Part, read_part
from leakwatch.model.capture import ByteRange, FetchRequest
from leakwatch.model.taking import Meter, Purpose
from leakwatch.ports import Fetcher

HEAD_BYTES = 64 * 1024
"""First part of a file: enough to know its kind, and most pages are no longer."""
LEAST_BYTES = 64 * 1024
"""Asked for even of the slowest server."""


@dataclass(frozen=True, slots=True)
class ListingLimits:
    """What the directory of one remote archive may cost."""

    max_bytes: int = 128 * 1024 * 1024
    max_requests: int = 200
    max_s: float = 1800.0
    request_bytes: int = 4 * 1024 * 1024
    """Of one request, at most; less where that would take over ``request_s``."""
    request_s: float = 60.0
    held_bytes: int = 32 * 1024 * 1024
    """Of what is held at once: the packed directory of a million files has less."""


class RemoteFile:
    """A remote file that was opened: its kind is known, and its start is here."""

    def __init__(self, fetcher: Fetcher, request: FetchRequest, limits: ListingLimits) -> None:
        self._fetcher = fetcher
        self._limits = limits
        self.meter = request.meter or Meter()
        self.request = replace(
            request,
            etag=None,
            last_modified=None,
            purpose=Purpose.DIRECTORY,
            meter=self.meter,
        )
        self.kind = ""
        self.pieces = Pieces()
        self._head: Part | None = None
        self._url = request.url
        self._bytes_a_s = float("inf")
        self._began = (self.meter.requests, self.meter.received_bytes)

    @property
    def head(self) -> Part:
        """Return the first part, as it came."""
        if self._head is None:
            raise ValueError("not opened")
        return self._head

    @property
    def is_here(self) -> bool:
        """Whether the first part is all of it."""
        return len(self.head.data) == self.head.version.size_bytes

    @property
    def name(self) -> str:
        """Return what the address calls it; hostile."""
        return unquote(urlsplit(self.request.url).path.rpartition("/")[2])

    @property
    def size_bytes(self) -> int:
        return self.head.version.size_bytes or 0

    @property
    def cost(self) -> tuple[int, int]:
        """Return requests and bytes received so far."""
        requests, received_bytes = self._began
        return self.meter.requests - requests, self.meter.received_bytes - received_bytes

    async def open(self, *, whole_bytes: int) -> None:
        """Get the first part; see ``RemoteLister.open``."""
        span = ByteRange(0, HEAD_BYTES - 1, whole_bytes)
        self._url = self.request.url
        self._head = await read_part(self._fetcher, replace(self.request, range=span))
        if self._head.version.size_bytes is None:
            raise RangeBroken("the server does not say how long the file is")
        if not self.request.headers:
            # What it redirects to is asked at once from now on.
            self._url = self._head.capture.final_url
        self.pieces = Pieces()
        self.pieces.add(0, self._head.data)

    async def fill(self, need: list[tuple[int, int]]) -> int:
        """Get what of a need is not here, drop what is not needed; return the bytes gained.

        Raises:
            BudgetExceeded: it would take more than is allowed.
            RemoteChanged: the file is another one by now.
            FetchError: a part could not be had.
        """
        if sum(length for _, length in need) > self._limits.held_bytes:
            raise BudgetExceeded("the directory is too long", limit="held_bytes")
        self.pieces.keep(need)
        gained = 0
        for offset, length in self.pieces.lacking(need):
            at, end = offset, offset + length
            while at < end:
                part = await self._part(at, min(end - at, self._affordable()))
                self.pieces.add(at, part.data)
                at += len(part.data)
                gained += len(part.data)
        return gained

    def _affordable(self) -> int:
        """Return how much to ask for at once: no deadline should cut what a slow server sends."""
        most = min(self._limits.request_bytes, self._bytes_a_s * self._limits.request_s)
        return max(LEAST_BYTES, int(most))

    async def _part(self, offset: int, length: int) -> Part:
        requests, received_bytes = self.cost
        if requests >= self._limits.max_requests:
            raise BudgetExceeded("the directory takes too many requests", limit="listing_requests")
        if received_bytes + length > self._limits.max_bytes:
            raise BudgetExceeded("the directory is too long", limit="listing_bytes")
        span = ByteRange(offset, offset + length - 1)
        request = replace(self.request, url=self._url, range=span)
        try:
            part = await read_part(self._fetcher, request, self.head.version)
        except RangeIgnored:
            # It knew ranges before.
            raise RemoteChanged("the server sends the whole file all of a sudden") from None
        except BadStatus as error:
            if error.status == 416 or (
                self._url != self.request.url and error.status in {403, 404, 410}
            ):
                raise RemoteChanged("the file is not where it was a moment ago") from None
            raise
        # Without the wait for the host's turn.
        took_s = (part.capture.completed_at - part.capture.requested_at).total_seconds()
        self._bytes_a_s = len(part.data) / max(took_s, 0.001)
        return part
