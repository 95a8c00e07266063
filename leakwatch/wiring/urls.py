"""URLs as targets of ``leakwatch scan``: looked at without taking, through Tor unless told otherwise.

first 64 KB -> an archive          its directory: a sample, then all of it if need be
-> a list of files     walked, and the archives in it as above
-> a page, a text      fetched whole, up to the cap
-> anything larger     left where it is, and said so
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import unquote, urlsplit

from leakwatch.clock import Clock, SystemClock
from leakwatch.errors import (
    BadStatus,
    BodyTooLarge,
    BrokenResponse,
    Corrupt,
    LeakwatchError,
    RangeIgnored,
)
from leakwatch.fetch.client import HttpFetcher
from leakwatch.match.scan import Fetched
from leakwatch.model.capture import Capture, FetchRequest, Gone
from leakwatch.model.match import Match
from leakwatch.model.source import Via
from leakwatch.ports import PageParser
from leakwatch.remote import (
    ARCHIVES,
    Progress,
    RemoteLister,
    RemoteListing,
    is_archive_name,
    is_undecided,
)
from leakwatch.remote_file import HEAD_BYTES, RemoteFile
from leakwatch.settings.tree import FetchSettings
from leakwatch.wiring.folders import Folders, walk
from leakwatch.wiring.looking import listing_limits, url_policy

DEFAULT_PROXY = FetchSettings().tor_proxy
SOURCE = "scan"
MAX_ARCHIVES = 100
"""Of one list of files."""
MAX_FETCHED_BYTES = 64 * 1024 * 1024
"""Of a page, a text, a document: held in memory while it is looked at."""
_TELL_EVERY_S = 5.0
_LISTS = frozenset({"html", "xml"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How hosts are reached.

    Args:
        is_direct: straight from the host named, not through Tor.
        allow_private: loopback and private addresses may be reached.
        tor_proxy: ``socks5://HOST:PORT``.
    """

    is_direct: bool = False
    allow_private: bool = False
    tor_proxy: str = DEFAULT_PROXY


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlTargets:
    """Gets URL targets; call it from any thread.

    Args:
        parser: the sandbox.
        way: how hosts are reached.
        is_full: read the directories of archives whole.
        say: told how a long look gets on.
        settings: caps and deadlines.
    """

    parser: PageParser
    way: Way = Way()
    is_full: bool = False
    say: Callable[[str], None] = lambda _: None
    settings: FetchSettings = field(default_factory=FetchSettings)
    clock: Clock = field(default_factory=SystemClock)

    def __call__(self, url: str) -> Iterator[Fetched]:
        """Yield what a URL gives.

        Raises:
            FetchError, SourceError, UnpackError: it gave nothing that can be looked at.
        """
        found = asyncio.run(self._look(url))
        if isinstance(found, Fetched):
            yield found
            return
        yield found.fetched
        for archive in found.archives[:MAX_ARCHIVES]:
            try:
                yield asyncio.run(self._archive(archive))
            except LeakwatchError as error:
                # The others can be looked at all the same.
                yield Fetched(_name(archive), error=error)

    async def _look(self, url: str) -> Fetched | Folders:
        async with self._fetcher(url) as fetcher:
            lister = self._lister(fetcher)
            is_archive = is_archive_name(_name(url))
            try:
                file = await lister.open(
                    self._request(url),
                    whole_bytes=HEAD_BYTES if is_archive else MAX_FETCHED_BYTES,
                )
            except BadStatus as error:
                if error.status != 416:  # no part can be had of an empty file
                    raise
                return await self._page(fetcher, await self._get(fetcher, url), "text")
            except RangeIgnored:
                if is_archive:
                    raise
                # Of no stated length: fetched as far as the cap, as any page.
                return await self._page(fetcher, await self._get(fetcher, url), "text")
            if file.is_here:
                return await self._page(fetcher, file.head.capture, file.kind)
            if file.kind in ARCHIVES:
                return await self._listed(lister, file)
            if file.size_bytes > MAX_FETCHED_BYTES:
                raise BodyTooLarge(
                    f"{urlsplit(url).hostname}: {file.size_bytes} bytes of kind {file.kind}, "
                    "which has no directory to go by; not downloaded"
                )
            return await self._page(fetcher, await self._get(fetcher, url), file.kind)

    async def _archive(self, url: str) -> Fetched:
        async with self._fetcher(url) as fetcher:
            lister = self._lister(fetcher)
            return await self._listed(lister, await lister.open(self._request(url)))

    async def _listed(
        self, lister: RemoteLister, file: RemoteFile, *, is_full: bool = False
    ) -> Fetched:
        """Return what an archive's directory names."""
        url = file.request.url
        progress = _Telling(self.say, _name(url), self.clock)
        listing = await lister.list(file, is_full=is_full or self.is_full, progress=progress)
        return Fetched(
            _name(url),
            listing=listing.listing,
            error=_cut(listing),
            note=told(listing),
            more=partial(self._more, url) if listing.is_sample else None,
        )

    def _more(self, url: str, matches: Sequence[Match]) -> Fetched | None:
        """Return the whole directory where a sample leaves it open whether files are named."""
        return asyncio.run(self._again(url)) if is_undecided(matches) else None

    async def _again(self, url: str) -> Fetched:
        async with self._fetcher(url) as fetcher:
            lister = self._lister(fetcher)
            return await self._listed(lister, await lister.open(self._request(url)), is_full=True)

    async def _page(self, fetcher: HttpFetcher, capture: Capture, kind: str) -> Fetched | Folders:
        """Return a page as bytes to be read, or the tree that it is the root of."""
        if kind in _LISTS or capture.body[:1] == b"[":
            request = self._request(capture.final_url)
            folders = await walk(request, fetcher, self.parser, capture, is_full=self.is_full)
            if folders is not None:
                return folders
        return Fetched(_name(capture.url) or "page", capture.body)

    async def _get(self, fetcher: HttpFetcher, url: str) -> Capture:
        answer = await fetcher.fetch(self._request(url))
        host = urlsplit(url).hostname
        if isinstance(answer, Gone):
            raise BadStatus(f"{host}: not there", status=answer.status)
        if not isinstance(answer, Capture):
            raise BrokenResponse(f"{host}: answered without a body")
        return answer

    def _request(self, url: str) -> FetchRequest:
        return FetchRequest(
            url=url,
            source=SOURCE,
            via=Via.DIRECT if self.way.is_direct else Via.TOR,
            allow_private=self.way.allow_private,
            max_bytes=MAX_FETCHED_BYTES,
        )

    def _lister(self, fetcher: HttpFetcher) -> RemoteLister:
        return RemoteLister(fetcher, self.parser, listing_limits(self.settings))

    @asynccontextmanager
    async def _fetcher(self, url: str) -> AsyncIterator[HttpFetcher]:
        hosts = (
            frozenset({urlsplit(url).hostname or ""}) if self.way.is_direct else frozenset[str]()
        )
        policy = url_policy(self.settings, tor_proxy=self.way.tor_proxy, direct_hosts=hosts)
        fetcher = HttpFetcher(policy, clock=self.clock)
        try:
            yield fetcher
        finally:
            await fetcher.aclose()


