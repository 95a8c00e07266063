"""When two pictures are the same, and when they are alike.

The layout of a page (all that PDQ sees) is that of its letterhead: of 11,175
pairs of different letters under one letterhead 15 % differ in 31 bits or fewer.
What tells them apart is the quarters; ``docs/method-and-limits.md`` has the
measurements that these thresholds rest on.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from leakwatch.fingerprint.image import QUARTERS, WORDS, PictureHashes, Words

SAME_BITS = 31
LIKE_BITS = 50
QUARTER_SAME_BITS = 48
QUARTER_LIKE_BITS = 60
_AGREEING = 3
"""Quarters that make a picture alike though the fourth is another: a stamp, a watermark."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How pairs of pictures compare, pair by pair."""

    bits: NDArray[np.int64] = field(repr=False)
    """Bits of 256 that differ."""
    worst: NDArray[np.int64] = field(repr=False)
    """Bits of 256 that differ in the quarter that differs most."""
    agreeing: NDArray[np.int64] = field(repr=False)
    """Quarters that are the same and show something."""
    shown: NDArray[np.int64] = field(repr=False)
    """Quarters that show something on either side."""

    @property
    def same(self) -> NDArray[np.bool_]:
        """Tell which pairs are one picture, re-saved or resized."""
        return (self.bits <= SAME_BITS) & (self.worst <= QUARTER_SAME_BITS) & (self.shown > 0)

    @property
    def like(self) -> NDArray[np.bool_]:
        """Tell which pairs may be one picture, skewed, stamped or much reduced."""
        close = (self.worst <= QUARTER_LIKE_BITS) & (self.shown > 0)
        return (self.bits <= LIKE_BITS) & (close | (self.agreeing >= _AGREEING))


def compare(ours: PictureHashes, theirs: PictureHashes, *, blank: Words) -> Likeness:
    """Compare two lists of pictures, row by row.

    Args:
        ours: keyed hashes.
        theirs: as many of them.
        blank: uint64[4]: a blank quarter under that key.
    """
    one = ours.quarters.reshape(-1, QUARTERS, WORDS)
    other = theirs.quarters.reshape(-1, QUARTERS, WORDS)
    quarters = distances(one, other)
    shows = ~((one == blank).all(axis=2) & (other == blank).all(axis=2))
    return Likeness(
        bits=distances(ours.whole, theirs.whole),
        worst=quarters.max(axis=1, initial=0),
        agreeing=((quarters <= QUARTER_SAME_BITS) & shows).sum(axis=1),
        shown=shows.sum(axis=1),
    )


def distances(hashes: Words, other: Words) -> NDArray[np.int64]:
    """Return how many bits differ, along the last axis; shapes as NumPy broadcasts them."""
    differing: NDArray[np.int64] = np.bitwise_count(hashes ^ other).sum(axis=-1, dtype=np.int64)
    return differing
