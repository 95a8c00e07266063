"""Looking at one post: its text, its bytes, and the files it links to.

What links say of files without their content is read in any case. The files
themselves are fetched only where a matter's live authorisation allows it;
what was not fetched is counted, never forgotten. Artefacts are handed on one
by one as they are read: of a large file nothing is held but facts.
"""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from leakwatch.directories import Directories, DirectoryReader, Interest
from leakwatch.errors import SpoolFull
from leakwatch.model.artefact import Artefact, MemberPath
from leakwatch.model.capture import Capture, SpooledCapture
from leakwatch.model.listing import Listing, ListingEntry
from leakwatch.model.post import Link, Post, SourceBatch
from leakwatch.model.source import SourceSpec
from leakwatch.model.taking import Fate, Taken
from leakwatch.payload import NOT_FOLLOWED, TOO_MANY_FILES, PayloadFetcher, PayloadLimits
from leakwatch.ports import ArtefactReader
from leakwatch.sources.wire.passwords import passwords_in
from leakwatch.unpack.trees import may_list

MAX_PASSWORDS_TRIED = 128
_R = TypeVar("_R")


class Part(StrEnum):
    """What a capture is to the post."""

    PAGE = "page"
    """Shows the post, perhaps among others."""
    CONTENT = "content"
    """Is the post itself: a raw paste."""
    FILE = "file"
    """Is a file that the post links to; its address may name a document."""


Hear = Callable[[Capture, Part, Artefact], None]
"""Takes up an artefact while its text is there; blocking, called in the executor."""
Note = Callable[[Taken], Awaitable[None]]
"""Takes up what is taken: a file once when it is begun, and once when it ended."""
SoFar = Callable[["Inspection"], Awaitable[object]]
"""Takes up what a post shows without its files, where these take their time."""
Names = Callable[[Listing], Awaitable[bool]]
"""Tells whether a listing names known files of any matter."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What one look at a post is given to go by."""

    leave_until: datetime | None
    """Until when linked files may be fetched; None: they may not."""
    done: frozenset[str]
    """Blinded addresses fetched before, to be passed over."""
    hear: Hear
    note: Note
    names: Names
    so_far: SoFar
    is_wanted: Callable[[Capture], bool]
    """Tells of a linked file that was read whether its bytes are to be sealed."""
    listed: Mapping[str, str] = field(default_factory=dict)
    """Archives whose directory was read before; see ``directories.Interest``."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One capture and the artefacts found in it."""

    capture: Capture
    artefacts: tuple[Artefact, ...] = field(repr=False)
    """Without text and pictures: those were handed on as they were read."""
    part: Part

    @property
    def locked(self) -> Listing | None:
        """Return members that could not be opened as a listing: names and sizes still tell."""
        entries = tuple(
            ListingEntry(path=a.path.names[-1], size_bytes=a.size_bytes, crc32=a.crc32)
            for a in self.artefacts
            if a.error == "encrypted" and a.path.ordinals
        )
        return Listing(origin="archive", entries=entries) if entries else None


@dataclass(frozen=True, slots=True)
class Inspection:
    """All that looking at one post brought to light."""

    seen: tuple[Seen, ...]
    listings: tuple[tuple[str, Listing], ...]
    """Each with the capture it lies in."""
    unread_files: int
    fetched: frozenset[str]
    """Blinded addresses of the files that were fetched."""
    missed: int
    """Files whose fetch failed in a way that may pass: to be tried again."""
    is_full: bool = False
    """Some were missed for want of disk."""
    listed: Mapping[str, str] = field(default_factory=dict)
    """Archives whose directory was read, or did not change; see ``progress.Progress``."""

    def without_files(self) -> Inspection:
        """Return what is there for whom linked files may not be read: they are unread."""
        files = {one.capture.id for one in self.seen if one.part is Part.FILE}
        kept = tuple(one for one in self.seen if one.part is not Part.FILE)
        locked = (one.locked for one in self.seen if one.part is Part.FILE)
        inside = sum(len(listing.entries) for listing in locked if listing is not None)
        return replace(
            self,
            seen=kept,
            listings=tuple(pair for pair in self.listings if pair[0] not in files),
            unread_files=self.unread_files - inside + len(files),
        )

    def with_told(self) -> Inspection:
        """Return it with the listings in its artefacts: members left locked count as unread."""
        locked = [(one.capture.id, one.locked) for one in self.seen]
        within = tuple((name, listing) for name, listing in locked if listing is not None)
        inside = sum(len(listing.entries) for _, listing in within)
        artefacts = ((one.capture.id, a) for one in self.seen for a in one.artefacts)
        told = ((name, a.listing) for name, a in artefacts if a.listing is not None)
        return replace(
            self,
            listings=(*self.listings, *within, *told),
            unread_files=self.unread_files + inside,
        )

    def close(self) -> None:
        """Drop the contents that lie on disk."""
        for one in self.seen:
            one.capture.close()


