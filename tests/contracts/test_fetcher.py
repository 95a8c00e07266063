"""What every way of fetching owes to those who fetch."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from leakwatch.errors import BadStatus, BodyTooLarge, Challenged, RateLimited, TooManyRedirects
from leakwatch.model.capture import Capture, FetchResult, Gone, NotModified
from leakwatch.model.source import Via
from tests.support.fetching import Reach, reach
from tests.support.http_site import endless, in_turn, raw, reply

PAGE = b"<html>Northwind Clinic (fictional), 3 files</html>"


def captured(result: FetchResult) -> Capture:
    assert isinstance(result, Capture)
    return result


class FetcherContract:
    """Subclass it and say which way to go."""

    via: Via

    @pytest.fixture
    async def way(self) -> AsyncIterator[Reach]:
        async with reach(self.via) as found:
            found.site.routes["/"] = reply(PAGE, headers={"Etag": '"a1"', "X-Served-By": "x"})
            yield found

    async def test_a_page_becomes_a_capture(self, way: Reach) -> None:
        """A capture holds the bytes, their digest, the headers, the way and the source."""
        request = way.request("/")
        capture = captured(await way.fetcher.fetch(request))
        assert capture.body == PAGE
        assert capture.sha256 == hashlib.sha256(PAGE).hexdigest()
        assert (capture.status, capture.via, capture.source) == (200, self.via, "kazu")
        assert capture.url == request.url
        assert capture.final_url == request.url
        assert capture.header("x-served-by") == "x"
        assert capture.etag == '"a1"'
        assert capture.requested_at <= capture.first_byte_at <= capture.completed_at

    async def test_two_looks_are_two_captures(self, way: Reach) -> None:
        """The same page at another time has another id."""
        first = captured(await way.fetcher.fetch(way.request("/")))
        await way.clock.sleep(60)
        second = captured(await way.fetcher.fetch(way.request("/")))
        assert first.id != second.id
        assert second.requested_at - first.requested_at == timedelta(seconds=60)

    async def test_validators_are_sent_and_304_is_not_modified(self, way: Reach) -> None:
        """Known validators go along; "not modified" is an outcome, not an error."""
        way.site.routes["/"] = reply(status=304)
        request = way.request("/", etag='"a1"', last_modified="Mon, 02 Mar 2026 09:00:00 GMT")
        result = await way.fetcher.fetch(request)
        assert isinstance(result, NotModified)
        sent = way.site.asked[-1].headers
        assert sent["if-none-match"] == '"a1"'
        assert sent["if-modified-since"] == "Mon, 02 Mar 2026 09:00:00 GMT"

    @pytest.mark.parametrize("status", [404, 410])
    async def test_an_absent_page_is_gone(self, way: Reach, status: int) -> None:
        """That a page is not there is an outcome, and asked for once only."""
        way.site.routes["/"] = reply(b"none", status=status)
        result = await way.fetcher.fetch(way.request("/"))
        assert isinstance(result, Gone)
        assert result.status == status
        assert len(way.site.asked) == 1

    async def test_redirects_are_followed(self, way: Reach) -> None:
        """Relative redirects lead to the page; both addresses are kept."""
        way.site.routes["/old"] = reply(status=302, headers={"Location": "new?id=1"})
        way.site.routes["/new"] = reply(PAGE)
        capture = captured(await way.fetcher.fetch(way.request("/old")))
        assert capture.body == PAGE
        assert capture.url.endswith("/old")
        assert capture.final_url.endswith("/new?id=1")

    async def test_redirects_end(self, way: Reach) -> None:
        """A loop of redirects is cut after the cap, without retries."""
        way.site.routes["/"] = reply(status=307, headers={"Location": "/"})
        with pytest.raises(TooManyRedirects):
            await way.fetcher.fetch(way.request("/"))
        assert len(way.site.asked) == 6

    async def test_compressed_bodies_are_decoded(self, way: Reach) -> None:
        """The body is what the page says, whatever coding it travelled in."""
        way.site.routes["/"] = reply(gzip.compress(PAGE), headers={"Content-Encoding": "gzip"})
        assert captured(await way.fetcher.fetch(way.request("/"))).body == PAGE

    async def test_the_cap_of_a_request_counts(self, way: Reach) -> None:
        """A body of exactly the cap passes, one byte more does not."""
        request = way.request("/", max_bytes=len(PAGE))
        assert captured(await way.fetcher.fetch(request)).body == PAGE
        with pytest.raises(BodyTooLarge):
            await way.fetcher.fetch(way.request("/", max_bytes=len(PAGE) - 1))

    async def test_ranges_are_asked_for_uncompressed(self, way: Reach) -> None:
        """A part comes back as it lies on the server, status 206."""
        part = reply(PAGE[:4], status=206, headers={"Content-Range": "bytes 0-3/50"})
        way.site.routes["/"] = part
        capture = captured(
            await way.fetcher.fetch(way.request("/", headers={"Range": "bytes=0-3"}))
        )
        assert (capture.status, capture.body) == (206, PAGE[:4])
        assert way.site.asked[-1].headers["accept-encoding"] == "identity"

    async def test_trouble_of_the_server_is_tried_again(self, way: Reach) -> None:
        """5xx and a broken answer are tried again, with a pause, within one fetch."""
        cut = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut")
        way.site.routes["/"] = in_turn(reply(status=500), cut, reply(PAGE))
        assert captured(await way.fetcher.fetch(way.request("/"))).body == PAGE
        assert len(way.clock.slept) == 2
        assert all(0 < pause <= 2 for pause in way.clock.slept)

    async def test_trouble_that_stays_is_told(self, way: Reach) -> None:
        """After the last attempt the status is raised."""
        way.site.routes["/"] = reply(status=502)
        with pytest.raises(BadStatus) as caught:
            await way.fetcher.fetch(way.request("/"))
        assert (caught.value.status, caught.value.retryable) == (502, True)
        assert len(way.site.asked) == 3

    @pytest.mark.parametrize("status", [400, 401, 403, 418, 451])
    async def test_a_refusal_is_not_argued_with(self, way: Reach, status: int) -> None:
        """4xx is asked once and is not retryable."""
        way.site.routes["/"] = reply(status=status)
        with pytest.raises(BadStatus) as caught:
            await way.fetcher.fetch(way.request("/"))
        assert (caught.value.status, caught.value.retryable) == (status, False)
        assert len(way.site.asked) == 1

    @pytest.mark.parametrize("status", [429, 503])
    async def test_a_short_retry_after_is_waited_for(self, way: Reach, status: int) -> None:
        """A site that asks for seven seconds gets seven seconds, then its answer."""
        busy = reply(status=status, headers={"Retry-After": "7"})
        way.site.routes["/"] = in_turn(busy, reply(PAGE))
        assert captured(await way.fetcher.fetch(way.request("/"))).body == PAGE
        assert way.clock.slept == [7.0]

    @pytest.mark.parametrize("status", [429, 503])
    async def test_a_long_retry_after_is_handed_on(self, way: Reach, status: int) -> None:
        """A longer wait is the scheduler's: it is raised at once with its seconds."""
        way.site.routes["/"] = reply(status=status, headers={"Retry-After": "600"})
        with pytest.raises(RateLimited) as caught:
            await way.fetcher.fetch(way.request("/"))
        assert caught.value.retry_after_s == 600
        assert way.clock.slept == []

    async def test_a_waiting_room_is_told_apart(self, way: Reach) -> None:
        """A challenge is neither a page nor a plain refusal, and is not knocked at again."""
        way.site.routes["/"] = reply(
            b"Just a moment", status=403, headers={"cf-mitigated": "challenge"}
        )
        with pytest.raises(Challenged):
            await way.fetcher.fetch(way.request("/"))
        assert len(way.site.asked) == 1

    async def test_cookies_are_not_kept(self, way: Reach) -> None:
        """What a site sets it does not get back, by redirect or by a second look."""
        set_it = {"Set-Cookie": "id=1; Path=/"}
        way.site.routes["/"] = reply(status=302, headers={**set_it, "Location": "/in"})
        way.site.routes["/in"] = reply(PAGE, headers=set_it)
        await way.fetcher.fetch(way.request("/"))
        await way.fetcher.fetch(way.request("/in"))
        assert way.site.paths() == ["/", "/in", "/in"]
        assert not any("cookie" in asked.headers for asked in way.site.asked)

    async def test_it_looks_like_any_browser(self, way: Reach) -> None:
        """The user agent is the policy's; nothing names the libraries or the tool."""
        await way.fetcher.fetch(way.request("/"))
        sent = way.site.asked[0].headers
        assert "Firefox" in sent["user-agent"]
        assert not any(
            word in " ".join(sent.values()).lower() for word in ("python", "httpx", "leakwatch")
        )

    async def test_connections_are_used_again(self, way: Reach) -> None:
        """Pages of one source at one host share a connection."""
        for _ in range(3):
            await way.fetcher.fetch(way.request("/"))
        assert way.site.connections == 1

    async def test_cancelling_leaves_it_usable(self, way: Reach) -> None:
        """A fetch that is cancelled lets go of its connection; the next one works."""
        head = b"HTTP/1.1 200 OK\r\n\r\n"
        way.site.routes["/slow"] = endless(head, b".", every_s=0.01)
        task = asyncio.create_task(way.fetcher.fetch(way.request("/slow")))
        await way.site.until(lambda: bool(way.site.asked))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert captured(await way.fetcher.fetch(way.request("/"))).body == PAGE

    async def test_closing_leaves_nothing_open(self, way: Reach) -> None:
        """After ``aclose`` the site sees every connection ended."""
        await way.fetcher.fetch(way.request("/"))
        assert way.site.open_connections == 1
        await way.fetcher.aclose()
        await way.site.until(lambda: way.site.open_connections == 0)


class TestClearnet(FetcherContract):
    """Straight to a configured host."""

    via = Via.DIRECT


class TestTor(FetcherContract):
    """Through a SOCKS proxy, to an onion name."""

    via = Via.TOR
