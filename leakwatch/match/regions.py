"""Where in a text to look for which known file, and what of the file is there.

A file comes into question where the text holds one of its rarest grams (an
*anchor*). Around its anchors a *region* of the text is compared with the
file's whole sketch: the grams found are its *hits*.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus.columns import expand
from leakwatch.corpus.segment import GRAM_BITS
from leakwatch.fingerprint.sketch import Sketch
from leakwatch.match.index import Indices, SegmentIndex, changes

WINDOW_FACTOR = 1.5
WINDOW_EXTRA = 64
_BATCH = 1 << 20
"""Grams of text compared at a time: bounds memory on long texts."""


@dataclass(frozen=True, slots=True)
class Regions:
    """Stretches of text to compare with files, by file and position; one entry each."""

    files: Indices
    starts: Indices
    """First gram of the text."""
    ends: Indices
    """After the last one."""


@dataclass(frozen=True, slots=True)
class Hits:
    """Grams of the text that a file holds; by file, region and position."""

    files: Indices
    """The files in question, ascending; ``slots`` points here."""
    slots: Indices
    regions: Indices
    grams: Indices
    """Index into the text's grams."""


def window_letters(letters: NDArray[np.integer]) -> Indices:
    """Return the letters of text that files of so many letters are looked for in."""
    return (WINDOW_FACTOR * letters.astype(np.float64)).astype(np.int64) + WINDOW_EXTRA


def find_regions(
    index: SegmentIndex, sketch: Sketch, *, excluded: frozenset[int] = frozenset()
) -> Regions:
    """Return the regions of every file that has an anchor in the text."""
    grams, files = index.postings(sketch.values)
    if excluded:
        kept = ~np.isin(files, list(excluded))
        grams, files = grams[kept], files[kept]
    order = np.lexsort((grams, files))
    files, places = files[order], sketch.positions[grams[order]]
    windows = window_letters(index.segment.letters[files])
    # Anchors further apart than two windows cannot lie in one, nor their regions overlap.
    opens = changes(files)
    opens[1:] |= places[1:] - places[:-1] > 2 * windows[1:]
    first = np.flatnonzero(opens)
    last = np.append(first[1:], len(files))[: len(first)] - 1
    return Regions(
        files=files[first],
        starts=np.searchsorted(sketch.positions, places[first] - windows[first], "left"),
        ends=np.searchsorted(sketch.positions, places[last] + windows[last], "right"),
    )


def batches(regions: Regions) -> Iterator[Regions]:
    """Cut into batches of bounded size; the regions of one file stay together."""
    if int((regions.ends - regions.starts).sum()) <= _BATCH:
        yield regions
        return
    file_starts = np.flatnonzero(changes(regions.files))
    bounds = np.append(file_starts, len(regions.files))
    done = np.concatenate([[0], np.cumsum(regions.ends - regions.starts)])[bounds]
    start = 0
    while start < len(file_starts):
        stop = int(np.searchsorted(done, done[start] + _BATCH, "right")) - 1
        stop = max(start + 1, stop)
        part = slice(bounds[start], bounds[stop])
        yield Regions(regions.files[part], regions.starts[part], regions.ends[part])
        start = stop


def find_hits(index: SegmentIndex, regions: Regions, sketch: Sketch) -> Hits:
    """Compare each region with its file's whole sketch."""
    counts = regions.ends - regions.starts
    grams = expand(regions.starts, counts)
    files, slots = np.unique(regions.files, return_inverse=True)
    offsets = index.segment.offsets
    sizes = offsets[files + 1] - offsets[files]
    kept = index.segment.forward[expand(offsets[files], sizes)].astype(np.int64)
    kept |= np.repeat(np.arange(len(files)), sizes) << GRAM_BITS
    region = np.repeat(np.arange(len(counts)), counts)
    keys = (sketch.values[grams] >> np.uint64(64 - GRAM_BITS)).astype(np.int64)
    wanted = (slots[region] << GRAM_BITS) | keys
    places = np.minimum(np.searchsorted(kept, wanted), len(kept) - 1)
    found = np.flatnonzero(kept[places] == wanted)
    return Hits(files, slots[region[found]], region[found], grams[found])
