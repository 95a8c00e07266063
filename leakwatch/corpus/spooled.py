"""The columns of a spool, as known files or as documents of the background."""

from __future__ import annotations

from array import array
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus.background import Documents, Strangers
from leakwatch.corpus.columns import Columns, Grams, Names, expand
from leakwatch.corpus.digests import Indices, as_digests, once
from leakwatch.corpus.gather import Gathered, Item, Problem
from leakwatch.corpus.intake import CHANGED, EMPTY
from leakwatch.corpus.labels import Labels
from leakwatch.corpus.picture_rows import PictureRows, unpacked
from leakwatch.corpus.segment import NO_CATEGORY
from leakwatch.corpus.spool import Spool
from leakwatch.corpus.tree import Found
from leakwatch.fingerprint.minhash import PERMUTATIONS
from leakwatch.model.coverage import Coverage, counted_as

_TOLD_APART = {EMPTY, CHANGED, *Found}


class Survey:
    """What is counted and labelled of everything that was seen, item by item.

    Args:
        labels: whom the files are about and what they are.
    """

    def __init__(self, labels: Labels) -> None:
        self._labels = labels
        self.counts: Counter[str] = Counter()
        """Files and members, and how many of each problem."""
        self.problems: list[Problem] = []
        self.coverage = Coverage()
        self.subjects = array("Q")
        """Token of each recorded item, or nought."""
        self.categories = array("H")
        """Index into ``category_names`` of each recorded item, or NO_CATEGORY."""
        self.category_names: dict[str, int] = {}

    def add(self, item: Item) -> None:
        """Count one, in the order of the walk."""
        self.counts["members" if item.is_member else "files"] += 1
        if item.problem is not None:
            self.counts[item.problem if item.problem in _TOLD_APART else "unread"] += 1
            self.problems.append(Problem(item.path, item.problem, item.kind))
        self.coverage.add(item.kind, counted_as(item.outcome, item.problem))
        if item.record < 0:
            return
        label = self._labels.of(item.folder, item.relative)
        self.subjects.append((label.subject or 0) if label else 0)
        number = NO_CATEGORY
        if label is not None and label.category is not None:
            number = self.category_names.setdefault(label.category, len(self.category_names))
        self.categories.append(number)


def known_files(spool: Spool, gathered: Gathered, survey: Survey) -> Columns:
    """Return what is recorded of known files, in the order of the walk, copies too."""
    rows = gathered.rows
    counts = spool.column("counts", "<u4").astype(np.int64)
    name_counts = spool.column("name_counts", "u1").astype(np.int64)
    named = expand((np.cumsum(name_counts) - name_counts)[rows], name_counts[rows])
    return Columns(
        raw=as_digests(spool.column("raw", "u1"))[rows],
        text=as_digests(spool.column("text", "u1"))[rows],
        letters=spool.column("letters", "<u4")[rows],
        sizes=spool.column("sizes", "<u8")[rows],
        subjects=np.array(survey.subjects, np.uint64),
        categories=np.array(survey.categories, np.uint16),
        category_names=tuple(survey.category_names),
        signatures=_signatures(spool, rows),
        grams=Grams(
            (spool.column("tops", "<u4"),),
            np.zeros(len(rows), np.uint16),
            (np.cumsum(counts) - counts)[rows],
            counts[rows],
        ),
        names=Names(
            spool.column("name_kinds", "u1")[named],
            spool.column("name_numbers", "<u8")[named],
            np.repeat(np.arange(len(rows)), name_counts[rows]),
        ),
        peaks=np.zeros(len(rows), np.float32),
        compared=np.zeros(len(rows), np.uint16),
        pictures=_pictures(spool, rows),
    )


def _signatures(spool: Spool, rows: Indices) -> NDArray[np.uint32]:
    """Return the signatures of some rows; of all of them, where they are on the disk."""
    signatures = spool.column("signatures", "<u4").reshape(-1, PERMUTATIONS)
    is_all = np.array_equal(rows, np.arange(len(signatures)))
    return signatures if is_all else signatures[rows]


def _pictures(spool: Spool, rows: Indices) -> PictureRows:
    counts = spool.column("picture_counts", "<u2").astype(np.int64)
    places = expand((np.cumsum(counts) - counts)[rows], counts[rows])
    every = unpacked(spool.column("picture_hashes", "<u8"), spool.column("picture_quarters", "<u8"))
    return PictureRows(np.repeat(np.arange(len(rows)), counts[rows]), every.take(places))


def strangers(spool: Spool, gathered: Gathered) -> Strangers:
    """Return the documents that were read, each once, by raw digest."""
    names = spool.column("names", "<u8")[gathered.rows]
    rows = gathered.rows
    raw = as_digests(spool.column("raw", "u1"))[rows]
    rows = rows[once(raw)]
    counts = spool.column("counts", "<u4").astype(np.int64)
    return Strangers(
        raw=as_digests(spool.column("raw", "u1"))[rows],
        text=as_digests(spool.column("text", "u1"))[rows],
        documents=Documents(
            spool.column("letters", "<u4")[rows],
            (np.cumsum(counts) - counts)[rows],
            counts[rows],
            spool.column("tops", "<u4"),
            spool.column("positions", "<u4"),
        ),
        names=np.unique(names[names != 0]),
        pictures=_pictures(spool, rows).hashes,
    )
