"""The background: documents that were not stolen, and so what identifies nobody.

Blank forms belong in it: without them a blank form matches the only filled-in
copy that is known.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus.known import KnownFile
from leakwatch.fingerprint.grams import Values

_MERGE_AT = 1 << 22
"""Grams gathered before they are counted together: bounds memory."""


@dataclass(frozen=True)
class BackgroundTable:
    """How many background documents hold each gram, and which files they are."""

    documents: int
    values: Values = field(repr=False)
    """uint64, ascending, distinct."""
    counts: NDArray[np.int64] = field(repr=False)
    raws: frozenset[bytes] = field(repr=False)
    texts: frozenset[bytes] = field(repr=False)

    def holds(self, file: KnownFile) -> bool:
        """Tell whether the same bytes or the same text lie in the background."""
        return file.raw in self.raws or (file.text is not None and file.text in self.texts)


class Background:
    """Gathers the background document by document."""

    def __init__(self) -> None:
        self._values = np.empty(0, np.uint64)
        self._counts = np.empty(0, np.int64)
        self._pending: list[Values] = []
        self._pending_grams = 0
        self._raws: set[bytes] = set()
        self._texts: set[bytes] = set()
        self._documents = 0

    def add(self, file: KnownFile) -> None:
        """Count one document; the same bytes count once."""
        if file.raw in self._raws:
            return
        self._raws.add(file.raw)
        if file.text is not None:
            self._texts.add(file.text)
        self._documents += 1
        self._pending.append(file.values)
        self._pending_grams += len(file.values)
        if self._pending_grams >= _MERGE_AT:
            self._merge()

    def table(self) -> BackgroundTable:
        """Return what has been counted so far."""
        self._merge()
        return BackgroundTable(
            self._documents,
            self._values,
            self._counts,
            frozenset(self._raws),
            frozenset(self._texts),
        )

    def _merge(self) -> None:
        fresh, counts = np.unique(
            np.concatenate([np.empty(0, np.uint64), *self._pending]), return_counts=True
        )
        self._values, places = np.unique(np.concatenate([self._values, fresh]), return_inverse=True)
        both = np.concatenate([self._counts, counts])
        self._counts = np.bincount(places, weights=both, minlength=len(self._values)).astype(
            np.int64
        )
        self._pending, self._pending_grams = [], 0
