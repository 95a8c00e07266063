"""Remote archives listed over real servers, honest and not, through the fetcher and the sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from leakwatch.errors import (
    BudgetExceeded,
    ChildKilled,
    Corrupt,
    LayoutChanged,
    RangeBroken,
    RangeIgnored,
    RemoteChanged,
    TimedOut,
    Unsupported,
)
from leakwatch.model.match import Grade, Match, Method
from leakwatch.model.source import Via
from leakwatch.ports import PageParser
from leakwatch.remote import (
    Progress,
    RemoteLister,
    RemoteListing,
    is_archive_name,
    is_undecided,
)
from leakwatch.remote_file import ListingLimits
from leakwatch.sandbox.limits import ReadLimits
from leakwatch.sandbox.pool import SandboxPool
from tests.support.fetching import Reach, reach
from tests.support.http_site import Asked, in_turn, reply
from tests.support.range_site import Held, Readable, Served, ranged
from tests.support.virtual_zip import Line, VirtualZip, virtual_zip

GIB = 1024**3
MANY = 60_000


def lines(count: int, word: str = "patient") -> list[Line]:
    return [Line(f"export/{word}-{n:07}/letter-{n:08}.txt", 1000 + n, n + 1) for n in range(count)]


LARGE = virtual_zip(lines(MANY), size_bytes=100 * GIB)
OTHER = virtual_zip(lines(MANY, "visitor"), size_bytes=100 * GIB)
SMALL = virtual_zip(lines(20), size_bytes=10**6)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxPool]:
    with SandboxPool(ReadLimits(), workers=1) as pool:
        yield pool


async def listed(
    way: Reach, parser: PageParser, *, is_full: bool = False, **limits: Any
) -> RemoteListing:
    lister = RemoteLister(way.fetcher, parser, ListingLimits(**limits))
    return await lister.list(way.request("/d.zip"), is_full=is_full)


@pytest.mark.parametrize("via", list(Via))
async def test_a_sample_then_the_whole(sandbox: SandboxPool, via: Via) -> None:
    """A sample of a large archive takes a megabyte, the whole of it its directory; all is counted."""
    served = Served()
    told: list[Progress] = []
    async with reach(via) as way:
        way.site.routes["/d.zip"] = ranged(LARGE, served=served, headers={"ETag": '"1"'})
        lister = RemoteLister(way.fetcher, sandbox)
        sample = await lister.list(way.request("/d.zip"), is_full=False)
        assert (sample.requests, sample.received_bytes) == (served.requests, served.sent_bytes)
        assert sample.file is not None
        whole = await lister.list(sample.file, is_full=True, progress=told.append)
    assert (sample.kind, sample.size_bytes, sample.is_sample) == ("zip", LARGE.size_bytes, True)
    assert (sample.claimed, sample.listing.is_complete) == (MANY, False)
    assert sample.received_bytes <= 1_200_000
    assert sample.version.etag == '"1"'
    assert [(e.path, e.size_bytes, e.crc32) for e in whole.listing.entries] == [
        (x.path, x.size_bytes, x.crc32) for x in lines(MANY)
    ]
    assert (whole.is_sample, whole.listing.is_complete, whole.cut) == (False, True, None)
    assert whole.received_bytes == served.sent_bytes
    assert told[-1] == Progress(whole.requests, whole.received_bytes, MANY, MANY)
    assert all(first < 65536 or first >= LARGE.directory_at for first, _ in served.ranges)


async def test_a_whole_listing_costs_its_directory(sandbox: SandboxPool) -> None:
    """Nothing is read twice."""
    async with reach(Via.DIRECT) as way:
        way.site.routes["/d.zip"] = ranged(LARGE)
        whole = await listed(way, sandbox, is_full=True)
    assert whole.received_bytes <= 1.05 * LARGE.directory_bytes


async def test_a_server_that_gives_less(sandbox: SandboxPool) -> None:
    """A server that shortens ranges is asked again for the rest."""
    async with reach(Via.DIRECT) as way:
        way.site.routes["/d.zip"] = ranged(SMALL, max_bytes=1000)
        found = await listed(way, sandbox)
    assert len(found.listing.entries) == 20


async def test_a_slow_server_is_asked_for_less(sandbox: SandboxPool) -> None:
    """No request is so large that a deadline would cut it, once the server's pace is known."""
    served = Served()
    async with reach(Via.DIRECT) as way:
        plain = ranged(LARGE, served=served)

        async def slow(asked: Asked, writer: asyncio.StreamWriter) -> None:
            before = served.sent_bytes
            await plain(asked, writer)
            way.clock.elapsed_s += (served.sent_bytes - before) / 20_000

        way.site.routes["/d.zip"] = slow
        found = await listed(way, sandbox, is_full=True, max_requests=1000)
    assert found.listing.is_complete
    lengths = [last - first + 1 for first, last in served.ranges]
    assert 1_000_000 < max(lengths) < 20_000 * 60 * 2


