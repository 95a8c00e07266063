"""Several texts looked at together: their grams in one row, text after text.

Scoring a text takes a hundred calls of NumPy, each of which costs as much for a
short text as for a page. In a row, a hundred texts share them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from leakwatch.fingerprint.grams import Values
from leakwatch.fingerprint.sketch import Sketch
from leakwatch.match.index import Indices

TOGETHER = 1 << 15
"""Grams in a row; one text may have more."""


@dataclass(frozen=True, slots=True)
class Texts:
    """A row of texts. Positions count on from one to the next."""

    values: Values = field(repr=False)
    positions: Indices = field(repr=False)
    numbers: Indices = field(repr=False)
    """Which text each gram stands in."""
    bounds: Indices
    """Text ``n`` has grams ``bounds[n]`` to ``bounds[n + 1]``."""
    origins: Indices
    """Position of the first letter of each text."""
    sketches: Sequence[Sketch] = field(repr=False)

    def __len__(self) -> int:
        return len(self.origins)

    def distinct(self, numbers: Indices) -> Indices:
        """Return how many different grams some texts have; sorts each, so ask of few."""
        different, where = np.unique(numbers, return_inverse=True)
        counts = [len(self.sketches[number].distinct) for number in different.tolist()]
        return np.array(counts, np.int64)[where]


def joined(sketches: Sequence[Sketch]) -> Texts:
    """Put sketches in a row."""
    sizes = np.array([len(sketch.values) for sketch in sketches], np.int64)
    letters = np.array([sketch.letters for sketch in sketches], np.int64)
    origins = np.cumsum(letters) - letters
    numbers = np.repeat(np.arange(len(sketches)), sizes)
    if len(sketches) == 1:
        values, positions = sketches[0].values, sketches[0].positions
    else:
        values = np.concatenate([sketch.values for sketch in sketches])
        positions = np.concatenate([sketch.positions for sketch in sketches]) + origins[numbers]
    return Texts(
        values=values,
        positions=positions,
        numbers=numbers,
        bounds=np.concatenate([[0], np.cumsum(sizes)]),
        origins=origins,
        sketches=sketches,
    )


def of_texts(texts: Texts, numbers: Indices) -> Indices:
    """Return the grams of some texts, ascending."""
    asked = np.zeros(len(texts), np.bool_)
    asked[numbers] = True
    return np.flatnonzero(asked[texts.numbers])


def rows(sketches: Sequence[Sketch]) -> Iterator[list[int]]:
    """Yield the numbers of sketches that fit in a row, all of them in order."""
    row: list[int] = []
    grams = 0
    for number, sketch in enumerate(sketches):
        size = len(sketch.values)
        if row and grams + size > TOGETHER:
            yield row
            row, grams = [], 0
        row.append(number)
        grams += size
    if row:
        yield row
