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

from leakwatch.corpus.columns import expand
from leakwatch.corpus.segment import GRAM_BITS, Segment, bits_of
from leakwatch.fingerprint.grams import Values
from leakwatch.fingerprint.names import NameKind

Indices = NDArray[np.int64]

LONGEST_LIST = 4096
"""A gram that more files post brings none of them into question: it would bring all."""


_AT_ONCE = 1 << 15
"""Grams looked up at a time: they stay in the processor's cache."""
_COMPARED = 1 << 14
"""Entries up to which each is compared; a search takes fifty calls of NumPy."""


@dataclass(frozen=True, slots=True)
class Sharing:
    """How many hold each gram of a text."""

    groups: Indices
    """Groups of known files; 1 where no more than one does."""
    background: Indices
    """Background documents."""


@dataclass(frozen=True, slots=True)
class Lists:
    """Postings of some grams."""

    starts: Indices
    sizes: Indices

    def of(self, grams: Indices) -> Lists:
        return Lists(self.starts[grams], self.sizes[grams])


class SegmentIndex:
    """Answers questions about one segment. Thread-safe."""

    def __init__(self, segment: Segment) -> None:
        self.segment = segment
        self._postings = _Table(
            segment.posting_offsets,
            segment.posting_lows,
            kept_bits=GRAM_BITS - bits_of(segment.posting_offsets),
        )
        self._shared = _Table(segment.shared_offsets, segment.shared_values, kept_bits=GRAM_BITS)

    def posted(self, values: Values) -> tuple[Indices, Lists]:
        """Return indices into ``values`` of those that files post, and the list of each.

        32 bits of a value are compared: at 34 million postings 1 foreign gram in
        126 brings a file into question, in which it then finds nothing else.
        """
        found, first, after = self._postings.find(values)
        kept = after - first <= LONGEST_LIST
        return found[kept], Lists(first[kept], (after - first)[kept])

    def files_of(self, lists: Lists) -> Indices:
        """Return the files on some lists, list after list."""
        places = expand(lists.starts, lists.sizes)
        return self.segment.posting_files[places].astype(np.int64)

    def sharing(self, values: Values) -> Sharing:
        """Return how many groups and background documents hold each gram."""
        groups = np.ones(len(values), np.int64)
        background = np.zeros(len(values), np.int64)
        found, places, _ = self._shared.find(values)
        groups[found] = self.segment.shared_groups[places]
        background[found] = self.segment.shared_background[places]
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


class _Table:
    """Grams, ascending, in buckets by their top bits.

    Args:
        offsets: where each bucket begins, and the end.
        stored: what is kept of each gram.
        kept_bits: how many of its low bits that is.
    """

    def __init__(
        self, offsets: NDArray[np.uint32], stored: NDArray[Any], *, kept_bits: int
    ) -> None:
        self._offsets = offsets
        self._stored = stored
        self._shift = np.uint64(64 - bits_of(offsets))
        self._mask = np.int64((1 << kept_bits) - 1)

    def find(self, values: Values) -> tuple[Indices, Indices, Indices]:
        """Return indices into ``values`` of those that are there, and from where to where."""
        parts = [
            self._find(values[start : start + _AT_ONCE], start)
            for start in range(0, len(values), _AT_ONCE)
        ]
        if len(parts) == 1:
            return parts[0]
        nothing = np.empty(0, np.int64)
        found, first, after = zip(*parts, (nothing,) * 3, strict=True)
        return np.concatenate(found), np.concatenate(first), np.concatenate(after)

    def _find(self, values: Values, start: int) -> tuple[Indices, Indices, Indices]:
        buckets = (values >> self._shift).astype(np.int64)
        wanted = (values >> np.uint64(64 - GRAM_BITS)).astype(np.int64) & self._mask
        starts = self._offsets[buckets].astype(np.int64)
        ends = self._offsets[buckets + 1].astype(np.int64)
        filled = np.flatnonzero(starts < ends)
        wanted, starts, ends = wanted[filled], starts[filled], ends[filled]
        filled += start
        if int((ends - starts).sum()) <= _COMPARED:
            return self._compared(filled, wanted, starts, ends)
        first = self._bound(wanted, starts, ends)
        held = np.flatnonzero(first < ends)
        held = held[self._stored[first[held]] == wanted[held]]
        first = first[held]
        return filled[held], first, self._bound(wanted[held] + 1, first, ends[held])

    def _compared(
        self, filled: Indices, wanted: Indices, starts: Indices, ends: Indices
    ) -> tuple[Indices, Indices, Indices]:
        """Compare with all that stands in the buckets: less to do, for a few, than a search."""
        sizes = ends - starts
        places = expand(starts, sizes)
        same = np.flatnonzero(self._stored[places] == np.repeat(wanted, sizes))
        owners = np.repeat(np.arange(len(sizes)), sizes)[same]
        first = np.flatnonzero(changes(owners))
        counts = np.diff(np.append(first, len(owners)))
        begins = places[same[first]]
        return filled[owners[first]], begins, begins + counts

    def _bound(self, wanted: Indices, starts: Indices, ends: Indices) -> Indices:
        """Return the first place in each range, none empty, where what is stored is not below."""
        found = starts.copy()
        # Most ranges are short: those that are done are not searched on beside the long ones.
        open_ = np.arange(len(starts))
        left, right = starts, ends
        while len(open_):
            middle = (left + right) >> 1
            below = self._stored[middle] < wanted
            left = np.where(below, middle + 1, left)
            right = np.where(below, right, middle)
            found[open_] = left
            more = np.flatnonzero(left < right)
            if len(more) < len(open_):
                open_, left, right, wanted = open_[more], left[more], right[more], wanted[more]
        return found


def changes(ids: NDArray[np.integer]) -> NDArray[np.bool_]:
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
