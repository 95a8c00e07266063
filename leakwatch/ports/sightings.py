"""What is asked of a store about sightings: kept to be matched anew."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from leakwatch.model.sighting import Sighting


@dataclass(frozen=True, slots=True)
class SightingQuery:
    """Which sightings of a matter; None means any."""

    matter: str
    below: int | None = None
    """Last matched against corpora of an earlier generation than this."""
    since: datetime | None = None
    """Observed at or after."""
    after: tuple[datetime, str] | None = None
    """Behind this one, by time observed and id."""


class SightingRepository(Protocol):
    async def generation(self, matter: str, corpora: str, now: datetime) -> int:
        """Return the number of this state of a matter's corpora; a new one gets the next.

        Args:
            matter: id; known to the store.
            corpora: digest of the state (``Matcher.corpora``).
            now: when it came into use, if it is new.
        """
        ...

    async def add(self, sighting: Sighting, now: datetime) -> None:
        """Keep a sighting; idempotent by its id. Its captures are known to the store."""
        ...

    async def count(self, query: SightingQuery) -> int: ...

    async def batch(
        self, query: SightingQuery, *, limit: int, artefacts: int
    ) -> Sequence[Sighting]:
        """Return the next sightings by time observed: so many, with so many artefacts in all.

        One with more artefacts than that comes alone.
        """
        ...

    async def stamp(self, sightings: Collection[str], generation: int) -> None:
        """Record that these were matched against a generation, unless against a later one."""
        ...

    async def claim(
        self, matter: str, generation: int, owner: str, *, now: datetime, until: datetime
    ) -> None:
        """Take, or go on holding, the turn to match what was seen against a generation.

        Raises:
            Conflict: another owner's turn is live.
        """
        ...

    async def release(self, matter: str, generation: int, owner: str) -> None:
        """Give the turn back; harmless if it was lost."""
        ...

    async def shown(self, source: str) -> Mapping[str, datetime | None]:
        """Return each location sighted at a source with the time since which it is gone."""
        ...

    async def mark_gone(
        self, source: str, locations: Collection[str], since: datetime | None
    ) -> None:
        """Record since when locations are gone; None for those that are shown again."""
        ...
