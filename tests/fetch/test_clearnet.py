"""Straight connections go to the address that was checked, under the name that was asked."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Sequence

import httpcore
import pytest
import trustme

from leakwatch.errors import ConnectFailed, EgressRefused
from leakwatch.fetch.clearnet import CheckedBackend
from leakwatch.fetch.client import HttpFetcher
from leakwatch.model.capture import Capture, FetchRequest
from leakwatch.model.source import Via
from tests.support.fetching import CLEARNET, SkippingClock, policy_for, reach
from tests.support.http_site import reply, serve
from tests.support.socks_proxy import SocksProxy

PAGE = b"<p>Northwind Clinic (fictional)</p>"


def server_context(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


async def test_the_name_is_looked_up_once_and_that_answer_used() -> None:
    """A name that changes its answer (DNS rebinding) changes nothing: one look-up, one address."""
    answers = [["127.0.0.1"], ["127.0.0.2"], ["127.0.0.3"]]
    asked: list[str] = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return answers[len(asked) - 1]

    async with serve({"/": reply(PAGE)}) as site:
        policy = policy_for(SocksProxy(port=1))
        fetcher = HttpFetcher(policy, clock=SkippingClock(), resolve=resolve)
        request = FetchRequest(site.url("/", CLEARNET), "feed", Via.DIRECT, allow_private=True)
        await fetcher.fetch(request)
        await fetcher.aclose()
    assert asked == [CLEARNET]
    assert [seen.server for seen in site.asked] == ["127.0.0.1"]
    assert site.asked[0].headers["host"] == f"{CLEARNET}:{site.port}"


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["93.184.215.14", "10.0.0.1"], ["::ffff:127.0.0.1"], ["nonsense"]]
)
async def test_private_answers_are_refused(addresses: list[str]) -> None:
    """One private address among several is enough; no socket is opened."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    fetcher = HttpFetcher(policy_for(SocksProxy(port=1)), clock=SkippingClock(), resolve=resolve)
    with pytest.raises(EgressRefused, match="private"):
        await fetcher.fetch(FetchRequest(f"http://{CLEARNET}/", "feed", Via.DIRECT))
    await fetcher.aclose()


async def test_only_checked_addresses_reach_the_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the sockets are opened to is the checked literal, never the name."""
    connected: list[str] = []

    class Recorder(httpcore.AsyncNetworkBackend):
        async def connect_tcp(self, host: str, *_: object) -> httpcore.AsyncNetworkStream:
            connected.append(host)
            raise httpcore.ConnectError("recorded only")

    async def resolve(host: str, port: int) -> Sequence[str]:
        return ["93.184.215.14", "2606:2800:21f::1", "1.1.1.1", "8.8.8.8", "9.9.9.9"]

    backend = CheckedBackend(allow_private=False, resolve=resolve)
    monkeypatch.setattr(backend, "_inner", Recorder())
    with pytest.raises(httpcore.ConnectError):
        await backend.connect_tcp("a.example", 80, timeout=1.0)
    assert connected == ["93.184.215.14", "2606:2800:21f::1", "1.1.1.1", "8.8.8.8"]


async def test_the_next_address_is_tried() -> None:
    """A dead first address does not hide a living second."""
    async with serve({"/": reply(PAGE)}, host="127.0.0.2") as site:

        async def resolve(host: str, port: int) -> Sequence[str]:
            return ["127.0.0.1", "127.0.0.2"]

        fetcher = HttpFetcher(
            policy_for(SocksProxy(port=1)), clock=SkippingClock(), resolve=resolve
        )
        request = FetchRequest(site.url("/", CLEARNET), "feed", Via.DIRECT, allow_private=True)
        result = await fetcher.fetch(request)
        await fetcher.aclose()
    assert isinstance(result, Capture)
    assert site.asked[0].server == "127.0.0.2"


async def test_a_name_without_address() -> None:
    """A name that does not resolve is nobody answering."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(-2, "Name or service not known")

    fetcher = HttpFetcher(
        policy_for(SocksProxy(port=1), attempts=1), clock=SkippingClock(), resolve=resolve
    )
    with pytest.raises(ConnectFailed):
        await fetcher.fetch(FetchRequest(f"http://{CLEARNET}/", "feed", Via.DIRECT))
    await fetcher.aclose()


async def test_a_resolver_that_hangs_meets_the_deadline() -> None:
    """Looking a name up is part of connecting."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    backend = CheckedBackend(allow_private=False, resolve=resolve)
    with pytest.raises(httpcore.ConnectTimeout):
        await backend.connect_tcp("a.example", 80, timeout=0.05)


async def test_onions_are_never_looked_up() -> None:
    """Even asked to, the backend does not hand an onion name to a resolver."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        raise AssertionError("was looked up")

    backend = CheckedBackend(allow_private=True, resolve=resolve)
    with pytest.raises(EgressRefused):
        await backend.connect_tcp("abc.ONION.", 80)


async def test_tls_keeps_the_name() -> None:
    """SNI and certificate are of the name, though the address was connected to."""
    authority = trustme.CA()
    tls = server_context(authority, CLEARNET)
    async with reach(Via.DIRECT, authority=authority, server_tls=tls) as way:
        way.site.routes["/"] = reply(PAGE)
        result = await way.fetcher.fetch(way.request("/"))
        assert isinstance(result, Capture)
        assert way.site.asked[0].sni == CLEARNET


@pytest.mark.parametrize("via", list(Via))
async def test_a_certificate_for_another_name_is_refused(via: Via) -> None:
    """On the clearnet, also behind a Tor exit, the certificate must fit the name."""
    authority = trustme.CA()
    tls = server_context(authority, "other.example")
    async with reach(via, host=CLEARNET, authority=authority, server_tls=tls, attempts=1) as way:
        way.site.routes["/"] = reply(PAGE)
        with pytest.raises(ConnectFailed, match="TLS"):
            await way.fetcher.fetch(way.request("/"))
        assert way.site.asked == []


async def test_nothing_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy in the environment is not asked."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for via in Via:
        async with reach(via) as way:
            way.site.routes["/"] = reply(PAGE)
            assert isinstance(await way.fetcher.fetch(way.request("/")), Capture)
