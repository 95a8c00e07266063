"""What is common, and from which score on a match is one: kept with each bundle."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

MIN_DOCUMENTS = 2000
"""Background documents from which on thresholds are measured, and a gram is common
only from the second document on. The two go together: where one document makes a gram
common, what it shares with a file alone is not posted, and no fold could be measured."""


@dataclass(frozen=True, slots=True)
class CommonPolicy:
    """Grams that identify nobody: they count neither as hit nor as miss."""

    groups_over: int = 6
    """Common when in more groups (subjects, else families) of known files."""
    background_from: int = 1
    """Common when in at least so many documents that were not stolen."""

    @classmethod
    def for_background(cls, documents: int) -> CommonPolicy:
        """Return the policy for so many background documents.

        In a large background some stolen file will have been left; asking for
        a second document keeps it from erasing itself.
        """
        return cls(background_from=1 if documents < MIN_DOCUMENTS else 2)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """A grade is reached when any one score reaches its value.

    The defaults of k 16, s 12 were cross-validated on dictated notes; with
    fewer than 2,000 background documents no better ones can be measured.
    """

    run: float
    """Letters of a dense passage, less a fine for each gap."""
    rare: float
    """The same, a letter weighed by how few known files share it."""
    noisy: float
    """Letters of a long passage with many gaps."""
    cont: float
    """Share of the file's rare grams within a window of its own length."""
    few: float
    """The same of a file with few of them, by three to five; over 1: not asked."""
    complete: float
    """Share of all the file's grams, weighted by rarity, within such a window."""
    margin: float
    """How far that is above the nearest background document, of what is left above it."""


@dataclass(frozen=True, slots=True)
class Survival:
    """How often unrelated documents reach a score: the share at or above each of some scores."""

    scores: tuple[float, ...]
    """Ascending."""
    shares: tuple[float, ...]
    """Of the documents, at or above each."""
    documents: int

    def at_least(self, score: float) -> float:
        """Return an upper bound of the chance that an unrelated document scores as high.

        ``(k + 1) / (n + 1)`` where k of n documents did (a permutation p-value:
        Phipson and Smyth 2010); k is that of the next lower score kept.
        """
        place = bisect_right(self.scores, score) - 1
        share = 1.0 if place < 0 else self.shares[place]
        return (round(share * self.documents) + 1) / (self.documents + 1)


@dataclass(frozen=True, slots=True)
class Calibration:
    """The thresholds of both graded levels, and where they come from."""

    probable: Thresholds = Thresholds(
        run=180, rare=180, noisy=250, cont=0.27, few=2.0, complete=0.85, margin=0.55
    )
    possible: Thresholds = Thresholds(
        run=180, rare=110, noisy=170, cont=0.205, few=0.5, complete=0.80, margin=0.4
    )
    origin: str = "defaults"
    documents: int = 0
    """Background documents that were measured."""
    files: int = 0
    """Known files there were then: false positives grow with them."""
    related: int = 0
    """Documents left out, as they are versions of known files."""
    survival: Mapping[str, Survival] = field(default_factory=dict)
    """By score; empty where nothing was measured."""

    def chance(self, **scores: float) -> float | None:
        """Return an upper bound of the chance that an unrelated document scores as high.

        The most telling score counts, times the number of scores that could
        have been it. None where nothing was measured.
        """
        known = [self.survival[n].at_least(s) for n, s in scores.items() if n in self.survival]
        return min(1.0, len(known) * min(known)) if known else None

    def as_dict(self) -> dict[str, Any]:
        """Return it JSON-ready."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Calibration:
        """Read what ``as_dict`` gave."""
        survival = {
            name: Survival(tuple(s["scores"]), tuple(s["shares"]), s["documents"])
            for name, s in fields["survival"].items()
        }
        return cls(
            probable=Thresholds(**fields["probable"]),
            possible=Thresholds(**fields["possible"]),
            origin=fields["origin"],
            documents=fields["documents"],
            files=fields["files"],
            related=fields.get("related", 0),
            survival=survival,
        )