class _Patience:
    """Waits for files, and once it has waited long enough says so, but once.

    Args:
        seconds: for all files together.
        say: called when they are over.
    """

    def __init__(self, seconds: float, say: Callable[[], Awaitable[object]]) -> None:
        self._ends_at = asyncio.get_running_loop().time() + seconds
        self._say: Callable[[], Awaitable[object]] | None = say

    async def wait(self, work: Coroutine[None, None, _R]) -> _R:
        """Return what the work comes to; it is cancelled where this is."""
        task = asyncio.ensure_future(work)
        try:
            left_s = self._ends_at - asyncio.get_running_loop().time()
            if self._say is not None and not (await asyncio.wait({task}, timeout=left_s))[0]:
                say, self._say = self._say, None
                await say()
            return await task
        finally:
            task.cancel()


@dataclass(slots=True)
class _Haul:
    """What the linked files of a post came to so far."""

    patience: _Patience
    seen: list[Seen] = field(default_factory=list)
    fetched: set[str] = field(default_factory=set)
    missed: int = 0
    is_full: bool = False

    def close(self) -> None:
        for one in self.seen:
            one.capture.close()


class Passwords:
    """What to try on archives that a post links to: the post's own first, then the operator's.

    Args:
        given: written down for the source.
    """

    def __init__(self, given: Sequence[str]) -> None:
        self._given = given
        self._found: dict[str, None] = {}

    @property
    def found(self) -> Sequence[str]:
        return tuple(self._found | dict.fromkeys(self._given))[:MAX_PASSWORDS_TRIED]

    def look_in(self, text: str) -> None:
        """Take up the passwords that a text states."""
        self._found |= dict.fromkeys(passwords_in(text))


