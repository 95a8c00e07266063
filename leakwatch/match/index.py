"""Look-ups in one segment: postings of rare grams, sharing, exact digests, tables.

All are vectorised binary searches in memory-mapped arrays: nothing is loaded,
and only the pages touched become resident.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus.segment import LOW_BITS, Segment
from leakwatch.fingerprint.grams import Values
from leakwatch.fingerprint.names import NameKind

Indices = NDArray[np.int64]

LONGEST_LIST = 4096
"""A gram that more files post brings none of them into question: it would bring all."""


@dataclass(frozen=True, slots=True)
class Sharing:
    """How many hold each gram of a text."""

    groups: Indices
    """Groups of known files; 1 where no more than one does."""
    background: Indices
    """Background documents."""


class SegmentIndex:
    """Answers questions about one segment. Thread-safe."""

    def __init__(self, segment: Segment) -> None:
        self.segment = segment
        sizes = np.diff(segment.posting_offsets.astype(np.int64))
        self._steps = int(sizes.max(initial=0)).bit_length()

    def postings(self, values: Values) -> tuple[Indices, Indices]:
        """Return who posts which gram: indices into ``values``, and files, pair by pair.

        52 bits of a value are compared: a chance hit in 1e-8 a gram at 60 million postings.
        """
        bits = self.segment.bucket_bits
        buckets = (values >> np.uint64(64 - bits)).astype(np.int64)
        lows = (values >> np.uint64(64 - bits - LOW_BITS)).astype(np.uint32).astype(np.int64)
        starts = self.segment.posting_offsets[buckets].astype(np.int64)
        ends = self.segment.posting_offsets[buckets + 1].astype(np.int64)
        filled = np.flatnonzero(starts < ends)
        starts, ends, lows = starts[filled], ends[filled], lows[filled]
        first = self._bound(lows, starts, ends)
        after = self._bound(lows + 1, first, ends)
        counts = np.where(after - first > LONGEST_LIST, 0, after - first)
        places = expand(first, counts)
        return np.repeat(filled, counts), self.segment.posting_files[places].astype(np.int64)

    def _bound(self, lows: Indices, starts: Indices, ends: Indices) -> Indices:
        """Return the first place in each range whose low bits are not below ``lows``."""
        left, right = starts.copy(), ends.copy()
        stored = self.segment.posting_lows
        for _ in range(self._steps):
            middle = (left + right) // 2
            open_ = left < right
            below = open_ & (stored[np.minimum(middle, len(stored) - 1)] < lows)
            left = np.where(below, middle + 1, left)
            right = np.where(open_ & ~below, middle, right)
        return left

    def sharing(self, values: Values) -> Sharing:
        """Return how many groups and background documents hold each gram."""
        table = self.segment.shared_values
        groups = np.ones(len(values), np.int64)
        background = np.zeros(len(values), np.int64)
        if len(table):
            places = np.minimum(np.searchsorted(table, values), len(table) - 1)
            found = np.flatnonzero(table[places] == values)
            groups[found] = self.segment.shared_groups[places[found]]
            background[found] = self.segment.shared_background[places[found]]
        return Sharing(groups, background)

    def may_hold(self, raw: Sequence[bytes], text: Sequence[bytes]) -> list[tuple[bool, bool]]:
        """Tell of many keyed digests, in one go, which are worth a look: hardly any are.

        Args:
            raw: of bytes, for ``by_raw``; empty where there is none.
            text: of texts, for ``by_text``; one for each of ``raw``.
        """
        found = (_found(self.segment.raw_keys, raw), _found(self.segment.text_keys, text))
        return list(zip(*found, strict=True))

    def by_raw(self, digest: bytes) -> list[int]:
        """Return the file of a keyed raw digest, in a list of none or one."""
        first, rest = _halves(digest)
        places = _equal(self.segment.raw_keys, first)
        return [p for p in places if int(self.segment.raw_rests[p]) == rest]

    def by_text(self, digest: bytes) -> list[int]:
        """Return the files of a keyed text digest."""
        first, rest = _halves(digest)
        places = _equal(self.segment.text_keys, first)
        kept = [p for p in places if int(self.segment.text_rests[p]) == rest]
        return [int(self.segment.text_files[p]) for p in kept]

    def by_name(self, kind: NameKind, number: int) -> list[int]:
        """Return the files of one listing digest."""
        keys, files = self.segment.table(kind)
        return [int(files[p]) for p in _equal(keys, number)]


def expand(starts: Indices, counts: Indices) -> Indices:
    """Return the ranges ``starts[i] .. starts[i] + counts[i]`` one after another."""
    total = int(counts.sum())
    before = np.cumsum(counts) - counts
    places: Indices = np.arange(total, dtype=np.int64) + np.repeat(starts - before, counts)
    return places


def changes(ids: Indices) -> NDArray[np.bool_]:
    """Return where a run of equal ids begins."""
    begins = np.ones(len(ids), np.bool_)
    np.not_equal(ids[1:], ids[:-1], out=begins[1:])
    return begins


def _halves(digest: bytes) -> tuple[int, int]:
    return int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:], "big")


def _found(keys: NDArray[np.uint64], digests: Sequence[bytes]) -> list[bool]:
    wanted = np.array([int.from_bytes(digest[:8], "big") for digest in digests], np.uint64)
    if not len(keys) or not len(wanted):
        return [False] * len(wanted)
    places = np.minimum(np.searchsorted(keys, wanted, "left"), len(keys) - 1)
    found: list[bool] = (keys[places] == wanted).tolist()
    return found


def _equal(keys: NDArray[Any], key: int) -> range:
    wanted = np.uint64(key)
    return range(
        int(np.searchsorted(keys, wanted, "left")), int(np.searchsorted(keys, wanted, "right"))
    )
