"""Where in which text to look for which known file, and what of the file is there.

A file comes into question where a text holds one of its rarest grams (an
*anchor*). Around its anchors a *region* of the text is compared with the
file's whole sketch: the grams found are its *hits*. A file and a text are a
*pair*.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus.columns import expand
from leakwatch.corpus.segment import GRAM_BITS, Segment
from leakwatch.match.index import Indices, Lists, SegmentIndex, changes
from leakwatch.match.texts import Texts

WINDOW_FACTOR = 1.5
WINDOW_EXTRA = 64
_BATCH = 1 << 19
"""Grams of files, or anchors, looked at a time: bounds memory where many files are in question
and where a text repeats itself."""
_AT_ONCE = 1 << 16
"""Grams of files looked up at a time: they stay in the processor's cache."""
_HITS_AT_ONCE = 1 << 20
"""Grams in common looked at a time: a text may repeat one of them a million times."""
_CELL_BITS = 20
_MIX, _TEXT_MIX = np.uint32(0x9E3779B1), np.uint32(0x85EBCA6B)
"""Odd; spread what is multiplied by them over the upper bits (Fibonacci hashing)."""

Floor = Callable[[Indices, Indices, Indices], NDArray[np.bool_]]
"""Tells which pairs to keep, given the file of each; and, for all grams that text and
file have in common, the pair and the gram."""


@dataclass(frozen=True, slots=True)
class Regions:
    """Stretches of text to compare with files, by text, file and position; one entry each."""

    texts: Indices
    files: Indices
    starts: Indices
    """First gram of the row."""
    ends: Indices
    """After the last one."""

    def only(self, kept: slice | NDArray[np.bool_]) -> Regions:
        """Return some of them."""
        return Regions(self.texts[kept], self.files[kept], self.starts[kept], self.ends[kept])


@dataclass(frozen=True, slots=True)
class Hits:
    """Grams of a text that a file holds; by pair, region and position."""

    texts: Indices
    """The text of each pair; ``slots`` points here."""
    files: Indices
    """The file of each pair."""
    slots: Indices
    regions: Indices
    grams: Indices
    """Index into the row's grams."""


def window_letters(letters: NDArray[np.integer]) -> Indices:
    """Return the letters of text that files of so many letters are looked for in."""
    return (WINDOW_FACTOR * letters.astype(np.float64)).astype(np.int64) + WINDOW_EXTRA


def find_regions(
    index: SegmentIndex, texts: Texts, *, excluded: frozenset[int] = frozenset()
) -> Iterator[Regions]:
    """Yield the regions of every file that has an anchor in a text.

    Most rows give all at once; one that repeats itself a bounded number at a
    time, the regions of a pair together, and pairs in order.
    """
    found, lists = index.posted(texts.values)
    for grams, files in _anchors(index, texts, found, lists):
        kept = ~np.isin(files, list(excluded)) if excluded else slice(None)
        regions = _regions(index, texts, grams[kept], files[kept])
        if len(regions.files):
            yield regions


def _anchors(
    index: SegmentIndex, texts: Texts, found: Indices, lists: Lists
) -> Iterator[tuple[Indices, Indices]]:
    """Yield gram and file of each anchor; however often a text repeats them, a bounded number.

    Args:
        index: the segment.
        texts: the row.
        found: its grams that are posted.
        lists: the postings of each.
    """
    if int(lists.sizes.sum()) <= _BATCH:
        yield np.repeat(found, lists.sizes), index.files_of(lists)
        return
    # Each gram once a text, with the files that post it; then as often as it stands there.
    order = np.lexsort((found, lists.starts, texts.numbers[found]))
    found, lists = found[order], lists.of(order)
    first = np.flatnonzero(changes(lists.starts) | changes(texts.numbers[found]))
    times = np.diff(np.append(first, len(found)))
    once = lists.of(first)
    files, which = index.files_of(once), np.repeat(np.arange(len(first)), once.sizes)
    pairs = texts.numbers[found[first]][which] * len(index.segment) + files
    order = np.argsort(pairs, kind="stable")
    files, which, pairs = files[order], which[order], pairs[order]
    new = np.flatnonzero(changes(pairs))
    bounds = np.append(new, len(pairs))
    for part in pieces(np.add.reduceat(times[which], new), _BATCH):
        some = slice(bounds[part.start], bounds[part.stop])
        often = times[which[some]]
        yield found[expand(first[which[some]], often)], np.repeat(files[some], often)


