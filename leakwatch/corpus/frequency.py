"""How many groups of known files, and how many background documents, hold each gram."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus.arrays import ArrayFolder
from leakwatch.corpus.background import Background
from leakwatch.corpus.columns import Columns, Indices
from leakwatch.corpus.partitions import Keys, Partitions, distinct
from leakwatch.corpus.segment import U2, U4

MANY = 0xFFFF
"""Counts end here."""


@dataclass(frozen=True)
class Frequencies:
    """The grams that more than one group holds, or the background too; on disk."""

    tops: U4 = field(repr=False)
    """Ascending."""
    groups: U2 = field(repr=False)
    background: U2 = field(repr=False)

    def of(self, tops: NDArray[np.uint32]) -> tuple[Indices, Indices]:
        """Return groups and background documents that hold each gram, in any order."""
        groups, background = np.ones(len(tops), np.int64), np.zeros(len(tops), np.int64)
        if len(self.tops):
            # Sorted look-ups walk the table once instead of jumping about in it.
            order = np.argsort(tops)
            places = np.minimum(np.searchsorted(self.tops, tops[order]), len(self.tops) - 1)
            found = self.tops[places] == tops[order]
            groups[order[found]] = self.groups[places[found]]
            background[order[found]] = self.background[places[found]]
        return groups, background


def count(
    columns: Columns,
    groups: Indices,
    background: Background,
    *,
    first: int,
    out: ArrayFolder,
    work: Path,
) -> Frequencies:
    """Write ``shared_*`` for the grams of some rows; return them opened.

    Args:
        columns: all known files.
        groups: of each row.
        background: documents that were not stolen.
        first: grams of the rows from here on are of interest; all rows are counted.
        out: where the arrays go.
        work: a folder for what is sorted in between.
    """
    every = _partitioned(columns, groups, 0, work / "every")
    ours = _partitioned(columns, groups, first, work / "ours") if first else None
    with (
        out.stream("shared_values", "<u4") as values,
        out.stream("shared_groups", "<u2") as in_groups,
        out.stream("shared_background", "<u2") as in_background,
    ):
        for tops, counts in _counted(every, ours):
            told = background.counted(tops)
            shared = (counts >= 2) | (told >= 1)
            values.append(tops[shared])
            in_groups.append(np.minimum(counts[shared], MANY))
            in_background.append(np.minimum(told[shared], MANY))
    return Frequencies(
        out.get("shared_values"), out.get("shared_groups"), out.get("shared_background")
    )


def _partitioned(columns: Columns, groups: Indices, first: int, folder: Path) -> Partitions:
    grams = columns.grams
    expected = int(grams.counts.sum())
    parts = Partitions(folder, expected=expected)
    for rows in grams.chunks(first):
        owners = np.repeat(groups[rows], grams.counts[rows]).astype(np.uint64)
        parts.add(grams.take(rows).astype(np.uint64) << np.uint64(32) | owners)
    return parts


def _counted(every: Partitions, ours: Partitions | None) -> Iterator[tuple[U4, Indices]]:
    """Yield distinct grams, ascending, with the groups that hold them."""
    wanted = iter(ours.ascending()) if ours is not None else None
    waiting: Keys | None = next(wanted, None) if wanted else None
    for keys in every.ascending():
        tops, counts = distinct(keys)
        if wanted is not None:
            # The two are cut alike, but a partition without grams of ours is not there.
            kept = np.zeros(len(tops), np.bool_)
            while waiting is not None and (not len(waiting) or waiting[0] <= keys[-1]):
                kept |= np.isin(tops, (waiting >> np.uint64(32)).astype(np.uint32))
                waiting = next(wanted, None)
            tops, counts = tops[kept], counts[kept]
        yield tops, counts
