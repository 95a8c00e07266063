"""Through Tor: names unresolved, sources apart, the proxy's failures told for what they are."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import Any

import pytest
import trustme

from leakwatch.errors import (
    BrokenResponse,
    ConfigError,
    ConnectFailed,
    FetchError,
    OnionUnreachable,
    TimedOut,
    TorUnavailable,
)
from leakwatch.fetch.tor import parse_proxy
from leakwatch.model.capture import Capture
from leakwatch.model.source import Via
from tests.support.fetching import CLEARNET, ONION, SHORT_S, reach
from tests.support.http_site import in_turn, raw, reply
from tests.support.socks_proxy import Manner

PAGE = b"<p>Northwind Clinic (fictional)</p>"


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record every host handed to a local resolver, by socket or by event loop."""
    hosts: list[str] = []
    plain, of_loop = socket.getaddrinfo, asyncio.base_events.BaseEventLoop.getaddrinfo

    def recorded(host: Any, *args: Any, **kwargs: Any) -> Any:
        hosts.append(str(host))
        return plain(host, *args, **kwargs)

    async def recorded_by_loop(loop: Any, host: Any, *args: Any, **kwargs: Any) -> Any:
        hosts.append(str(host))
        return await of_loop(loop, host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", recorded)
    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", recorded_by_loop)
    return hosts


async def test_the_recorder_sees_look_ups(looked_up: list[str]) -> None:
    """The recorder below would notice a leak: it notices this one."""
    await asyncio.get_running_loop().getaddrinfo("localhost", 80)
    assert "localhost" in looked_up


@pytest.mark.parametrize("host", [ONION, CLEARNET])
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_names_are_resolved_by_the_proxy_alone(
    looked_up: list[str], host: str, scheme: str
) -> None:
    """The proxy receives the name itself; no local resolver ever does."""
    authority = trustme.CA()
    tls = None
    if scheme == "https":
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(host).configure_cert(tls)
    async with reach(Via.TOR, host=host, authority=authority, server_tls=tls) as way:
        way.site.routes["/"] = reply(PAGE)
        result = await way.fetcher.fetch(way.request("/"))
        assert isinstance(result, Capture)
        assert [(r.host, r.is_name) for r in way.proxy.requests] == [(host, True)]
    assert not any("onion" in name or "example" in name for name in looked_up)


async def test_onions_go_through_tor_whatever_via_says(looked_up: list[str]) -> None:
    """``via = direct`` on an onion address is overruled, and the capture says so."""
    async with reach(Via.TOR) as way:
        way.site.routes["/"] = reply(PAGE)
        result = await way.fetcher.fetch(way.request("/", via=Via.DIRECT))
        assert isinstance(result, Capture)
        assert result.via is Via.TOR
        assert [r.host for r in way.proxy.requests] == [ONION]
    assert not any("onion" in name for name in looked_up)


async def test_sources_have_circuits_of_their_own() -> None:
    """One SOCKS user a source, stable; its locations differ by password."""
    async with reach(Via.TOR) as way:
        way.site.routes["/"] = reply(PAGE, headers={"Connection": "close"})
        for source, host in [("a", ONION), ("b", ONION), ("a", ONION), ("a", CLEARNET)]:
            way.host = host
            await way.fetcher.fetch(way.request("/", source=source))
    first, second, third, elsewhere = [(r.user, r.password) for r in way.proxy.requests]
    assert first == third
    assert first[0] != second[0]
    assert first[0] == elsewhere[0]
    assert first[1] != elsewhere[1]
    assert all(user and password for user, password in (first, second, elsewhere))


async def test_source_names_need_not_be_ascii() -> None:
    """Any source name makes a user that SOCKS can carry."""
    async with reach(Via.TOR) as way:
        way.site.routes["/"] = reply(PAGE)
        await way.fetcher.fetch(way.request("/", source="Ā" * 300))
        assert len(way.proxy.requests[0].user) <= 255


async def test_a_retry_takes_a_fresh_circuit() -> None:
    """After a failure on the way, the same source comes by another circuit."""
    async with reach(Via.TOR) as way:
        way.site.routes["/"] = in_turn(
            raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), reply()
        )
        await way.fetcher.fetch(way.request("/"))
    first, second = [(r.user, r.password) for r in way.proxy.requests]
    assert first[0] == second[0]
    assert first[1] != second[1]


async def test_waiting_as_asked_keeps_the_circuit() -> None:
    """A site that asks us to wait is not evaded by changing circuits."""
    async with reach(Via.TOR) as way:
        busy = reply(status=429, headers={"Retry-After": "1", "Connection": "close"})
        way.site.routes["/"] = in_turn(busy, reply())
        await way.fetcher.fetch(way.request("/"))
    assert len({r.password for r in way.proxy.requests}) == 1


