"""A sort that does not fit memory: numbers cut by their top bits into files, each sorted alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

KEYS = 1 << 21
"""Numbers sorted at a time: 16 MB, and some times that to work with."""
_MOST_BITS = 9
"""At most 512 files; beyond two billion numbers they grow."""

Keys = NDArray[np.uint64]


class Partitions:
    """64-bit numbers, put in any order and taken out ascending.

    Args:
        folder: where the files go; it must not be there.
        expected: how many numbers will come.
    """

    def __init__(self, folder: Path, *, expected: int) -> None:
        folder.mkdir(mode=0o700)
        self._folder = folder
        parts = max(1, -(-expected // KEYS))
        self._bits = min((parts - 1).bit_length(), _MOST_BITS)

    def add(self, keys: Keys) -> None:
        """Put some numbers in."""
        if not len(keys):
            return
        if not self._bits:
            self._append(0, keys)
            return
        parts = (keys >> np.uint64(64 - self._bits)).astype(np.int64)
        keys = keys[np.argsort(parts, kind="stable")]
        ends = np.cumsum(np.bincount(parts, minlength=1 << self._bits))
        for part, (start, end) in enumerate(zip([0, *ends], ends, strict=False)):
            if end > start:
                self._append(part, keys[start:end])

    def ascending(self) -> Iterator[Keys]:
        """Yield all of them, a partition at a time; each is removed when it was yielded."""
        for part in range(1 << self._bits):
            file = self._folder / str(part)
            if file.exists():
                keys = np.fromfile(file, np.uint64)
                file.unlink()
                keys.sort()
                yield keys
        self._folder.rmdir()

    def _append(self, part: int, keys: Keys) -> None:
        with (self._folder / str(part)).open("ab") as out:
            out.write(np.ascontiguousarray(keys).data)


def distinct(keys: NDArray[np.uint64]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Return the distinct upper halves of ascending numbers, and how many lower ones each has."""
    if not len(keys):
        return np.empty(0, np.uint32), np.empty(0, np.int64)
    different = keys[np.append(True, keys[1:] != keys[:-1])]
    tops = (different >> np.uint64(32)).astype(np.uint32)
    begins = np.flatnonzero(np.append(True, tops[1:] != tops[:-1]))
    return tops[begins], np.diff(np.append(begins, len(tops)))
