"""Pictures of an artefact -> the known files that hold them.

A grade is that of two thresholds (``fingerprint/likeness.py``): the same
picture is probable, one alike is possible. A picture that is in the background,
or in too many groups of known files, is nobody's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus.columns import Indices
from leakwatch.corpus.picture_families import MANY_GROUPS
from leakwatch.fingerprint.image import PictureHashes, Words
from leakwatch.fingerprint.likeness import LIKE_BITS, SAME_BITS, Likeness, compare
from leakwatch.match.image_index import PictureIndex
from leakwatch.model.match import Grade


@dataclass(frozen=True, slots=True)
class KnownPictures:
    """The pictures of one segment, and those of the background."""

    hashes: PictureHashes
    files: NDArray[np.integer] = field(repr=False)
    """The file that each lies in."""
    groups: NDArray[np.integer] = field(repr=False)
    """That file's group."""
    flags: NDArray[np.uint8] = field(repr=False)
    """``corpus.picture_families.flags``"""
    background: PictureHashes


@dataclass(frozen=True, slots=True)
class PictureHit:
    """One known file with a picture of the artefact in it."""

    file: int
    grade: Grade
    reason: str


@dataclass(frozen=True, slots=True)
class _Found:
    """One picture of the artefact and one known picture like it."""

    file: int
    is_same: bool
    bits: int
    worst: int
    is_turned: bool

    @property
    def rank(self) -> tuple[bool, int, int]:
        return not self.is_same, self.bits, self.worst


class PictureMatcher:
    """Looks pictures up in one segment. Thread-safe.

    Args:
        known: what the segment holds.
        blank: a blank quarter under the key (``PictureHasher.blank``).
    """

    def __init__(self, known: KnownPictures, *, blank: Words) -> None:
        self._known = known
        self._blank = blank
        self._rows = np.flatnonzero(known.flags == 0)
        self._index = PictureIndex(known.hashes.whole[self._rows])
        self._background = PictureIndex(known.background.whole)

    def match(
        self, pictures: Sequence[PictureHashes], *, excluded: Collection[int]
    ) -> Iterator[PictureHit]:
        """Yield each known file that holds one of the pictures.

        Args:
            pictures: each in every orientation (``PictureHasher.turned``).
            excluded: files that were withdrawn.
        """
        by_file: dict[int, list[_Found]] = {}
        for turned in pictures:
            for found in self._found(turned, excluded):
                by_file.setdefault(found.file, []).append(found)
        for file, found_in in by_file.items():
            yield _hit(file, found_in)

    def _found(self, turned: PictureHashes, excluded: Collection[int]) -> list[_Found]:
        """Return the best find of one picture in each file."""
        query, place = self._index.near(turned.whole, bits=LIKE_BITS)
        row = self._rows[place]
        live = ~np.isin(self._known.files[row], list(excluded))
        query, row = query[live], row[live]
        if not len(row) or self._is_public(turned):
            return []
        likeness = compare(turned.take(query), self._known.hashes.take(row), blank=self._blank)
        best: dict[int, _Found] = {}
        for at in np.flatnonzero(likeness.like):
            file = int(self._known.files[row[at]])
            found = _Found(
                file=file,
                is_same=bool(likeness.same[at]),
                bits=int(likeness.bits[at]),
                worst=int(likeness.worst[at]),
                is_turned=bool(query[at]),
            )
            if file not in best or found.rank < best[file].rank:
                best[file] = found
        return self._of_few(list(best.values()), row, likeness)

    def _of_few(self, found: list[_Found], row: Indices, likeness: Likeness) -> list[_Found]:
        """Leave out what too many groups have: first what is alike, then what is the same."""
        if self._spread(row[likeness.same]) > MANY_GROUPS:
            return []
        if self._spread(row[likeness.like]) > MANY_GROUPS:
            return [f for f in found if f.is_same]
        return found

    def _spread(self, rows: Indices) -> int:
        return len(np.unique(self._known.groups[rows]))

    def _is_public(self, turned: PictureHashes) -> bool:
        query, row = self._background.near(turned.whole, bits=SAME_BITS)
        theirs = self._known.background.take(row)
        return bool(compare(turned.take(query), theirs, blank=self._blank).same.any())


def _hit(file: int, found: Sequence[_Found]) -> PictureHit:
    best = min(found, key=lambda f: f.rank)
    number = sum(f.is_same == best.is_same for f in found)
    subject = "a picture in it is" if number == 1 else f"{number} pictures in it are"
    likeness = "the same as" if best.is_same else "much like"
    turned = ", turned or mirrored" if best.is_turned else ""
    return PictureHit(
        file=file,
        grade=Grade.PROBABLE if best.is_same else Grade.POSSIBLE,
        reason=(
            f"{subject} {likeness} one of the file's{turned}: {best.bits} of 256 bits differ, "
            f"{best.worst} in the quarter that differs most"
        ),
    )
