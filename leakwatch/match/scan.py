"""The flow behind ``leakwatch scan``: target -> reader -> matcher -> results.

No database and no daemon. Folders are walked without following links; nothing
is written. What could not be read is a result of its own, never an exception.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from leakwatch.corpus.parallel import in_order
from leakwatch.corpus.tree import (
    MAX_READ_BYTES,
    Found,
    TreeEntry,
    digest_only,
    read_bytes,
    walk,
)
from leakwatch.errors import LeakwatchError, MissingFile
from leakwatch.model.artefact import MEMBER_SEPARATOR, Artefact
from leakwatch.model.listing import Listing, ListingEntry
from leakwatch.model.match import Match
from leakwatch.ports import ArtefactReader, Matcher

URL_SCHEMES = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class ScanResult:
    """One artefact or listing with a match or an error."""

    target: str = field(repr=False)
    """As given."""
    artefact: str = field(repr=False)
    """Member path below the target."""
    kind: str
    """``text``, ``image``, ``bytes``, ``listing`` or ``error``."""
    matches: tuple[Match, ...] = ()
    error: str | None = None
    """Slug of what kept (some of) it from being read."""
    exit_code: int = 0
    """What the process should end with where the target itself was out of reach."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a URL gave: bytes to read, or a listing of what lies there."""

    name: str = field(repr=False)
    body: bytes | None = field(default=None, repr=False)
    listing: Listing | None = None


FetchTarget = Callable[[str], Sequence[Fetched]]
"""Gets a URL; raises LeakwatchError (a FetchError, most likely)."""


@dataclass(frozen=True, slots=True)
class _Work:
    """One thing to look at."""

    target: str
    entry: TreeEntry | None = None
    """None for a URL."""


class Scanner:
    """Looks at targets one artefact at a time.

    Args:
        reader: opens hostile bytes; called from ``jobs`` threads at once.
        matcher: knows the corpora.
        fetch_target: gets URLs.
        jobs: things looked at at the same time.
    """

    def __init__(
        self,
        reader: ArtefactReader,
        matcher: Matcher,
        *,
        fetch_target: FetchTarget,
        jobs: int = 1,
    ) -> None:
        self._reader = reader
        self._matcher = matcher
        self._fetch_target = fetch_target
        self._jobs = jobs

    def scan(
        self, targets: Iterable[str], *, progress: Callable[[int], None] = lambda _: None
    ) -> Iterator[ScanResult]:
        """Yield what is found, in the order of the targets; nothing for a clean one.

        Args:
            targets: paths and URLs.
            progress: called with 1 after each file or URL.
        """
        work = (item for target in targets for item in _work_of(target))
        for _, results in in_order(self._look, work, jobs=self._jobs):
            progress(1)
            yield from results

    def _look(self, work: _Work) -> list[ScanResult]:
        try:
            return self._look_at(work)
        except LeakwatchError as error:
            name = work.entry.relative if work.entry else ""
            return [_failed(work.target, name, error)]

    def _look_at(self, work: _Work) -> list[ScanResult]:
        if work.entry is None:
            fetched = self._fetch_target(work.target)
            return [result for one in fetched for result in self._fetched(work.target, one)]
        entry = work.entry
        try:
            if entry.found is Found.UNREADABLE:
                raise PermissionError
            if entry.size_bytes > MAX_READ_BYTES:
                whole, _ = digest_only(entry)
                return self._matched(work.target, [whole])
            body = read_bytes(entry)
        except OSError:
            raise MissingFile("a file cannot be read") from None
        return self._matched(work.target, self._reader.read(body, name=entry.relative))

    def _fetched(self, target: str, fetched: Fetched) -> list[ScanResult]:
        results: list[ScanResult] = []
        if fetched.body is not None:
            artefacts = self._reader.read(fetched.body, name=fetched.name)
            results += self._matched(target, artefacts)
        if fetched.listing is not None:
            results += self._listed(target, fetched.name, fetched.listing)
        return results

    def _matched(self, target: str, artefacts: Sequence[Artefact]) -> list[ScanResult]:
        results = []
        for artefact in artefacts:
            matches = self._matcher.match_artefact(artefact).matches
            if matches or artefact.error is not None:
                kind = "text" if artefact.text is not None else "bytes"
                kind = kind if matches else "error"
                name = str(artefact.path)
                results.append(ScanResult(target, name, kind, matches, artefact.error))
        for name, listing in _unread(artefacts):
            results += self._listed(target, name, listing)
        return results

    def _listed(self, target: str, name: str, listing: Listing) -> list[ScanResult]:
        matches = self._matcher.match_listing(listing).matches
        return [ScanResult(target, name, "listing", matches)] if matches else []


def _work_of(target: str) -> Iterator[_Work]:
    if target.lower().startswith(URL_SCHEMES):
        yield _Work(target)
        return
    path = Path(target)
    try:
        # A link that was named is meant; links met while walking are not followed.
        path = path.resolve(strict=True)
        status = path.stat()
    except (OSError, RuntimeError, ValueError):
        yield _Work(target, TreeEntry(path, "", found=Found.UNREADABLE))
        return
    if stat.S_ISDIR(status.st_mode):
        entries = (e for e in walk(path) if e.found is not Found.SKIPPED)
        yield from (_Work(target, entry) for entry in entries)
        return
    found = Found.FILE if stat.S_ISREG(status.st_mode) else Found.UNREADABLE
    yield _Work(target, TreeEntry(path.parent, path.name, status.st_size, found))


def _unread(artefacts: Sequence[Artefact]) -> Iterator[tuple[str, Listing]]:
    """Yield, for each archive, what its directory says of members that could not be read."""
    entries: dict[tuple[str, ...], list[ListingEntry]] = {}
    for artefact in artefacts:
        if artefact.path.ordinals and not artefact.sha256:
            entry = ListingEntry(
                path=artefact.path.names[-1],
                size_bytes=artefact.size_bytes or None,
                crc32=artefact.crc32 or None,
            )
            entries.setdefault(artefact.path.names[:-1], []).append(entry)
    for names, listed in entries.items():
        yield MEMBER_SEPARATOR.join(names), Listing("archive", tuple(listed))


def _failed(target: str, name: str, error: LeakwatchError) -> ScanResult:
    return ScanResult(target, name, "error", error=error.slug, exit_code=error.exit_code)
