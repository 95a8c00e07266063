"""The flow behind ``leakwatch scan``: target -> reader -> matcher -> results.

    targets -- walked here, in batches --> processes: read, sketch, match
       ^                                               |
       +------------- results, in order ---------------+

No database and no daemon. Folders are walked without following links; nothing
is written. What could not be read is a result of its own, never an exception.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from pathlib import Path
from typing import Protocol

from leakwatch.corpus.crew import Crew
from leakwatch.corpus.intake import FileReader, batches, take
from leakwatch.corpus.tree import Found, TreeEntry, siblings, walk
from leakwatch.errors import LeakwatchError, MissingFile
from leakwatch.model.artefact import MEMBER_SEPARATOR, Artefact
from leakwatch.model.coverage import NO_KIND, Coverage, KindCounts, Outcome
from leakwatch.model.listing import Listing, ListingEntry
from leakwatch.model.match import Match, Method
from leakwatch.ports import Reading

_TOGETHER = 512
_TOGETHER_CHARS = 4 * 1024 * 1024
"""What is matched together: as many artefacts, or as much text of them."""
_LINE_CHARS = 256
"""What a line of a listing counts for: as much memory as so many letters."""
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
    note: str | None = field(default=None, repr=False)
    """For the person at the terminal, beside the result: how it was looked at.
    A result with nothing else is none."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a URL gave: bytes to read, or a listing of what lies there."""

    name: str = field(repr=False)
    body: bytes | None = field(default=None, repr=False)
    listing: Listing | None = None
    error: LeakwatchError | None = None
    """What kept all or some of it from being read."""
    note: str | None = field(default=None, repr=False)
    """How it was looked at, in a line."""
    more: Callable[[Sequence[Match]], Fetched | None] | None = field(default=None, repr=False)
    """Given the matches of a listing that is a sample, returns all of it if that is
    called for; it takes the sample's place."""


FetchTarget = Callable[[str], Iterable[Fetched]]
"""Gets a URL; raises LeakwatchError (a FetchError, most likely), also half-way."""


class ManyMatcher(Protocol):
    """Knows the stolen files of some corpora (``match.matcher.CorpusMatcher``)."""

    def match_artefacts(self, artefacts: Sequence[Artefact]) -> Sequence[Reading]: ...

    def match_listing(self, listing: Listing) -> Reading: ...


@dataclass(frozen=True, slots=True)
class Looker:
    """What a process needs to look at files; each process of a scan has one of its own."""

    reader: FileReader
    """Opens hostile bytes."""
    matcher: ManyMatcher
    """Knows the corpora, whose pages all processes share."""
    fetch_target: FetchTarget
    """Gets URLs."""


@dataclass(frozen=True, slots=True)
class _Looked:
    """What a process found in a batch, and how much of it could be read."""

    results: Sequence[ScanResult]
    kinds: KindCounts


@dataclass(frozen=True, slots=True)
class _Work:
    """Things looked at together, all of one target."""

    target: str
    entries: Sequence[TreeEntry] = ()
    """Empty for a URL."""


def scan(
    crew: Crew[Looker],
    targets: Iterable[str],
    *,
    progress: Callable[[int], None] = lambda _: None,
    coverage: Coverage | None = None,
) -> Iterator[ScanResult]:
    """Yield what is found, in the order of the targets; nothing for a clean one.

    Args:
        crew: whose processes look, a batch of files each.
        targets: paths and URLs.
        progress: called with the number of files looked at.
        coverage: what could be read is counted here, as the results come.
    """
    work = (item for target in targets for item in _work_of(target))
    for item, looked in crew.in_order(_look, work):
        progress(max(1, len(item.entries)))
        if coverage is not None:
            coverage.add_all(looked.kinds)
        yield from looked.results


def _look(looker: Looker, work: _Work) -> _Looked:
    coverage = Coverage()
    look = _look_at_files if work.entries else _look_at_url
    results = look(looker, work, coverage)
    return _Looked(results, coverage.by_kind())


def _look_at_files(looker: Looker, work: _Work, coverage: Coverage) -> list[ScanResult]:
    looks: dict[int, _Look] = {}
    gathered = _Gathered(looker.matcher)
    try:
        for taken in take(looker.reader, work.entries, with_roots=False):
            look = looks.setdefault(taken.number, _Look(work.target, looker.matcher))
            if taken.artefact is not None:
                coverage.note(taken.artefact)
                gathered.add(look, taken.artefact)
                continue
            coverage.add(NO_KIND, taken.problem or Outcome.NO_TEXT)
            if taken.problem == Found.UNREADABLE:
                look.fail(taken.entry.relative, MissingFile("it cannot be read"))
        gathered.match()
    except LeakwatchError as error:
        # The sandbox itself failed: nothing from here on has been looked at,
        # and a file that is read alone not to its end.
        unread = work.entries[len(looks) if len(work.entries) > 1 else 0 :]
        failed = [_failed(work.target, e.relative, error) for e in unread]
        gathered.match()
        return [r for look in looks.values() for r in look.results()] + failed
    return [result for look in looks.values() for result in look.results()]


def _look_at_url(looker: Looker, work: _Work, coverage: Coverage) -> list[ScanResult]:
    target = work.target
    results: list[ScanResult] = []
    try:
        for fetched in looker.fetch_target(target):
            results += _look_at(looker, target, fetched, coverage)
    except LeakwatchError as error:
        results.append(replace(_failed(target, "", error), note=error.what))
    return results


