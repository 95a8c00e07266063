"""Where in which text to look for which known file, and what of the file is there.

A file comes into question where a text holds one of its rarest grams (an
*anchor*). Around its anchors a *region* of the text is compared with the
file's whole sketch: the grams found are its *hits*. A file and a text are a
*pair*.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus.columns import expand
from leakwatch.corpus.segment import GRAM_BITS
from leakwatch.match.index import Indices, SegmentIndex, changes
from leakwatch.match.texts import Texts

WINDOW_FACTOR = 1.5
WINDOW_EXTRA = 64
_BATCH = 1 << 19
"""Grams of files compared at a time: bounds memory where many files are in question."""
_CELL_BITS = 22
_MIX = np.uint64(0x9E3779B97F4A7C15)
"""Odd; spreads what is multiplied by it over the upper bits (Fibonacci hashing)."""


@dataclass(frozen=True, slots=True)
class Regions:
    """Stretches of text to compare with files, by text, file and position; one entry each."""

    texts: Indices
    files: Indices
    starts: Indices
    """First gram of the row."""
    ends: Indices
    """After the last one."""


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
) -> Regions:
    """Return the regions of every file that has an anchor in a text."""
    grams, files = index.postings(texts.values)
    if excluded:
        kept = ~np.isin(files, list(excluded))
        grams, files = grams[kept], files[kept]
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
    new = np.flatnonzero(_pair_changes(regions))
    bounds = np.append(new, len(regions.files))
    done = np.concatenate([[0], np.cumsum(_sizes(index, regions.files[new]))])
    start = 0
    while start < len(new):
        stop = int(np.searchsorted(done, done[start] + _BATCH, "right")) - 1
        stop = max(start + 1, stop)
        part = slice(bounds[start], bounds[stop])
        yield Regions(
            regions.texts[part], regions.files[part], regions.starts[part], regions.ends[part]
        )
        start = stop


class Finder:
    """Finds hits in a row of texts.

    Each gram of the row marks a cell; the grams of a file then need look no
    further than their own cells, nineteen in twenty of which are empty.
    """

    def __init__(self, index: SegmentIndex, texts: Texts) -> None:
        self._index = index
        self._texts = texts
        self._tops = texts.values >> np.uint64(64 - GRAM_BITS)
        cells = _cell(self._tops, texts.numbers)
        self._order = np.argsort(cells, kind="stable")
        self._cells = cells[self._order]

    def hits(self, regions: Regions, *, least: int = 1) -> Hits:
        """Return the hits of each pair that has ``least`` of them.

        Args:
            regions: where to look; all regions of a pair.
            least: hits.
        """
        opens = _pair_changes(regions)
        new = np.flatnonzero(opens)
        texts, files = regions.texts[new], regions.files[new]
        pairs, grams = self._shared(texts, files)
        enough = np.bincount(pairs, minlength=len(new))[pairs] >= least
        # A row is no longer than 2**40 grams.
        line = (pairs[enough] << 40) | grams[enough]
        line.sort()
        pair_of_region = np.cumsum(opens) - 1
        region = np.searchsorted((pair_of_region << 40) | regions.starts, line, "right") - 1
        pairs, grams = line >> 40, line & ((1 << 40) - 1)
        inside = (region >= 0) & (pair_of_region[region] == pairs) & (grams < regions.ends[region])
        return _numbered(texts, files, pairs[inside], region[inside], grams[inside])

    def _shared(self, texts: Indices, files: Indices) -> tuple[Indices, Indices]:
        """Return which pair has which gram of its text in common."""
        sizes = _sizes(self._index, files)
        starts = self._index.segment.offsets[files].astype(np.int64)
        forward = self._index.segment.forward[expand(starts, sizes)].astype(np.uint64)
        pairs = np.repeat(np.arange(len(files)), sizes)
        cells = _cell(forward, texts[pairs])
        asked = np.flatnonzero(self._are_marked(cells))
        first = np.searchsorted(self._cells, cells[asked], "left")
        counts = np.searchsorted(self._cells, cells[asked], "right") - first
        asked = np.repeat(asked, counts)
        grams = self._order[expand(first, counts)]
        same = (self._tops[grams] == forward[asked]) & (
            self._texts.numbers[grams] == texts[pairs[asked]]
        )
        return pairs[asked[same]], grams[same]

    def _are_marked(self, cells: Indices) -> NDArray[np.bool_]:
        marks = _marks()
        marks[self._cells] = True
        try:
            return marks[cells]
        finally:
            marks[self._cells] = False


def _numbered(
    texts: Indices, files: Indices, pairs: Indices, regions: Indices, grams: Indices
) -> Hits:
    """Return hits with the pairs that have any numbered anew."""
    new = changes(pairs)
    kept = pairs[new]
    return Hits(texts[kept], files[kept], np.cumsum(new) - 1, regions, grams)


def _pair_changes(regions: Regions) -> NDArray[np.bool_]:
    opens = changes(regions.files)
    opens |= changes(regions.texts)
    return opens


def _sizes(index: SegmentIndex, files: Indices) -> Indices:
    offsets = index.segment.offsets
    sizes: Indices = (offsets[files + 1] - offsets[files]).astype(np.int64)
    return sizes


def _cell(tops: NDArray[np.uint64], texts: Indices) -> Indices:
    """Return the cell of each gram of each text."""
    mixed = (tops | texts.astype(np.uint64) << np.uint64(GRAM_BITS)) * _MIX
    return (mixed >> np.uint64(64 - _CELL_BITS)).astype(np.int64)


_local = threading.local()


def _marks() -> NDArray[np.bool_]:
    """Return this thread's marks, none of them set. 4 MB, made once."""
    marks: NDArray[np.bool_] | None = getattr(_local, "marks", None)
    if marks is None:
        marks = _local.marks = np.zeros(1 << _CELL_BITS, np.bool_)
    return marks
