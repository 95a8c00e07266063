"""Rows of 128-bit digests, as u8[n,2]: which are the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Digests = NDArray[np.uint64]
Indices = NDArray[np.int64]


def as_digests(data: bytes | NDArray[np.uint8]) -> Digests:
    """Return digests written one after another; their order is that of their bytes."""
    digests: Digests = np.frombuffer(data, ">u8").astype(np.uint64).reshape(-1, 2)
    return digests


def once(digests: Digests) -> Indices:
    """Return the rows of distinct digests, ascending; of equal ones the first."""
    order = np.lexsort((np.arange(len(digests)), digests[:, 1], digests[:, 0]))
    new = np.append(True, (digests[order][1:] != digests[order][:-1]).any(axis=1))[: len(order)]
    rows: Indices = order[new]
    return rows


def places(wanted: Digests, ascending: Digests) -> Indices:
    """Return the place of each digest among distinct ascending ones, or -1."""
    both = np.concatenate([ascending, wanted])
    # One sort of both, those to be found before those that look for them.
    order = np.lexsort((np.arange(len(both)), both[:, 1], both[:, 0]))
    is_there = order < len(ascending)
    found = np.full(len(wanted), -1, np.int64)
    found[order[~is_there] - len(ascending)] = (np.cumsum(is_there) - 1)[~is_there]
    near = np.flatnonzero(found >= 0)
    differs = (ascending[found[near]] != wanted[near]).any(axis=1)
    found[near[differs]] = -1
    return found
