"""``HttpFetcher``: the port ``Fetcher``, joined from the parts of this folder.

Three deadlines: connecting (with name, proxy and TLS), each read, and the
whole attempt with its redirects. A fetch makes up to ``attempts`` of them and
starts none once ``total_timeout_s`` have passed, so it ends within twice that
time and the wait for the host's turn.
"""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx
import structlog

from leakwatch.clock import Clock
from leakwatch.errors import (
    LeakwatchError,
    RateLimited,
    SpoolFull,
    TimedOut,
    TooManyRedirects,
)
from leakwatch.fetch.answer import Answer, Span, result_of
from leakwatch.fetch.body import EMPTY, Body, BodyLimits, read_body
from leakwatch.fetch.clearnet import Resolve, system_resolve
from leakwatch.fetch.clients import ClientKey, ClientPool
from leakwatch.fetch.errors import LIBRARY_ERRORS, translate
from leakwatch.fetch.hosts import HostTurns
from leakwatch.fetch.policy import (
    FetchPolicy,
    Target,
    check_target,
    choose_way,
    headers_for_hop,
    next_hop,
    normal_hosts,
    parse_target,
    pause_s,
    redirect_location,
    status_error,
)
from leakwatch.fetch.ranged import check_part
from leakwatch.fetch.tor import check_socks5, parse_proxy
from leakwatch.model.capture import FetchRequest, FetchResult
from leakwatch.model.source import Via
from leakwatch.spool import Spool

CHECK_TIMEOUT_S = 10.0
"""A proxy on this machine or the next one answers its greeting at once."""
_BROWSER_HEADERS = {
    "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "accept-language": "en-US,en;q=0.5",
}
"""What Tor Browser sends; one of many is not told from the others."""

_log = structlog.get_logger(__name__)


