"""Finding the runs of lines that list files, in a text that may hold anything."""

from __future__ import annotations

import re
from collections.abc import Iterator

from leakwatch.model.listing import Listing, ListingEntry
from leakwatch.unpack.trees.art import DrawnTree
from leakwatch.unpack.trees.base import MAX_LINE, LineFormat
from leakwatch.unpack.trees.columns import DatedLines, ModeLines, SizedLines
from leakwatch.unpack.trees.sums import FactBlocks, SummedLines
from leakwatch.unpack.trees.tables import NamedSizes, PathLines, Table

MIN_FILES = 5
"""Of one run, in a row but for blank lines and one strange one."""
MAX_ENTRIES = 1_000_000

_FORMATS: tuple[type[LineFormat], ...] = (
    DrawnTree,
    ModeLines,
    FactBlocks,
    DatedLines,
    SizedLines,
    SummedLines,
    Table,
    NamedSizes,
    PathLines,
)
"""Asked in this order: what no other line looks like first."""
_EXTENSION = re.compile(r"\.[A-Za-z0-9][A-Za-z0-9]{1,5}(?![\w.])", re.ASCII)
_MARKS = ("── ", "───", "|-- ", "`-- ", "+---", "-rw", "-r-", "<DIR>", "<REP>")
_ENOUGH = 3


def may_list(text: str) -> bool:
    """Tell whether a text may hold a list of files: some µs for a note, of which few may."""
    count = 0
    for found in _EXTENSION.finditer(text):
        count += not found[0][1:].isdigit()
        if count >= MIN_FILES:
            return True
    return any(text.count(mark) >= _ENOUGH for mark in _MARKS)


def listing_in(text: str) -> Listing | None:
    """Return the files that a text lists, line by line; None where it lists none."""
    if not may_list(text):
        return None
    found: dict[ListingEntry, None] = {}
    for run in _runs(text):
        for entry in run.entries():
            if len(found) >= MAX_ENTRIES:
                return Listing("text", tuple(found), is_complete=False)
            found[entry] = None
    return Listing("text", tuple(found)) if found else None


def _runs(text: str) -> Iterator[LineFormat]:
    """Yield the runs that count."""
    run: LineFormat | None = None
    strange = 0
    for line in _lines(text):
        if run is not None:
            if run.take(line):
                strange = 0
                continue
            strange += 1
            if strange == 1 and run.taken:
                continue
            if _counts(run):
                yield run
        run, strange = _begun(line), 0
    if run is not None and _counts(run):
        yield run


def _begun(line: str) -> LineFormat | None:
    for form in _FORMATS:
        if form.starts.match(line):
            run = form()
            if run.take(line):
                return run
    return None


def _counts(run: LineFormat) -> bool:
    return run.strong >= MIN_FILES and 2 * run.strong >= run.taken


def _lines(text: str) -> Iterator[str]:
    """Yield the lines, without copying the text; too long ones as empty."""
    start, end = 0, len(text)
    while start < end:
        stop = text.find("\n", start)
        stop = end if stop < 0 else stop
        yield text[start:stop].rstrip("\r") if stop - start <= MAX_LINE else ""
        start = stop + 1