def _regions(index: SegmentIndex, texts: Texts, grams: Indices, files: Indices) -> Regions:
    """Return the regions around anchors, given the gram and the file of each."""
    pairs = texts.numbers[grams] * len(index.segment) + files
    order = np.lexsort((grams, pairs))
    grams, files, pairs = grams[order], files[order], pairs[order]
    places, numbers = texts.positions[grams], texts.numbers[grams]
    windows = window_letters(index.segment.letters[files])
    # Anchors further apart than two windows cannot lie in one, nor their regions overlap.
    opens = changes(pairs)
    opens[1:] |= places[1:] - places[:-1] > 2 * windows[1:]
    first = np.flatnonzero(opens)
    last = np.append(first[1:], len(files))[: len(first)] - 1
    numbers = numbers[first]
    starts = np.searchsorted(texts.positions, places[first] - windows[first], "left")
    ends = np.searchsorted(texts.positions, places[last] + windows[last], "right")
    return Regions(
        texts=numbers,
        files=files[first],
        starts=np.maximum(starts, texts.bounds[numbers]),
        ends=np.minimum(ends, texts.bounds[numbers + 1]),
    )


def batches(index: SegmentIndex, regions: Regions) -> Iterator[Regions]:
    """Cut into batches of bounded size; the regions of one pair stay together."""
    new = np.flatnonzero(pair_changes(regions))
    bounds = np.append(new, len(regions.files))
    # Regions are about four times as long as a file, unless the text repeats it.
    lengths = np.add.reduceat(regions.ends - regions.starts, new) // 4
    sizes = np.maximum(_sizes(index.segment, regions.files[new]), lengths)
    for pairs in pieces(sizes, _BATCH):
        yield regions.only(slice(bounds[pairs.start], bounds[pairs.stop]))


def pieces(sizes: Indices, most: int) -> Iterator[slice]:
    """Cut into slices whose sizes come to no more than ``most``, or that are one."""
    done = np.concatenate([[0], np.cumsum(sizes)])
    start = 0
    while start < len(sizes):
        stop = int(np.searchsorted(done, done[start] + most, "right")) - 1
        stop = max(start + 1, stop)
        yield slice(start, stop)
        start = stop


class Finder:
    """Finds hits in a row of texts.

    Each gram of the row is entered in a table; the grams of a file then need
    look no further than their own cells, nearly all of which are empty.

    Args:
        index: the segment of the files.
        texts: the row.
        entered: the grams to find.
    """

    def __init__(self, index: SegmentIndex, texts: Texts, *, entered: Indices) -> None:
        self._segment = index.segment
        self._texts = texts
        self._tops = (texts.values >> np.uint64(64 - GRAM_BITS)).astype(np.uint32)
        self._salts = np.arange(1, len(texts) + 1, dtype=np.uint32) * _TEXT_MIX
        cells = _cells(self._tops[entered], self._salts[texts.numbers[entered]])
        order = np.argsort(cells)
        cells, self._order = cells[order], entered[order]
        self._first = np.flatnonzero(changes(cells))
        """Where in that order each cell's grams begin."""
        self._counts = np.diff(np.append(self._first, len(cells)))
        self._filled = cells[self._first]

    def hits(self, regions: Regions, *, floor: Floor) -> Hits:
        """Return the hits of each pair.

        Args:
            regions: where to look; all regions of a pair.
            floor: tells by what they have in common which pairs to look at closer.
        """
        areas = _Areas(regions)
        texts, files = areas.texts, areas.files
        pairs, grams = self._shared(areas)
        kept = floor(files, pairs, grams)[pairs]
        pairs, grams = pairs[kept], grams[kept]
        # A row is no longer than 2**40 grams.
        line = (pairs << 40) | grams
        line.sort()
        pairs, grams = line >> 40, line & ((1 << 40) - 1)
        region, inside = areas.of(pairs, grams)
        return _numbered(texts, files, pairs[inside], region[inside], grams[inside])

    def shared(self, regions: Regions) -> tuple[Indices, Indices, Indices]:
        """Return the file of each pair; and which pair has which gram of its text in common."""
        areas = _Areas(regions)
        return areas.files, *self._shared(areas)

    def _shared(self, areas: _Areas) -> tuple[Indices, Indices]:
        """Return which pair has which gram of its text in common."""
        table = _table()
        table.is_filled[self._filled] = True
        table.entries[self._filled] = np.arange(len(self._filled))
        sizes = _sizes(self._segment, areas.files)
        found = [(np.empty(0, np.int64), np.empty(0, np.int64))]
        try:
            for part in pieces(sizes, _AT_ONCE):
                found += self._looked_up(table, areas, part, sizes[part])
        finally:
            table.is_filled[self._filled] = False
        return np.concatenate([p for p, _ in found]), np.concatenate([g for _, g in found])

    def _looked_up(
        self, table: _Table, areas: _Areas, part: slice, sizes: Indices
    ) -> Iterator[tuple[Indices, Indices]]:
        """Yield what some pairs have in common: pair and gram."""
        texts = areas.texts[part]
        forward = self._forward(areas.files[part])
        cells = _cells(forward, np.repeat(self._salts[texts], sizes))
        asked = np.flatnonzero(table.is_filled.take(cells, mode="clip"))
        entries = table.entries[cells[asked]]
        counts = self._counts[entries]
        is_repeated = int(counts.sum()) > _HITS_AT_ONCE
        owners = np.searchsorted(np.cumsum(sizes), asked, "right")
        for some in pieces(counts, _HITS_AT_ONCE):
            times = counts[some]
            grams = self._order[expand(self._first[entries[some]], times)]
            pairs = np.repeat(owners[some], times)
            same = self._tops[grams] == np.repeat(forward[asked[some]], times)
            same &= self._texts.numbers[grams] == texts[pairs]
            pairs, grams = pairs[same] + part.start, grams[same]
            if is_repeated:
                # What a text repeats without end is kept only where it may count.
                _, inside = areas.of(pairs, grams)
                pairs, grams = pairs[inside], grams[inside]
            yield pairs, grams

    def _forward(self, files: Indices) -> NDArray[np.uint32]:
        """Return the sketches of some files, one after another."""
        forward = self._segment.forward.view(np.ndarray)
        starts = self._segment.offsets[files].tolist()
        ends = self._segment.offsets[files + 1].tolist()
        sketches: NDArray[np.uint32] = np.concatenate(
            [forward[start:end] for start, end in zip(starts, ends, strict=True)]
        )
        return sketches


