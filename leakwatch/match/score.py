"""Scores of a text against the known files it may hold.

Seven things are measured for each file in question, from positions in the text
alone, in the regions that ``regions.py`` finds:

    run       the best dense stretch of hits, in new letters, less a fine for
              each distinctive gram of the text that the file does not hold
    rare      the same, with a letter weighed by how few hold its gram
    noisy     as ``rare``, with a mild fine: long passages with many gaps
    cont      share of the file's distinctive grams within a window of its length
    few       the same of a file that little sets apart, for which three to five
              hits are much
    complete  share of all its grams, by rarity, within such a window
    margin    how far complete is above the nearest document that was not stolen,
              as a share of what is left above that document

``reference.py`` says the same slowly; a test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus.calibration import CommonPolicy, Thresholds
from leakwatch.corpus.segment import Segment
from leakwatch.fingerprint.grams import K
from leakwatch.fingerprint.sketch import Sketch
from leakwatch.match.index import Indices, SegmentIndex, changes
from leakwatch.match.reach import (
    FEW_HITS,
    FEW_LETTERS,
    MIN_HITS,
    MIN_WEIGHT,
    Sieve,
    margins,
)
from leakwatch.match.regions import Finder, Hits, batches, find_regions, window_letters
from leakwatch.match.texts import joined, of_texts, rows
from leakwatch.match.weights import Weighed, weigh

RUN_FINE = 48.0
"""Letters that a missed gram costs a dense run."""
NOISY_FINE = 8.0
"""4 finds fewer noisy excerpts (100 words at OCR 2 %: 0.43 for 0.59), 12 none more."""
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
    [scores] = score_many(index, [sketch], policy=policy, population=population, excluded=excluded)
    return scores


def score_many(
    index: SegmentIndex,
    sketches: Sequence[Sketch],
    *,
    policy: CommonPolicy,
    population: int,
    excluded: frozenset[int] = frozenset(),
    floor: Thresholds | None = None,
) -> list[list[Scores]]:
    """Return for each text what ``score`` does; together many take a fraction of the time.

    Args:
        index: the segment to look in.
        sketches: of the texts.
        policy: what is common.
        population: what rarity is counted in.
        excluded: files that are known no longer.
        floor: leave out what reaches none of these.
    """
    found: list[list[Scores]] = [[] for _ in sketches]
    for row in rows(sketches):
        texts = joined([sketches[number] for number in row])
        weighed, finder = None, None
        for regions in find_regions(index, texts, excluded=excluded):
            # A text alone in its row may be long, and what is made of it is made once.
            if weighed is None or len(row) > 1:
                numbers = np.unique(regions.texts)
                weighed = weigh(index, texts, numbers, policy=policy, population=population)
                sieve = Sieve(index, weighed, floor, policy=policy, population=population)
            sifted = sieve.sifted(regions)
            if not len(sifted.files):
                continue
            if finder is None or len(row) > 1:
                finder = Finder(index, texts, entered=of_texts(texts, sifted.texts))
            for batch in batches(index, sifted):
                hits = finder.hits(batch, floor=sieve.may_reach)
                if len(hits.files):
                    for number, scores in _scored(index.segment, hits, weighed, floor):
                        found[row[number]].append(scores)
    return found


def _scored(
    segment: Segment, hits: Hits, text: Weighed, floor: Thresholds | None
) -> Iterator[tuple[int, Scores]]:
    """Yield the scores of each pair that reaches the floor, with the number of its text."""
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
    cont[cont * segment.weights_live[hits.files] < MIN_WEIGHT] = 0.0
    complete, _ = _shares(hits, text, text.rarity, windows, segment.weights_all[hits.files])
    peaks, compared = segment.background_peaks[hits.files], segment.background_compared[hits.files]
    margin = margins(complete, peaks, compared)
    measured = (run, rare, noisy, cont, few, complete, margin)
    kept = _reaching(measured, floor)
    if not kept:
        return
    held = np.bincount(hits.slots, minlength=len(hits.files))
    shared, unique = _distinct(hits, text)
    sizes = segment.offsets[hits.files + 1] - segment.offsets[hits.files]
    jaccard = shared / np.maximum(text.texts.distinct(hits.texts) + sizes - shared, 1)
    dense_ones, every = _passages(dense, text), _passages(hits, text)
    columns = (
        hits.files, *measured, passage, unique / np.maximum(shared, 1),
        held / np.diff(text.texts.bounds)[hits.texts], jaccard, peaks, compared,
    )  # fmt: skip
    passages = [dense_ones(slot) or every(slot) for slot in kept]
    table = zip(*(column[kept].tolist() for column in columns), passages, strict=True)
    for number, row in zip(hits.texts[kept].tolist(), table, strict=True):
        yield number, Scores(*row)


def _reaching(measured: Sequence[Floats], floor: Thresholds | None) -> list[int]:
    """Return the pairs that reach any threshold, given the scores in the order of ``Scores``."""
    if floor is None:
        return list(range(len(measured[0])))
    limits = np.array(
        [getattr(floor, n) for n in ("run", "rare", "noisy", "cont", "few", "complete", "margin")]
    )
    reached = np.stack(measured) >= limits[:, None]
    return np.flatnonzero(reached.any(axis=0)).tolist()


def _of(hits: Hits, kept: NDArray[np.bool_]) -> Hits:
    return Hits(hits.texts, hits.files, hits.slots[kept], hits.regions[kept], hits.grams[kept])


def _new_letters(hits: Hits, text: Weighed) -> Floats:
    """Return the letters each hit covers beyond the hit before it."""
    starts = text.positions[hits.grams]
    gained = np.full(len(starts), float(K))
    np.minimum(gained[1:], starts[1:] - starts[:-1], out=gained[1:])
    gained[changes(hits.regions)] = K
    return gained


def _best_stretch(hits: Hits, text: Weighed, gains: Floats, fine: float) -> tuple[Floats, Indices]:
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
    hits: Hits, text: Weighed, weights: Floats, windows: Indices, wholes: NDArray[np.floating]
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


def _previous_same(hits: Hits, text: Weighed) -> Indices:
    """Return for each hit the latest earlier one of the same region and gram, or -1."""
    order = np.lexsort((text.values[hits.grams], hits.regions))
    same = np.zeros(len(order), bool)
    values, regions = text.values[hits.grams[order]], hits.regions[order]
    same[1:] = (values[1:] == values[:-1]) & (regions[1:] == regions[:-1])
    previous = np.full(len(order), -1, np.int64)
    repeated = np.flatnonzero(same)
    previous[order[repeated]] = order[repeated - 1]
    return previous


def _distinct(hits: Hits, text: Weighed) -> tuple[Indices, Indices]:
    """Return how many different grams each file shares with the text, and how many alone."""
    order = np.lexsort((text.values[hits.grams], hits.slots))
    values, slots = text.values[hits.grams[order]], hits.slots[order]
    new = changes(slots)
    new[1:] |= values[1:] != values[:-1]
    alone = new & text.unique[hits.grams[order]]
    files = len(hits.files)
    return np.bincount(slots[new], minlength=files), np.bincount(slots[alone], minlength=files)


def _passages(hits: Hits, text: Weighed) -> Callable[[int], Spans]:
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
    origins = text.texts.origins[hits.texts[hits.slots[first]]]
    starts = text.positions[hits.grams[first]] - origins
    ends = text.positions[hits.grams[last]] + K - origins
    bounds = np.searchsorted(hits.slots[first], np.arange(len(hits.files) + 1)).tolist()
    spans = list(zip(starts.tolist(), ends.tolist(), strict=True))
    return lambda slot: tuple(spans[bounds[slot] : bounds[slot + 1]])
