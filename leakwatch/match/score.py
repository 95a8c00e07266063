"""Scores of a text against the known files it may hold.

Seven things are measured for each file in question, from positions in the text
alone, in the regions that ``regions.py`` finds:

    run       the best dense stretch of hits, in new letters, less a fine for
              each distinctive gram of the text that the file does not hold
    rare      the same, with a letter weighed by how few hold its gram
    noisy     as ``rare``, with a mild fine: long passages with many gaps
    cont      share of the file's distinctive grams within a window of its length
    few       the same of a short file, for which three to five hits are much
    complete  share of all its grams, by rarity, within such a window
    margin    how far complete is above the nearest document that was not stolen,
              as a share of what is left above that document

``reference.py`` says the same slowly; a test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus.assemble import live_weights, rarities
from leakwatch.corpus.calibration import CommonPolicy
from leakwatch.corpus.segment import Segment
from leakwatch.fingerprint.grams import K
from leakwatch.fingerprint.sketch import Sketch
from leakwatch.match.index import Indices, SegmentIndex, changes
from leakwatch.match.regions import Hits, batches, find_hits, find_regions, window_letters

RUN_FINE = 48.0
"""Letters that a missed gram costs a dense run."""
NOISY_FINE = 8.0
"""4 finds fewer noisy excerpts (100 words at OCR 2 %: 0.43 for 0.59), 12 none more."""
MIN_HITS = 6
"""Hits below which a share of a file means nothing, but for those of ``FEW_HITS``."""
FEW_HITS = ((4, 0.5), (3, 0.9))
"""So many hits, fewer than six, mean something where they are such a share of a file."""
COMPARED = 20
"""Background documents that must have come near a file before its nearest one tells how
near strangers come. With fewer it may just not be there."""
MARGIN_FLOOR = 0.6
"""A file of which less is there is not told by what is left out."""
FEW_LETTERS = 64
"""A file below this is a stock phrase."""
_FRESH = 1e5
"""Fine at the first hit of a region: no stretch reaches back over it."""

Floats = NDArray[np.float64]


Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Scores:
    """What one known file comes to in one text: the best of its regions."""

    file: int
    """Index within the segment."""
    run: float
    rare: float
    noisy: float
    cont: float
    few: float
    complete: float
    margin: float
    passage_chars: int
    """Letters of the text from start to end of the best run."""
    shared_unique: float
    """Share of the shared grams that no other group and no background document holds."""
    leak_in_stolen: float
    """Share of the text's grams that are the file's too."""
    jaccard: float
    background_peak: float
    """The ``complete`` score of the nearest background document."""
    background_compared: int
    """Background documents that came near the file."""
    passages: Spans = field(repr=False)
    """Start and end in the text of each passage, by position: of distinctive grams, and
    where there is none, of all."""


@dataclass(frozen=True, slots=True)
class _Text:
    """What the segment knows of each gram of the text."""

    values: NDArray[np.uint64]
    positions: Indices
    live: Floats
    """Weight of a hit; 0 for a common gram."""
    rarity: Floats
    rank: Indices
    """Grams before this one that are not common."""
    unique: NDArray[np.bool_]
    """Held by one group of known files and no background document."""
    distinct: int


def score(
    index: SegmentIndex,
    sketch: Sketch,
    *,
    policy: CommonPolicy,
    population: int,
    excluded: frozenset[int] = frozenset(),
) -> list[Scores]:
    """Return the scores of every file that comes into question, by file.

    Args:
        index: the segment to look in.
        sketch: of the text.
        policy: what is common.
        population: what rarity is counted in.
        excluded: files that are known no longer.
    """
    regions = find_regions(index, sketch, excluded=excluded)
    if not len(regions.files):
        return []
    sharing = index.sharing(sketch.values)
    live = live_weights(sharing.groups, sharing.background, policy)
    text = _Text(
        values=sketch.values,
        positions=sketch.positions,
        live=live,
        rarity=rarities(sharing.groups, sharing.background, population),
        rank=np.cumsum(live > 0) - (live > 0),
        unique=(sharing.groups == 1) & (sharing.background == 0),
        distinct=len(sketch.distinct),
    )
    found = (find_hits(index, batch, sketch) for batch in batches(regions))
    return [scores for hits in found for scores in _scored(index.segment, hits, text)]


def _scored(segment: Segment, hits: Hits, text: _Text) -> Iterator[Scores]:
    dense = _of(hits, text.live[hits.grams] > 0)
    fresh = _new_letters(dense, text)
    weighed = fresh * text.live[dense.grams]
    run, passage = _best_stretch(dense, text, fresh, RUN_FINE)
    rare, _ = _best_stretch(dense, text, weighed, RUN_FINE)
    noisy, _ = _best_stretch(dense, text, weighed, NOISY_FINE)
    letters = segment.letters[hits.files]
    windows = window_letters(letters)
    cont, few = _shares(dense, text, text.live, windows, segment.weights_live[hits.files])
    few[letters < FEW_LETTERS] = 0.0
    complete, _ = _shares(hits, text, text.rarity, windows, segment.weights_all[hits.files])
    held = np.bincount(hits.slots, minlength=len(hits.files))
    shared, unique = _distinct(hits, text)
    sizes = segment.offsets[hits.files + 1] - segment.offsets[hits.files]
    jaccard = shared / np.maximum(text.distinct + sizes - shared, 1)
    dense_ones, every = _passages(dense, text), _passages(hits, text)
    passages = [dense_ones(slot) or every(slot) for slot in range(len(hits.files))]
    peaks, compared = segment.background_peaks[hits.files], segment.background_compared[hits.files]
    columns = (
        hits.files, run, rare, noisy, cont, few, complete, _margins(complete, peaks, compared),
        passage, unique / np.maximum(shared, 1), held / len(text.values), jaccard, peaks, compared,
    )  # fmt: skip
    rows = zip(*(column.tolist() for column in columns), passages, strict=True)
    yield from (Scores(*row) for slot, row in enumerate(rows) if held[slot])


def _margins(complete: Floats, peaks: NDArray[np.floating], compared: NDArray[Any]) -> Floats:
    told = (compared >= COMPARED) & (complete >= MARGIN_FLOOR)
    margins: Floats = np.where(told, (complete - peaks) / np.maximum(1.0 - peaks, 1e-9), 0.0)
    return np.maximum(margins, 0.0)


def _of(hits: Hits, kept: NDArray[np.bool_]) -> Hits:
    return Hits(hits.files, hits.slots[kept], hits.regions[kept], hits.grams[kept])


def _new_letters(hits: Hits, text: _Text) -> Floats:
    """Return the letters each hit covers beyond the hit before it."""
    starts = text.positions[hits.grams]
    gained = np.full(len(starts), float(K))
    np.minimum(gained[1:], starts[1:] - starts[:-1], out=gained[1:])
    gained[changes(hits.regions)] = K
    return gained


def _best_stretch(hits: Hits, text: _Text, gains: Floats, fine: float) -> tuple[Floats, Indices]:
    """Return for each file its best sum of ``gains - fine * missed``, and its span in letters.

    Kadane's maximum subarray as a running minimum, over all files at once.
    """
    best = np.zeros(len(hits.files))
    span = np.zeros(len(hits.files), np.int64)
    if not len(hits.grams):
        return best, span
    rank = text.rank[hits.grams]
    fines = np.zeros(len(rank))
    fines[1:] = fine * (rank[1:] - rank[:-1] - 1)
    fines[changes(hits.regions)] = _FRESH
    ends = np.cumsum(gains - fines)
    before = ends - gains
    lowest = np.minimum.accumulate(before)
    sums = ends - lowest
    lower = np.append(True, before[1:] < lowest[:-1])
    starts = np.maximum.accumulate(np.where(lower, np.arange(len(before)), 0))
    first = np.flatnonzero(changes(hits.slots))
    best[hits.slots[first]] = np.maximum.reduceat(sums, first)
    # Longest span among the stretches that reach the best sum.
    spans = text.positions[hits.grams] + K - text.positions[hits.grams[starts]]
    spans = np.where(sums >= best[hits.slots] - 1e-6, spans, 0)
    span[hits.slots[first]] = np.maximum.reduceat(spans, first)
    return best, span


def _shares(
    hits: Hits, text: _Text, weights: Floats, windows: Indices, wholes: NDArray[np.floating]
) -> tuple[Floats, Floats]:
    """Return for each file the greatest share of its weight that hits make in one window.

    The first share asks for ``MIN_HITS`` different hits, the second for the
    fewer of ``FEW_HITS``; both are at most 1.

    Each window opens at a hit. A hit counts in the windows that open from
    ``reach`` (the first hit that it shares a window with) up to itself: added
    at one, taken off after the other, summed once. A gram that repeats counts
    once a window.

    Args:
        hits: what is summed.
        text: that they are hits of.
        weights: of the text's grams.
        windows: letters, for each file.
        wholes: weight of all its grams, for each file.
    """
    best, few = np.zeros(len(hits.files)), np.zeros(len(hits.files))
    if not len(hits.grams):
        return best, few
    positions = text.positions
    width = windows[hits.slots]
    line = hits.regions * (int(positions[-1]) + int(windows.max()) + 1) + positions[hits.grams]
    reach = np.searchsorted(line, line - (width - K), "left")
    reach = np.maximum(reach, _previous_same(hits, text) + 1)
    counts = np.bincount(reach, minlength=len(line) + 1)
    sums = np.zeros(len(line) + 1)
    np.add.at(sums, reach, weights[hits.grams])
    counts[1:] -= 1
    sums[1:] -= weights[hits.grams]
    counts, sums = np.cumsum(counts)[:-1], np.cumsum(sums)[:-1]
    shares = np.minimum(1.0, sums / np.maximum(wholes, 1e-9)[hits.slots])
    enough = np.zeros(len(shares), bool)
    for least, share in FEW_HITS:
        enough |= (counts >= least) & (shares >= share)
    first = np.flatnonzero(changes(hits.slots))
    slots = hits.slots[first]
    best[slots] = np.maximum.reduceat(np.where(counts >= MIN_HITS, shares, 0.0), first)
    few[slots] = np.maximum.reduceat(np.where(enough, shares, 0.0), first)
    return best, few


def _previous_same(hits: Hits, text: _Text) -> Indices:
    """Return for each hit the latest earlier one of the same region and gram, or -1."""
    order = np.lexsort((text.values[hits.grams], hits.regions))
    same = np.zeros(len(order), bool)
    values, regions = text.values[hits.grams[order]], hits.regions[order]
    same[1:] = (values[1:] == values[:-1]) & (regions[1:] == regions[:-1])
    previous = np.full(len(order), -1, np.int64)
    repeated = np.flatnonzero(same)
    previous[order[repeated]] = order[repeated - 1]
    return previous


def _distinct(hits: Hits, text: _Text) -> tuple[Indices, Indices]:
    """Return how many different grams each file shares with the text, and how many alone."""
    order = np.lexsort((text.values[hits.grams], hits.slots))
    values, slots = text.values[hits.grams[order]], hits.slots[order]
    new = changes(slots)
    new[1:] |= values[1:] != values[:-1]
    alone = new & text.unique[hits.grams[order]]
    files = len(hits.files)
    return np.bincount(slots[new], minlength=files), np.bincount(slots[alone], minlength=files)


def _passages(hits: Hits, text: _Text) -> Callable[[int], Spans]:
    """Return what gives start and end of each passage of a file.

    A passage is two hits or more, with at most one distinctive gram of the text
    missed between neighbours.
    """
    live = text.live[hits.grams] > 0
    rank = text.rank[hits.grams]
    opens = changes(hits.regions)
    opens[1:] |= rank[1:] - rank[:-1] - live[:-1] > 1
    first = np.flatnonzero(opens)
    last = np.append(first[1:], len(opens))[: len(first)] - 1
    kept = last > first
    first, last = first[kept], last[kept]
    starts, ends = text.positions[hits.grams[first]], text.positions[hits.grams[last]] + K
    bounds = np.searchsorted(hits.slots[first], np.arange(len(hits.files) + 1)).tolist()
    spans = list(zip(starts.tolist(), ends.tolist(), strict=True))
    return lambda slot: tuple(spans[bounds[slot] : bounds[slot + 1]])
