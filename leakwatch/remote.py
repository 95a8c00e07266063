"""What a remote archive holds, by its directory: its members are never downloaded.

    one part from the start -> which format -> parts of its directory -> entries

The directory is read by Range requests through the fetcher, like any page: Tor,
deadlines, turns, redirects, retries. It is parsed in the sandbox, a step at a
time (``unpack.remote``): a child gets the parts that are here, and says which
it needs. What it says is checked: it can ask for no byte outside the file and for
no more than the budget. A file that changes meanwhile is begun anew, once.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from leakwatch.errors import (
    BudgetExceeded,
    ChildKilled,
    Corrupt,
    Encrypted,
    LayoutChanged,
    LeakwatchError,
    RemoteChanged,
    TimedOut,
    UnpackError,
    Unsupported,
)
from leakwatch.fetch.pieces import joined_spans
from leakwatch.fetch.ranged import Version, read_part
from leakwatch.model.capture import ByteRange, FetchRequest
from leakwatch.model.listing import Listing, ListingEntry
from leakwatch.model.match import Grade, Match
from leakwatch.ports import Fetcher, PageParser
from leakwatch.remote_file import ListingLimits, RemoteFile
from leakwatch.sandbox.bad_frame import BadFrame
from leakwatch.sandbox.listing_frames import decode_rows

ARCHIVES = frozenset({"zip", "7z", "rar", "tar", "iso"})
"""Kinds whose directory can be read from afar."""
MAX_ENTRIES = 1_000_000
_ARCHIVE_NAME = re.compile(
    r"\.(?:zip|zipx|7z|rar|tar|iso|cbz|cbr|jar|apk)$|\.(?:zip|7z|rar)\.\d{3}$|\.r\d\d$|\.z\d\d$",
    re.IGNORECASE,
)
_KIND_OF = "leakwatch.unpack.remote.step:kind_of"
_STEP = "leakwatch.unpack.remote.step:step"
_MAX_STEPS_BEYOND = 64
"""Steps that a listing may take over its requests: each reads what is here already."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a listing is."""

    requests: int
    received_bytes: int
    entries: int
    claimed: int | None


@dataclass(frozen=True, slots=True)
class RemoteListing:
    """What a remote archive says it holds."""

    listing: Listing
    kind: str
    size_bytes: int
    """Of the archive."""
    version: Version
    requests: int
    received_bytes: int
    is_sample: bool
    """Only some of the directory was looked at, by intent."""
    claimed: int | None
    """Entries in all, by the archive's own word."""
    directory_bytes: int | None
    cut: LeakwatchError | None = None
    """What ended it early; what came before stands."""
    file: RemoteFile | None = field(default=None, repr=False, compare=False)
    """To list the same file again, whole."""


def is_archive_name(name: str) -> bool:
    """Tell whether a file of that name, or address, would have a directory to be read from afar."""
    return _ARCHIVE_NAME.search(name.partition("?")[0].rstrip()) is not None


def is_undecided(matches: Sequence[Match]) -> bool:
    """Tell whether a sample's matches leave it open that known files are there."""
    return bool(matches) and max(match.grade.rank for match in matches) < Grade.PROBABLE.rank


class RemoteLister:
    """Lists remote archives.

    Args:
        fetcher: gets parts.
        parser: the sandbox.
        limits: of one archive.
    """

    def __init__(
        self, fetcher: Fetcher, parser: PageParser, limits: ListingLimits | None = None
    ) -> None:
        self._fetcher = fetcher
        self._parser = parser
        self._limits = limits or ListingLimits()

    async def open(self, request: FetchRequest, *, whole_bytes: int = 0) -> RemoteFile:
        """Get the first part of a file and tell its kind.

        Args:
            request: names the file.
            whole_bytes: as of ``ByteRange``: the answer of a server without
                ranges is taken if it is text, or no longer than that.

        Raises:
            RangeIgnored: the server would send the whole; nothing was read.
            FetchError: no usable answer.
            SandboxError: the sandbox itself failed.
        """
        file = RemoteFile(self._fetcher, request, self._limits)
        await self._open(file, whole_bytes)
        return file

    async def version(self, request: FetchRequest) -> Version:
        """Return the state that a file is in, by one request for one byte; raises as ``open``."""
        span = ByteRange(0, 0)
        asked = replace(request, range=span, etag=None, last_modified=None)
        return (await read_part(self._fetcher, asked)).version

    async def list(
        self,
        target: FetchRequest | RemoteFile,
        *,
        is_full: bool,
        progress: Callable[[Progress], None] = lambda _: None,
    ) -> RemoteListing:
        """Return what an archive holds.

        Args:
            target: names it, or is opened already.
            is_full: read all of its directory; else a sample of about a
                megabyte is taken where it is longer.
            progress: told after each step.

        Raises:
            RangeIgnored, RangeBroken: the server does not give parts.
            RemoteChanged: it changed again and again.
            Encrypted: its directory is.
            Unsupported: it is no archive of ``ARCHIVES``.
            Corrupt, BudgetExceeded: nothing of it could be read.
            FetchError, SandboxError: as ``open``.
        """
        is_opened = isinstance(target, RemoteFile)
        file = (
            target
            if isinstance(target, RemoteFile)
            else RemoteFile(self._fetcher, target, self._limits)
        )
        try:
            async with asyncio.timeout(self._limits.max_s):
                try:
                    if not is_opened:
                        await self._open(file, 0)
                    return await self._list(file, is_full, progress)
                except RemoteChanged:
                    await self._open(file, 0)
                    return await self._list(file, is_full, progress)
        except TimeoutError:
            raise TimedOut(f"the directory took longer than {self._limits.max_s:g} s") from None

    async def _open(self, file: RemoteFile, whole_bytes: int) -> None:
        await file.open(whole_bytes=whole_bytes)
        try:
            told = await self._parser.parse(_KIND_OF, file.head.data, {"name": file.name[-64:]})
        except LayoutChanged:
            told = {}
        kind = told.get("kind")
        file.kind = kind if isinstance(kind, str) and kind.isalnum() else "unknown"

    async def _list(
        self, file: RemoteFile, is_full: bool, progress: Callable[[Progress], None]
    ) -> RemoteListing:
        if file.kind not in ARCHIVES:
            raise Unsupported("it is no archive whose directory can be read from afar")
        reading = _Reading(file, self._parser, is_full=is_full)
        cut: LeakwatchError | None = None
        try:
            for _ in range(self._limits.max_requests + _MAX_STEPS_BEYOND):
                is_done = await reading.step()
                requests, received_bytes = file.cost
                progress(Progress(requests, received_bytes, len(reading.entries), reading.claimed))
                if is_done:
                    break
            else:
                raise BudgetExceeded("the directory takes too many steps", limit="listing_requests")
        except RemoteChanged:
            raise
        except LeakwatchError as error:
            if not reading.entries:
                raise
            cut = error
        return reading.told(cut)


