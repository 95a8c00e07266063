"""Families: known files that are versions of one another.

Document frequency is counted in families, or a file kept in some versions would
lose much of what sets it apart. But a form that many filled in is a family by
resemblance too, and counted once it would set each of them apart: from
``VERSIONS`` different texts on a family is counted text by text. Everything is done for many pairs at
once: a form filled in 10,000 times gives 20,000 pairs a band, not 50 million.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus.columns import Grams, Indices, ranges
from leakwatch.corpus.digests import Digests
from leakwatch.fingerprint.minhash import PERMUTATIONS

RESEMBLANCE = 0.5
"""Jaccard similarity of the kept grams from which on two files are one family."""
VERSIONS = 6
"""Different texts of one family beyond which they are no versions but a form filled in."""
_ESTIMATED = 24
"""Equal entries of two signatures below which the sets are not compared: at a
similarity of 0.5 there are 32 on average, and as few in 1 of 60 cases."""
_ROWS = 3
"""Rows a band: two files at 0.5 share one of 21 bands with p = 0.94, at 0.7 with 0.9999."""
_PAIRS = 1 << 16
"""Pairs whose signatures are compared at a time: 32 MB."""


def families(text: Digests, signatures: NDArray[np.uint32], grams: Grams) -> NDArray[np.uint32]:
    """Return u4[n]: the row of the first member of each row's family.

    Args:
        text: u8[n,2]: digest of the letters; nought where there is none.
        signatures: u4[n,64]
        grams: distinct ones of each row.
    """
    labels = np.arange(len(text), dtype=np.int64)
    labels = _joined(labels, *_equal_texts(text))
    sketched = np.flatnonzero(grams.counts)
    for first in range(0, PERMUTATIONS - _ROWS + 1, _ROWS):
        one, other = _band_pairs(signatures[:, first : first + _ROWS], sketched)
        for alike in _alike(signatures, grams, labels, (one, other)):
            labels = _joined(labels, *alike)
    return labels.astype(np.uint32)


def versions(family: NDArray[np.uint32], text: Digests) -> NDArray[np.uint32]:
    """Return the family of each row, and where it is a form's, the row of the first equal text.

    Args:
        family: u4[n]: row of the first member of each family.
        text: u8[n,2]: digest of the letters; nought where there is none.
    """
    rows = np.arange(len(family))
    first_equal = _joined(rows, *_equal_texts(text))
    texts = np.bincount(family[first_equal == rows], minlength=len(family))
    is_form = texts[family] > VERSIONS
    return np.where(is_form, first_equal, family).astype(np.uint32)


def _joined(labels: Indices, one: Indices, other: Indices) -> Indices:
    """Return the labels after uniting pairs: each row has the least row of its component."""
    while len(one):
        left, right = labels[one], labels[other]
        differ = left != right
        one, other = one[differ], other[differ]
        labels = labels.copy()
        np.minimum.at(
            labels,
            np.maximum(left, right)[differ],
            np.minimum(left, right)[differ],
        )
        # Pointers halve their way to the root: a chain of n takes log n rounds.
        while not np.array_equal(shorter := labels[labels], labels):
            labels = shorter
    return labels


def _equal_texts(text: Digests) -> tuple[Indices, Indices]:
    has_text = np.flatnonzero(text.any(axis=1))
    if not len(has_text):
        return has_text, has_text
    order = has_text[np.lexsort(text[has_text].T)]
    equal = (text[order][1:] == text[order][:-1]).all(axis=1)
    return order[:-1][equal], order[1:][equal]


def _band_pairs(band: NDArray[np.uint32], rows: Indices) -> tuple[Indices, Indices]:
    """Return pairs that agree in a band: each row with the one before it and the first."""
    if len(rows) < 2:
        return rows[:0], rows[:0]
    values = np.ascontiguousarray(band[rows])
    order = np.lexsort(values.T)
    values, rows = values[order], rows[order]
    equal = np.append(False, (values[1:] == values[:-1]).all(axis=1))
    heads = np.maximum.accumulate(np.where(equal, 0, np.arange(len(rows))))
    places = np.flatnonzero(equal)
    further = places[heads[places] != places - 1]
    return (
        np.concatenate([rows[places - 1], rows[heads[further]]]),
        np.concatenate([rows[places], rows[further]]),
    )


def _alike(
    signatures: NDArray[np.uint32],
    grams: Grams,
    labels: Indices,
    pairs: tuple[Indices, Indices],
) -> Iterator[tuple[Indices, Indices]]:
    """Yield those of the pairs that are versions of one another, some at a time."""
    (one, other), counts = pairs, grams.counts
    apart = labels[one] != labels[other]
    shorter = np.minimum(counts[one], counts[other])
    apart &= shorter >= RESEMBLANCE * np.maximum(counts[one], counts[other])
    one, other = one[apart], other[apart]
    for start in range(0, len(one), _PAIRS):
        left, right = one[start : start + _PAIRS], other[start : start + _PAIRS]
        equal = signatures[left] == signatures[right]
        near = np.count_nonzero(equal, axis=1) >= _ESTIMATED
        yield from _resembling(grams, left[near], right[near])


def _resembling(grams: Grams, one: Indices, other: Indices) -> Iterator[tuple[Indices, Indices]]:
    counts = grams.counts
    for start, stop in ranges(counts[one] + counts[other]):
        left, right = one[start:stop], other[start:stop]
        pairs = np.arange(len(left), dtype=np.uint64)
        keys = np.concatenate([_keyed(grams, left, pairs), _keyed(grams, right, pairs)])
        keys.sort()
        twice = keys[1:][keys[1:] == keys[:-1]] >> np.uint64(32)
        shared = np.bincount(twice.astype(np.int64), minlength=len(left))
        alike = shared >= RESEMBLANCE * (counts[left] + counts[right] - shared)
        yield left[alike], right[alike]


def _keyed(grams: Grams, rows: Indices, numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    owners = np.repeat(numbers, grams.counts[rows])
    return owners << np.uint64(32) | grams.take(rows)