class Inspector:
    """Reads what a post shows.

    Args:
        payloads: gets linked files.
        reader: unpacks and extracts in the sandbox; blocking.
        executor: where blocking work runs.
        aside: where linked files are read, which may take long: one after another
            where it has one thread, so that pages always find the sandbox free.
        limits: caps on linked files.
        blind: keyed digest of an address, so that no file name is kept.
        directories: reads what links say of files without their content; None: nobody does.
    """

    def __init__(
        self,
        *,
        payloads: PayloadFetcher,
        reader: ArtefactReader,
        executor: Executor,
        aside: Executor | None = None,
        limits: PayloadLimits,
        blind: Callable[[str], str],
        directories: DirectoryReader | None = None,
    ) -> None:
        self._directories = directories
        self._payloads = payloads
        self._reader = reader
        self._executor = executor
        self._aside = aside or executor
        self._limits = limits
        self._blind = blind

    async def inspect(
        self, post: Post, batch: SourceBatch, source: SourceSpec, errand: Errand
    ) -> Inspection:
        """Return what the post shows; whoever takes it closes it.

        Args:
            post: the post.
            batch: the batch it came in; its first capture is the page.
            source: where it was seen.
            errand: what may be fetched, and who hears of what is read.
        """
        seen = [await self._page(post, batch.captures[0], errand)]
        passwords = Passwords(source.passwords)
        await self._blocking(lambda: passwords.look_in(f"{post.title}\n{post.text}"))
        if post.content is not None:
            seen.append(await self._read(post.content, Part.CONTENT, errand, passwords))
        files = list({link.url: link for link in post.links if not link.is_magnet}.values())
        wanted = await self._wanted(post, files, source, errand)
        interest = Interest(errand.done, errand.listed, errand.names, errand.note)
        found = Directories()
        if self._directories is not None:
            found = await self._directories.look(post.links, source, interest)
        shown = [] if post.listing is None else [post.listing]
        bare = Inspection(
            seen=tuple(seen),
            listings=tuple((seen[0].capture.id, one) for one in (*shown, *found.listings)),
            unread_files=len(files),
            fetched=frozenset(found.done),
            missed=found.missed,
            listed=found.listed,
        ).with_told()
        haul = _Haul(_Patience(self._limits.head_start_s, partial(errand.so_far, bare)))
        try:
            for link in wanted:
                if self._blind(link.url) not in errand.done:
                    await self._fetch(link, source, errand, passwords, haul)
        except BaseException:
            haul.close()
            raise
        passed_over = sum(self._blind(link.url) in errand.done for link in wanted)
        read = Inspection(tuple(haul.seen), (), 0, frozenset(), 0).with_told()
        return replace(
            bare,
            seen=(*bare.seen, *read.seen),
            listings=(*bare.listings, *read.listings),
            unread_files=bare.unread_files + read.unread_files - len(haul.seen) - passed_over,
            fetched=bare.fetched | haul.fetched,
            missed=bare.missed + haul.missed,
            is_full=haul.is_full,
        )

    async def _fetch(
        self, link: Link, source: SourceSpec, errand: Errand, passwords: Passwords, haul: _Haul
    ) -> None:
        """Fetch and read one linked file; drop its bytes unless somebody wants them sealed."""
        begun = self._payloads.begun(link.url)
        await errand.note(begun)
        payload = await haul.patience.wait(
            self._payloads.fetch(begun, source, until=_until(errand))
        )
        await errand.note(payload.taken)
        capture = payload.capture
        if capture is not None:
            try:
                haul.seen.append(await self._read(capture, Part.FILE, errand, passwords))
            except BaseException:
                capture.close()
                raise
            if not errand.is_wanted(capture):
                capture.close()
        if payload.may_pass:
            haul.missed += 1
            haul.is_full |= payload.taken.error == SpoolFull.slug
        elif payload.taken.refused is not Fate.REFUSED_BY_POLICY:
            haul.fetched.add(self._blind(link.url))

    async def _wanted(
        self, post: Post, files: Sequence[Link], source: SourceSpec, errand: Errand
    ) -> Sequence[Link]:
        """Return the files to fetch, and say of the others why they are not."""
        if errand.leave_until is None or not source.follow_files:
            reason = NOT_FOLLOWED if errand.leave_until is not None else None
            await self._refuse(post, len(files), Fate.REFUSED_BY_POLICY, reason, errand)
            return ()
        most = self._limits.max_files_per_post
        await self._refuse(post, len(files) - most, Fate.REFUSED_TOO_LARGE, TOO_MANY_FILES, errand)
        return files[:most]

    async def _refuse(
        self, post: Post, files: int, fate: Fate, reason: str | None, errand: Errand
    ) -> None:
        if files > 0:
            begun = self._payloads.begun(post.location)
            refusal = replace(
                begun, ended_at=begun.began_at, things=files, refused=fate, error=reason
            )
            await errand.note(refusal)

    async def _page(self, post: Post, capture: Capture, errand: Errand) -> Seen:
        artefact = _text_artefact(post)
        if may_list(artefact.text or ""):
            # Rare: most posts cost no child.
            listing = await self._blocking(lambda: self._listed(artefact.text or ""))
            artefact = replace(artefact, listing=listing)
        await self._blocking(lambda: errand.hear(capture, Part.PAGE, artefact))
        return Seen(capture, (_bare(artefact),), Part.PAGE)

    def _listed(self, text: str) -> Listing | None:
        """Return the list of files that a post's words hold, as a child reads it."""
        raw = text.encode("utf-8", "replace")
        found = self._reader.iter_read(raw, name="page")
        return next((a.listing for a in found if a.listing is not None), None)

    async def _read(
        self, capture: Capture, part: Part, errand: Errand, passwords: Passwords
    ) -> Seen:
        name = unquote(urlsplit(capture.final_url).path.rpartition("/")[2]) or "content"
        body = capture.content if isinstance(capture, SpooledCapture) else capture.body

        def read() -> tuple[Artefact, ...]:
            found = []
            for artefact in self._reader.iter_read(body, name=name, passwords=passwords.found):
                errand.hear(capture, part, artefact)
                if part is Part.CONTENT:
                    passwords.look_in(artefact.text or "")
                found.append(_bare(artefact))
            return tuple(sorted(found, key=lambda artefact: artefact.path.ordinals))

        executor = self._aside if part is Part.FILE else self._executor
        found = await asyncio.get_running_loop().run_in_executor(executor, read)
        return Seen(capture, found, part)

    async def _blocking(self, work: Callable[[], _R]) -> _R:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)


def _until(errand: Errand) -> datetime:
    if errand.leave_until is None:
        raise ValueError("no leave: nothing may be fetched")
    return errand.leave_until


def _bare(artefact: Artefact) -> Artefact:
    """Return the facts of an artefact, which are few however large it is."""
    return replace(artefact, text=None, pictures=())


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
