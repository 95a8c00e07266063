"""Where the fetcher goes and does not go, and what it carries along."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from leakwatch.clock import SystemClock
from leakwatch.errors import BodyTooLarge, ConfigError, EgressRefused, FetchError, TimedOut
from leakwatch.fetch.client import HttpFetcher
from leakwatch.fetch.policy import FetchPolicy
from leakwatch.model.capture import Capture, FetchRequest, NotModified
from leakwatch.model.source import Via
from tests.support.fetching import CLEARNET, ONION, SHORT_S, Reach, reach
from tests.support.http_site import endless, in_turn, raw, reply, serve

PAGE = b"<p>Northwind Clinic (fictional)</p>"
LINKED = "files.example"


def redirect(to: str) -> Any:
    return reply(status=302, headers={"Location": to})


async def test_a_linked_host_is_not_reached_directly() -> None:
    """A host that only a page names is refused without Tor, and nothing is sent."""
    async with reach(Via.DIRECT) as way:
        way.host = LINKED
        with pytest.raises(EgressRefused, match=LINKED):
            await way.fetcher.fetch(way.request("/"))
        assert way.site.connections == 0
        assert way.proxy.requests == []


async def test_a_linked_host_is_reached_through_tor() -> None:
    """The same host is fetched through Tor, as any file host a post links to."""
    async with reach(Via.TOR, direct_hosts=frozenset()) as way:
        way.host = LINKED
        way.site.routes["/"] = reply(PAGE)
        assert isinstance(await way.fetcher.fetch(way.request("/")), Capture)
        assert way.proxy.requests[0].host == LINKED


@pytest.mark.parametrize("elsewhere", [LINKED, ONION, "10.0.0.1", "localhost.evil.example"])
async def test_a_direct_redirect_stays_among_configured_hosts(elsewhere: str) -> None:
    """A direct site cannot send us to another host: not past Tor, and not into Tor either."""
    async with reach(Via.DIRECT) as way:
        way.site.routes["/"] = redirect(f"http://{elsewhere}:{way.site.port}/")
        with pytest.raises(EgressRefused):
            await way.fetcher.fetch(way.request("/"))
        assert way.site.paths() == ["/"]
        assert way.proxy.requests == []


async def test_an_onion_cannot_send_us_out_of_tor() -> None:
    """A redirect from an onion to a configured host still goes through Tor: the way never changes."""
    async with reach(Via.TOR) as way:
        way.site.routes["/"] = redirect(f"http://{CLEARNET}:{way.site.port}/next")
        way.site.routes["/next"] = reply(PAGE)
        result = await way.fetcher.fetch(way.request("/", via=Via.DIRECT))
        assert isinstance(result, Capture)
        assert result.via is Via.TOR
        assert [r.host for r in way.proxy.requests] == [ONION, CLEARNET]


async def test_a_page_behind_tor_may_lead_to_an_onion() -> None:
    """From the clearnet through Tor to an onion name, all by the proxy."""
    async with reach(Via.TOR, host=CLEARNET) as way:
        way.site.routes["/"] = redirect(f"http://{ONION}:{way.site.port}/next")
        way.site.routes["/next"] = reply(PAGE)
        result = await way.fetcher.fetch(way.request("/"))
        assert isinstance(result, Capture)
        assert result.final_url.startswith(f"http://{ONION}")


@pytest.mark.parametrize("via", list(Via))
async def test_private_redirects_are_refused(via: Via) -> None:
    """Each hop is checked again: a public page does not lead into our network."""
    async with reach(via) as way:
        for inside in (
            "http://127.0.0.1:1/",
            "http://localhost/",
            "http://[::1]/",
            "http://127.1/",
        ):
            way.site.routes["/"] = redirect(inside)
            with pytest.raises(EgressRefused):
                await way.fetcher.fetch(way.request("/", allow_private=False))


async def test_private_addresses_with_leave() -> None:
    """A source that may is polled on this machine; without leave it is not."""
    async with reach(Via.DIRECT, host="127.0.0.1") as way:
        way.site.routes["/"] = reply(PAGE)
        assert isinstance(await way.fetcher.fetch(way.request("/")), Capture)
        with pytest.raises(EgressRefused):
            await way.fetcher.fetch(way.request("/", allow_private=False))
        assert way.site.connections == 1


@pytest.mark.parametrize("via", list(Via))
async def test_validators_stay_with_their_host(via: Via) -> None:
    """Validators and keys follow a redirect on the same host, never to another."""
    async with reach(via) as way:
        other = "localhost.localdomain.example" if via is Via.TOR else "127.0.0.1"
        way.site.routes["/"] = redirect("/same")
        way.site.routes["/same"] = redirect(way.site.url("/other", other))
        way.site.routes["/other"] = reply(PAGE)
        request = way.request("/", etag='"a"', last_modified="x", headers={"X-API-KEY": "k"})
        await way.fetcher.fetch(request)
    first, same, elsewhere = [seen.headers for seen in way.site.asked]
    secret = {"if-none-match", "if-modified-since", "x-api-key"}
    assert secret <= set(first)
    assert secret <= set(same)
    assert not secret & set(elsewhere)


async def test_not_modified_after_a_redirect() -> None:
    """A 304 on the same host answers our validators."""
    async with reach(Via.TOR) as way:
        way.site.routes["/"] = redirect("/same")
        way.site.routes["/same"] = reply(status=304)
        assert isinstance(await way.fetcher.fetch(way.request("/", etag='"a"')), NotModified)


async def test_requests_override_what_a_browser_says() -> None:
    """A source may ask for JSON; it cannot ask for codings we do not read."""
    async with reach(Via.TOR) as way:
        way.site.routes["/"] = reply(PAGE)
        ours = {"Accept": "application/json", "Accept-Encoding": "br"}
        await way.fetcher.fetch(way.request("/", headers=ours))
    assert way.site.asked[0].headers["accept"] == "application/json"
    assert way.site.asked[0].headers["accept-encoding"] == "gzip, deflate"


async def test_a_deadline_of_the_request_counts() -> None:
    """A request's own total deadline replaces the policy's."""
    async with reach(Via.TOR) as way:
        way.site.routes["/"] = endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x", every_s=0.01)
        with pytest.raises(TimedOut, match=r"0\.3 s"):
            await way.fetcher.fetch(way.request("/", total_timeout_s=SHORT_S))


async def test_an_attempt_that_eats_the_deadline_is_the_last() -> None:
    """With real time, a total deadline that passed leaves no second attempt."""
    async with serve({"/": raw(b"", then_hang=True)}) as site:
        policy = FetchPolicy(
            total_timeout_s=SHORT_S,
            requests_per_host_per_minute=60_000,
            direct_hosts=frozenset({"127.0.0.1"}),
        )
        fetcher = HttpFetcher(policy, clock=SystemClock())
        with pytest.raises(TimedOut):
            await fetcher.fetch(FetchRequest(site.url(), "a", Via.DIRECT, allow_private=True))
        await fetcher.aclose()
        assert len(site.asked) == 1


async def test_a_busy_host_waits_and_others_do_not() -> None:
    """Past the burst a host's next request waits its turn, whichever source asks."""
    async with reach(Via.TOR, requests_per_host_per_minute=1.0, direct_hosts=frozenset()) as way:
        way.site.routes["/"] = reply(PAGE)
        await way.fetcher.fetch(way.request("/", source="a"))
        waiting = asyncio.create_task(way.fetcher.fetch(way.request("/", source="b")))
        other = FetchRequest(way.site.url("/", CLEARNET), "a")
        await way.fetcher.fetch(other)
        done, _ = await asyncio.wait({waiting}, timeout=SHORT_S)
        assert not done
        assert len(way.site.asked) == 2
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting


