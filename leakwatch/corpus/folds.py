"""A segment as it would be if some background documents were not in it.

Thresholds must be measured on documents that the corpus does not know. So the
sample is cut into folds, near-duplicates together, and each fold is compared
with a segment whose background counts lack it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus.assemble import live_weights, rarities
from leakwatch.corpus.background import Background, Documents
from leakwatch.corpus.calibration import CommonPolicy
from leakwatch.corpus.columns import Grams, Indices, ranges
from leakwatch.corpus.families import families
from leakwatch.corpus.segment import F4, U2, U4, Segment
from leakwatch.fingerprint.minhash import signature

FOLDS = 4


@dataclass(frozen=True)
class AsIf:
    """What differs in a segment without a fold."""

    weights_live: F4
    weights_all: F4
    shared_background: U2 = field(repr=False)
    population: int


@dataclass(frozen=True)
class Removed:
    """The grams of all folds, and how many background documents hold each without one fold."""

    tops: U4 = field(repr=False)
    """Ascending."""
    background: Indices
    left: tuple[Indices, ...] = field(repr=False)
    """By fold."""
    documents: tuple[int, ...]


def cut(sample: Documents) -> list[Indices]:
    """Return the documents of each fold; versions of one another lie in one."""
    distinct = [sample.distinct(n) for n in range(len(sample))]
    counts = np.array([len(tops) for tops in distinct], np.int64)
    grams = Grams(
        (np.concatenate([np.empty(0, np.uint32), *distinct]),),
        np.zeros(len(counts), np.uint16),
        np.cumsum(counts) - counts,
        counts,
    )
    signatures = np.array([signature(tops.astype(np.uint64)) for tops in distinct], np.uint32)
    family = families(np.zeros((len(counts), 2), np.uint64), signatures, grams)
    _, number = np.unique(family, return_inverse=True)
    return [np.flatnonzero(number % FOLDS == fold) for fold in range(FOLDS)]


def removed(background: Background, folds: Sequence[Indices], policy: CommonPolicy) -> Removed:
    """Count the background without each fold."""
    by_fold = [
        np.unique(
            np.concatenate(
                [np.empty(0, np.uint32), *(background.sample.distinct(n) for n in fold.tolist())]
            ),
            return_counts=True,
        )
        for fold in folds
    ]
    tops = np.unique(np.concatenate([held for held, _ in by_fold]))
    counts = background.counted(tops)
    left = []
    for held, fewer in by_fold:
        without = counts.copy()
        places = np.searchsorted(tops, held)
        # A gram whose count reached its end is in more documents than a sample holds.
        without[places] -= np.where(counts[places] == np.iinfo(np.uint16).max, 0, fewer)
        # The table would not have kept it: see ``background.py``.
        left.append(np.where(without < policy.background_from, 0, np.maximum(without, 0)))
    return Removed(tops, counts, tuple(left), tuple(len(fold) for fold in folds))


def without_each(
    segment: Segment, gone: Removed, *, policy: CommonPolicy, population: int
) -> Iterator[AsIf]:
    """Yield the segment without each fold; one pass over its grams for all of them."""
    groups = _groups_of(segment, gone.tops)
    populations = [population - documents for documents in gone.documents]
    live_before = live_weights(groups, gone.background, policy)
    rarity_before = rarities(groups, gone.background, population)
    live_change = [live_weights(groups, left, policy) - live_before for left in gone.left]
    # Of all grams the rarity moves with the population, and of these by their counts too.
    shifts = [np.log((p + 1) / (population + 1)) for p in populations]
    rarity_change = [
        rarities(groups, left, p) - rarity_before - shift
        for left, p, shift in zip(gone.left, populations, shifts, strict=True)
    ]
    live, rarity = _summed(segment, gone.tops, [*live_change, *rarity_change])
    counts = np.diff(segment.offsets)
    for fold, (left, shift) in enumerate(zip(gone.left, shifts, strict=True)):
        yield AsIf(
            weights_live=np.maximum(segment.weights_live + live[fold], 0).astype(np.float32),
            weights_all=np.maximum(segment.weights_all + rarity[fold] + counts * shift, 0).astype(
                np.float32
            ),
            shared_background=_adjusted(segment, gone.tops, left),
            population=populations[fold],
        )


def _summed(
    segment: Segment, tops: U4, changes: Sequence[NDArray[np.float64]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what the changes of its grams come to for each file."""
    totals = np.zeros((len(changes), len(segment)))
    counts = np.diff(segment.offsets)
    for start, after in ranges(counts):
        held = segment.forward[segment.offsets[start] : segment.offsets[after]]
        places = np.minimum(np.searchsorted(tops, held), max(len(tops) - 1, 0))
        found = np.flatnonzero(tops[places] == held) if len(tops) else places[:0]
        owners = np.repeat(np.arange(after - start), counts[start:after])[found]
        for number, change in enumerate(changes):
            weights = change[places[found]]
            totals[number, start:after] = np.bincount(owners, weights, minlength=after - start)
    half = len(changes) // 2
    return totals[:half], totals[half:]


def _groups_of(segment: Segment, tops: U4) -> Indices:
    groups = np.ones(len(tops), np.int64)
    places, found = _shared(segment, tops)
    groups[found] = segment.shared_groups[places]
    return groups


def _adjusted(segment: Segment, tops: U4, left: Indices) -> U2:
    adjusted = np.array(segment.shared_background)
    places, found = _shared(segment, tops)
    adjusted[places] = left[found]
    return adjusted


def _shared(segment: Segment, tops: U4) -> tuple[Indices, Indices]:
    """Return places in the segment's table of shared grams, and which of ``tops`` they are."""
    table = segment.shared_values
    if not len(table):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    places = np.minimum(np.searchsorted(table, tops), len(table) - 1)
    found = np.flatnonzero(table[places] == tops)
    return places[found], found
