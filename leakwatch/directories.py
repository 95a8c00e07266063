"""What the links of a post say of files without their content: archives' directories, torrents, magnets.

Read whatever the payload policy says, for no member is opened and no swarm is
joined. Of an archive a sample of its directory is read, and all of it where the
sample names known files, or where there is not much more. One that was read
before is asked whether it changed.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from urllib.parse import unquote, urlsplit

from leakwatch.clock import Clock
from leakwatch.errors import (
    BadStatus,
    BrokenResponse,
    ChildKilled,
    Corrupt,
    FetchError,
    LeakwatchError,
    SandboxError,
    SourceError,
    UnpackError,
)
from leakwatch.model.capture import Capture, FetchRequest, Gone
from leakwatch.model.listing import Listing, ListingEntry
from leakwatch.model.post import Link
from leakwatch.model.source import SourceSpec
from leakwatch.model.taking import Meter, Purpose, Taken
from leakwatch.ports import ArtefactReader, Fetcher
from leakwatch.remote import RemoteLister, is_archive_name
from leakwatch.sources.wire.magnet import magnets

_VOLUME = re.compile(
    r"(?:\.part\d+\.rar|\.rar|\.r\d\d|\.(?:7z|zip|rar)\.\d{3})$", re.IGNORECASE | re.ASCII
)
"""What tells the volumes of one archive apart."""


@dataclass(frozen=True, slots=True)
class DirectoryLimits:
    """How much is read of what one post links to."""

    max_links: int = 100
    max_whole_bytes: int = 128 * 1024 * 1024
    """Of all directories that are read whole."""
    max_unnamed_bytes: int = 16 * 1024 * 1024
    """Of one that is read whole though its sample names nothing: a folder may lie between."""
    max_torrent_bytes: int = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Interest:
    """What a look is given to go by."""

    done: frozenset[str]
    """Blinded addresses read before, to be passed over."""
    listed: Mapping[str, str]
    """Blinded address of an archive read before -> blinded version."""
    names: Callable[[Listing], Awaitable[bool]]
    """Tells whether a listing names known files."""
    note: Callable[[Taken], Awaitable[None]]
    """Takes up what is taken: once when it is begun, and once when it ended."""


@dataclass(slots=True)
class Directories:
    """What a look brought to light."""

    listings: list[Listing] = field(default_factory=list)
    done: set[str] = field(default_factory=set)
    """Blinded addresses that need not be tried again."""
    listed: dict[str, str] = field(default_factory=dict)
    missed: int = 0
    """Failed in a way that may pass: to be tried again."""
    whole_bytes: int = 0
    """Of the directories that were read whole."""


class DirectoryReader:
    """Reads what links say of files.

    Args:
        lister: reads archives' directories.
        fetcher: gets torrents.
        reader: reads them in the sandbox; blocking.
        executor: where blocking work runs.
        limits: of one post.
        blind: keyed digest of an address, so that no file name is kept.
        clock: for times.
    """

    def __init__(
        self,
        *,
        lister: RemoteLister,
        fetcher: Fetcher,
        reader: ArtefactReader,
        executor: Executor,
        limits: DirectoryLimits,
        blind: Callable[[str], str],
        clock: Clock,
    ) -> None:
        self._lister = lister
        self._fetcher = fetcher
        self._reader = reader
        self._executor = executor
        self._limits = limits
        self._blind = blind
        self._clock = clock

    async def look(
        self, links: Sequence[Link], source: SourceSpec, interest: Interest
    ) -> Directories:
        """Return what the links of a post say; what fails is counted, never raised.

        Raises:
            SandboxError: the sandbox itself does not work.
        """
        found = Directories()
        named = magnets(link.url for link in links if link.is_magnet)
        if named is not None:
            found.listings.append(named)
        if not source.follow_files:
            return found
        every = {link.url: link for link in links if not link.is_magnet}
        torrents = [url for url, link in every.items() if _is_torrent(link)]
        archives = [url for url, link in every.items() if _is_archive(link)]
        by_set: dict[str, list[Listing]] = {}
        for url in (torrents + archives)[: self._limits.max_links]:
            listing = await self._one(url, source, interest, found, is_torrent=url in torrents)
            if listing is not None:
                by_set.setdefault(_VOLUME.sub("", urlsplit(url).path), []).append(listing)
        found.listings += map(joined, by_set.values())
        return found

    async def _one(
        self,
        url: str,
        source: SourceSpec,
        interest: Interest,
        found: Directories,
        *,
        is_torrent: bool,
    ) -> Listing | None:
        purpose = Purpose.TORRENT if is_torrent else Purpose.DIRECTORY
        blinded = self._blind(f"{purpose} {url}")
        if blinded in interest.done:
            return None
        begun = Taken(purpose, url, self._clock.now(), None, requests=0, received_bytes=0)
        await interest.note(begun)
        request = FetchRequest.linked(url, source, purpose)
        listing: Listing | None = None
        error: LeakwatchError | None = None
        try:
            if is_torrent:
                listing = await self._torrent(request)
            else:
                listing, error = await self._archive(request, blinded, interest, found)
        except (FetchError, SourceError, UnpackError, ChildKilled) as caught:
            error = caught
        meter = request.meter or Meter()
        await interest.note(
            replace(
                begun,
                ended_at=self._clock.now(),
                requests=meter.requests,
                received_bytes=meter.received_bytes,
                error=error.slug if error else None,
            )
        )
        if error is not None and error.retryable and not isinstance(error, SandboxError):
            found.missed += 1
        else:
            found.done.add(blinded)
        return listing

    async def _archive(
        self, request: FetchRequest, blinded: str, interest: Interest, found: Directories
    ) -> tuple[Listing | None, LeakwatchError | None]:
        """Return an archive's directory, None if it did not change, and what cut it short."""
        known = interest.listed.get(blinded)
        if known is not None:
            version = await self._lister.version(request)
            if self._version(version.token) == known:
                found.listed[blinded] = known
                return None, None
        listing = await self._lister.list(request, is_full=False)
        error = listing.cut
        length = listing.directory_bytes
        is_wanted = (
            listing.is_sample
            and found.whole_bytes + (length or 0) <= self._limits.max_whole_bytes
            and (self._is_short(length) or await interest.names(listing.listing))
        )
        if is_wanted:
            found.whole_bytes += length or 0
            try:
                listing = await self._lister.list(listing.file or request, is_full=True)
                error = listing.cut
            except (FetchError, UnpackError, ChildKilled) as caught:
                error = caught  # what the sample names stands
        if error is None:
            found.listed[blinded] = self._version(listing.version.token)
        return listing.listing, error

    async def _torrent(self, request: FetchRequest) -> Listing:
        asked = replace(request, max_bytes=self._limits.max_torrent_bytes)
        answer = await self._fetcher.fetch(asked)
        if isinstance(answer, Gone):
            raise BadStatus("the torrent is not there", status=answer.status)
        if not isinstance(answer, Capture):
            raise BrokenResponse("an answer without a body")
        body = answer.body

        def read() -> Listing | None:
            artefacts = self._reader.iter_read(body, name="torrent")
            return next((a.listing for a in artefacts if a.listing is not None), None)

        loop = asyncio.get_running_loop()
        listing = await loop.run_in_executor(self._executor, read)
        if listing is None:
            raise Corrupt("no torrent")
        return listing

    def _is_short(self, directory_bytes: int | None) -> bool:
        return directory_bytes is not None and directory_bytes <= self._limits.max_unnamed_bytes

    def _version(self, token: str) -> str:
        return self._blind(f"version {token}")[:16]


def joined(listings: Sequence[Listing]) -> Listing:
    """Return the listings of one archive's volumes as one.

    A member in two of them is one file: what any of them says of it counts.
    """
    if len(listings) == 1:
        return listings[0]
    entries: dict[str, ListingEntry] = {}
    for entry in (entry for listing in listings for entry in listing.entries):
        known = entries.get(entry.path)
        if known is None or (known.crc32 is None and entry.size_bytes == known.size_bytes):
            entries[entry.path] = entry
    is_complete = all(listing.is_complete for listing in listings)
    return Listing(listings[0].origin, tuple(entries.values()), is_complete=is_complete)


def _is_torrent(link: Link) -> bool:
    return any(name.lower().endswith(".torrent") for name in _names(link))


def _is_archive(link: Link) -> bool:
    return not _is_torrent(link) and any(map(is_archive_name, _names(link)))


def _names(link: Link) -> Iterable[str]:
    return unquote(urlsplit(link.url).path).rstrip("/"), link.name.strip()