async def test_onion_services_need_no_certificate() -> None:
    """An onion name is its service's key: a self-made certificate is as good as any."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("whatever.example").configure_cert(tls)
    async with reach(Via.TOR, server_tls=tls) as way:
        way.site.routes["/"] = reply(PAGE)
        assert isinstance(await way.fetcher.fetch(way.request("/")), Capture)


@pytest.mark.parametrize("code", [1, 2, 3, 4, 5, 6])
async def test_refusals_of_the_destination(code: int) -> None:
    """A reply about the destination blames the onion service, or the host."""
    async with reach(Via.TOR, attempts=1) as way:
        way.proxy.reply_code = code
        with pytest.raises(OnionUnreachable):
            await way.fetcher.fetch(way.request("/"))
        way.host = CLEARNET
        with pytest.raises(ConnectFailed):
            await way.fetcher.fetch(way.request("/"))


@pytest.mark.parametrize(
    ("manner", "error"),
    [
        (Manner.HANGS_AT_GREETING, TimedOut),
        (Manner.HANGS_AT_CONNECT, TimedOut),
        (Manner.CLOSES_AT_GREETING, TorUnavailable),
        (Manner.CLOSES_AT_CONNECT, TorUnavailable),
        (Manner.REFUSES_USERS, TorUnavailable),
        (Manner.SPEAKS_HTTP, TorUnavailable),
    ],
)
async def test_failures_of_the_proxy(manner: Manner, error: type[FetchError]) -> None:
    """A proxy that hangs or is none is told apart from a site that is down."""
    async with reach(Via.TOR, connect_timeout_s=SHORT_S, attempts=1) as way:
        way.proxy.manner = manner
        with pytest.raises(FetchError) as caught:
            await way.fetcher.fetch(way.request("/"))
        assert type(caught.value) is error


async def test_no_proxy_at_all() -> None:
    """Nothing on the proxy's port is Tor being unavailable, after retries."""
    async with reach(Via.TOR, tor_proxy="socks5://127.0.0.1:1") as way:
        with pytest.raises(TorUnavailable):
            await way.fetcher.fetch(way.request("/"))
        assert len(way.clock.slept) == 2


async def test_a_circuit_that_breaks_is_a_broken_answer() -> None:
    """A stream that ends in the middle of a body is never a shorter page."""
    async with reach(Via.TOR, attempts=1) as way:
        way.site.routes["/"] = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf")
        with pytest.raises(BrokenResponse):
            await way.fetcher.fetch(way.request("/"))


async def test_check_tor() -> None:
    """The check passes on a SOCKS5 proxy and asks it for nothing."""
    async with reach(Via.TOR) as way:
        await way.fetcher.check_tor()
        assert way.proxy.requests == []


@pytest.mark.parametrize(
    "manner", [Manner.HANGS_AT_GREETING, Manner.CLOSES_AT_GREETING, Manner.SPEAKS_HTTP]
)
async def test_check_tor_knows_what_is_no_proxy(manner: Manner) -> None:
    """Silence, a hang-up and another protocol are all Tor being unavailable."""
    async with reach(Via.TOR, connect_timeout_s=SHORT_S) as way:
        way.proxy.manner = manner
        with pytest.raises(TorUnavailable):
            await way.fetcher.check_tor()


async def test_check_tor_on_a_closed_port() -> None:
    """The message names the address to look at."""
    async with reach(Via.TOR, tor_proxy="socks5://127.0.0.1:1") as way:
        with pytest.raises(TorUnavailable, match=r"127\.0\.0\.1:1"):
            await way.fetcher.check_tor()


@pytest.mark.parametrize(
    "url",
    ["", "127.0.0.1:9050", "http://127.0.0.1:9050", "socks5://127.0.0.1", "socks5://:9050",
     "socks5://u:p@127.0.0.1:9050", "socks5://127.0.0.1:x", "socks4://127.0.0.1:9050"],
)  # fmt: skip
def test_proxies_that_are_none(url: str) -> None:
    """Any other setting is a mistake in the configuration, found at the start."""
    with pytest.raises(ConfigError):
        parse_proxy(url)


@pytest.mark.parametrize("url", ["socks5://127.0.0.1:9050", "socks5h://[::1]:9050/"])
def test_proxies(url: str) -> None:
    """Both spellings of remote resolution are the same here."""
    assert parse_proxy(url).port == 9050