async def test_sources_do_not_share_connections() -> None:
    """Two sources on one site come by connections of their own, on both ways."""
    for via in Via:
        async with reach(via) as way:
            way.site.routes["/"] = reply(PAGE)
            for source in ("a", "b", "a"):
                await way.fetcher.fetch(way.request("/", source=source))
            assert way.site.connections == 2


async def test_idle_clients_are_bounded() -> None:
    """The longest unused is closed; connections do not pile up with sources."""
    async with reach(Via.DIRECT, max_clients=2) as way:
        way.site.routes["/"] = reply(PAGE)
        for n in range(6):
            await way.fetcher.fetch(way.request("/", source=f"s{n}"))
        await way.site.until(lambda: way.site.open_connections <= 2)


async def test_a_client_in_use_is_not_closed() -> None:
    """A slow download survives any number of other sources, and a retry of its own source."""
    async with reach(Via.TOR, max_clients=1) as way:
        go_on = asyncio.Event()

        async def slow(asked: Any, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab")
            await writer.drain()
            await go_on.wait()
            writer.write(b"cd")

        way.site.routes["/slow"] = slow
        way.site.routes["/"] = in_turn(reply(status=500), reply(PAGE))
        download = asyncio.create_task(way.fetcher.fetch(way.request("/slow")))
        await way.site.until(lambda: way.site.paths() == ["/slow"])
        await way.fetcher.fetch(way.request("/"))
        for n in range(3):
            await way.fetcher.fetch(way.request("/", source=f"s{n}"))
        go_on.set()
        result = await download
        assert isinstance(result, Capture)
        assert result.body == b"abcd"
        assert way.site.paths().count("/slow") == 1


async def test_messages_and_logs_name_the_host_alone() -> None:
    """A path may be a document's name and a body anything: neither gets into text."""
    path = "/passports/smith-john.pdf?who=smith"
    async with reach(Via.TOR, max_page_bytes=10) as way:
        way.site.routes["/passports/smith-john.pdf"] = in_turn(
            raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nsmith"), reply(b"smith " * 10)
        )
        with capture_logs() as logs, pytest.raises(BodyTooLarge) as caught:
            await way.fetcher.fetch(way.request(path))
    assert ONION in str(caught.value)
    assert [line["event"] for line in logs] == ["fetch.retry"]
    assert "smith" not in repr(logs) + str(caught.value) + repr(caught.value)


async def test_a_failed_retry_tells_the_last_error() -> None:
    """What is raised is the last attempt's error, not a summary."""
    async with reach(Via.TOR) as way:
        way.site.routes["/"] = reply(status=500)
        with pytest.raises(FetchError) as caught:
            await way.fetcher.fetch(way.request("/"))
        assert caught.value.slug == "bad_status"


def test_a_wrong_proxy_is_found_at_once() -> None:
    """A proxy setting that cannot work stops the start, not the first poll."""
    with pytest.raises(ConfigError):
        HttpFetcher(FetchPolicy(tor_proxy="127.0.0.1:9050"), clock=SystemClock())


async def test_concurrent_fetches_of_one_source(way_tor: Reach) -> None:
    """More fetches at once than connections allowed all get their answers."""
    way_tor.site.routes["/"] = reply(PAGE)
    requests = [way_tor.fetcher.fetch(way_tor.request(f"/?{n}")) for n in range(12)]
    results = await asyncio.gather(*requests)
    assert len({r.id for r in results if isinstance(r, Capture)}) == 12
    assert way_tor.site.connections <= 4


@pytest.fixture
async def way_tor() -> Any:
    async with reach(Via.TOR) as way:
        yield way
