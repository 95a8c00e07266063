"""A linked file fetched whole, onto the encrypted spool, while a leave lasts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime

from leakwatch.clock import Clock
from leakwatch.errors import BodyTooLarge, FetchError, LeakwatchError, SourceError
from leakwatch.model.capture import Capture, FetchRequest
from leakwatch.model.source import SourceSpec
from leakwatch.model.taking import Fate, Meter, Purpose, Taken
from leakwatch.ports import Fetcher

GONE = "gone"
"""What ``Taken.error`` says of a file that is not there any more."""
LEAVE_ENDED = "leave_ended"
TOO_MANY_FILES = "too_many_files"
NOT_FOLLOWED = "not_followed"


@dataclass(frozen=True, slots=True)
class PayloadLimits:
    """How much of what a post links to is fetched."""

    max_files_per_post: int = 100
    max_file_bytes: int = 4 * 1024**3
    timeout_s: float = 6 * 3600.0
    """Of one attempt at one file."""
    head_start_s: float = 10.0
    """After that, what a post shows without its files is told, not to wait for them."""


@dataclass(frozen=True, slots=True)
class Payload:
    """What trying to fetch one file came to."""

    taken: Taken
    capture: Capture | None
    """None when there is nothing to read."""
    may_pass: bool = False
    """It failed in a way that may pass: to be tried again."""


class PayloadFetcher:
    """Fetches linked files, never past the end of a leave.

    Args:
        fetcher: gets bytes.
        limits: caps on one file.
        clock: tells whether the leave still lasts.
    """

    def __init__(self, fetcher: Fetcher, limits: PayloadLimits, *, clock: Clock) -> None:
        self._fetcher = fetcher
        self._limits = limits
        self._clock = clock

    def begun(self, url: str) -> Taken:
        """Return the taking of a file that is about to be fetched."""
        return Taken(Purpose.PAYLOAD, url, self._clock.now(), None, requests=0, received_bytes=0)

    async def fetch(self, begun: Taken, source: SourceSpec, *, until: datetime) -> Payload:
        """Return the file, its content on the spool: whoever takes the capture closes it.

        Never raises for what becomes of a file: that is in the taking.

        Args:
            begun: what ``begun`` returned.
            source: where the file is linked.
            until: end of the leave; the download is broken off there.
        """
        meter = Meter()
        left_s = (until - self._clock.now()).total_seconds()
        capture: Capture | None = None
        error: LeakwatchError | None = None
        try:
            async with asyncio.timeout(left_s):
                answer = await self._fetcher.fetch(self._request(begun.url, source, meter))
            capture = answer if isinstance(answer, Capture) else None
        except TimeoutError:
            return Payload(self._ended(begun, meter, LEAVE_ENDED), None)
        except (FetchError, SourceError) as failure:
            error = failure
        if capture is not None and self._clock.now() >= until:
            # Its last bytes came with the last moment of the leave.
            capture.close()
            return Payload(self._ended(begun, meter, LEAVE_ENDED), None)
        slug = error.slug if error else (None if capture else GONE)
        return Payload(
            self._ended(begun, meter, slug, capture),
            capture,
            may_pass=error is not None and error.retryable,
        )

    def _request(self, url: str, source: SourceSpec, meter: Meter) -> FetchRequest:
        return replace(
            FetchRequest.linked(url, source, Purpose.PAYLOAD),
            max_bytes=self._limits.max_file_bytes,
            total_timeout_s=self._limits.timeout_s,
            is_spooled=True,
            meter=meter,
        )

    def _ended(
        self, begun: Taken, meter: Meter, error: str | None, capture: Capture | None = None
    ) -> Taken:
        refusals = {
            LEAVE_ENDED: Fate.REFUSED_BY_POLICY,
            BodyTooLarge.slug: Fate.REFUSED_TOO_LARGE,
        }
        return replace(
            begun,
            ended_at=self._clock.now(),
            requests=meter.requests,
            received_bytes=meter.received_bytes,
            size_bytes=capture.size_bytes if capture else None,
            sha256=capture.sha256 if capture else None,
            capture_id=capture.id if capture else None,
            error=error,
            refused=refusals.get(error or ""),
        )
