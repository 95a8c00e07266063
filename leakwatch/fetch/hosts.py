"""One turn at a time for each host, whichever source asks."""

from __future__ import annotations

from collections import OrderedDict

from aiolimiter import AsyncLimiter

MAX_BURST = 5.0
"""Requests that may follow each other at once, as a page and its parts would."""
MAX_HOSTS = 1024


class HostTurns:
    """Leaky buckets by host; belongs to one event loop."""

    def __init__(self, requests_per_minute: float) -> None:
        self._rate = requests_per_minute
        self._limiters: OrderedDict[str, AsyncLimiter] = OrderedDict()

    async def take(self, host: str) -> None:
        """Wait until the host may be asked again."""
        limiter = self._limiters.get(host)
        if limiter is None:
            limiter = self._limiters[host] = make_limiter(self._rate)
        self._limiters.move_to_end(host)
        while len(self._limiters) > MAX_HOSTS:
            self._limiters.popitem(last=False)
        await limiter.acquire()


def make_limiter(requests_per_minute: float) -> AsyncLimiter:
    """Return a bucket for the rate, small enough that a burst stays polite."""
    burst = min(MAX_BURST, max(1.0, requests_per_minute))
    return AsyncLimiter(burst, 60.0 * burst / requests_per_minute)
