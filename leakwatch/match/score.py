"""Scores of a text against the known files it may hold.

Four things are measured for each file in question, from positions in the text
alone, in the regions that ``regions.py`` finds:

    run       the best dense stretch of hits, in new letters, less a fine for
              each distinctive gram of the text that the file does not hold
    noisy     the same, weighing shared grams less and fining gaps mildly
    cont      share of the file's distinctive grams within a window of its length
    complete  share of all its grams, by rarity, within such a window

``reference.py`` says the same slowly; a test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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
NOISY_FINE = 4.0
MIN_HITS = 6
"""Hits below which a share of a file means nothing."""
_FRESH = 1e5
"""Fine at the first hit of a region: no stretch reaches back over it."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scores:
    """What one known file comes to in one text: the best of its regions."""

    file: int
    """Index within the segment."""
    run: float
    noisy: float
    cont: float
    complete: float
    passage_chars: int
    """Letters of the text from start to end of the best run."""
    leak_in_stolen: float
    """Share of the text's grams that are the file's too."""
    jaccard: float
    background_peak: float
    """The ``complete`` score of the nearest background document."""


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
        distinct=len(sketch.distinct),
    )
    found = (find_hits(index, batch, sketch) for batch in batches(regions))
    return [scores for hits in found for scores in _scored(index.segment, hits, text)]


def _scored(segment: Segment, hits: Hits, text: _Text) -> Iterator[Scores]:
    live = text.live[hits.grams] > 0
    dense = Hits(hits.files, hits.slots[live], hits.regions[live], hits.grams[live])
    fresh = _new_letters(dense, text)
    run, passage = _best_stretch(dense, text, fresh, RUN_FINE)
    noisy, _ = _best_stretch(dense, text, fresh * text.live[dense.grams], NOISY_FINE)
    windows = window_letters(segment.letters[hits.files])
    cont = _best_window(dense, text.positions, text.live, windows, np.zeros(0, np.int64))
    previous = _previous_same(hits, text)
    complete = _best_window(hits, text.positions, text.rarity, windows, previous)
    cont /= np.maximum(segment.weights_live[hits.files], 1e-9)
    complete /= np.maximum(segment.weights_all[hits.files], 1e-9)
    held = np.bincount(hits.slots, minlength=len(hits.files))
    shared = _distinct(hits, text)
    sizes = segment.offsets[hits.files + 1] - segment.offsets[hits.files]
    jaccard = shared / np.maximum(text.distinct + sizes - shared, 1)
    for slot in np.flatnonzero(held).tolist():
        yield Scores(
            file=int(hits.files[slot]),
            run=float(run[slot]),
            noisy=float(noisy[slot]),
            cont=min(1.0, float(cont[slot])),
            complete=min(1.0, float(complete[slot])),
            passage_chars=int(passage[slot]),
            leak_in_stolen=int(held[slot]) / len(text.values),
            jaccard=float(jaccard[slot]),
            background_peak=float(segment.background_peaks[hits.files[slot]]),
        )


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


def _best_window(
    hits: Hits, positions: Indices, weights: Floats, windows: Indices, previous: Indices
) -> Floats:
    """Return for each file the greatest weight of hits within one window.

    Each window opens at a hit. A hit counts in the windows that open from
    ``reach`` (the first hit that it shares a window with) up to itself: added
    at one, taken off after the other, summed once.

    Args:
        hits: what is summed.
        positions: of the text's grams.
        weights: of the text's grams.
        windows: letters, for each file.
        previous: for each hit the one before it of equal gram, so that a
            repeated gram counts once a window; empty to count repeats.
    """
    best = np.zeros(len(hits.files))
    if not len(hits.grams):
        return best
    places = positions[hits.grams]
    width = windows[hits.slots]
    line = hits.regions * (int(positions[-1]) + int(windows.max()) + 1) + places
    reach = np.searchsorted(line, line - (width - K), "left")
    if len(previous):
        reach = np.maximum(reach, previous + 1)
    counts, sums = np.zeros(len(line) + 1, np.int64), np.zeros(len(line) + 1)
    weight = weights[hits.grams]
    np.add.at(counts, reach, 1)
    np.add.at(sums, reach, weight)
    counts[1:] -= 1
    sums[1:] -= weight
    totals = np.where(np.cumsum(counts)[:-1] >= MIN_HITS, np.cumsum(sums)[:-1], 0.0)
    first = np.flatnonzero(changes(hits.slots))
    best[hits.slots[first]] = np.maximum.reduceat(totals, first)
    return best


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


def _distinct(hits: Hits, text: _Text) -> Indices:
    """Return how many different grams each file shares with the text."""
    order = np.lexsort((text.values[hits.grams], hits.slots))
    values, slots = text.values[hits.grams[order]], hits.slots[order]
    new = changes(slots)
    new[1:] |= values[1:] != values[:-1]
    return np.bincount(slots[new], minlength=len(hits.files))