def _look_at(looker: Looker, target: str, fetched: Fetched, coverage: Coverage) -> list[ScanResult]:
    look = _Look(target, looker.matcher)
    if fetched.body is not None:
        [artefacts] = looker.reader.read_many([(fetched.name, fetched.body)])
        gathered = _Gathered(looker.matcher)
        for artefact in artefacts:
            coverage.note(artefact)
            gathered.add(look, artefact)
        gathered.match()
    matches: Sequence[Match] = ()
    error = fetched.error
    if fetched.listing is not None:
        matches = looker.matcher.match_listing(fetched.listing).matches
        try:
            more = fetched.more(matches) if fetched.more is not None else None
        except LeakwatchError as caught:
            more, error = None, caught
        if more is not None:
            return _look_at(looker, target, more, coverage)
    said = [fetched.note, error.what if error is not None else None]
    note = "; ".join(line for line in said if line) or None
    if matches or note is not None:
        look.tell(fetched.name, matches, error, note)
    return look.results()


class _Gathered:
    """Artefacts that wait to be matched together; bounded."""

    def __init__(self, matcher: ManyMatcher) -> None:
        self._matcher = matcher
        self._waiting: list[tuple[_Look, Artefact]] = []
        self._chars = 0

    def add(self, look: _Look, artefact: Artefact) -> None:
        self._waiting.append((look, artefact))
        self._chars += len(artefact.text or "")
        if artefact.listing is not None:
            self._chars += _LINE_CHARS * len(artefact.listing.entries)
        if len(self._waiting) == _TOGETHER or self._chars > _TOGETHER_CHARS:
            self.match()

    def match(self) -> None:
        """Match what waits."""
        waiting, self._waiting, self._chars = self._waiting, [], 0
        readings = self._matcher.match_artefacts([artefact for _, artefact in waiting])
        for (look, artefact), reading in zip(waiting, readings, strict=True):
            look.add(artefact, reading)


class _Look:
    """What one file or URL comes to, artefact by artefact; holds no content."""

    def __init__(self, target: str, matcher: ManyMatcher) -> None:
        self._target = target
        self._matcher = matcher
        self._found: list[tuple[tuple[int, ...], ScanResult]] = []
        self._unread: dict[tuple[str, ...], list[ListingEntry]] = {}

    def fail(self, name: str, error: LeakwatchError) -> None:
        self._found.append(((), _failed(self._target, name, error)))

    def add(self, artefact: Artefact, reading: Reading) -> None:
        """Note an artefact's matches, and those of what it lists.

        A member left unread counts by what its archive says.
        """
        matches = reading.matches
        if matches or artefact.error is not None:
            kind = _kind(artefact, matches) if matches else "error"
            letters = reading.digests.letters if reading.digests and artefact.text else None
            result = ScanResult(
                self._target, str(artefact.path), kind, matches, artefact.error, letters=letters
            )
            self._found.append((artefact.path.ordinals, result))
        if artefact.listing is not None:
            self.match_listing(str(artefact.path), artefact.listing, artefact.path.ordinals)
        if artefact.path.ordinals and not artefact.sha256:
            entry = ListingEntry(
                path=artefact.path.names[-1],
                size_bytes=artefact.size_bytes or None,
                crc32=artefact.crc32 or None,
            )
            self._unread.setdefault(artefact.path.names[:-1], []).append(entry)

    def tell(
        self, name: str, matches: Sequence[Match], error: LeakwatchError | None, note: str | None
    ) -> None:
        """Note what the listing of a remote file came to."""
        slug, code = (error.slug, 0 if matches else error.exit_code) if error else (None, 0)
        kind = "error" if error is not None and not matches else "listing"
        result = ScanResult(self._target, name, kind, tuple(matches), slug, code, note=note)
        self._found.append(((), result))

    def match_listing(self, name: str, listing: Listing, at: tuple[int, ...] = ()) -> None:
        """Note the known files that a listing names; it lies ``at`` these ordinals."""
        matches = self._matcher.match_listing(listing).matches
        if matches:
            self._found.append((at, ScanResult(self._target, name, "listing", matches)))

    def results(self) -> list[ScanResult]:
        """Return what was found, outermost first, each archive's unread members with it."""
        for names, entries in self._unread.items():
            listing = Listing("archive", tuple(entries))
            self.match_listing(MEMBER_SEPARATOR.join(names), listing)
        self._unread.clear()
        return [result for _, result in sorted(self._found, key=itemgetter(0))]


def _kind(artefact: Artefact, matches: Sequence[Match]) -> str:
    """Name what the surest match rests on, or might have."""
    if matches[0].method is Method.IMAGE:
        return "image"
    return "bytes" if artefact.text is None else "text"


def _work_of(target: str) -> Iterator[_Work]:
    if target.lower().startswith(URL_SCHEMES):
        yield _Work(target)
        return
    path = Path(target)
    try:
        if not target:
            # An unset variable of a script, and not the folder that one stands in.
            raise FileNotFoundError
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
    if volumes := siblings(path):
        # As with every program that opens one: the first stands for all.
        yield _Work(target, volumes)
        return
    found = Found.FILE if stat.S_ISREG(status.st_mode) else Found.UNREADABLE
    yield _Work(target, [TreeEntry(path.parent, path.name, status.st_size, found)])


def _failed(target: str, name: str, error: LeakwatchError) -> ScanResult:
    return ScanResult(target, name, "error", error=error.slug, exit_code=error.exit_code)
