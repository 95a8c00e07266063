"""Which known files can still be told from others by their text.

The rule: a file stays identifiable by its text when it does not lie in the
background, and either at least six of its grams (by weight) are not common, so
that a copy reaches ``probable`` by *cont* or *run*; or it has six grams, and no
background document holds nearly all of it, so that a whole copy reaches it by
*complete*. Any file is still known by its bytes, its size and checksum, and its
name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus.bundle import Corpus
from leakwatch.corpus.digests import places
from leakwatch.corpus.known import file_id
from leakwatch.corpus.segment import IN_BACKGROUND, NO_CATEGORY, Segment


class Why(StrEnum):
    """Why a file cannot be told from others by its text."""

    NO_TEXT = "no text"
    SHORT = "short"
    IN_BACKGROUND = "in the background"
    COMMON = "common"


@dataclass(frozen=True, slots=True)
class Unidentifiable:
    """One such file."""

    file: str
    """Opaque id."""
    category: str | None
    why: Why


def unidentifiable(corpus: Corpus, *, min_grams: int, form_peak: float) -> Iterator[Unidentifiable]:
    """Yield the files, withdrawn ones left out, that are known by bytes and names alone.

    Args:
        corpus: an opened bundle.
        min_grams: grams below which a share means nothing (``match.reach.MIN_HITS``).
        form_peak: share in one background document from which on a file is that
            document (``match.grade.FORM_PEAK``).
    """
    before = np.empty((0, 2), np.uint64)
    for segment, entry in zip(corpus.segments, corpus.manifest.segments, strict=True):
        raw = np.stack([segment.raw_keys, segment.raw_rests], axis=1)
        fresh = places(raw, before) < 0 if entry.repeated else np.ones(len(raw), np.bool_)
        fresh[list(entry.withdrawn)] = False
        sizes = np.diff(segment.offsets)
        fails = fresh & _fails(segment, sizes, min_grams=min_grams, form_peak=form_peak)
        for file in np.flatnonzero(fails).tolist():
            number = int(segment.categories[file])
            yield Unidentifiable(
                file_id(segment.raw(file)),
                None if number == NO_CATEGORY else corpus.manifest.categories[number],
                _why(segment, file, int(sizes[file]), min_grams),
            )
        before = np.unique(np.concatenate([before, raw]), axis=0)


def _fails(
    segment: Segment, sizes: NDArray[np.int64], *, min_grams: int, form_peak: float
) -> NDArray[np.bool_]:
    distinctive = segment.weights_live >= min_grams
    whole = (sizes >= min_grams) & (segment.background_peaks <= form_peak)
    public = (segment.flags & IN_BACKGROUND) != 0
    fails: NDArray[np.bool_] = public | ~(distinctive | whole)
    return fails


def _why(segment: Segment, file: int, grams: int, min_grams: int) -> Why:
    if int(segment.flags[file]) & IN_BACKGROUND:
        return Why.IN_BACKGROUND
    if not segment.letters[file]:
        return Why.NO_TEXT
    return Why.SHORT if grams < min_grams else Why.COMMON