def changing(*files: Readable) -> Any:
    """Return what makes the n-th answer's file: the last from then on."""
    return lambda number: files[min(number, len(files)) - 1]


async def test_a_change_midway_begins_anew(sandbox: SandboxPool) -> None:
    """A file replaced while it is read is read again, and no entry of the old one is told."""
    versions = {1: '"1"', 2: '"1"', 3: '"1"'}

    def twist(number: int, headers: dict[str, str]) -> None:
        headers["ETag"] = versions.get(number, '"2"')

    async with reach(Via.DIRECT) as way:
        files = changing(LARGE, LARGE, LARGE, OTHER)
        way.site.routes["/d.zip"] = ranged(files, twist=twist)
        found = await listed(way, sandbox)
    assert found.version.etag == '"2"'
    assert all("visitor" in entry.path for entry in found.listing.entries)


async def test_a_file_that_changes_all_the_time(sandbox: SandboxPool) -> None:
    """It is given up after the second time, by its name."""

    def twist(number: int, headers: dict[str, str]) -> None:
        headers["ETag"] = f'"{number}"'

    async with reach(Via.DIRECT) as way:
        way.site.routes["/d.zip"] = ranged(LARGE, twist=twist)
        with pytest.raises(RemoteChanged) as caught:
            await listed(way, sandbox)
        assert len(way.site.asked) == 4
    assert caught.value.retryable


async def test_a_server_that_forgets_ranges(sandbox: SandboxPool) -> None:
    """One that sends the whole all of a sudden is begun anew, and then refused."""
    async with reach(Via.DIRECT) as way:
        way.site.routes["/d.zip"] = in_turn(ranged(LARGE), reply(bytes(10)))
        with pytest.raises(RangeIgnored):
            await listed(way, sandbox)


async def test_an_address_that_expires(sandbox: SandboxPool) -> None:
    """What a redirect names is asked directly; when that ends the redirect is followed again."""
    served = Served()
    async with reach(Via.DIRECT) as way:
        way.site.routes["/d.zip"] = in_turn(
            reply(status=302, headers={"Location": "/signed/1"}),
            reply(status=302, headers={"Location": "/signed/2"}),
        )
        way.site.routes["/signed/1"] = in_turn(ranged(LARGE), reply(status=403))
        way.site.routes["/signed/2"] = ranged(LARGE, served=served)
        found = await listed(way, sandbox)
        assert way.site.paths().count("/d.zip") == 2
    assert found.is_sample
    assert served.requests > 5


async def test_budgets_end_a_listing_with_what_there_is(sandbox: SandboxPool) -> None:
    """Over its bytes or requests a listing ends; what was read stands and says why it is not all."""
    async with reach(Via.DIRECT) as way:
        way.site.routes["/d.zip"] = ranged(LARGE)
        few = await listed(way, sandbox, is_full=True, max_requests=70, request_bytes=65536)
        short = await listed(way, sandbox, is_full=True, max_bytes=6_000_000, request_bytes=65536)
        with pytest.raises(BudgetExceeded):
            await listed(way, sandbox, is_full=True, max_requests=1)
    for found in (few, short):
        assert isinstance(found.cut, BudgetExceeded)
        assert 0 < len(found.listing.entries) < MANY
        assert not found.listing.is_complete
        assert not found.is_sample
    assert few.requests == 70
    assert short.received_bytes <= 6_000_000


