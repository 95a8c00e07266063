"""Known files as columns: one row a file, however many there are.

Memory is a few hundred bytes a row; grams stay on disk and are taken by the
chunk.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus.picture_rows import PictureRows, no_pictures
from leakwatch.corpus.segment import NO_CATEGORY, NONE, Segment
from leakwatch.fingerprint.image import PictureHashes
from leakwatch.fingerprint.names import NameKind

CHUNK_GRAMS = 1 << 19
"""Grams handled at a time: about 60 bytes of working memory each."""
KINDS = tuple(NameKind)

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Grams:
    """The distinct grams of each row (u4, ascending), in one or several arrays on disk."""

    arrays: tuple[NDArray[np.uint32], ...] = field(repr=False)
    array: NDArray[np.uint16]
    """Which array a row lies in."""
    starts: Indices
    counts: Indices

    def take(self, rows: Indices) -> NDArray[np.uint32]:
        """Return the grams of some rows, one after another."""
        starts, counts, array = self.starts[rows], self.counts[rows], self.array[rows]
        if len(self.arrays) == 1:
            return self.arrays[0][expand(starts, counts)]
        taken = np.empty(int(counts.sum()), np.uint32)
        owners = np.repeat(array, counts)
        for number in np.unique(array).tolist():
            of = array == number
            taken[owners == number] = self.arrays[number][expand(starts[of], counts[of])]
        return taken

    def of(self, rows: Indices) -> Grams:
        """Return these rows alone."""
        return Grams(self.arrays, self.array[rows], self.starts[rows], self.counts[rows])

    def chunks(self, first: int = 0) -> Iterator[Indices]:
        """Cut the rows from ``first`` on into ranges of bounded size."""
        return (np.arange(start, after) for start, after in ranges(self.counts, first))


@dataclass(frozen=True)
class Names:
    """What listings would say of the rows."""

    kinds: NDArray[np.uint8]
    """Index into ``KINDS``."""
    numbers: NDArray[np.uint64] = field(repr=False)
    rows: Indices


@dataclass(frozen=True)
class Columns:
    """Known files; rows in any order, and perhaps more than one for the same bytes."""

    raw: NDArray[np.uint64] = field(repr=False)
    """u8[n,2]: keyed digest of the bytes."""
    text: NDArray[np.uint64] = field(repr=False)
    """u8[n,2]: keyed digest of the letters; nought where there is none."""
    letters: NDArray[np.uint32]
    sizes: NDArray[np.uint64] = field(repr=False)
    """In bytes, masked under the key."""
    subjects: NDArray[np.uint64] = field(repr=False)
    """Token; nought for none."""
    categories: NDArray[np.uint16]
    """Index into ``category_names``, or NO_CATEGORY."""
    category_names: tuple[str, ...]
    signatures: NDArray[np.uint32] = field(repr=False)
    """u4[n,64]"""
    grams: Grams = field(repr=False)
    names: Names = field(repr=False)
    peaks: NDArray[np.float32] = field(repr=False)
    """How near the background came when it was last measured."""
    compared: NDArray[np.uint16] = field(repr=False)
    """Documents of it that were compared then."""
    pictures: PictureRows = field(default_factory=no_pictures, repr=False)

    def __len__(self) -> int:
        return len(self.raw)

    def of(self, rows: Indices) -> Columns:
        """Return some rows alone, in the order given; each at most once."""
        place = np.full(len(self), -1, np.int64)
        place[rows] = np.arange(len(rows))
        kept = place[self.names.rows] >= 0
        return replace(
            self,
            raw=self.raw[rows],
            text=self.text[rows],
            letters=self.letters[rows],
            sizes=self.sizes[rows],
            subjects=self.subjects[rows],
            categories=self.categories[rows],
            signatures=self.signatures[rows],
            grams=self.grams.of(rows),
            names=Names(
                self.names.kinds[kept], self.names.numbers[kept], place[self.names.rows[kept]]
            ),
            peaks=self.peaks[rows],
            compared=self.compared[rows],
            pictures=self.pictures.moved(place),
        )


def of_segment(segment: Segment, category_names: tuple[str, ...]) -> Columns:
    """Return the files of a segment."""
    known = len(segment)
    text = np.zeros((known, 2), np.uint64)
    text[segment.text_files, 0] = segment.text_keys
    text[segment.text_files, 1] = segment.text_rests
    labelled = segment.subjects != NONE
    subjects = np.zeros(known, np.uint64)
    subjects[labelled] = segment.subject_tokens[segment.subjects[labelled]]
    tables = [segment.table(kind) for kind in KINDS]
    return Columns(
        raw=np.stack([segment.raw_keys, segment.raw_rests], axis=1),
        text=text,
        letters=segment.letters,
        sizes=segment.sizes,
        subjects=subjects,
        categories=segment.categories,
        category_names=category_names,
        signatures=segment.signatures,
        grams=Grams(
            (segment.forward,),
            np.zeros(known, np.uint16),
            segment.offsets[:-1],
            np.diff(segment.offsets),
        ),
        names=Names(
            np.repeat(np.arange(len(KINDS), dtype=np.uint8), [len(keys) for keys, _ in tables]),
            np.concatenate([keys for keys, _ in tables]),
            np.concatenate([files for _, files in tables]).astype(np.int64),
        ),
        peaks=segment.background_peaks,
        compared=segment.background_compared,
        pictures=PictureRows(
            segment.image_files.astype(np.int64),
            PictureHashes(segment.image_hashes, segment.image_quarters),
        ),
    )


def joined(parts: Sequence[Columns]) -> Columns:
    """Return all rows of several, one part after another."""
    if len(parts) == 1:
        return parts[0]
    category_names = tuple(sorted({name for part in parts for name in part.category_names}))
    before = np.cumsum([0, *(len(part) for part in parts)])
    arrays_before = np.cumsum([0, *(len(part.grams.arrays) for part in parts)])

    def column(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(part, name) for part in parts])

    return Columns(
        raw=column("raw"),
        text=column("text"),
        letters=column("letters"),
        sizes=column("sizes"),
        subjects=column("subjects"),
        categories=np.concatenate([renamed(part, category_names).categories for part in parts]),
        category_names=category_names,
        signatures=column("signatures"),
        grams=Grams(
            tuple(array for part in parts for array in part.grams.arrays),
            np.concatenate(
                [
                    part.grams.array + np.uint16(start)
                    for part, start in zip(parts, arrays_before, strict=False)
                ]
            ),
            np.concatenate([part.grams.starts for part in parts]),
            np.concatenate([part.grams.counts for part in parts]),
        ),
        names=Names(
            np.concatenate([part.names.kinds for part in parts]),
            np.concatenate([part.names.numbers for part in parts]),
            np.concatenate(
                [part.names.rows + start for part, start in zip(parts, before, strict=False)]
            ),
        ),
        peaks=column("peaks"),
        compared=column("compared"),
        pictures=PictureRows.joined([part.pictures for part in parts], before.tolist()),
    )


def renamed(columns: Columns, category_names: tuple[str, ...]) -> Columns:
    """Return the rows with their categories as indices into another list of them."""
    place = {name: number for number, name in enumerate(category_names)}
    table = np.full(NO_CATEGORY + 1, NO_CATEGORY, np.uint16)
    for number, name in enumerate(columns.category_names):
        table[number] = place.get(name, NO_CATEGORY)
    return replace(
        columns, categories=table[columns.categories], category_names=tuple(category_names)
    )


def ranges(counts: Indices, first: int = 0) -> Iterator[tuple[int, int]]:
    """Yield start and end of ranges of rows that have a bounded number of grams together."""
    done = np.cumsum(counts)
    while first < len(counts):
        limit = (int(done[first - 1]) if first else 0) + CHUNK_GRAMS
        after = max(first + 1, int(np.searchsorted(done, limit, "right")))
        yield first, after
        first = after


def expand(starts: Indices, counts: Indices) -> Indices:
    """Return the ranges ``starts[i] .. starts[i] + counts[i]`` one after another."""
    total = int(counts.sum())
    before = np.cumsum(counts) - counts
    places: Indices = np.arange(total, dtype=np.int64) + np.repeat(starts - before, counts)
    return places
