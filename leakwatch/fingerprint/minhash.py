"""MinHash signatures over sketch values, equal to datasketch's.

Kept beside the sketch for families of near-duplicates and as the portable
form another party can compare by. Computed here in NumPy, because datasketch
takes a second and 100 MB to import; a test holds the two equal.

Source: datasketch 2.0, scheme ``affine32``: the low 32 bits of a value pass
the MurmurHash3 finaliser, then ``a * h + b mod 2**32`` for each permutation.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from leakwatch.fingerprint.grams import Values

if TYPE_CHECKING:
    from datasketch import MinHash  # type: ignore[import-untyped]

PERMUTATIONS = 64
SCHEME = "affine32"
_SEED = 1
_EMPTY = np.uint32(0xFFFFFFFF)
_BLOCK = 1 << 15
"""Values permuted at a time: they stay in the processor's cache."""

Signature = NDArray[np.uint32]


def signature(values: Values) -> Signature:
    """Return uint32[64]; every entry is 0xFFFFFFFF for no values."""
    lowest = np.full(PERMUTATIONS, _EMPTY, dtype=np.uint32)
    multipliers, addends = _permutations()
    mixed = _fmix32(values.astype(np.uint32))
    for start in range(0, len(mixed), _BLOCK // PERMUTATIONS):
        permuted = mixed[start : start + _BLOCK // PERMUTATIONS, None] * multipliers + addends
        np.minimum(lowest, permuted.min(axis=0), out=lowest)
    return lowest


def signatures(sets: Sequence[Values]) -> Signature:
    """Return uint32[n, 64], the signature of each set of values: faster, together."""
    if len(sets) == 1:
        return signature(sets[0])[None, :]
    lowest = np.full((len(sets), PERMUTATIONS), _EMPTY, dtype=np.uint32)
    sizes = np.fromiter(map(len, sets), np.int64, len(sets))
    ends = np.cumsum(sizes)
    filled = np.flatnonzero(sizes)
    if len(filled):
        mixed = _fmix32(np.concatenate([values.astype(np.uint32) for values in sets]))
        for start in range(0, len(mixed), _BLOCK):
            _lower(lowest, mixed[start : start + _BLOCK], filled, ends[filled] - start)
    return lowest


def _lower(
    lowest: Signature, mixed: NDArray[np.uint32], rows: NDArray[np.int64], ends: NDArray[np.int64]
) -> None:
    """Permute a block of values, and lower the rows that they belong to.

    Args:
        lowest: the signatures so far.
        mixed: the block.
        rows: of the sets that are not empty, in order.
        ends: where in the block, or before or behind it, each of them ends.
    """
    first = int(np.searchsorted(ends, 0, "right"))
    after = int(np.searchsorted(ends, len(mixed), "left")) + 1
    rows, ends = rows[first:after], ends[first:after]
    starts = np.concatenate([[0], ends[: len(rows) - 1]])
    permuted = np.empty(len(mixed), np.uint32)
    least = np.empty((PERMUTATIONS, len(rows)), np.uint32)
    for number, (multiplier, addend) in enumerate(zip(*_permutations(), strict=True)):
        np.multiply(mixed, multiplier, out=permuted)
        permuted += addend
        np.minimum.reduceat(permuted, starts, out=least[number])
    lowest[rows] = np.minimum(lowest[rows], least.T)


def resemblance(one: Signature, other: Signature) -> float:
    """Return the estimated Jaccard similarity of two sets."""
    return float(np.mean(one == other))


def as_datasketch(values: Signature) -> MinHash:
    """Return the signature as a datasketch MinHash, to be exchanged or indexed."""
    from datasketch import MinHash  # noqa: PLC0415 - a second and 100 MB to import

    return MinHash(hashvalues=values, seed=_SEED, scheme=SCHEME)


@functools.cache
def _permutations() -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    # The generator that datasketch draws its permutations from.
    generator = np.random.RandomState(_SEED)
    half = generator.randint(0, 1 << 31, PERMUTATIONS, dtype=np.uint32)
    addends = generator.randint(0, 1 << 32, PERMUTATIONS, dtype=np.uint32)
    return half * np.uint32(2) + np.uint32(1), addends


def _fmix32(values: NDArray[np.uint32]) -> NDArray[np.uint32]:
    values = values ^ (values >> np.uint32(16))
    values = values * np.uint32(0x85EBCA6B)
    values = values ^ (values >> np.uint32(13))
    values = values * np.uint32(0xC2B2AE35)
    return values ^ (values >> np.uint32(16))