class HttpFetcher:
    """Gets bytes through Tor, or straight from configured hosts.

    Belongs to the event loop it first fetches on.

    Args:
        policy: see ``FetchPolicy``.
        clock: for times and for pauses between attempts.
        tls: trust for https; None means SSL_CERT_FILE, or certifi's authorities.
            Onion services need none: their name is their key.
        resolve: names to addresses for direct hosts.
        spool: takes the bodies that are asked for on disk.

    Raises:
        ConfigError: ``policy.tor_proxy`` is no ``socks5://HOST:PORT``.
    """

    def __init__(
        self,
        policy: FetchPolicy,
        *,
        clock: Clock,
        tls: ssl.SSLContext | None = None,
        resolve: Resolve = system_resolve,
        spool: Spool | None = None,
    ) -> None:
        self._spool = spool
        self._policy = policy
        self._clock = clock
        self._proxy = parse_proxy(policy.tor_proxy)
        self._direct_hosts = normal_hosts(policy.direct_hosts)
        self._turns = HostTurns(policy.requests_per_host_per_minute)
        self._clients = ClientPool(
            proxy=self._proxy,
            tls=tls or httpx.create_ssl_context(),
            resolve=resolve,
            max_clients=policy.max_clients,
        )

    async def fetch(self, request: FetchRequest) -> FetchResult:
        """Return what the server answered; see ``ports.Fetcher``.

        Raises:
            FetchError: no usable answer.
            Challenged: a waiting room or captcha answers for the site.
            SpoolFull: the disk has no room; not tried again here.
        """
        target = parse_target(request.url)
        via = choose_way(target, request.via)
        total_s = request.total_timeout_s or self._policy.total_timeout_s
        started_s = self._clock.monotonic_s()
        attempt = 1
        while True:
            try:
                return await self._attempt(request, target, via, total_s)
            except SpoolFull:
                raise
            except LeakwatchError as error:
                wait_s = pause_s(
                    error,
                    self._policy,
                    attempt=attempt,
                    left_s=total_s - (self._clock.monotonic_s() - started_s),
                    jitter=random.random(),  # noqa: S311  (spreads load, guards nothing)
                )
                if wait_s is None:
                    raise
                slug = error.slug
                if via is Via.TOR and not isinstance(error, RateLimited):
                    await self._clients.renew(request.source)
            _log.debug("fetch.retry", source=request.source, host=target.host, error=slug)
            await self._clock.sleep(wait_s)
            attempt += 1

    async def check_tor(self) -> None:
        """Return if the SOCKS proxy answers.

        Raises:
            TorUnavailable: it does not, or it is something else.
        """
        timeout_s = min(self._policy.connect_timeout_s, CHECK_TIMEOUT_S)
        await check_socks5(self._proxy, timeout_s=timeout_s)

    async def aclose(self) -> None:
        """Close every connection; a fetch still under way fails."""
        await self._clients.aclose()

    async def _attempt(
        self, request: FetchRequest, target: Target, via: Via, total_s: float
    ) -> FetchResult:
        self._check(target, via, request)
        await self._turns.take(target.host)
        requested_at = self._clock.now()
        try:
            async with asyncio.timeout(total_s):
                answer = await self._follow(request, target, via)
        except TimeoutError:
            raise TimedOut(f"{target.host} was not done within {total_s:g} s") from None
        return result_of(request, answer, Span(requested_at, self._clock.now(), via))

    async def _follow(self, request: FetchRequest, first: Target, via: Via) -> Answer:
        target = first
        for _ in range(self._policy.max_redirects + 1):
            answer = await self._hop(request, first, target, via)
            if isinstance(answer, Answer):
                return answer
            target = next_hop(target, answer)
            self._check(target, via, request)
            await self._turns.take(target.host)
        raise TooManyRedirects(
            f"{first.host} redirects more than {self._policy.max_redirects} times"
        )

    async def _hop(
        self, request: FetchRequest, first: Target, target: Target, via: Via
    ) -> Answer | str:
        """Return the answer, or the Location of a redirect, whose body is not read."""
        headers = headers_for_hop(_wanted_headers(request), first, target)
        async with self._send(request, target, via, headers) as response:
            first_byte_at = self._clock.now()
            location = redirect_location(response.status_code, response.headers)
            if location is not None:
                return location
            error = status_error(
                response.status_code, response.headers, host=target.host, now=first_byte_at
            )
            if error is not None:
                raise error
            if request.range is not None:
                check_part(request.range, response.status_code, response.headers, target.host)
            is_bare = response.status_code in {304, 404, 410}
            return Answer(
                target=target,
                status=response.status_code,
                headers=response.headers,
                body=EMPTY if is_bare else await self._body(request, target, response),
                first_byte_at=first_byte_at,
                is_conditional="if-none-match" in headers or "if-modified-since" in headers,
            )

    @asynccontextmanager
    async def _send(
        self, request: FetchRequest, target: Target, via: Via, headers: Mapping[str, str]
    ) -> AsyncIterator[httpx.Response]:
        """Give the response, unread; close it; turn whatever fails into our errors."""
        timeout = httpx.Timeout(
            self._policy.read_timeout_s, connect=self._policy.connect_timeout_s, pool=None
        )
        outgoing = httpx.Request(
            "GET",
            target.url,
            headers={"user-agent": self._policy.user_agent, **_BROWSER_HEADERS, **headers},
            extensions={"timeout": timeout.as_dict()},
        )
        key = ClientKey(via, request.source, target.host, request.allow_private)
        if request.meter is not None:
            request.meter.requests += 1
        try:
            async with self._clients.lend(key) as transport:
                response = await transport.handle_async_request(outgoing)
                try:
                    yield response
                finally:
                    await response.aclose()
        except LIBRARY_ERRORS as exc:
            raise translate(exc, target) from None

    async def _body(self, request: FetchRequest, target: Target, response: httpx.Response) -> Body:
        max_bytes = request.max_bytes or self._policy.max_page_bytes
        if request.range is not None and response.status_code == 206:
            max_bytes = request.range.max_bytes
        limits = BodyLimits(max_bytes, target.host)
        chunks, meter = response.aiter_raw(), request.meter
        if not request.is_spooled or self._spool is None:
            return await read_body(response, chunks, limits, meter=meter)
        writer = self._spool.writer()
        try:
            return await read_body(response, chunks, limits, writer=writer, meter=meter)
        finally:
            writer.abandon()

    def _check(self, target: Target, via: Via, request: FetchRequest) -> None:
        check_target(
            target, via, direct_hosts=self._direct_hosts, allow_private=request.allow_private
        )


def _wanted_headers(request: FetchRequest) -> dict[str, str]:
    """Return the caller's headers with the validators, names in lower case.

    A range is asked for as it lies on the server: offsets into a compressed
    body would mean nothing (RFC 9110, 14.2). So is a file that goes to disk.
    """
    headers = {name.lower(): value for name, value in request.headers.items()}
    validators = {"if-none-match": request.etag, "if-modified-since": request.last_modified}
    # A site may have given us one that no header can carry back.
    headers |= {k: v for k, v in validators.items() if v and v.isascii() and v.isprintable()}
    if request.range is not None:
        headers["range"] = request.range.header
    is_bare = "range" in headers or request.is_spooled
    headers["accept-encoding"] = "identity" if is_bare else "gzip, deflate"
    return headers