async def test_a_deadline_ends_a_drip(sandbox: SandboxPool) -> None:
    """A server that gives each part slowly does not hold a listing past its deadline."""

    async def slow(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.2)
        await ranged(LARGE, max_bytes=1000)(asked, writer)

    async with reach(Via.DIRECT) as way:
        way.site.routes["/d.zip"] = slow
        with pytest.raises(TimedOut):
            await listed(way, sandbox, max_s=1.0)


async def test_a_length_that_is_not_said(sandbox: SandboxPool) -> None:
    """Without the length of the whole nothing can be found in it."""

    def twist(_number: int, headers: dict[str, str]) -> None:
        headers["Content-Range"] = headers["Content-Range"].rpartition("/")[0] + "/*"

    async with reach(Via.DIRECT) as way:
        way.site.routes["/d.zip"] = ranged(LARGE, twist=twist)
        with pytest.raises(RangeBroken):
            await listed(way, sandbox)


async def test_what_is_no_archive(sandbox: SandboxPool) -> None:
    """A name does not make an archive; its first part is all that is read."""
    async with reach(Via.DIRECT) as way:
        way.site.routes["/d.zip"] = ranged(Held(b"<html><p>no archive" + b" " * 200_000))
        with pytest.raises(Unsupported):
            await listed(way, sandbox)
        assert len(way.site.asked) == 1


@dataclass
class Liar:
    """A parser that has been taken over."""

    answer: Mapping[str, Any] | Exception

    async def parse(
        self, parser: str, body: bytes, options: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        if parser.endswith("kind_of"):
            return {"kind": "zip"}
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


ROW = ["a", 1, 2, None, 0, None]
LIES: Mapping[str, tuple[Mapping[str, Any] | Exception, type[Exception]]] = {
    "the same question for ever": ({"need": [[0, 10]]}, Corrupt),
    "no need and no end": ({}, Corrupt),
    "rows for ever": ({"need": [[0, 10]], "rows": [ROW]}, BudgetExceeded),
    "more than there is": ({"need": [[0, 2**62]]}, BudgetExceeded),
    "what lies behind the end": ({"need": [[2**62, 10]]}, Corrupt),
    "a negative place": ({"need": [[-1, 10]]}, ChildKilled),
    "no number": ({"need": [["0", None]]}, ChildKilled),
    "too many places": ({"need": [[n, 1] for n in range(5000)]}, ChildKilled),
    "no row": ({"rows": [["a"]], "done": True}, ChildKilled),
    "another field": ({"done": True, "exec": "x"}, ChildKilled),
    "a failure": (LayoutChanged("x"), Corrupt),
    "an error that is none": ({"error": "config", "detail": "x"}, Corrupt),
}


@pytest.mark.parametrize("name", LIES)
async def test_a_child_that_was_taken_over(name: str) -> None:
    """What it says is checked: it cannot make us read without end, or elsewhere."""
    answer, error = LIES[name]
    async with reach(Via.DIRECT) as way:
        way.site.routes["/d.zip"] = ranged(LARGE)
        try:
            found = await listed(way, Liar(answer), max_requests=5)
        except error:
            pass
        else:
            assert isinstance(found.cut, error)
        assert len(way.site.asked) <= 5


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("a.zip", True), ("A.ZIP", True), ("/x/MMH_full.part01.rar", True), ("a.7z.001", True),
        ("a.zip?download=1", True), ("a.r00", True), ("a.tar", True), ("a.iso", True),
        ("a.tar.gz", False), ("zip", False), ("a.zip.txt", False), ("a.pdf", False),
    ],
)  # fmt: skip
def test_names_of_archives(name: str, is_one: bool) -> None:
    """Names are told by their ends, in any case, query aside."""
    assert is_archive_name(name) is is_one


def test_when_a_sample_decides() -> None:
    """Nothing, or something probable, decides; only possible matches leave it open."""

    def match(grade: Grade) -> Match:
        return Match(file="k", corpus="c", method=Method.NAME, grade=grade, chance=0.1, reasons=())

    assert not is_undecided([])
    assert is_undecided([match(Grade.POSSIBLE)])
    assert not is_undecided([match(Grade.POSSIBLE), match(Grade.PROBABLE)])


def test_the_directory_is_what_it_is_taken_for() -> None:
    """The made-up archives of these tests are of the size they claim."""
    assert isinstance(LARGE, VirtualZip)
    assert LARGE.size_bytes > 99 * GIB
