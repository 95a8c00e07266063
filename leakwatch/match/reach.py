"""Which pairs of text and file may reach a threshold: told before they are looked at closely.

No score is more than all that text and file have in common comes to, wherever
it stands. That is bounded twice: by the distinctive grams of the text, which
few of the strangers among the files in question hold; then, of what is left,
by all its grams.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus.assemble import rarities
from leakwatch.corpus.calibration import CommonPolicy, Thresholds
from leakwatch.fingerprint.grams import K
from leakwatch.match.index import Indices, SegmentIndex
from leakwatch.match.regions import Finder, Regions, batches, pair_changes
from leakwatch.match.weights import Weighed

Floats = NDArray[np.float64]

MIN_HITS = 6
"""Hits below which a share of a file means nothing, but for those of ``FEW_HITS``."""
FEW_HITS = ((4, 0.499), (3, 0.899))
"""So many hits, fewer than six, mean something where they are such a share of a file.
A hair below a half and nine tenths: sums are rounded, and half a file is half a file."""
_FEWEST = min(hits for hits, _ in FEW_HITS)
MIN_WEIGHT = 5.999
"""Weight of hits below which their share means nothing either: six hits that five other
files have too are fewer than six of the file's own. A hair below six, as sums are rounded."""
COMPARED = 20
"""Background documents that must have come near a file before its nearest one tells how
near strangers come. With fewer it may just not be there."""
MARGIN_FLOOR = 0.6
"""A file of which less is there is not told by what is left out."""
FEW_LETTERS = 64
"""A file below this is a stock phrase."""
_HAIR = 1.001
"""A hair more than a sum can be: the sums that bundles keep are rounded."""


class Sieve:
    """Leaves out the pairs of a row of texts that reach no threshold.

    Args:
        index: the segment of the files.
        weighed: the row, with the weights of all texts that are in question.
        floor: the thresholds; None leaves out nothing.
        policy: what is common.
        population: what rarity is counted in.
    """

    def __init__(
        self,
        index: SegmentIndex,
        weighed: Weighed,
        floor: Thresholds | None,
        *,
        policy: CommonPolicy,
        population: int,
    ) -> None:
        self._index = index
        self._segment = index.segment
        self._weighed = weighed
        self._floor = floor
        # No gram that counts is held by more, so none is less rare.
        holders = np.array([policy.groups_over]), np.array([policy.background_from - 1])
        self._least_rarity = max(0.0, float(rarities(*holders, population)[0]))

    def sifted(self, regions: Regions) -> Regions:
        """Return the regions of pairs that may reach a threshold with grams that count.

        What else they have in common is not looked up, but assumed: all of it.
        """
        if self._floor is None:
            return regions
        finder = self._of_live
        kept = []
        for batch in batches(self._index, regions):
            opens = pair_changes(batch)
            files, pairs, grams = finder.shared(batch)
            dense, weight, few = self._counted(self._floor, files, pairs, grams)
            missed = np.maximum(0.0, self._segment.weights_live[files] - _HAIR * weight)
            # Each missed gram weighs 1 at most.
            every = 1.0 - missed * self._least_rarity / self._all_of(files)
            reach = few | self._reaches_whole(self._floor, files, _HAIR * every)
            kept.append((reach | dense)[np.cumsum(opens) - 1])
        return regions.only(np.concatenate(kept))

    @cached_property
    def _of_live(self) -> Finder:
        live = np.flatnonzero(self._weighed.live > 0)
        return Finder(self._index, self._weighed.texts, entered=live)

    def may_reach(self, files: Indices, pairs: Indices, grams: Indices) -> NDArray[np.bool_]:
        """Tell which pairs may reach a threshold with the grams they have in common.

        Args:
            files: of each pair.
            pairs: of each gram in common.
            grams: which gram of the row it is.
        """
        if self._floor is None:
            return np.ones(len(files), np.bool_)
        dense, _, few = self._counted(self._floor, files, pairs, grams)
        hits = np.bincount(pairs, minlength=len(files))
        rarity = np.bincount(pairs, self._weighed.rarity[grams], minlength=len(files))
        every = _HAIR * rarity / self._all_of(files)
        return few | dense | ((hits >= MIN_HITS) & self._reaches_whole(self._floor, files, every))

    def _counted(
        self, floor: Thresholds, files: Indices, pairs: Indices, grams: Indices
    ) -> tuple[NDArray[np.bool_], Floats, NDArray[np.bool_]]:
        """Tell by grams that count which pairs may hold a passage, or a share of the file.

        Returns:
            Of each pair: whether a passage, the weight of its grams, whether a share.
        """
        live = self._weighed.live[grams]
        dense = np.bincount(pairs, live > 0, minlength=len(files))
        weight: Floats = np.bincount(pairs, live, minlength=len(files)).astype(np.float64)
        share = _HAIR * weight / np.maximum(self._segment.weights_live[files], 1e-9)
        few = (dense >= _FEWEST) & (self._segment.letters[files] >= FEW_LETTERS)
        few &= share >= floor.few
        few |= (_HAIR * weight >= MIN_WEIGHT) & (share >= floor.cont)
        passage = (dense * K >= floor.run) | (weight * K >= min(floor.rare, floor.noisy))
        return passage, weight, few

    def _reaches_whole(self, floor: Thresholds, files: Indices, every: Floats) -> NDArray[np.bool_]:
        peaks = self._segment.background_peaks[files]
        above = margins(every, peaks, self._segment.background_compared[files])
        reaches: NDArray[np.bool_] = (every >= floor.complete) | (above >= floor.margin)
        return reaches

    def _all_of(self, files: Indices) -> NDArray[np.floating]:
        return np.maximum(self._segment.weights_all[files], 1e-9)


def margins(
    complete: NDArray[np.floating], peaks: NDArray[np.floating], compared: NDArray[Any]
) -> Floats:
    """Return how far ``complete`` is above the nearest background document, where that tells."""
    told = (compared >= COMPARED) & (complete >= MARGIN_FLOOR)
    margin: Floats = np.where(told, (complete - peaks) / np.maximum(1.0 - peaks, 1e-9), 0.0)
    return np.maximum(margin, 0.0)
