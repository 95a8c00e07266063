"""Looking at one post: its text, its bytes, and the files it links to.

Linked files are fetched only where the matter's live authorisation allows it;
what was not fetched is counted, never forgotten.
"""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from leakwatch.errors import FetchError, SourceError
from leakwatch.model.artefact import Artefact, MemberPath
from leakwatch.model.capture import Capture, FetchRequest
from leakwatch.model.listing import Listing, ListingEntry
from leakwatch.model.location import host_of
from leakwatch.model.post import Link, Post, SourceBatch
from leakwatch.model.source import SourceSpec, Via
from leakwatch.ports import ArtefactReader, Fetcher


@dataclass(frozen=True, slots=True)
class PayloadLimits:
    """How much of what a post links to is fetched."""

    max_files_per_post: int = 100
    max_file_bytes: int = 64 * 1024 * 1024


class Part(StrEnum):
    """What a capture is to the post."""

    PAGE = "page"
    """Shows the post, perhaps among others."""
    CONTENT = "content"
    """Is the post itself: a raw paste."""
    FILE = "file"
    """Is a file that the post links to; its address may name a document."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One capture and the artefacts found in it."""

    capture: Capture
    artefacts: tuple[Artefact, ...] = field(repr=False)
    part: Part


@dataclass(frozen=True, slots=True)
class Inspection:
    """All that looking at one post brought to light."""

    seen: tuple[Seen, ...]
    listings: tuple[Listing, ...]
    unread_files: int
    fetched: frozenset[str]
    """Blinded addresses of the files that were fetched."""
    missed: int
    """Files whose fetch failed in a way that may pass: to be tried again."""


class Inspector:
    """Reads what a post shows.

    Args:
        fetcher: gets linked files.
        reader: unpacks and extracts in the sandbox; blocking.
        executor: where blocking work runs.
        limits: caps on linked files.
        blind: keyed digest of an address, so that no file name is kept.
    """

    def __init__(
        self,
        *,
        fetcher: Fetcher,
        reader: ArtefactReader,
        executor: Executor,
        limits: PayloadLimits,
        blind: Callable[[str], str],
    ) -> None:
        self._fetcher = fetcher
        self._reader = reader
        self._executor = executor
        self._limits = limits
        self._blind = blind

    async def inspect(
        self,
        post: Post,
        batch: SourceBatch,
        source: SourceSpec,
        *,
        may_fetch: bool,
        done: frozenset[str],
    ) -> Inspection:
        """Return what the post shows.

        Args:
            post: the post.
            batch: the batch it came in; its first capture is the page.
            source: where it was seen.
            may_fetch: whether linked files may be fetched now.
            done: blinded addresses fetched before, to be passed over.
        """
        seen = [Seen(batch.captures[0], (_text_artefact(post),), Part.PAGE)]
        if post.content is not None:
            seen.append(await self._read(post.content, Part.CONTENT))
        files = list({link.url: link for link in post.links if not link.is_magnet}.values())
        fetched: set[str] = set()
        missed = refused = 0
        wanted = files if may_fetch and source.follow_files else []
        for link in wanted[: self._limits.max_files_per_post]:
            blinded = self._blind(link.url)
            if blinded in done:
                continue
            try:
                payload = await self._fetch(link, source)
            except (FetchError, SourceError) as error:
                missed, refused = missed + error.retryable, refused + (not error.retryable)
                continue
            fetched.add(blinded)
            if payload is None:
                refused += 1
            else:
                seen.append(payload)
        skipped = len(files) - min(len(wanted), self._limits.max_files_per_post)
        locked = _locked_members(seen)
        return Inspection(
            seen=tuple(seen),
            listings=tuple(x for x in (post.listing, locked) if x is not None),
            unread_files=missed + refused + skipped + (len(locked.entries) if locked else 0),
            fetched=frozenset(fetched),
            missed=missed,
        )

    async def _fetch(self, link: Link, source: SourceSpec) -> Seen | None:
        is_own_host = host_of(link.url) in {host_of(location) for location in source.locations}
        request = FetchRequest(
            url=link.url,
            source=source.name,
            via=source.via if is_own_host else Via.TOR,
            allow_private=source.allow_private and is_own_host,
            max_bytes=self._limits.max_file_bytes,
        )
        answer = await self._fetcher.fetch(request)
        return await self._read(answer, Part.FILE) if isinstance(answer, Capture) else None

    async def _read(self, capture: Capture, part: Part) -> Seen:
        loop = asyncio.get_running_loop()
        name = unquote(urlsplit(capture.final_url).path.rpartition("/")[2]) or "content"
        artefacts = await loop.run_in_executor(
            self._executor, lambda: self._reader.read(capture.body, name=name)
        )
        return Seen(capture, tuple(artefacts), part)


def _text_artefact(post: Post) -> Artefact:
    """Return a post's own words as an artefact of its page."""
    text = f"{post.title}\n{post.text}"
    raw = text.encode("utf-8", "surrogatepass")
    return Artefact(
        path=MemberPath(("page",), ()),
        kind="text",
        size_bytes=len(raw),
        sha256=hashlib.sha256(raw).hexdigest(),
        crc32=zlib.crc32(raw),
        text=text,
    )


def _locked_members(seen: Sequence[Seen]) -> Listing | None:
    """Return members that could not be opened as a listing: names and sizes still tell."""
    entries = tuple(
        ListingEntry(
            path=artefact.path.names[-1], size_bytes=artefact.size_bytes, crc32=artefact.crc32
        )
        for one in seen
        for artefact in one.artefacts
        if artefact.error == "encrypted" and artefact.path.ordinals
    )
    return Listing(origin="archive", entries=entries) if entries else None
