"""What is common, and from which score on a match is one: kept with each bundle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


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
        return cls(background_from=1 if documents < 2000 else 2)


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
    """The same of a short file by three to five grams; over 1: not asked."""
    complete: float
    """Share of all the file's grams, weighted by rarity, within such a window."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """The thresholds of both graded levels, and where they come from."""

    probable: Thresholds = Thresholds(
        run=185, rare=185, noisy=250, cont=0.28, few=2.0, complete=0.85
    )
    possible: Thresholds = Thresholds(
        run=185, rare=110, noisy=170, cont=0.205, few=0.5, complete=0.80
    )
    origin: str = "defaults"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Calibration:
        return cls(
            probable=Thresholds(**fields["probable"]),
            possible=Thresholds(**fields["possible"]),
            origin=fields["origin"],
        )
