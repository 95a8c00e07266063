"""URLs as targets of ``leakwatch scan``: one GET each, through Tor unless told otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from leakwatch.clock import SystemClock
from leakwatch.errors import BadStatus, BrokenResponse
from leakwatch.fetch.client import HttpFetcher
from leakwatch.fetch.policy import FetchPolicy
from leakwatch.match.scan import Fetched
from leakwatch.model.capture import Capture, FetchRequest, Gone
from leakwatch.model.source import Via
from leakwatch.settings.tree import FetchSettings

DEFAULT_PROXY = FetchSettings().tor_proxy


@dataclass(frozen=True, slots=True)
class UrlTargets:
    """Gets URL targets; call it from any thread.

    Args:
        is_direct: straight from the host named, not through Tor.
        allow_private: loopback and private addresses may be reached.
        tor_proxy: ``socks5://HOST:PORT``.
    """

    is_direct: bool = False
    allow_private: bool = False
    tor_proxy: str = DEFAULT_PROXY

    def __call__(self, url: str) -> Sequence[Fetched]:
        """Return what a URL gave.

        Raises:
            FetchError, SourceError: it gave nothing that can be looked at.
        """
        return asyncio.run(self._get(url))

    async def _get(self, url: str) -> Sequence[Fetched]:
        parts = urlsplit(url)
        settings = FetchSettings()
        policy = FetchPolicy(
            tor_proxy=self.tor_proxy,
            direct_hosts=frozenset({parts.hostname or ""}) if self.is_direct else frozenset(),
        )
        request = FetchRequest(
            url=url,
            source="scan",
            via=Via.DIRECT if self.is_direct else Via.TOR,
            allow_private=self.allow_private,
            max_bytes=settings.max_payload_bytes,
        )
        fetcher = HttpFetcher(policy, clock=SystemClock())
        try:
            answer = await fetcher.fetch(request)
        finally:
            await fetcher.aclose()
        if isinstance(answer, Gone):
            raise BadStatus(f"{parts.hostname}: not there", status=answer.status)
        if not isinstance(answer, Capture):
            raise BrokenResponse(f"{parts.hostname}: answered without a body")
        return [Fetched(unquote(parts.path.rpartition("/")[2]) or "page", answer.body)]
