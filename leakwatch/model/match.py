"""A match: an artefact or listing against one known file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Method(StrEnum):
    """How a known file was recognised."""

    EXACT = "exact"
    TEXT = "text"
    IMAGE = "image"
    LISTING = "listing"
    NAME = "name"


class Grade(StrEnum):
    """How sure a match is; ordered."""

    POSSIBLE = "possible"
    """An analyst should look."""
    PROBABLE = "probable"
    """Near-complete, or a long distinctive passage."""
    CONCLUSIVE = "conclusive"
    """The same bytes, or the same text at length."""

    @property
    def rank(self) -> int:
        return list(Grade).index(self)

    # Each spelt out: StrEnum inherits str's alphabetical comparisons.
    def __lt__(self, other: str) -> bool:
        return self.rank < Grade(other).rank

    def __le__(self, other: str) -> bool:
        return self.rank <= Grade(other).rank

    def __gt__(self, other: str) -> bool:
        return self.rank > Grade(other).rank

    def __ge__(self, other: str) -> bool:
        return self.rank >= Grade(other).rank


@dataclass(frozen=True, slots=True)
class Passage:
    """One stretch of an artefact that a known file shares."""

    start: int
    """First letter, in letters of the artefact's normalised text, from 0."""
    end: int
    """After its last letter."""


@dataclass(frozen=True, slots=True)
class Match:
    """One known file recognised in one artefact or listing.

    Scores are None where the method does not measure them.
    """

    file: str
    """Opaque id of the known file."""
    corpus: str
    method: Method
    grade: Grade
    stolen_in_leak: float | None = None
    """Share of the known file that is found in the artefact."""
    leak_in_stolen: float | None = None
    """Share of the artefact that is found in the known file."""
    jaccard: float | None = None
    passage_chars: int | None = None
    """Length of the longest shared passage, in letters of the artefact."""
    passages: tuple[Passage, ...] = ()
    """The longest shared passages, twenty at most, in order of position."""
    passage_count: int | None = None
    passage_total_chars: int | None = None
    """Letters of the artefact that lie in a shared passage."""
    shared_unique: float | None = None
    """Share of the shared grams that no other group of known files and no background
    document holds, in [0, 1]."""
    chance: float | None = None
    """Upper bound of the probability that an unrelated document of this genre scores as
    high; None where the corpus was not calibrated."""
    chance_basis: int | None = None
    """Documents that ``chance`` was measured on."""
    reasons: tuple[str, ...] = ()
    """Why this grade, in plain words; numbers only, never text."""


def best_grade(matches: tuple[Match, ...]) -> Grade | None:
    """Return the highest grade, or None for no match."""
    return max((m.grade for m in matches), default=None)
