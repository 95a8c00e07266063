"""Parts of a remote file: got, and known for what they are before their body is read."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from leakwatch.errors import (
    BadStatus,
    BrokenResponse,
    LeakwatchError,
    RangeBroken,
    RangeIgnored,
    RemoteChanged,
    TimedOut,
    TooManyRedirects,
)
from leakwatch.fetch.ranged import Version, read_part
from leakwatch.model.capture import ByteRange
from leakwatch.model.source import Via
from leakwatch.model.taking import Meter
from tests.support.fetching import reach
from tests.support.http_site import Asked, Route, endless, raw, reply
from tests.support.range_site import Held, Served, ranged

DATA = bytes(n % 251 for n in range(100_000))
SPAN = ByteRange(1000, 1999)
PART = {"Content-Range": "bytes 1000-1999/100000"}


def part(body: bytes = DATA[1000:2000], **headers: str) -> Route:
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    return reply(body, status=206, headers={**PART, **said})


@pytest.mark.parametrize("via", list(Via))
async def test_a_part_comes(via: Via) -> None:
    """Bytes, their place, the length of the whole and its validators come, and are counted."""
    served, meter = Served(), Meter()
    async with reach(via) as way:
        way.site.routes["/f"] = ranged(Held(DATA), served=served, headers={"ETag": '"a"'})
        got = await read_part(way.fetcher, way.request("/f", range=SPAN, meter=meter))
        tail = await read_part(way.fetcher, way.request("/f", range=ByteRange(-500)))
    assert (got.offset, got.data, got.is_whole) == (1000, DATA[1000:2000], False)
    assert got.version == Version(100_000, '"a"', None)
    assert (tail.offset, tail.data) == (99_500, DATA[99_500:])
    assert (meter.requests, meter.received_bytes) == (1, 1000)
    assert served.ranges == [(1000, 1999), (99_500, 99_999)]
    assert way.site.asked[0].headers["accept-encoding"] == "identity"
    assert "if-range" not in way.site.asked[0].headers


async def test_a_part_at_the_end_is_shorter() -> None:
    """A range over the end gives what there is; one behind it is refused by the server."""
    async with reach(Via.DIRECT) as way:
        way.site.routes["/f"] = ranged(Held(DATA))
        got = await read_part(way.fetcher, way.request("/f", range=ByteRange(99_990, 200_000)))
        assert got.data == DATA[99_990:]
        with pytest.raises(BadStatus) as caught:
            await read_part(way.fetcher, way.request("/f", range=ByteRange(100_000, 100_001)))
    assert caught.value.status == 416


BAD_PARTS: Mapping[str, Route] = {
    "another offset": part(Content_Range="bytes 0-999/100000"),
    "a longer part": part(DATA[1000:2001], Content_Range="bytes 1000-2000/100000"),
    "a part past the end": part(Content_Range="bytes 1000-1999/1500"),
    "an end before its start": part(Content_Range="bytes 1000-999/100000"),
    "no place": reply(DATA[:1000], status=206),
    "a place that is none": part(Content_Range="bytes x-y/z"),
    "another unit": part(Content_Range="pages 1000-1999/100000"),
    "a number without end": part(Content_Range=f"bytes 1000-1999/{'9' * 400}"),
    "several parts": part(Content_Type="multipart/byteranges; boundary=x"),
    "a coded part": part(Content_Encoding="gzip"),
    "a part of another length": part(DATA[1000:1500]),
}


@pytest.mark.parametrize("name", BAD_PARTS)
async def test_what_is_not_the_part_is_refused(name: str) -> None:
    """Each way of sending something else has the same name, and is not tried again."""
    async with reach(Via.DIRECT) as way:
        way.site.routes["/f"] = BAD_PARTS[name]
        with pytest.raises(RangeBroken):
            await read_part(way.fetcher, way.request("/f", range=SPAN))
        assert len(way.site.asked) == 1


@pytest.mark.parametrize("via", list(Via))
@pytest.mark.parametrize("length", ["108000000000", None])
async def test_a_server_that_ignores_ranges_costs_its_headers(via: Via, length: str | None) -> None:
    """The whole is known by its headers: no byte of it is read, and the connection is closed."""
    meter, sent = Meter(), 0
    head = f"HTTP/1.1 200 OK\r\n{f'Content-Length: {length}' if length else 'X-A: b'}\r\n\r\n"

    async def whole(asked: Asked, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(head.encode())
        while True:
            writer.write(bytes(65536))
            await writer.drain()
            sent += 65536

    async with reach(via) as way:
        way.site.routes["/f"] = whole
        with pytest.raises(RangeIgnored):
            await read_part(way.fetcher, way.request("/f", range=SPAN, meter=meter))
        await way.site.until(lambda: way.site.open_connections == 0)
        assert len(way.site.asked) == 1
    assert (meter.requests, meter.received_bytes) == (1, 0)
    # What lies in sockets' buffers on one machine.
    assert sent < 32 * 1024 * 1024


async def test_a_whole_is_taken_where_it_may_be() -> None:
    """A short whole, or a text of no stated length, is read in place of a part, as asked."""
    span = ByteRange(0, 999, whole_bytes=5000)
    text = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<p>hello"
    async with reach(Via.DIRECT) as way:
        way.site.routes |= {"/short": reply(DATA[:5000]), "/long": reply(DATA[:5001])}
        way.site.routes["/text"] = raw(text)
        short = await read_part(way.fetcher, way.request("/short", range=span))
        assert (short.is_whole, short.data, short.version.size_bytes) == (True, DATA[:5000], 5000)
        page = await read_part(way.fetcher, way.request("/text", range=span))
        assert (page.is_whole, page.data) == (True, b"<p>hello")
        with pytest.raises(RangeIgnored):
            await read_part(way.fetcher, way.request("/long", range=span))


CHANGES: Mapping[str, tuple[Held, dict[str, str]]] = {
    "etag": (Held(DATA), {"ETag": '"b"', "Last-Modified": "Mon, 02 Mar 2026 09:00:00 GMT"}),
    "date": (Held(DATA), {"ETag": '"a"', "Last-Modified": "Mon, 02 Mar 2026 09:00:01 GMT"}),
    "size": (Held(DATA + b"x"), {"ETag": '"a"', "Last-Modified": "Mon, 02 Mar 2026 09:00:00 GMT"}),
}


@pytest.mark.parametrize("what", CHANGES)
async def test_a_change_between_parts_is_noticed(what: str) -> None:
    """Another ETag, date or length is another file."""
    same = {"ETag": '"a"', "Last-Modified": "Mon, 02 Mar 2026 09:00:00 GMT"}
    async with reach(Via.DIRECT) as way:
        way.site.routes["/f"] = ranged(Held(DATA), headers=same)
        request = way.request("/f", range=SPAN)
        known = (await read_part(way.fetcher, request)).version
        await read_part(way.fetcher, request, known)
        file, headers = CHANGES[what]
        way.site.routes["/f"] = ranged(file, headers=headers)
        with pytest.raises(RemoteChanged):
            await read_part(way.fetcher, request, known)


def test_what_is_not_said_is_no_change() -> None:
    """A server that leaves out a validator has not changed the file."""
    full = Version(10, '"a"', "date")
    assert full.is_same(Version(10, None, None))
    assert full.is_same(Version(None, None, "date"))
    assert not full.is_same(Version(11, None, None))


async def test_a_redirect_takes_the_range_along() -> None:
    """A part is asked for at the address that a redirect names, also at another host."""
    async with reach(Via.TOR) as way:
        there = way.site.url("/f", "files.example")
        way.site.routes["/g"] = reply(status=302, headers={"Location": there})
        way.site.routes["/f"] = ranged(Held(DATA))
        got = await read_part(way.fetcher, way.request("/g", range=SPAN))
    assert got.data == DATA[1000:2000]
    assert got.capture.final_url == there


async def test_redirects_without_end() -> None:
    """They end as those of a page do."""
    async with reach(Via.DIRECT) as way:
        way.site.routes["/f"] = reply(status=302, headers={"Location": "/f"})
        with pytest.raises(TooManyRedirects):
            await read_part(way.fetcher, way.request("/f", range=SPAN))


SLOW: Mapping[str, tuple[Route, type[LeakwatchError]]] = {
    "drips": (
        endless(
            b"HTTP/1.1 206 X\r\nContent-Range: bytes 1000-1999/100000\r\n\r\n", b"x", every_s=0.02
        ),
        TimedOut,
    ),
    "is cut": (
        raw(
            b"HTTP/1.1 206 X\r\nContent-Length: 1000\r\nContent-Range: bytes 1000-1999/9999\r\n\r\nabc"
        ),
        BrokenResponse,
    ),
}


@pytest.mark.parametrize("name", SLOW)
async def test_a_part_that_does_not_come_to_its_end(name: str) -> None:
    """A drip ends with the deadline, a cut is seen; both are tried again, and each byte counted."""
    meter = Meter()
    route, error = SLOW[name]
    async with reach(Via.DIRECT, total_timeout_s=0.3, attempts=2) as way:
        way.site.routes["/f"] = route
        with pytest.raises(error):
            await read_part(way.fetcher, way.request("/f", range=SPAN, meter=meter))
    assert meter.received_bytes > 0


async def test_more_than_was_announced_is_not_read() -> None:
    """A part that goes on for ever is left when it is full."""
    head = b"HTTP/1.1 206 X\r\nContent-Range: bytes 1000-1999/100000\r\n\r\n"
    meter = Meter()
    async with reach(Via.DIRECT, attempts=1) as way:
        way.site.routes["/f"] = endless(head, b"x" * 65536)
        with pytest.raises(LeakwatchError):
            await read_part(way.fetcher, way.request("/f", range=SPAN, meter=meter))
    assert meter.received_bytes < 1024 * 1024
