"""PDQ: 256 bits that stay much the same when a picture is re-saved or resized.

Source: Meta's ThreatExchange, "The TMK+PDQF Video-Hashing Algorithm and the PDQ
Image-Hashing Algorithm" (2019) and its implementations, which differ among
themselves by up to 10 bits. Needs no key and knows none: these bits are for
memory only, what is kept of them is keyed (``image.py``).

The reference smooths a picture with two box filters along each axis and takes
every so many-th pixel. That is linear in each axis, so it is one matrix from
the left and one from the right here, made once for each length of side.
"""

from __future__ import annotations

import functools
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from leakwatch.model.picture import Picture

MIN_SIDE_PX = 5
"""A picture with a shorter side has no hash."""
SIDE_PX = 512
"""The reference shrinks larger pictures to this, linearly, before anything else."""
_SIDE = 64
"""Pixels along each side of the smoothed picture."""
_WAVES = 16
"""Lowest frequencies kept along each axis, the constant one left out."""
_PASSES = 2
_CACHED_LENGTHS = 64
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
    rows, columns = luma.shape
    small: Floats = _smoothing(rows) @ luma @ _smoothing(columns).T
    waves: Floats = _cosines() @ small @ _cosines().T
    return Picture(tuple(_bits(turned) for turned in _orientations(waves)), _quality(small))


def _quality(small: Floats) -> int:
    """Sum up the steps between neighbouring pixels, each as whole percents of the range."""
    steps = [np.abs(np.trunc(np.diff(small, axis=axis) * (100 / 255))).sum() for axis in (0, 1)]
    return min(100, int(sum(steps) / 90))


def _bits(waves: Floats) -> bytes:
    flat = waves.ravel()
    # Of an even number the lower of the two in the middle, as the reference takes it.
    median = np.partition(flat, flat.size // 2 - 1)[flat.size // 2 - 1]
    return np.packbits(flat[::-1] > median).tobytes()


def _orientations(waves: Floats) -> tuple[Floats, ...]:
    """Return the waves of the picture turned and mirrored: signs change, axes swap."""
    signs = np.where(np.arange(_WAVES) % 2, 1, -1).astype(np.float32)
    down, across = waves * signs[:, None], waves * signs
    both = down * signs
    return (waves, down.T, both, across.T, down, across, waves.T, both.T)


@functools.cache
def _cosines() -> Floats:
    """Return float32[16, 64]: rows 1 to 16 of the discrete cosine transform (DCT-II)."""
    waves, places = np.arange(1, _WAVES + 1)[:, None], np.arange(_SIDE)
    angles = np.pi / (2 * _SIDE) * waves * (2 * places + 1)
    cosines: Floats = (np.sqrt(2 / _SIDE) * np.cos(angles)).astype(np.float32)
    return cosines


@functools.lru_cache(_CACHED_LENGTHS)
def _smoothing(length: int) -> Floats:
    """Return float32[64, length]: two box filters, then every so many-th pixel."""
    window = (length + 2 * _SIDE - 1) // (2 * _SIDE)
    # The reference centres its window this way; at the edges it is cut short.
    ahead = (window + 2) // 2 - 1
    places = np.arange(length)
    first = np.maximum(places - (window - 1 - ahead), 0)
    last = np.minimum(places + ahead, length - 1) + 1
    weights = np.zeros((_SIDE, length))
    taken = ((np.arange(_SIDE) + 0.5) * length / _SIDE).astype(np.int64)
    weights[np.arange(_SIDE), taken] = 1.0
    for _ in range(_PASSES):
        share = weights / (last - first)
        edges = np.zeros((length + 1, _SIDE))
        np.add.at(edges, first, share.T)
        np.add.at(edges, last, -share.T)
        weights = np.cumsum(edges[:-1], axis=0).T
    return weights.astype(np.float32)
