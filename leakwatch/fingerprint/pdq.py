"""PDQ: 256 bits that stay much the same when a picture is re-saved or resized.

Source: Meta's ThreatExchange, "The TMK+PDQF Video-Hashing Algorithm and the PDQ
Image-Hashing Algorithm" (2019) and its implementations, which differ among
themselves by up to 10 bits. Needs no key and knows none: these bits are for
memory only, what is kept of them is keyed (``image.py``).

The reference smooths a picture with two box filters along each axis and takes
every so many-th pixel. That is linear in each axis, so it is one matrix from
the left and one from the right here, made once for each length of side.

PDQ sees the coarse layout alone: two letters under one letterhead can be 14 of
256 bits apart. So the four quarters are hashed too, each as a picture of its own.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from leakwatch.model.picture import Picture

MIN_SIDE_PX = 5
"""A picture with a shorter side has no hash."""
SIDE_PX = 512
"""The reference shrinks larger pictures to this, linearly, before anything else."""
BLANK_BELOW = 25
"""Quality of a quarter under which its bits are noise; a scanner's own noise makes 12."""
_SIDE = 64
"""Pixels along each side of the smoothed picture, or of each part of it."""
_WAVES = 16
"""Lowest frequencies kept along each axis, the constant one left out."""
_PASSES = 2
_CACHED_LENGTHS = 128
_RED_GREEN_BLUE = np.array([0.299, 0.587, 0.114], np.float32)

Floats: TypeAlias = NDArray[np.floating[Any]]


def pdq(pixels: NDArray[np.uint8]) -> Picture:
    """Return the hashes of a picture in every orientation, and its quality.

    Args:
        pixels: grey, as [rows, columns]; or [rows, columns, 3] in red, green, blue.

    Raises:
        ValueError: they have another shape, or a side is shorter than ``MIN_SIDE_PX``.
    """
    luma: Floats = pixels.astype(np.float32)
    if luma.ndim == 3:
        luma = luma @ _RED_GREEN_BLUE
    if luma.ndim != 2 or min(luma.shape) < MIN_SIDE_PX:
        raise ValueError("no picture, or too small a one")
    whole, quarters = list(_turned(luma, 1)), list(_turned(luma, 2))
    return Picture(
        hashes=tuple(_bits(_waves(parts)) for parts in whole),
        quarters=tuple(_bits(_waves_if_any(parts)) for parts in quarters),
        quality=int(_qualities(whole[0])[0, 0]),
    )


def _turned(luma: Floats, split: int) -> Iterator[Floats]:
    """Yield float32[split, split, 64, 64] for each orientation: every part, smoothed and small.

    A picture that is mirrored is one whose filters are: exact, where changing
    signs of the cosine transform is off by 20 bits, for the filters are lopsided.
    """
    rows, columns = luma.shape
    for upside_down in (False, True):
        left = _smoothing(rows, split, upside_down) @ luma
        for mirrored in (False, True):
            small = left @ _smoothing(columns, split, mirrored).T
            parts = small.reshape(split, _SIDE, split, _SIDE).swapaxes(1, 2)
            yield parts
            yield parts.transpose(1, 0, 3, 2)


def _waves(parts: Floats) -> Floats:
    waves: Floats = _cosines() @ parts @ _cosines().T
    return waves


def _waves_if_any(parts: Floats) -> Floats:
    waves = _waves(parts)
    waves[_qualities(parts) < BLANK_BELOW] = 0.0
    return waves


def _qualities(parts: Floats) -> NDArray[np.int64]:
    """Sum up the steps between neighbouring pixels, each as whole percents of the range."""
    steps = np.zeros(parts.shape[:2])
    for axis in (2, 3):
        steps += np.abs(np.trunc(np.diff(parts, axis=axis) * (100 / 255))).sum(axis=(2, 3))
    return np.minimum(100, steps / 90).astype(np.int64)


def _bits(waves: Floats) -> bytes:
    """Return 32 bytes for each part, row by row."""
    flat = waves.reshape(-1, _WAVES * _WAVES)
    # Of an even number the lower of the two in the middle, as the reference takes it.
    middle = flat.shape[1] // 2 - 1
    medians = np.partition(flat, middle, axis=1)[:, middle, None]
    return np.packbits(flat[:, ::-1] > medians, axis=1).tobytes()


def _sampling(length: int, side: int, *, between: bool) -> NDArray[np.float64]:
    """Return float64[side, length]: the pixels taken, or a blend of the two around each place.

    The reference takes pixels. The parts of a small picture have too few of them.
    """
    weights = np.zeros((side, length))
    rows = np.arange(side)
    if not between:
        weights[rows, ((rows + 0.5) * length / side).astype(np.int64)] = 1.0
        return weights
    places = np.clip((rows + 0.5) * length / side - 0.5, 0, length - 1)
    below = np.floor(places).astype(np.int64)
    weights[rows, below] += 1.0 - (places - below)
    weights[rows, np.minimum(below + 1, length - 1)] += places - below
    return weights


@functools.cache
def _cosines() -> Floats:
    """Return float32[16, 64]: rows 1 to 16 of the discrete cosine transform (DCT-II)."""
    waves, places = np.arange(1, _WAVES + 1)[:, None], np.arange(_SIDE)
    angles = np.pi / (2 * _SIDE) * waves * (2 * places + 1)
    cosines: Floats = (np.sqrt(2 / _SIDE) * np.cos(angles)).astype(np.float32)
    return cosines


@functools.lru_cache(_CACHED_LENGTHS)
def _smoothing(length: int, split: int, mirrored: bool) -> Floats:
    """Return float32[64 * split, length]: two box filters, then every so many-th pixel."""
    if mirrored:
        return np.ascontiguousarray(_smoothing(length, split, mirrored=False)[:, ::-1])
    side = _SIDE * split
    window = (length + 2 * side - 1) // (2 * side)
    # The reference centres its window this way; at the edges it is cut short.
    ahead = (window + 2) // 2 - 1
    places = np.arange(length)
    first = np.maximum(places - (window - 1 - ahead), 0)
    last = np.minimum(places + ahead, length - 1) + 1
    weights = _sampling(length, side, between=split > 1)
    for _ in range(_PASSES):
        share = weights / (last - first)
        edges = np.zeros((length + 1, side))
        np.add.at(edges, first, share.T)
        np.add.at(edges, last, -share.T)
        weights = np.cumsum(edges[:-1], axis=0).T
    return weights.astype(np.float32)
