"""What one poll of one source came to, gathered batch by batch."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from leakwatch.accounting import Account
from leakwatch.errors import LeakwatchError
from leakwatch.model.capture import Capture, Poll, PollOutcome
from leakwatch.model.post import SourceBatch
from leakwatch.model.sighting import Sighting
from leakwatch.model.source import SourceSpec
from leakwatch.recording import Recorded


@dataclass(slots=True)
class Tally:
    """What one poll has shown so far."""

    account: Account
    pages: int = 0
    items: int = 0
    location: str | None = None
    is_complete: bool = True
    is_unchanged: bool = True
    problem: str | None = None
    detail: str | None = None
    present: set[str] | None = None
    """Locations that the place shows, once all of it was looked at."""
    recorded: list[Recorded] = field(default_factory=list)
    evidenced: set[tuple[str, str]] = field(default_factory=set)
    """Captures that belong to a finding, each with its matter."""
    sighted: list[tuple[Sighting, tuple[Capture, ...]]] = field(default_factory=list)
    """What the batch showed, with the captures it rests on: to be kept."""

    marking: set[asyncio.Task[None]] = field(default_factory=set)
    """Rows under way that say what is about to be fetched."""

    def add(self, batch: SourceBatch) -> None:
        self.pages += batch.pages
        self.items += len(batch.posts)
        self.location = batch.location or self.location
        self.is_complete &= batch.is_complete
        self.is_unchanged &= batch.is_unchanged
        self.problem = batch.problem or self.problem
        self.detail = batch.detail or self.detail
        if batch.present is not None:
            self.present = (self.present or set()) | set(batch.present)


def poll_of(
    source: SourceSpec,
    poll_id: str,
    tally: Tally,
    failure: LeakwatchError | None,
    *,
    started: datetime,
    ended: datetime,
) -> Poll:
    """Return how a poll went."""
    slug: str | None = None
    detail: str | None = None
    if failure is not None:
        outcome, slug, detail = PollOutcome.FAILED, failure.slug, failure.what
    elif tally.problem is not None:
        outcome, slug, detail = PollOutcome.DEGRADED, tally.problem, tally.detail
    else:
        outcome = PollOutcome.UNCHANGED if tally.is_unchanged else PollOutcome.OK
    return Poll(
        id=poll_id,
        source=source.name,
        started_at=started,
        finished_at=ended,
        outcome=outcome,
        location=tally.location,
        pages=tally.pages,
        items=tally.items,
        is_complete=tally.is_complete and failure is None,
        error=slug,
        detail=detail,
    )