class _Telling:
    """Says how a listing gets on, now and then."""

    def __init__(self, say: Callable[[str], None], name: str, clock: Clock) -> None:
        self._say = say
        self._name = name
        self._clock = clock
        self._told_s = clock.monotonic_s()

    def __call__(self, at: Progress) -> None:
        now_s = self._clock.monotonic_s()
        if now_s - self._told_s >= _TELL_EVERY_S:
            self._told_s = now_s
            self._say(
                f"{self._name}: {at.entries} of {_many(at.claimed)} entries, "
                f"{at.requests} requests, {at.received_bytes / 1e6:.1f} MB"
            )


def told(listing: RemoteListing) -> str:
    """Return in one line what was read of an archive, and what that was not."""
    how = "sampled" if listing.is_sample else "listed" if not listing.cut else "listed in part"
    line = (
        f"{listing.kind} of {listing.size_bytes} bytes, {how}: {len(listing.listing.entries)} of "
        f"{_many(listing.claimed)} entries by {listing.requests} requests, "
        f"{listing.received_bytes / 1e6:.2f} MB; no member was opened"
    )
    return f"{line}; --full reads all of the directory" if listing.is_sample else line


def _many(entries: int | None) -> str:
    return "an unknown number of" if entries is None else str(entries)


def _cut(listing: RemoteListing) -> LeakwatchError | None:
    """Return what kept a listing from its end, a sample aside."""
    if listing.cut is None and not listing.is_sample and not listing.listing.is_complete:
        return Corrupt("some of the directory could not be read")
    return listing.cut


def _name(url: str) -> str:
    return unquote(urlsplit(url).path.rpartition("/")[2])
