"""What a hit on each gram of a row of texts counts for; looked up where it is asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus.assemble import live_weights, rarities
from leakwatch.corpus.calibration import CommonPolicy
from leakwatch.match.index import Indices, SegmentIndex
from leakwatch.match.texts import Texts

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class GramWeights:
    """One entry for each gram that was asked for."""

    live: Floats
    """Weight of a hit; 0 for a common gram."""
    rarity: Floats
    unique: NDArray[np.bool_]
    """Held by one group of known files and no background document."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A row of texts with the weights of their grams."""

    texts: Texts
    live: Floats
    rarity: Floats
    unique: NDArray[np.bool_]
    rank: Indices
    """Grams before this one that are not common."""

    @property
    def values(self) -> NDArray[np.uint64]:
        return self.texts.values

    @property
    def positions(self) -> Indices:
        return self.texts.positions


class Weights:
    """Looks weights up in one segment.

    Args:
        index: the segment.
        texts: the row.
        policy: what is common.
        population: what rarity is counted in.
    """

    def __init__(
        self, index: SegmentIndex, texts: Texts, *, policy: CommonPolicy, population: int
    ) -> None:
        self._index = index
        self._texts = texts
        self._policy = policy
        self._population = population

    def of(self, grams: Indices) -> GramWeights:
        """Return the weights of some grams of the row."""
        sharing = self._index.sharing(self._texts.values[grams])
        groups, background = sharing.groups, sharing.background
        return GramWeights(
            live_weights(groups, background, self._policy),
            rarities(groups, background, self._population),
            (groups == 1) & (background == 0),
        )

    def of_texts(self, numbers: Indices) -> Weighed:
        """Return the weights of all grams of some texts; those of others count nothing."""
        texts = self._texts
        asked = np.zeros(len(texts), np.bool_)
        asked[numbers] = True
        grams = np.flatnonzero(asked[texts.numbers])
        found = self.of(grams)
        live, rarity = np.zeros(len(texts.values)), np.zeros(len(texts.values))
        unique = np.zeros(len(texts.values), np.bool_)
        live[grams], rarity[grams], unique[grams] = found.live, found.rarity, found.unique
        is_live = live > 0
        return Weighed(texts, live, rarity, unique, np.cumsum(is_live) - is_live)
