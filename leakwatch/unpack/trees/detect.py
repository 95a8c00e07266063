"""Finding the runs of lines that list files, in a text that may hold anything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from leakwatch.model.listing import Listing, ListingEntry
from leakwatch.unpack.trees.art import DrawnTree
from leakwatch.unpack.trees.base import MAX_LINE, LineFormat
from leakwatch.unpack.trees.columns import DatedLines, ModeLines, SizedLines
from leakwatch.unpack.trees.sums import FactBlocks, JsonLines, SummedLines
from leakwatch.unpack.trees.tables import NamedDates, NamedSizes, PathLines, Table

MIN_FILES = 5
"""Of one run, in a row but for blank lines and one strange one."""
MAX_STRANGE = 30_000
"""Lines in a row without a run that counts, after which none is sought: some 0.3 s; a long one
stands for several."""
MAX_LINES = 1_000_000
"""Of all that is looked at: some 4 s where each is a file."""
MAX_ENTRIES = 1_000_000

_FORMATS: tuple[type[LineFormat], ...] = (
    DrawnTree,
    ModeLines,
    FactBlocks,
    JsonLines,
    DatedLines,
    SizedLines,
    SummedLines,
    NamedDates,
    Table,
    NamedSizes,
    PathLines,
)
"""Asked in this order: what no other line looks like first."""
_SURE = (DrawnTree, ModeLines, DatedLines)
_LOOSE = (Table, NamedSizes, PathLines)
"""What takes almost any line that ends as a file does; the sure ones go before."""
_EXTENSION = re.compile(r"\.(?:[A-Za-z]\w{0,5}|7z|\d\d\d|[rz]\d\d)(?![\w.])", re.ASCII)
_DASHES = re.compile(r"-(?:rw|r-|- |--)")
_FOLDER = re.compile(r"<(?:DIR|REP)>")
_DRAWN = re.compile("──")
_NEAR = 2_000
"""Letters between two files of one run, at most; those of a folder's heading among them."""
_STRIDE = 1_000
"""Letters passed over at a time where files have been seen: the marks between say nothing new."""
_LONG = 256
"""Letters of a line that costs no more than the least."""


def may_list(text: str) -> bool:
    """Tell whether a text may hold a list of files, of which few texts may; 100 MB/s and more."""
    return _five(_Marks(text), 0) is not None


def listing_in(text: str) -> Listing | None:
    """Return the files that a text lists, line by line; None where it lists none."""
    found: dict[ListingEntry, None] = {}
    effort = _Effort()
    for run in _all_runs(text, effort):
        for entry in run.entries():
            if len(found) >= MAX_ENTRIES:
                return Listing("text", tuple(found), is_complete=False)
            found[entry] = None
    return Listing("text", tuple(found), is_complete=effort.lines > 0) if found else None


class _Effort:
    """What may still be spent on a text: so many lines, and so many in vain."""

    def __init__(self) -> None:
        self.lines = MAX_LINES
        self.vain = MAX_STRANGE

    @property
    def is_spent(self) -> bool:
        return self.lines <= 0 or self.vain < 0


class _Marks:
    """Where an extension stands, or what only lists of files show."""

    def __init__(self, text: str) -> None:
        self.text = text
        # Each pattern begins with a letter that is searched for as bytes are.
        self._next = dict.fromkeys((_EXTENSION, _DASHES, _FOLDER), -1)
        if not text.isascii():
            self._next[_DRAWN] = -1

    def after(self, start: int) -> int:
        """Return the first place from ``start`` on, which never goes back; -1 for none."""
        first = len(self.text)
        for mark, place in self._next.items():
            at = place
            if at < start:
                found = mark.search(self.text, start)
                at = self._next[mark] = found.start() if found else len(self.text)
            first = min(first, at)
        return first if first < len(self.text) else -1


def _five(marks: _Marks, start: int) -> tuple[int, int] | None:
    """Return the first and the last of the next five marks that are near each other."""
    first = last = count = 0
    while (at := marks.after(start)) >= 0:
        if not count or at - last > _NEAR:
            first, count = at, 0
        last, count = at, count + 1
        if count >= MIN_FILES:
            return first, last
        start = at + 1
    return None


def _regions(text: str) -> Iterator[tuple[int, int]]:
    """Yield where there may be lists: five marks or more, each near the one before."""
    marks = _Marks(text)
    start = 0
    while (found := _five(marks, start)) is not None:
        first, last = found
        while 0 <= (at := marks.after(last + _STRIDE)) <= last + _STRIDE + _NEAR:
            last = at
        yield _lines_around(text, first, last + _STRIDE)
        start = last + _STRIDE


def _lines_around(text: str, first: int, last: int) -> tuple[int, int]:
    """Return the start and end of whole lines around marks, with what heads and ends them."""
    start = text.rfind("\n", 0, max(0, first - _NEAR // 2)) + 1
    end = text.find("\n", last + _NEAR // 2)
    return start, len(text) if end < 0 else end


def _all_runs(text: str, effort: _Effort) -> Iterator[LineFormat]:
    for start, end in _regions(text):
        yield from _runs(_lines(text, start, end), effort)
        if effort.is_spent:
            return


def _runs(lines: Iterator[str], effort: _Effort) -> Iterator[LineFormat]:
    """Yield the runs that count; give up where too many lines or nothing but strange ones come."""
    run: LineFormat | None = None
    strange = 0
    for line in lines:
        effort.lines -= 1
        if run is not None:
            is_surer = isinstance(run, _LOOSE) and _begun(line, _SURE, min_taken=1) is not None
            if not is_surer and effort.lines > 0 and run.take(line):
                strange = 0
                continue
            strange += 1
            if strange == 1 and run.taken and not is_surer:
                continue
            if _counts(run):
                effort.vain = MAX_STRANGE
                yield run
        effort.vain -= 1 + len(line) // _LONG
        if effort.is_spent:
            return
        run, strange = _begun(line), 0
    if run is not None and _counts(run):
        yield run


def _begun(
    line: str, forms: Iterable[type[LineFormat]] = _FORMATS, *, min_taken: int = 0
) -> LineFormat | None:
    for form in forms:
        if form.may_begin(line):
            run = form()
            if run.take(line) and run.taken >= min_taken:
                return run
    return None


def _counts(run: LineFormat) -> bool:
    run.settle()
    return run.strong >= MIN_FILES and 2 * run.strong >= run.taken


def _lines(text: str, start: int, end: int) -> Iterator[str]:
    """Yield the lines, without copying the text; too long ones as empty."""
    while start < end:
        stop = text.find("\n", start, end)
        stop = end if stop < 0 else stop
        yield text[start:stop].rstrip("\r") if stop - start <= MAX_LINE else ""
        start = stop + 1
