"""What links say of files without their content: listed once, counted always, retried where it may pass."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from leakwatch.directories import (
    Directories,
    DirectoryLimits,
    DirectoryReader,
    Interest,
    joined,
)
from leakwatch.model.listing import Listing, ListingEntry
from leakwatch.model.post import Link
from leakwatch.model.source import Role, SourceSpec, Via
from leakwatch.model.taking import Purpose, Taken
from leakwatch.remote import RemoteLister
from leakwatch.sandbox.limits import ReadLimits
from leakwatch.sandbox.pool import SandboxPool
from leakwatch.unpack.remote.zip import TAIL_BYTES
from tests.support.fetching import Reach, reach
from tests.support.http_site import reply
from tests.support.range_site import Held, ranged
from tests.support.virtual_zip import Line, VirtualZip, virtual_zip

GIB = 1024**3


def archive(count: int, word: str = "patient") -> VirtualZip:
    lines = (Line(f"{word}/{n:08}.txt", 1000 + n, n + 1) for n in range(count))
    return virtual_zip(lines, size_bytes=50 * GIB)


SMALL, LARGE = archive(20), archive(30_000)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxPool]:
    with SandboxPool(ReadLimits(), workers=1) as pool:
        yield pool


@dataclass
class Desk:
    """A reader of directories in front of a site, and what it told."""

    way: Reach
    reader: DirectoryReader
    taken: list[Taken] = field(default_factory=list)
    asked: list[Listing] = field(default_factory=list)
    names: bool = False
    """What is said of whether listings name known files."""

    async def look(
        self, *paths: str, seen: Directories | None = None, follow: bool = True
    ) -> Directories:
        links = [Link(p if ":?" in p else self.way.site.url(p), is_magnet=":?" in p) for p in paths]
        source = SourceSpec(
            name="kazu",
            kind="html_blog",
            role=Role.LEAK_SITE,
            locations=(self.way.site.url("/"),),
            matters=(),
            via=Via.DIRECT,
            allow_private=True,
            follow_files=follow,
        )
        listed = seen.listed if seen else {}
        interest = Interest(frozenset(), listed, self._names, self._note)
        return await self.reader.look(links, source, interest)

    async def _names(self, listing: Listing) -> bool:
        self.asked.append(listing)
        return self.names

    async def _note(self, taken: Taken) -> None:
        self.taken.append(taken)


@asynccontextmanager
async def desk(sandbox: SandboxPool, **limits: int) -> AsyncIterator[Desk]:
    async with reach(Via.DIRECT, host="127.0.0.1", attempts=1) as way:
        with ThreadPoolExecutor(1) as executor:
            reader = DirectoryReader(
                lister=RemoteLister(way.fetcher, sandbox),
                fetcher=way.fetcher,
                reader=sandbox,
                executor=executor,
                limits=DirectoryLimits(**limits),
                blind=lambda text: hashlib.sha256(text.encode()).hexdigest(),
                clock=way.clock,
            )
            yield Desk(way, reader)


async def test_an_archive_is_listed_and_accounted_for(sandbox: SandboxPool) -> None:
    """Its names come out, and what was read is told when it begins and when it ends."""
    async with desk(sandbox) as at:
        at.way.site.routes["/d.zip"] = ranged(SMALL)
        found = await at.look("/d.zip", "/notes.txt")
        assert at.way.site.paths() == ["/d.zip"] * 2
    [listing] = found.listings
    assert (listing.origin, len(listing.entries), found.missed) == ("zip", 20, 0)
    begun, ended = at.taken
    assert (begun.purpose, begun.ended_at, begun.requests) == (Purpose.DIRECTORY, None, 0)
    assert (ended.requests, ended.error, ended.began_at) == (2, None, begun.began_at)
    assert ended.received_bytes == 65536 + TAIL_BYTES
    assert len(found.done) == 1


async def test_all_is_read_where_a_sample_names_something(sandbox: SandboxPool) -> None:
    """A sample that names nothing ends the look; one that does leads to the whole, within bounds."""
    async with desk(sandbox, max_unnamed_bytes=1000) as at:
        at.way.site.routes["/d.zip"] = ranged(LARGE)
        sample = await at.look("/d.zip")
        at.names = True
        whole = await at.look("/d.zip")
    assert [len(one.listings[0].entries) == 30_000 for one in (sample, whole)] == [False, True]
    assert len(at.asked) == 2
    async with desk(sandbox, max_whole_bytes=1000) as at:
        at.way.site.routes["/d.zip"] = ranged(LARGE)
        at.names = True
        found = await at.look("/d.zip")
    assert not found.listings[0].is_complete


async def test_a_short_directory_is_read_whole_whatever_its_sample_names(
    sandbox: SandboxPool,
) -> None:
    """What a sample can miss is not missed where all costs little more."""
    async with desk(sandbox) as at:
        at.way.site.routes["/d.zip"] = ranged(LARGE)
        found = await at.look("/d.zip")
    assert found.listings[0].is_complete
    assert not at.asked


async def test_an_unchanged_archive_is_not_listed_again(sandbox: SandboxPool) -> None:
    """One byte tells; a changed one is listed anew."""
    async with desk(sandbox) as at:
        at.way.site.routes["/d.zip"] = ranged(SMALL, headers={"ETag": '"1"'})
        first = await at.look("/d.zip")
        again = await at.look("/d.zip", seen=first)
        assert again.listings == []
        assert again.listed == first.listed
        assert (at.taken[-1].requests, at.taken[-1].received_bytes) == (1, 1)
        at.way.site.routes["/d.zip"] = ranged(SMALL, headers={"ETag": '"2"'})
        changed = await at.look("/d.zip", seen=again)
    assert len(changed.listings) == 1
    assert changed.listed != first.listed


@pytest.mark.parametrize(
    ("path", "error", "may_pass"),
    [
        ("/ignores.zip", "range_ignored", False),
        ("/gone.zip", "bad_status", False),
        ("/down.zip", "bad_status", True),
        ("/noise.zip", "corrupt", False),
        ("/page.zip", "unsupported", False),
    ],
)
async def test_what_fails_is_counted(
    sandbox: SandboxPool, path: str, error: str, may_pass: bool
) -> None:
    """A failure that may pass is tried again at the next look; another is final; both are told."""
    async with desk(sandbox) as at:
        at.way.site.routes |= {
            "/ignores.zip": reply(bytes(10), headers={"Content-Length": "108000000000"}),
            "/down.zip": reply(status=503),
            "/noise.zip": ranged(Held(bytes(range(1, 256)) * 400)),
            "/page.zip": ranged(Held(b"<html><p>login")),
        }
        found = await at.look(path)
    assert found.listings == []
    assert at.taken[-1].error == error
    assert (found.missed, len(found.done)) == ((1, 0) if may_pass else (0, 1))


async def test_volumes_are_one_archive(sandbox: SandboxPool) -> None:
    """Volumes of a set are told as one listing, each member once, with what any volume says of it."""
    parts = [
        Listing("rar", (ListingEntry("a", 10), ListingEntry("b", 20)), is_complete=True),
        Listing("rar", (ListingEntry("b", 20, crc32=7), ListingEntry("c", 30))),
    ]
    assert joined(parts).entries == (
        ListingEntry("a", 10),
        ListingEntry("b", 20, crc32=7),
        ListingEntry("c", 30),
    )
    assert not joined([parts[0], replace(parts[1], is_complete=False)]).is_complete
    async with desk(sandbox) as at:
        for n in range(1, 4):
            at.way.site.routes[f"/x.zip.{n:03}"] = ranged(archive(5, f"volume {n}"))
        found = await at.look("/x.zip.001", "/x.zip.002", "/x.zip.003")
    assert [len(listing.entries) for listing in found.listings] == [15]


async def test_magnets_are_read_without_asking_anybody(sandbox: SandboxPool) -> None:
    """A magnet link's name and size are told; nothing is fetched for it."""
    async with desk(sandbox) as at:
        found = await at.look("magnet:?xt=urn:btih:" + "a" * 40 + "&dn=clinic.zip&xl=1234")
        assert at.way.site.asked == []
    [listing] = found.listings
    assert (listing.origin, listing.entries[0].size_bytes) == ("magnet", 1234)


async def test_links_are_capped_and_may_be_forbidden(sandbox: SandboxPool) -> None:
    """So many links a post are read, and none where the source says that none are followed."""
    async with desk(sandbox, max_links=2) as at:
        for n in range(4):
            at.way.site.routes[f"/{n}.zip"] = ranged(SMALL)
        paths = [f"/{n}.zip" for n in range(4)]
        assert len((await at.look(*paths)).listings) == 2
        assert (await at.look(*paths, follow=False)).listings == []