class _Reading:
    """One archive's directory, step by step."""

    def __init__(self, file: RemoteFile, parser: PageParser, *, is_full: bool) -> None:
        self._file = file
        self._parser = parser
        self._is_full = is_full
        self._seed = secrets.randbelow(1 << 32)
        self._state = b""
        self._is_complete = True
        self._directory_bytes: int | None = None
        self.claimed: int | None = None
        self.entries: list[ListingEntry] = []

    async def step(self) -> bool:
        """Do one step and get what the next one needs; return whether that was the last.

        Raises:
            UnpackError: the directory cannot be read, or no further.
            ChildKilled: the child broke the protocol.
            FetchError: a part could not be had.
        """
        answer = await self._ask()
        if answer.error is not None:
            raise _unpack_error(answer.error, answer.detail)
        try:
            rows = decode_rows(answer.rows)
        except BadFrame:
            raise ChildKilled("reading the directory failed: it broke the protocol") from None
        self.entries += rows[: MAX_ENTRIES - len(self.entries)]
        if answer.claimed is not None:
            self.claimed = answer.claimed
        if answer.directory_bytes is not None:
            self._directory_bytes = answer.directory_bytes
        self._is_complete &= answer.complete
        self._state = answer.state.encode()
        if answer.done:
            return True
        if len(self.entries) >= MAX_ENTRIES:
            raise BudgetExceeded("the directory has too many entries", limit="entries")
        return not await self._fill(answer, is_progress=bool(rows))

    async def _fill(self, answer: _Answer, *, is_progress: bool) -> bool:
        size = self._file.size_bytes
        need = joined_spans(
            (offset, min(length, size - offset)) for offset, length in answer.need if offset < size
        )
        before = self._file.pieces.spans
        gained = await self._file.fill(need)
        if not gained and not is_progress and self._file.pieces.spans == before:
            # The same question again would have the same answer.
            raise Corrupt("the archive's directory leads nowhere")
        return True

    async def _ask(self) -> _Answer:
        pieces = self._file.pieces
        options = {
            "kind": self._file.kind,
            "size": self._file.size_bytes,
            "state_bytes": len(self._state),
            "pieces": pieces.spans,
            "full": self._is_full,
            "seed": self._seed,
        }
        try:
            told = await self._parser.parse(_STEP, self._state + pieces.joined(), options)
            return _Answer.model_validate(told)
        except LayoutChanged:
            raise Corrupt("the archive's directory makes no sense") from None
        except ValidationError:
            raise ChildKilled("reading the directory failed: it broke the protocol") from None

    def told(self, cut: LeakwatchError | None) -> RemoteListing:
        """Return what was read so far."""
        file = self._file
        requests, received_bytes = file.cost
        is_complete = self._is_complete and cut is None
        return RemoteListing(
            listing=Listing(file.kind, tuple(self.entries), is_complete=is_complete),
            kind=file.kind,
            size_bytes=file.size_bytes,
            version=file.head.version,
            requests=requests,
            received_bytes=received_bytes,
            is_sample=not self._is_full and not is_complete,
            claimed=self.claimed,
            directory_bytes=self._directory_bytes,
            cut=cut,
            file=file,
        )


_Natural = Annotated[int, Field(ge=0, lt=2**63)]


class _Answer(BaseModel):
    """What a child may say of one step."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    need: Annotated[list[tuple[_Natural, _Natural]], Field(max_length=4096)] = []
    state: Annotated[str, Field(max_length=16 * 1024 * 1024)] = ""
    rows: list[Any] = []
    done: bool = False
    complete: bool = False
    claimed: _Natural | None = None
    directory_bytes: _Natural | None = None
    error: str | None = None
    detail: Annotated[str, Field(max_length=200)] = ""


def _unpack_error(slug: str, detail: str) -> UnpackError:
    for cls in (Encrypted, Unsupported):
        if cls.slug == slug:
            return cls(detail)
    if slug == BudgetExceeded.slug:
        return BudgetExceeded(detail, limit="directory")
    return Corrupt(detail)
