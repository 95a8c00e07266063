"""A source: a place polled; a location: one address of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from leakwatch.model.capture import Poll

FAILURES_UNTIL_FAILING = 3


class Via(StrEnum):
    """How a source is reached. Onion names go through Tor whatever this says."""

    TOR = "tor"
    DIRECT = "direct"


class Role(StrEnum):
    """What kind of place it is; assessment reads the same text differently."""

    LEAK_SITE = "leak_site"
    PASTE = "paste"
    OPEN_DIRECTORY = "open_directory"
    FORUM = "forum"
    NEWS = "news"
    TRACKER = "tracker"


class Health(StrEnum):
    """State of a source, with hysteresis (``SourceState.consecutive_failures``)."""

    UNKNOWN = "unknown"
    OK = "ok"
    DEGRADED = "degraded"
    """Answers, but its page is not understood as before."""
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """What the operator wrote about a source (``config/sources/NAME.toml``)."""

    name: str
    kind: str
    role: Role
    locations: tuple[str, ...]
    """Absolute http(s) URLs; the first that answers is polled, the rest are mirrors."""
    matters: tuple[str, ...]
    """Matters this source is watched for; empty means every matter."""
    via: Via = Via.TOR
    interval_s: float = 900.0
    allow_private: bool = False
    """Loopback, private and link-local addresses may be polled."""
    max_pages: int = 5
    follow_files: bool = True
    """Linked files may be fetched, if the matter has a live authorisation too."""
    passwords: tuple[str, ...] = field(default=(), repr=False)
    """Tried on archives that its posts link to; never logged, never stored."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """The kind's own table, already validated by its adapter."""


@dataclass(frozen=True, slots=True)
class SourceState:
    """What the store remembers of a source between polls."""

    name: str
    checkpoint: Mapping[str, Any]
    """The adapter's own JSON object; ``{}`` before the first poll."""
    next_poll_at: datetime
    health: Health = Health.UNKNOWN
    health_since: datetime | None = None
    consecutive_failures: int = 0
    last_poll_at: datetime | None = None
    last_success_at: datetime | None = None
    last_item_count: int | None = None
    last_error: str | None = None
    """Slug of the last failure, or None."""

    def after(self, poll: Poll) -> SourceState:
        """Return the state after a poll.

        A source is failing after ``FAILURES_UNTIL_FAILING`` polls in a row that
        got no answer: one slow circuit is not news. It is well again at once.
        """
        has_failed = poll.is_failure
        failures = self.consecutive_failures + 1 if has_failed else 0
        if not has_failed:
            health = Health.DEGRADED if poll.is_degraded else Health.OK
        else:
            health = Health.FAILING if failures >= FAILURES_UNTIL_FAILING else self.health
        return replace(
            self,
            health=health,
            health_since=self.health_since if health is self.health else poll.finished_at,
            consecutive_failures=failures,
            last_poll_at=poll.finished_at,
            last_success_at=self.last_success_at if has_failed else poll.finished_at,
            last_item_count=self.last_item_count if has_failed else poll.items,
            last_error=poll.error,
        )


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to poll one source, until a time."""

    source: str
    owner: str
    until: datetime
