"""The known files of one corpus, as listings ask for them: by number and by size."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus.columns import expand
from leakwatch.corpus.segment import IN_BACKGROUND, Segment
from leakwatch.fingerprint.names import NameKind
from leakwatch.fingerprint.sizes import SizeMask
from leakwatch.match.lines import Bytes, Flags, Numbers, Places

_NO_NUMBERS: Numbers = np.empty(0, np.uint64)


@dataclass(frozen=True)
class Agreed:
    """Which of the numbers asked for are whose, pair by pair."""

    asked: Places = field(repr=False)
    """int64[P]: index into the numbers."""
    files: Places = field(repr=False)
    """int64[P]: known files, counted on from segment to segment."""

    @property
    def count(self) -> int:
        """Return the number of pairs."""
        return len(self.asked)


class Inventory:
    """Files that can name somebody: neither withdrawn nor in the background.

    Args:
        segments: of one corpus.
        withdrawn: for each segment, the files that are known no longer.
        mask: unmasks their sizes; 25 bytes a file stay in memory.
        common_names: uint64, ascending: names of documents that were not stolen.
    """

    def __init__(
        self,
        segments: Sequence[Segment],
        withdrawn: Sequence[Collection[int]],
        *,
        mask: SizeMask,
        common_names: Numbers = _NO_NUMBERS,
    ) -> None:
        self.common_names = common_names
        self._segments = segments
        self._starts = np.cumsum([0, *(len(s) for s in segments)]).astype(np.int64)
        counting = [_counting(s, gone) for s, gone in zip(segments, withdrawn, strict=True)]
        sizes = [mask.unmasked(s.raw_keys, s.raw_rests, s.sizes) for s in segments]
        self._counts = np.concatenate([np.empty(0, np.bool_), *counting])
        self._sizes = np.concatenate([np.empty(0, np.uint64), *sizes]).astype(np.int64)
        # A file that came again under another name lies in two segments: it is one file.
        self._same = _firsts(segments)
        self._counts &= self._same == np.arange(len(self._same))
        self._sorted = np.sort(self._sizes[self._counts])

    def __len__(self) -> int:
        return len(self._sorted)

    def numbers(self, kind: NameKind) -> int:
        """Return how many numbers of a kind the table holds, the uncounted ones' too."""
        return sum(len(segment.table(kind)[0]) for segment in self._segments)

    def home(self, file: int) -> tuple[int, int]:
        """Return the segment of a file, and its index there."""
        segment = int(np.searchsorted(self._starts, file, "right")) - 1
        return segment, file - int(self._starts[segment])

    def agreed(self, kind: NameKind, numbers: Numbers) -> Agreed:
        """Return the files of each number, ``asked`` ascending, each pair once."""
        asked, files = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for segment, start in zip(self._segments, self._starts, strict=False):
            keys, owners = segment.table(kind)
            first = np.searchsorted(keys, numbers, "left")
            counts = np.searchsorted(keys, numbers, "right") - first
            asked.append(np.repeat(np.arange(len(numbers)), counts))
            files.append(owners[expand(first, counts)].astype(np.int64) + start)
        every, owned = np.concatenate(asked), self._same[np.concatenate(files)]
        kept = self._counts[owned]
        pairs = np.unique(np.stack([every[kept], owned[kept]], axis=1), axis=0)
        return Agreed(pairs[:, 0], pairs[:, 1])

    def sizes(self, files: Places) -> Bytes:
        """Return int64: size in bytes of each file."""
        sizes: Bytes = self._sizes[files]
        return sizes

    def between(self, low_bytes: Bytes, high_bytes: Bytes) -> NDArray[np.int64]:
        """Return how many files have a size from ``low`` to ``high``, both included."""
        after = np.searchsorted(self._sorted, high_bytes, "right")
        return after - np.searchsorted(self._sorted, low_bytes, "left")


def _firsts(segments: Sequence[Segment]) -> Places:
    """Return for each file the first one of the same bytes, counted on over segments."""
    if len(segments) == 1:
        return np.arange(len(segments[0]))
    raws = [np.stack([s.raw_keys, s.raw_rests], axis=1) for s in segments]
    every = np.concatenate([np.empty((0, 2), np.uint64), *raws])
    _, first, which = np.unique(every, axis=0, return_index=True, return_inverse=True)
    firsts: Places = first[which.reshape(-1)].astype(np.int64)
    return firsts


def _counting(segment: Segment, withdrawn: Collection[int]) -> Flags:
    counting: Flags = np.equal(segment.flags & IN_BACKGROUND, 0)
    counting[np.array(sorted(withdrawn), np.int64)] = False
    return counting
