"""Which of many texts may hold a known file at all: most hold none.

Looking a text up takes some forty calls of NumPy, each as long as reading a
paragraph. Here hundreds of texts are looked up at once, and only those that
could be graded go through all of it. None is lost: a file is let through
whenever ``LEAST_HITS`` grams of the text may be its own.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus.segment import LOW_BITS
from leakwatch.fingerprint.sketch import Sketch
from leakwatch.match.index import Indices, SegmentIndex, expand

LEAST_HITS = 3
"""Grams that a text must share with a file for any grade (``score.py``)."""
_GRAMS = 1 << 15
"""Grams of text looked up together: bounds memory, and how many cells are taken."""
_FEW = 4
"""Texts below which looking each up in full costs no more."""
_CELL_BITS = 22
_MIX = np.uint64(0x9E3779B97F4A7C15)
"""Odd; spreads what is multiplied by it over the upper bits (Fibonacci hashing)."""


class Sieve:
    """Sorts texts for one segment. Thread-safe.

    Args:
        index: the segment to look in.
        excluded: files that are known no longer.
    """

    def __init__(self, index: SegmentIndex, *, excluded: frozenset[int] = frozenset()) -> None:
        self._index = index
        self._excluded = np.array(sorted(excluded), np.int64)
        self._local = threading.local()

    def in_question(self, sketches: Sequence[Sketch]) -> list[bool]:
        """Tell for each text whether a file may be graded in it.

        A text of very many grams is in question unseen: it would cost no less here.
        So are a few texts.
        """
        if len(sketches) < _FEW:
            return [True] * len(sketches)
        verdicts = [len(sketch.values) > _GRAMS for sketch in sketches]
        for batch in _batches(sketches):
            values = np.concatenate([sketches[number].values for number in batch])
            sizes = [len(sketches[number].values) for number in batch]
            texts = np.repeat(np.arange(len(batch)), sizes)
            for place in self._some(values, texts).tolist():
                verdicts[batch[place]] = True
        return verdicts

    def _some(self, values: NDArray[np.uint64], texts: Indices) -> Indices:
        """Return which texts are in question, given their grams one after another."""
        grams, files = self._index.postings(values)
        if len(self._excluded):
            kept = ~np.isin(files, self._excluded)
            grams, files = grams[kept], files[kept]
        if not len(grams):
            return np.empty(0, np.int64)
        count = len(self._index.segment)
        pairs = np.unique(texts[grams] * count + files)
        pair_texts, pair_files = pairs // count, pairs % count
        cells = self._cells()
        taken = self._fill(cells, _cell(values >> np.uint64(64 - LOW_BITS), texts))
        try:
            shared = self._shared(cells, pair_texts, pair_files)
        finally:
            cells[taken] = 0
        return np.unique(pair_texts[shared >= LEAST_HITS])

    def _shared(
        self, cells: NDArray[np.uint8], pair_texts: Indices, pair_files: Indices
    ) -> Indices:
        """Return for each pair how many grams of the text the file holds, or more."""
        segment = self._index.segment
        starts = segment.offsets[pair_files].astype(np.int64)
        sizes = segment.offsets[pair_files + 1].astype(np.int64) - starts
        forward = segment.forward[expand(starts, sizes)].astype(np.uint64)
        found = cells[_cell(forward, np.repeat(pair_texts, sizes))].astype(np.int64)
        shared: Indices = np.add.reduceat(found, np.cumsum(sizes) - sizes)
        return shared

    def _fill(self, cells: NDArray[np.uint8], places: Indices) -> Indices:
        """Count the grams of all texts into their cells; return the cells taken.

        A cell is one gram of one text, or now and then of two: then more is let through.
        """
        places.sort()
        new = np.flatnonzero(np.append(True, places[1:] != places[:-1]))
        taken = places[new]
        cells[taken] = np.minimum(np.diff(np.append(new, len(places))), 255)
        return taken

    def _cells(self) -> NDArray[np.uint8]:
        """Return this thread's counters, all 0. 4 MB, made once."""
        cells: NDArray[np.uint8] | None = getattr(self._local, "cells", None)
        if cells is None:
            cells = self._local.cells = np.zeros(1 << _CELL_BITS, np.uint8)
        return cells


def _batches(sketches: Sequence[Sketch]) -> Iterator[list[int]]:
    """Yield the numbers of texts that are looked up together; some grams each."""
    batch: list[int] = []
    grams = 0
    for number, sketch in enumerate(sketches):
        size = len(sketch.values)
        if not 0 < size <= _GRAMS:
            continue
        if grams + size > _GRAMS:
            yield batch
            batch, grams = [], 0
        batch.append(number)
        grams += size
    if batch:
        yield batch


def _cell(tops: NDArray[np.uint64], texts: Indices) -> Indices:
    """Return the cell of each gram of each text."""
    mixed = (tops | texts.astype(np.uint64) << np.uint64(LOW_BITS)) * _MIX
    return (mixed >> np.uint64(64 - _CELL_BITS)).astype(np.int64)
