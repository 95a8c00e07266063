"""Pictures that identify nobody: those of the background, and those that many have.

A logo, a stamp, the scan of a blank form. Pictures that are the same are one
family; a family with a picture of the background in it, or with pictures of
more than a few groups of known files, is left out of every look-up.

The families are found in linear time. Two pictures that are the same agree in
some band of both hashes, almost surely; so all are sorted by such a band, each
is compared with its neighbour, and that for sixteen bands.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leakwatch.fingerprint.image import QUARTERS, WORDS, PictureHashes, Words
from leakwatch.fingerprint.likeness import compare

PUBLIC_PICTURE = 1
"""The same picture is in the background."""
COMMON_PICTURE = 2
"""The same picture is in more groups of known files than identify anybody."""
MANY_GROUPS = 6
"""A picture of more groups is common, as a gram is."""
_BANDS = 16
_BAND_BITS = 16


def flags(
    known: PictureHashes,
    groups: NDArray[np.integer],
    background: PictureHashes,
    *,
    blank: Words,
) -> NDArray[np.uint8]:
    """Return what each known picture is; 0 for one that may identify somebody.

    Args:
        known: pictures of the known files.
        groups: the group of the file that each lies in.
        background: pictures of the background.
        blank: a blank quarter under the key.
    """
    if not len(known):
        return np.empty(0, np.uint8)
    family = families(PictureHashes.joined([known, background]), blank=blank)
    ours, theirs = family[: len(known)], family[len(known) :]
    pairs = np.unique(np.stack([ours, groups.astype(np.int64)], axis=1), axis=0)
    spread = np.bincount(pairs[:, 0], minlength=len(family))
    public = np.isin(ours, theirs) * np.uint8(PUBLIC_PICTURE)
    common = (spread[ours] > MANY_GROUPS) * np.uint8(COMMON_PICTURE)
    return (public | common).astype(np.uint8)


def families(pictures: PictureHashes, *, blank: Words) -> NDArray[np.int64]:
    """Return for each picture the first row that is the same picture, by steps of likeness."""
    both = np.concatenate([pictures.whole, pictures.quarters], axis=1)
    _, first, distinct = np.unique(both, axis=0, return_index=True, return_inverse=True)
    kept = pictures.take(first)
    label = _joined(len(kept), _same_pairs(kept, blank))
    lowest = np.full(len(kept), len(pictures), np.int64)
    np.minimum.at(lowest, label, first)
    return lowest[label][distinct.reshape(-1)]


def _same_pairs(pictures: PictureHashes, blank: Words) -> NDArray[np.int64]:
    """Return int64[n, 2]: neighbours, in the order of some band, that are the same picture."""
    pairs = [np.empty((0, 2), np.int64)]
    for band in range(_BANDS):
        keys = _keys(pictures, band)
        order = np.argsort(keys, kind="stable")
        touching = np.flatnonzero(keys[order[1:]] == keys[order[:-1]])
        one, other = order[touching], order[touching + 1]
        same = compare(pictures.take(one), pictures.take(other), blank=blank).same
        pairs.append(np.stack([one[same], other[same]], axis=1))
    return np.concatenate(pairs)


def _keys(pictures: PictureHashes, band: int) -> NDArray[np.uint64]:
    """Return 16 bits of the whole and 16 of a quarter."""
    word, place = divmod(band, _BANDS // WORDS)
    shift = np.uint64(_BAND_BITS * place)
    mask = np.uint64((1 << _BAND_BITS) - 1)
    column = (band % QUARTERS) * WORDS + word
    whole = (pictures.whole[:, word] >> shift) & mask
    quarter = (pictures.quarters[:, column] >> shift) & mask
    return (whole << np.uint64(_BAND_BITS)) | quarter


def _joined(count: int, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return a label for each of ``count`` things, equal for those that pairs connect."""
    parent = list(range(count))
    for one, other in pairs.tolist():
        a, b = one, other
        while parent[a] != a:
            parent[a] = a = parent[parent[a]]
        while parent[b] != b:
            parent[b] = b = parent[parent[b]]
        parent[max(a, b)] = min(a, b)
    for node in range(count):
        # A parent is never above its child: one pass from below finds every root.
        parent[node] = parent[parent[node]]
    return np.array(parent, np.int64)
