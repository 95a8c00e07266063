"""A fetcher in front of a local site, reached straight or through a SOCKS stand-in for Tor."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import trustme

from leakwatch.fetch.client import HttpFetcher
from leakwatch.fetch.policy import FetchPolicy
from leakwatch.model.capture import FetchRequest
from leakwatch.model.source import Via
from tests.support.http_site import Site, serve
from tests.support.socks_proxy import SocksProxy, socks_proxy

ONION = "clinicleaks" + "a" * 45 + ".onion"
"""Of a v3 name's length; made up."""
CLEARNET = "paste.example"
SHORT_S = 0.3
"""For deadlines that a test waits for."""
AMPLE_S = 20.0
"""For deadlines that must not pass."""


@dataclass(slots=True)
class SkippingClock:
    """Sleeps by moving itself on; remembers how long it was asked to sleep."""

    at: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    elapsed_s: float = 0.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.at + timedelta(seconds=self.elapsed_s)

    def monotonic_s(self) -> float:
        return self.elapsed_s

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.elapsed_s += seconds


@dataclass(slots=True)
class Reach:
    """A fetcher, the site it reaches, and the proxy between (unused for the direct way)."""

    via: Via
    fetcher: HttpFetcher
    site: Site
    proxy: SocksProxy
    clock: SkippingClock
    host: str

    def request(self, path: str = "/", **fields: Any) -> FetchRequest:
        """Return a request for a page of the site, as source ``kazu``."""
        own = {"source": "kazu", "via": self.via, "allow_private": self.via is Via.DIRECT}
        return FetchRequest(url=self.site.url(path, self.host), **{**own, **fields})


def policy_for(proxy: SocksProxy, **changes: Any) -> FetchPolicy:
    """Return a policy whose deadlines and rates no test notices, but for ``changes``."""
    plain: dict[str, Any] = {
        "tor_proxy": proxy.url,
        "connect_timeout_s": AMPLE_S,
        "read_timeout_s": AMPLE_S,
        "total_timeout_s": AMPLE_S,
        "requests_per_host_per_minute": 60_000.0,
        "direct_hosts": frozenset({"127.0.0.1", "localhost", CLEARNET}),
    }
    return FetchPolicy(**{**plain, **changes})


async def loopback(host: str, port: int) -> Sequence[str]:
    """Resolve every name to this machine."""
    return ["127.0.0.1"]


@asynccontextmanager
async def reach(
    via: Via,
    *,
    host: str | None = None,
    authority: trustme.CA | None = None,
    server_tls: ssl.SSLContext | None = None,
    **changes: Any,
) -> AsyncIterator[Reach]:
    """Run site, proxy and fetcher; afterwards no connection to the site may be left."""
    trusted = ssl.create_default_context()
    if authority is not None:
        authority.configure_trust(trusted)
    clock = SkippingClock()
    default_host = ONION if via is Via.TOR else CLEARNET
    async with serve(tls=server_tls) as site, socks_proxy(site.port) as proxy:
        fetcher = HttpFetcher(
            policy_for(proxy, **changes), clock=clock, tls=trusted, resolve=loopback
        )
        try:
            yield Reach(via, fetcher, site, proxy, clock, host or default_host)
        finally:
            await fetcher.aclose()
