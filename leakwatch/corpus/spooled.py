"""The columns of a spool, as known files or as documents of the background."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus.background import Documents
from leakwatch.corpus.columns import Columns, Grams, Names, expand
from leakwatch.corpus.digests import Digests, as_digests, once
from leakwatch.corpus.gather import Gathered, Item
from leakwatch.corpus.labels import Labels
from leakwatch.corpus.segment import NO_CATEGORY
from leakwatch.corpus.spool import Spool
from leakwatch.fingerprint.minhash import PERMUTATIONS


def known_files(spool: Spool, gathered: Gathered, items: Sequence[Item], labels: Labels) -> Columns:
    """Return what is recorded of known files, in the order of the walk, copies too."""
    rows = gathered.rows
    told = [labels.of(item.folder, item.relative) for item in items if item.record >= 0]
    category_names = tuple(sorted({t.category for t in told if t and t.category is not None}))
    place = {name: number for number, name in enumerate(category_names)}
    counts = spool.column("counts", "<u4").astype(np.int64)
    name_counts = spool.column("name_counts", "u1").astype(np.int64)
    named = expand((np.cumsum(name_counts) - name_counts)[rows], name_counts[rows])
    return Columns(
        raw=as_digests(spool.column("raw", "u1"))[rows],
        text=as_digests(spool.column("text", "u1"))[rows],
        letters=spool.column("letters", "<u4")[rows],
        sizes=spool.column("sizes", "<u8")[rows],
        subjects=np.array([(t and t.subject) or 0 for t in told], np.uint64),
        categories=np.array(
            [NO_CATEGORY if not t or t.category is None else place[t.category] for t in told],
            np.uint16,
        ),
        category_names=category_names,
        signatures=spool.column("signatures", "<u4").reshape(-1, PERMUTATIONS)[rows],
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
    )


def background_names(spool: Spool, gathered: Gathered) -> NDArray[np.uint64]:
    """Return the numbers of the documents' base names, ascending, each once."""
    names = spool.column("names", "<u8")[gathered.rows]
    return np.unique(names[names != 0])


def documents(spool: Spool, gathered: Gathered) -> tuple[Digests, Digests, Documents]:
    """Return raw and text digests and sketches of the documents, each once, by raw digest."""
    rows = gathered.rows
    raw = as_digests(spool.column("raw", "u1"))[rows]
    rows = rows[once(raw)]
    counts = spool.column("counts", "<u4").astype(np.int64)
    return (
        as_digests(spool.column("raw", "u1"))[rows],
        as_digests(spool.column("text", "u1"))[rows],
        Documents(
            spool.column("letters", "<u4")[rows],
            (np.cumsum(counts) - counts)[rows],
            counts[rows],
            spool.column("tops", "<u4"),
            spool.column("positions", "<u4"),
        ),
    )
