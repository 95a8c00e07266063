"""What a hit on each gram of a row of texts counts for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus.assemble import live_weights, rarities
from leakwatch.corpus.calibration import CommonPolicy
from leakwatch.match.index import Indices, SegmentIndex
from leakwatch.match.texts import Texts, of_texts

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Weighed:
    """A row of texts with the weights of their grams."""

    texts: Texts
    live: Floats
    """Weight of a hit; 0 for a common gram."""
    rarity: Floats
    unique: NDArray[np.bool_]
    """Held by one group of known files and no background document."""
    rank: Indices
    """Grams before this one that are not common."""

    @property
    def values(self) -> NDArray[np.uint64]:
        return self.texts.values

    @property
    def positions(self) -> Indices:
        return self.texts.positions


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
    sharing = index.sharing(texts.values[grams])
    groups, background = sharing.groups, sharing.background
    live, rarity = np.zeros(len(texts.values)), np.zeros(len(texts.values))
    unique = np.zeros(len(texts.values), np.bool_)
    live[grams] = live_weights(groups, background, policy)
    rarity[grams] = rarities(groups, background, population)
    unique[grams] = (groups == 1) & (background == 0)
    is_live = live > 0
    return Weighed(texts, live, rarity, unique, np.cumsum(is_live) - is_live)
