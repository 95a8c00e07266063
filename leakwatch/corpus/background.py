"""The background: documents that were not stolen, and so what identifies nobody.

Blank forms belong in it: without them a blank form matches the only filled-in
copy that is known. Only grams that some known file holds are kept of it: the
others can neither hit nor miss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus.known import KnownFile, RawText
from leakwatch.fingerprint.grams import Values
from leakwatch.fingerprint.sketch import Sketch


@dataclass(frozen=True)
class BackgroundTable:
    """What the background says of the known files' grams."""

    documents: int
    values: Values = field(repr=False)
    """uint64, ascending: every distinct gram of the known files."""
    counts: NDArray[np.int64] = field(repr=False)
    """Background documents that hold each."""
    raws: frozenset[bytes] = field(repr=False)
    texts: frozenset[bytes] = field(repr=False)
    sketches: Sequence[Sketch] = field(repr=False)
    """Of each document, the grams that some known file holds."""

    def holds(self, file: KnownFile) -> bool:
        """Tell whether the same bytes or the same text lie in the background."""
        return file.raw in self.raws or (file.text is not None and file.text in self.texts)


class Background:
    """Gathers the background document by document.

    Args:
        files: the known files.
    """

    def __init__(self, files: Sequence[KnownFile]) -> None:
        grams = [np.empty(0, np.uint64), *(file.values for file in files)]
        self._values = np.unique(np.concatenate(grams))
        self._counts = np.zeros(len(self._values), np.int64)
        self._sketches: list[Sketch] = []
        self._raws: set[bytes] = set()
        self._texts: set[bytes] = set()

    def add(self, digests: RawText, sketch: Sketch) -> None:
        """Count one document; the same bytes count once."""
        if digests.raw in self._raws:
            return
        self._raws.add(digests.raw)
        if digests.text is not None:
            self._texts.add(digests.text)
        if not len(self._values):
            return
        places = np.searchsorted(self._values, sketch.values)
        places[places == len(self._values)] = 0
        held = self._values[places] == sketch.values
        self._counts[np.unique(places[held])] += 1
        if held.any():
            kept = replace(sketch, values=sketch.values[held], positions=sketch.positions[held])
            self._sketches.append(kept)

    def table(self) -> BackgroundTable:
        """Return what has been gathered so far."""
        return BackgroundTable(
            documents=len(self._raws),
            values=self._values,
            counts=self._counts.copy(),
            raws=frozenset(self._raws),
            texts=frozenset(self._texts),
            sketches=tuple(self._sketches),
        )
