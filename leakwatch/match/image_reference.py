"""What ``image.py`` and ``image_index.py`` look for, said slowly: their oracle.

Plain Python over whole numbers, every pair tried. Used by tests alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from leakwatch.corpus.picture_families import MANY_GROUPS
from leakwatch.fingerprint.likeness import (
    LIKE_BITS,
    QUARTER_LIKE_BITS,
    QUARTER_SAME_BITS,
    SAME_BITS,
)
from leakwatch.model.match import Grade


@dataclass(frozen=True, slots=True)
class ReferencePicture:
    """One hash: the whole, and the four quarters; None for a blank one."""

    whole: int
    quarters: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class ReferenceKnown:
    """One picture of a known file."""

    picture: ReferencePicture
    file: int
    group: int
    is_flagged: bool = False


def likeness(one: ReferencePicture, other: ReferencePicture, *, blank: int) -> Grade | None:
    """Return probable for the same picture, possible for one alike, else None."""
    bits = (one.whole ^ other.whole).bit_count()
    apart = [
        ((blank if a is None else a) ^ (blank if b is None else b)).bit_count()
        for a, b in zip(one.quarters, other.quarters, strict=True)
        if a is not None or b is not None
    ]
    if not apart or bits > LIKE_BITS:
        return None
    if bits <= SAME_BITS and all(d <= QUARTER_SAME_BITS for d in apart):
        return Grade.PROBABLE
    agreeing = sum(d <= QUARTER_SAME_BITS for d in apart)
    if all(d <= QUARTER_LIKE_BITS for d in apart) or agreeing >= 3:
        return Grade.POSSIBLE
    return None


def match(
    turned: Sequence[ReferencePicture],
    known: Sequence[ReferenceKnown],
    background: Sequence[ReferencePicture],
    *,
    excluded: Collection[int],
    blank: int,
) -> dict[int, Grade]:
    """Return the grade of each file that holds a picture, given in all its orientations."""
    if any(likeness(t, b, blank=blank) == Grade.PROBABLE for t in turned for b in background):
        return {}
    grades: dict[int, Grade] = {}
    groups: dict[Grade, set[int]] = {Grade.PROBABLE: set(), Grade.POSSIBLE: set()}
    for item in known:
        found = [g for t in turned if (g := likeness(t, item.picture, blank=blank)) is not None]
        if not found or item.is_flagged or item.file in excluded:
            continue
        best = max(found)
        groups[best].add(item.group)
        groups[Grade.POSSIBLE].add(item.group)
        grades[item.file] = max(best, grades.get(item.file, best))
    if len(groups[Grade.PROBABLE]) > MANY_GROUPS:
        return {}
    if len(groups[Grade.POSSIBLE]) > MANY_GROUPS:
        return {file: grade for file, grade in grades.items() if grade == Grade.PROBABLE}
    return grades
