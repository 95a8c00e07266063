"""Families: known files that are versions of one another.

Document frequency is counted in families, or a file kept in seven versions
would lose most of its grams as "common".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus.known import KnownFile
from leakwatch.fingerprint.minhash import PERMUTATIONS

RESEMBLANCE = 0.5
"""Jaccard similarity of the kept grams from which on two files are one family."""
_ROWS = 3
"""Rows a band: two files at 0.5 share one of 21 bands with p = 0.94, at 0.7 with 0.9999."""


class _Union:
    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def root(self, node: int) -> int:
        while self._parent[node] != node:
            self._parent[node] = self._parent[self._parent[node]]
            node = self._parent[node]
        return node

    def join(self, one: int, other: int) -> None:
        low, high = sorted((self.root(one), self.root(other)))
        self._parent[high] = low


def families(files: Sequence[KnownFile]) -> NDArray[np.uint32]:
    """Return uint32[files]: the index of the first member of each file's family."""
    union = _Union(len(files))
    by_text: dict[bytes, int] = {}
    for index, file in enumerate(files):
        if file.text is not None:
            union.join(by_text.setdefault(file.text, index), index)
    for one, other in _candidates(files):
        if union.root(one) != union.root(other) and _alike(files[one], files[other]):
            union.join(one, other)
    return np.array([union.root(i) for i in range(len(files))], dtype=np.uint32)


def _candidates(files: Sequence[KnownFile]) -> Iterator[tuple[int, int]]:
    """Yield pairs that agree in a band of the signature: neighbours and head of each bucket.

    Not all pairs of a bucket: a form filled in 10,000 times would give 50 million.
    """
    sketched = np.array([i for i, file in enumerate(files) if len(file.values)], dtype=np.int64)
    if len(sketched) < 2:
        return
    signatures = np.stack([files[i].signature for i in sketched])
    for first in range(0, PERMUTATIONS - _ROWS + 1, _ROWS):
        band = signatures[:, first : first + _ROWS]
        order = np.lexsort(band.T)
        equal = np.flatnonzero((band[order][1:] == band[order][:-1]).all(axis=1)) + 1
        head, last = -1, -2
        for place in equal.tolist():
            if place != last + 1:
                head = place - 1
            last = place
            one = int(sketched[order[place]])
            yield int(sketched[order[place - 1]]), one
            if head != place - 1:
                yield int(sketched[order[head]]), one


def _alike(one: KnownFile, other: KnownFile) -> bool:
    shorter, longer = sorted((len(one.values), len(other.values)))
    if shorter < RESEMBLANCE * longer:
        return False
    shared = len(np.intersect1d(one.values, other.values, assume_unique=True))
    return shared >= RESEMBLANCE * (shorter + longer - shared)