class _Areas:
    """Regions by pair.

    Args:
        regions: all regions of a pair, one after another.
    """

    def __init__(self, regions: Regions) -> None:
        opens = pair_changes(regions)
        self.texts, self.files = regions.texts[opens], regions.files[opens]
        """Of each pair."""
        self._pairs = np.cumsum(opens) - 1
        self._lines = (self._pairs << 40) | regions.starts
        self._ends = regions.ends

    def of(self, pairs: Indices, grams: Indices) -> tuple[Indices, NDArray[np.bool_]]:
        """Return the region that each gram of a pair may lie in, and whether it does."""
        region = np.searchsorted(self._lines, (pairs << 40) | grams, "right") - 1
        inside = (region >= 0) & (self._pairs[region] == pairs) & (grams < self._ends[region])
        return region, inside


def _numbered(
    texts: Indices, files: Indices, pairs: Indices, regions: Indices, grams: Indices
) -> Hits:
    """Return hits with the pairs that have any numbered anew."""
    new = changes(pairs)
    kept = pairs[new]
    return Hits(texts[kept], files[kept], np.cumsum(new) - 1, regions, grams)


def pair_changes(regions: Regions) -> NDArray[np.bool_]:
    opens = changes(regions.files)
    opens |= changes(regions.texts)
    return opens


def _sizes(segment: Segment, files: Indices) -> Indices:
    sizes: Indices = (segment.offsets[files + 1] - segment.offsets[files]).astype(np.int64)
    return sizes


def _cells(tops: NDArray[np.uint32], salts: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return the cell of each gram, given what is its text's."""
    cells = tops * _MIX
    cells += salts
    cells >>= np.uint32(32 - _CELL_BITS)
    return cells


class _Table:
    """Cells of grams. 1 MB says which are filled, which stays in the cache; 4 MB with what."""

    def __init__(self) -> None:
        self.is_filled = np.zeros(1 << _CELL_BITS, np.bool_)
        self.entries = np.empty(1 << _CELL_BITS, np.int32)
        """Of cells that are filled."""


_local = threading.local()


def _table() -> _Table:
    """Return this thread's table, none of it filled."""
    table: _Table | None = getattr(_local, "table", None)
    if table is None:
        table = _local.table = _Table()
    return table
