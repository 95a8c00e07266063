"""Known files as they came -> each once, in order, their grams in one array on disk."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus.arrays import ArrayFolder
from leakwatch.corpus.columns import Columns, Grams, Indices, Names, renamed
from leakwatch.corpus.digests import once, places
from leakwatch.corpus.segment import NO_CATEGORY


def merged(columns: Columns) -> Columns:
    """Return each file once, by its raw digest, under the names of all its copies.

    Whom it is about and what it is are told by the first copy that says so.
    """
    chosen = once(columns.raw)
    file_of = places(columns.raw, columns.raw[chosen])
    said = columns.of(chosen)
    subjects = _first_told(columns.subjects, columns.subjects != 0, file_of, said.subjects)
    told = columns.categories != NO_CATEGORY
    categories = _first_told(columns.categories, told, file_of, said.categories)
    names = columns.names
    rows = np.stack(
        [file_of[names.rows].astype(np.uint64), names.kinds.astype(np.uint64), names.numbers],
        axis=1,
    )
    rows = np.unique(rows, axis=0)
    whole = replace(
        said,
        subjects=subjects,
        categories=categories,
        names=Names(rows[:, 1].astype(np.uint8), rows[:, 2], rows[:, 0].astype(np.int64)),
        pictures=columns.pictures.moved(file_of).once(),
    )
    used = np.unique(categories[categories != NO_CATEGORY])
    return renamed(whole, tuple(sorted(columns.category_names[int(n)] for n in used)))


def with_forward(columns: Columns, out: ArrayFolder) -> Columns:
    """Write ``forward`` and ``offsets``; return the rows with their grams there."""
    with out.stream("forward", "<u4") as forward:
        for rows in columns.grams.chunks():
            forward.append(columns.grams.take(rows))
    offsets = np.append(0, np.cumsum(columns.grams.counts)).astype("<i8")
    out.put("offsets", offsets)
    grams = Grams(
        (out.get("forward"),),
        np.zeros(len(columns), np.uint16),
        offsets[:-1],
        np.diff(offsets),
    )
    return replace(columns, grams=grams)


def _first_told(
    values: NDArray[Any], told: NDArray[np.bool_], file_of: Indices, default: NDArray[Any]
) -> NDArray[Any]:
    """Return for each file the value of its first row that tells one."""
    rows = np.flatnonzero(told)
    files, first = np.unique(file_of[rows], return_index=True)
    result = default.copy()
    result[files] = values[rows[first]]
    return result
