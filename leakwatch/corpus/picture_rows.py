"""Pictures of known files as columns: one row a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus.digests import Indices
from leakwatch.corpus.picture_families import flags
from leakwatch.fingerprint.image import QUARTERS, WORDS, PictureHashes, Words


@dataclass(frozen=True)
class PictureRows:
    """Pictures, each with the row of the file that it lies in."""

    files: Indices
    hashes: PictureHashes

    def __len__(self) -> int:
        return len(self.files)

    def moved(self, place: Indices) -> PictureRows:
        """Return the pictures of files that have a new place; -1 for those that have none."""
        files = place[self.files]
        kept = np.flatnonzero(files >= 0)
        return PictureRows(files[kept], self.hashes.take(kept))

    def once(self) -> PictureRows:
        """Return each picture of a file once, by file."""
        numbers = self.files.astype(np.uint64)[:, None]
        rows = np.concatenate([numbers, self.hashes.whole, self.hashes.quarters], axis=1)
        _, first = np.unique(rows, axis=0, return_index=True)
        return PictureRows(self.files[first], self.hashes.take(first))

    @classmethod
    def joined(cls, parts: Sequence[PictureRows], starts: Sequence[int]) -> PictureRows:
        """Return all pictures of several, the files of each counted on from its start."""
        files = [part.files + start for part, start in zip(parts, starts, strict=False)]
        return cls(np.concatenate(files), PictureHashes.joined([p.hashes for p in parts]))


def no_pictures() -> PictureRows:
    return PictureRows(np.empty(0, np.int64), PictureHashes.joined([]))


def picture_arrays(
    pictures: PictureRows,
    groups: Indices,
    background: PictureHashes,
    *,
    blank_quarter: Words,
    first: int,
) -> dict[str, NDArray[Any]]:
    """Return a segment's arrays of pictures.

    Args:
        pictures: of every known file, by row.
        groups: of every known file.
        background: pictures of the background.
        blank_quarter: what a blank quarter is kept as.
        first: row of the segment's first file.
    """
    found = flags(pictures.hashes, groups[pictures.files], background, blank=blank_quarter)
    mine = np.flatnonzero(pictures.files >= first)
    hashes = pictures.hashes.take(mine)
    return {
        "image_files": (pictures.files[mine] - first).astype(np.uint32),
        "image_hashes": hashes.whole,
        "image_quarters": hashes.quarters,
        "image_flags": found[mine],
    }


def unpacked(whole: NDArray[Any], quarters: NDArray[Any]) -> PictureHashes:
    """Return hashes from flat arrays of their words."""
    return PictureHashes(_words(whole, WORDS), _words(quarters, QUARTERS * WORDS))


def _words(flat: NDArray[Any], width: int) -> Words:
    return flat.astype(np.uint64, copy=False).reshape(-1, width)
