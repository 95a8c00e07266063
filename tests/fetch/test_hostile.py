"""Servers that misbehave: each way of it ends in its own error, in bounded time."""

from __future__ import annotations

import asyncio
import gzip
from dataclasses import dataclass, field
from typing import Any

import pytest

from leakwatch.errors import (
    BodyTooLarge,
    BrokenResponse,
    EgressRefused,
    LeakwatchError,
    TimedOut,
    TooManyRedirects,
)
from leakwatch.model.capture import Capture
from leakwatch.model.source import Via
from tests.support.fetching import SHORT_S, reach
from tests.support.http_site import Route, endless, raw, reply

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
GZIPPED = {"Content-Encoding": "gzip"}
BOMB = gzip.compress(bytes(64 * 1024 * 1024), compresslevel=9)
HALF = gzip.compress(b"Northwind Clinic, fictional" * 50)[:40]
CAP = 4 * 1024 * 1024


@dataclass(frozen=True)
class Case:
    name: str
    route: Route
    error: type[LeakwatchError]
    policy: dict[str, Any] = field(default_factory=dict)


READ = {"read_timeout_s": SHORT_S}
TOTAL = {"total_timeout_s": SHORT_S}
SECRET = b"smith-john"
CASES = [
    Case("hangs before its answer", raw(b"", then_hang=True), TimedOut, READ),
    Case("hangs in its headers", raw(OK + b"X-A: ", then_hang=True), TimedOut, READ),
    Case(
        "hangs in its body",
        raw(OK + b"Content-Length: 9\r\n\r\nabc", then_hang=True),
        TimedOut,
        READ,
    ),
    Case("drips headers", endless(OK, b"X", every_s=0.02), TimedOut, TOTAL),
    Case("drips a body", endless(OK + b"\r\n", b"x", every_s=0.02), TimedOut, TOTAL),
    Case("drips empty-looking chunks", endless(CHUNKED, b"1\r\nx\r\n", every_s=0.02), TimedOut, TOTAL),
    Case(
        "sends interim answers for ever",
        endless(b"", b"HTTP/1.1 102 Processing\r\n\r\n", every_s=0.02),
        TimedOut,
        TOTAL,
    ),
    Case("sends headers for ever", endless(OK, b"X-A: b\r\n" * 1000), BrokenResponse),
    Case("sends a header line for ever", endless(OK + b"X-A: ", b"a" * 9000), BrokenResponse),
    Case("sends a body for ever", endless(OK + b"\r\n", b"x" * 65536), BodyTooLarge),
    Case("sends chunks for ever", endless(CHUNKED, b"400\r\n" + b"x" * 1024 + b"\r\n"), BodyTooLarge),
    Case("announces too much", raw(OK + b"Content-Length: 99999999999\r\n\r\n"), BodyTooLarge),
    Case("sends a bomb", reply(BOMB, headers=GZIPPED), BodyTooLarge),
    Case("sends half a gzip", reply(HALF, headers=GZIPPED), BrokenResponse),
    Case("sends no gzip as gzip", reply(SECRET * 9, headers=GZIPPED), BrokenResponse),
    Case("hangs up at once", raw(b""), BrokenResponse),
    Case("hangs up in its headers", raw(OK + b"X-A: b\r\n"), BrokenResponse),
    Case("cuts its body short", raw(OK + b"Content-Length: 99\r\n\r\n" + SECRET), BrokenResponse),
    Case("cuts its chunks short", raw(CHUNKED + b"40\r\n" + SECRET), BrokenResponse),
    Case("ends without a last chunk", raw(CHUNKED + b"3\r\nabc\r\n"), BrokenResponse),
    Case("sends chunks that are none", raw(CHUNKED + SECRET + b"\r\n"), BrokenResponse),
    Case("says two lengths", raw(OK + b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nabc"), BrokenResponse),
    Case("says a length that is none", raw(OK + b"Content-Length: ten\r\n\r\nabc"), BrokenResponse),
    Case("speaks no HTTP", raw(b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n" + SECRET), BrokenResponse),
    Case("redirects for ever", reply(status=302, headers={"Location": "/"}), TooManyRedirects),
    Case("redirects to a file", reply(status=302, headers={"Location": "file:///etc/passwd"}), EgressRefused),
    Case("redirects inwards", reply(status=302, headers={"Location": "http://10.0.0.1/"}), EgressRefused),
    Case("redirects nowhere", reply(status=302, headers={"Location": "http://[::1"}), BrokenResponse),
    Case("says 304 unasked", reply(status=304), BrokenResponse),
]  # fmt: skip


@pytest.mark.parametrize("via", list(Via))
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "_"))
async def test_misbehaviour(case: Case, via: Via) -> None:
    """Exactly its error; afterwards the connection is gone; nothing it said is repeated."""
    async with (
        asyncio.timeout(30),
        reach(via, attempts=1, max_page_bytes=CAP, **case.policy) as way,
    ):
        way.site.routes["/"] = case.route
        with pytest.raises(LeakwatchError) as caught:
            await way.fetcher.fetch(way.request("/"))
        assert type(caught.value) is case.error
        assert SECRET.decode() not in str(caught.value)
        await way.fetcher.aclose()
        await way.site.until(lambda: way.site.open_connections == 0)


@pytest.mark.parametrize("via", list(Via))
async def test_many_and_long_headers_are_cut(via: Via) -> None:
    """What a capture keeps of headers is bounded in number and length."""
    lines = {f"X-{n}": "v" * 50 for n in range(110)}
    async with reach(via) as way:
        way.site.routes["/"] = reply(b"x", headers={**lines, "X-Long": "v" * 8000})
        way.site.routes["/long"] = reply(b"x", headers={"X-Long": "v" * 8000})
        many = await way.fetcher.fetch(way.request("/"))
        long = await way.fetcher.fetch(way.request("/long"))
    assert isinstance(many, Capture)
    assert isinstance(long, Capture)
    assert len(many.headers) == 100
    assert len(long.header("x-long") or "") == 4096


@pytest.mark.parametrize("via", list(Via))
async def test_a_body_that_ends_with_its_connection(via: Via) -> None:
    """Without a length the end of the connection is the end of the body (RFC 9112, 6.3)."""
    async with reach(via) as way:
        way.site.routes["/"] = raw(OK + b"\r\nwhole as far as anybody can tell")
        result = await way.fetcher.fetch(way.request("/"))
        assert isinstance(result, Capture)
        assert result.body == b"whole as far as anybody can tell"


@pytest.mark.parametrize("via", list(Via))
async def test_odd_bytes_in_headers(via: Via) -> None:
    """Bytes outside ASCII do not break an answer; no terminal escape gets into a capture."""
    async with reach(via, attempts=1) as way:
        odd = "Location: /caf\xe9\r\n".encode("latin-1")
        way.site.routes["/"] = raw(b"HTTP/1.1 302 Found\r\n" + odd + b"Content-Length: 0\r\n\r\n")
        way.site.routes["/caf%C3%A9"] = raw(OK + "X-A: café \x9b31m\r\n\r\nx".encode("latin-1"))
        result = await way.fetcher.fetch(way.request("/"))
        assert isinstance(result, Capture)
        assert (result.header("x-a") or "").startswith("caf")
        assert all(value.isprintable() for _, value in result.headers)


@pytest.mark.parametrize("via", list(Via))
@pytest.mark.parametrize("etag", ["é", "a\r\nX: y", "\x00", "\ud800"])
async def test_validators_that_no_header_carries(via: Via, etag: str) -> None:
    """A hostile validator cannot stop us from asking again: it is left out."""
    async with reach(via) as way:
        way.site.routes["/"] = reply(b"x")
        assert isinstance(await way.fetcher.fetch(way.request("/", etag=etag)), Capture)
        assert "if-none-match" not in way.site.asked[0].headers
