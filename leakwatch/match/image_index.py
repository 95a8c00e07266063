"""Which keyed picture hashes lie near another: multi-index hashing (Norouzi and others, 2012).

256 bits are cut into 16 bands of 16. Two hashes that differ in few bits differ
in hardly any of some band: in 1 at most up to 31 bits, in 2 at most up to 47.
So the buckets within 1 or 2 bits of a query's band hold every such hash. Of
those 50 bits away one in 4 million is missed, of those 48 away one in 300
million: the bits are shuffled under the key, and every band would have to take
three flips or more.
"""

from __future__ import annotations

from functools import cached_property
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus.columns import Indices, expand
from leakwatch.fingerprint.image import WORDS, Words
from leakwatch.fingerprint.likeness import distances

BANDS = 16
_BAND_BITS = 16
_BUCKETS = 1 << _BAND_BITS
ONE_FLIP_BITS = 2 * BANDS - 1
"""Distance up to which one flip a band finds everything."""
TWO_FLIPS_BITS = 3 * BANDS - 1
"""Distance up to which two flips do."""
FEW = 4096
"""Up to so many hashes are compared one by one: as quick, and no tables."""


def _flips(most: int) -> NDArray[np.uint16]:
    """Return the bands within so many bits of zero."""
    bits = [1 << bit for bit in range(_BAND_BITS)]
    masks = [sum(c) for size in range(most + 1) for c in combinations(bits, size)]
    return np.array(masks, np.uint16)


_ONE_FLIP, _TWO_FLIPS = _flips(1), _flips(2)


class PictureIndex:
    """Finds near hashes. Thread-safe; tables of 64 bytes a hash are made at the first look-up.

    Args:
        hashes: uint64[n, 4].
    """

    def __init__(self, hashes: Words) -> None:
        self._hashes = np.ascontiguousarray(hashes, np.uint64).reshape(-1, WORDS)

    def __len__(self) -> int:
        return len(self._hashes)

    def near(self, queries: Words, *, bits: int) -> tuple[Indices, Indices]:
        """Return pairs within a distance, each once: indices of queries and of hashes.

        Args:
            queries: uint64[m, 4].
            bits: most that may differ; beyond 47 a few are missed.
        """
        if len(self) <= FEW:
            close = distances(queries[:, None, :], self._hashes[None, :, :]) <= bits
            query, row = np.nonzero(close)
            return query, row
        pairs = np.unique(np.concatenate(self._candidates(queries, bits)))
        query, row = np.divmod(pairs, len(self))
        return query, row

    def _candidates(self, queries: Words, bits: int) -> list[Indices]:
        """Return, band by band, query * n + hash of every pair within the distance."""
        masks = _ONE_FLIP if bits <= ONE_FLIP_BITS else _TWO_FLIPS
        near = []
        for band, (starts, order) in enumerate(self._tables):
            keys = (_band(queries, band)[:, None] ^ masks).astype(np.int64).ravel()
            first = starts[keys].astype(np.int64)
            counts = starts[keys + 1].astype(np.int64) - first
            rows = order[expand(first, counts)].astype(np.int64)
            query = np.repeat(np.arange(len(keys)) // len(masks), counts)
            kept = distances(queries[query], self._hashes[rows]) <= bits
            near.append(query[kept] * len(self) + rows[kept])
        return near

    @cached_property
    def _tables(self) -> list[tuple[NDArray[np.uint32], NDArray[np.uint32]]]:
        """Per band: where each bucket begins, and the hashes bucket by bucket."""
        tables = []
        for band in range(BANDS):
            values = _band(self._hashes, band)
            counts = np.bincount(values, minlength=_BUCKETS)
            starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.uint32)
            tables.append((starts, np.argsort(values, kind="stable").astype(np.uint32)))
        return tables


def _band(hashes: Words, band: int) -> NDArray[np.uint16]:
    word, quarter = divmod(band, BANDS // WORDS)
    return (hashes[:, word] >> np.uint64(_BAND_BITS * quarter)).astype(np.uint16)
