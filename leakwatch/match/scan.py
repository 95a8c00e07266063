"""The flow behind ``leakwatch scan``: target -> reader -> matcher -> results.

No database and no daemon. Folders are walked without following links; nothing
is written. What could not be read is a result of its own, never an exception.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path

from leakwatch.corpus.intake import FileReader, Taken, batches, take
from leakwatch.corpus.parallel import in_order
from leakwatch.corpus.tree import Found, TreeEntry, walk
from leakwatch.errors import LeakwatchError, MissingFile
from leakwatch.model.artefact import MEMBER_SEPARATOR, Artefact
from leakwatch.model.listing import Listing, ListingEntry
from leakwatch.model.match import Match
from leakwatch.ports import Matcher

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
    letters: int | None = None
    """Length of the artefact's normalised text, where it has any."""


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
    """Things looked at together, all of one target."""

    target: str
    entries: Sequence[TreeEntry] = ()
    """Empty for a URL."""


class Scanner:
    """Looks at targets.

    Args:
        reader: opens hostile bytes; called from ``jobs`` threads at once.
        matcher: knows the corpora.
        fetch_target: gets URLs.
        jobs: batches of files looked at at the same time.
    """

    def __init__(
        self,
        reader: FileReader,
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
            progress: called with the number of files looked at.
        """
        work = (item for target in targets for item in _work_of(target))
        for item, results in in_order(self._look, work, jobs=self._jobs):
            progress(max(1, len(item.entries)))
            yield from results

    def _look(self, work: _Work) -> list[ScanResult]:
        if not work.entries:
            return self._look_at_url(work.target)
        looks: dict[int, _Look] = {}
        try:
            for taken in take(self._reader, work.entries):
                look = looks.setdefault(taken.number, _Look(work.target, self._matcher))
                look.add(taken)
        except LeakwatchError as error:
            # The sandbox itself failed: nothing from here on has been looked at,
            # and a file that is read alone not to its end.
            unread = work.entries[len(looks) if len(work.entries) > 1 else 0 :]
            failed = [_failed(work.target, e.relative, error) for e in unread]
            return [r for look in looks.values() for r in look.results()] + failed
        return [result for look in looks.values() for result in look.results()]

    def _look_at_url(self, target: str) -> list[ScanResult]:
        results: list[ScanResult] = []
        try:
            for fetched in self._fetch_target(target):
                look = _Look(target, self._matcher)
                if fetched.body is not None:
                    [artefacts] = self._reader.read_many([(fetched.name, fetched.body)])
                    for artefact in artefacts:
                        look.match(artefact)
                if fetched.listing is not None:
                    look.match_listing(fetched.name, fetched.listing)
                results += look.results()
        except LeakwatchError as error:
            results.append(_failed(target, "", error))
        return results


class _Look:
    """What one file or URL comes to, artefact by artefact; holds no content."""

    def __init__(self, target: str, matcher: Matcher) -> None:
        self._target = target
        self._matcher = matcher
        self._found: list[tuple[tuple[int, ...], ScanResult]] = []
        self._unread: dict[tuple[str, ...], list[ListingEntry]] = {}

    def add(self, taken: Taken) -> None:
        if taken.artefact is not None:
            self.match(taken.artefact)
        elif taken.problem == Found.UNREADABLE:
            error = MissingFile("it cannot be read")
            self._found.append(((), _failed(self._target, taken.entry.relative, error)))

    def match(self, artefact: Artefact) -> None:
        """Match one artefact; a member left unread counts by what its archive says of it."""
        reading = self._matcher.match_artefact(artefact)
        matches = reading.matches
        if matches or artefact.error is not None:
            kind = ("bytes" if artefact.text is None else "text") if matches else "error"
            letters = reading.digests.letters if reading.digests and artefact.text else None
            result = ScanResult(
                self._target, str(artefact.path), kind, matches, artefact.error, letters=letters
            )
            self._found.append((artefact.path.ordinals, result))
        if artefact.path.ordinals and not artefact.sha256:
            entry = ListingEntry(
                path=artefact.path.names[-1],
                size_bytes=artefact.size_bytes or None,
                crc32=artefact.crc32 or None,
            )
            self._unread.setdefault(artefact.path.names[:-1], []).append(entry)

    def match_listing(self, name: str, listing: Listing) -> None:
        matches = self._matcher.match_listing(listing).matches
        if matches:
            self._found.append(((), ScanResult(self._target, name, "listing", matches)))

    def results(self) -> list[ScanResult]:
        """Return what was found, outermost first, each archive's unread members with it."""
        for names, entries in self._unread.items():
            listing = Listing("archive", tuple(entries))
            self.match_listing(MEMBER_SEPARATOR.join(names), listing)
        self._unread.clear()
        return [result for _, result in sorted(self._found, key=itemgetter(0))]


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
        yield _Work(target, [TreeEntry(path, "", found=Found.UNREADABLE)])
        return
    if stat.S_ISDIR(status.st_mode):
        entries = (e for e in walk(path) if e.found is not Found.SKIPPED)
        yield from (_Work(target, batch) for batch in batches(entries))
        return
    found = Found.FILE if stat.S_ISREG(status.st_mode) else Found.UNREADABLE
    yield _Work(target, [TreeEntry(path.parent, path.name, status.st_size, found)])


def _failed(target: str, name: str, error: LeakwatchError) -> ScanResult:
    return ScanResult(target, name, "error", error=error.slug, exit_code=error.exit_code)
