"""MinHash signatures over sketch values, equal to datasketch's.

Kept beside the sketch for families of near-duplicates and as the portable
form another party can compare by. Computed here in NumPy, because datasketch
takes a second and 100 MB to import; a test holds the two equal.

Source: datasketch 2.0, scheme ``affine32``: the low 32 bits of a value pass
the MurmurHash3 finaliser, then ``a * h + b mod 2**32`` for each permutation.
"""

from __future__ import annotations

import functools
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
_BLOCK = 4096
"""Values permuted at a time: 1 MB of working memory."""

Signature = NDArray[np.uint32]


def signature(values: Values) -> Signature:
    """Return uint32[64]; every entry is 0xFFFFFFFF for no values."""
    lowest = np.full(PERMUTATIONS, _EMPTY, dtype=np.uint32)
    multipliers, addends = _permutations()
    mixed = _fmix32(values.astype(np.uint32))
    for start in range(0, len(mixed), _BLOCK):
        permuted = mixed[start : start + _BLOCK, None] * multipliers + addends
        np.minimum(lowest, permuted.min(axis=0), out=lowest)
    return lowest


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
