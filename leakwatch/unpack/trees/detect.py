"""Finding the runs of lines that list files, in a text that may hold anything."""

from __future__ import annotations

import heapq
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
MAX_STRANGE = 200_000
"""Lines of a text without a run that counts, after which none is sought: some 2 s."""
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


def may_list(text: str) -> bool:
    """Tell whether a text may hold a list of files, of which few texts may; 500 MB/s."""
    return next(_regions(text), None) is not None


def listing_in(text: str) -> Listing | None:
    """Return the files that a text lists, line by line; None where it lists none."""
    found: dict[ListingEntry, None] = {}
    for start, end in _regions(text):
        for run in _runs(text, start, end):
            for entry in run.entries():
                if len(found) >= MAX_ENTRIES:
                    return Listing("text", tuple(found), is_complete=False)
                found[entry] = None
    return Listing("text", tuple(found)) if found else None


def _regions(text: str) -> Iterator[tuple[int, int]]:
    """Yield where there may be lists: five marks or more, each near the one before."""
    first = last = count = 0
    for at in _marks(text):
        if count and at - last > _NEAR:
            if count >= MIN_FILES:
                yield _lines_around(text, first, last)
            count = 0
        if not count:
            first = at
        last, count = at, count + 1
    if count >= MIN_FILES:
        yield _lines_around(text, first, last)


def _marks(text: str) -> Iterator[int]:
    """Yield where an extension stands, or what only lists of files show, in order."""
    # Each pattern begins with a letter that is searched for as bytes are.
    marks = [_EXTENSION, _DASHES, _FOLDER]
    if not text.isascii():
        marks.append(_DRAWN)
    return heapq.merge(*(_places(mark, text) for mark in marks))


def _places(mark: re.Pattern[str], text: str) -> Iterator[int]:
    return (found.start() for found in mark.finditer(text))


def _lines_around(text: str, first: int, last: int) -> tuple[int, int]:
    """Return the start and end of whole lines around marks, with what heads and ends them."""
    start = text.rfind("\n", 0, max(0, first - _NEAR // 2)) + 1
    end = text.find("\n", last + _NEAR // 2)
    return start, len(text) if end < 0 else end


def _runs(text: str, start: int, end: int) -> Iterator[LineFormat]:
    """Yield the runs that count; give up where nothing but strange lines comes."""
    run: LineFormat | None = None
    strange = passed = 0
    for line in _lines(text, start, end):
        if run is not None:
            is_surer = isinstance(run, _LOOSE) and _begun(line, _SURE, min_taken=1) is not None
            if not is_surer and run.take(line):
                strange = 0
                continue
            strange += 1
            if strange == 1 and run.taken and not is_surer:
                continue
            if _counts(run):
                passed = 0
                yield run
        passed += 1
        if passed > MAX_STRANGE:
            return
        run, strange = _begun(line), 0
    if run is not None and _counts(run):
        yield run


def _begun(
    line: str, forms: Iterable[type[LineFormat]] = _FORMATS, *, min_taken: int = 0
) -> LineFormat | None:
    for form in forms:
        if form.starts.match(line):
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
