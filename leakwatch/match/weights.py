"""What a hit on each gram of a row of texts counts for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus.assemble import live_weights, rarities
from leakwatch.corpus.calibration import CommonPolicy
from leakwatch.match.index import Indices, SegmentIndex, Sharing
from leakwatch.match.texts import Texts, of_texts

Floats = NDArray[np.float64]
Number = TypeVar("Number", np.float64, np.bool_)


@dataclass(frozen=True)
class Weighed:
    """A row of texts with the weights of their grams, each kind made when first asked for."""

    texts: Texts
    _grams: Indices
    """Those that were looked up; others count nothing."""
    _sharing: Sharing
    _policy: CommonPolicy
    _population: int

    @property
    def values(self) -> NDArray[np.uint64]:
        return self.texts.values

    @property
    def positions(self) -> Indices:
        return self.texts.positions

    @cached_property
    def live(self) -> Floats:
        """Weight of a hit; 0 for a common gram."""
        groups, background = self._sharing.groups, self._sharing.background
        return self._spread(live_weights(groups, background, self._policy))

    @cached_property
    def rarity(self) -> Floats:
        """Rarity of each gram."""
        groups, background = self._sharing.groups, self._sharing.background
        return self._spread(rarities(groups, background, self._population))

    @cached_property
    def unique(self) -> NDArray[np.bool_]:
        """Held by one group of known files and no background document."""
        return self._spread((self._sharing.groups == 1) & (self._sharing.background == 0))

    @cached_property
    def rank(self) -> Indices:
        """Grams before this one that are not common."""
        is_live = self.live > 0
        return np.cumsum(is_live) - is_live

    def _spread(self, found: NDArray[Number]) -> NDArray[Number]:
        spread = np.zeros(len(self.texts.values), found.dtype)
        spread[self._grams] = found
        return spread


def weigh(
    index: SegmentIndex,
    texts: Texts,
    numbers: Indices,
    *,
    policy: CommonPolicy,
    population: int,
) -> Weighed:
    """Look up in a segment the weights of all grams of some texts; others count nothing.

    Args:
        index: the segment.
        texts: the row.
        numbers: which of its texts.
        policy: what is common.
        population: what rarity is counted in.
    """
    grams = of_texts(texts, numbers)
    return Weighed(texts, grams, index.sharing(texts.values[grams]), policy, population)
