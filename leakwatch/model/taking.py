"""A taking: one thing that was read over the network, and what became of it.

Every request belongs to one, failed ones too, so that a report over takings
accounts for every byte: what, from where, why, when, and what became of it.
``Taken`` is what whoever fetches says; ``Taking`` is what is kept of that:
names hidden, digests keyed, and for each matter the ground it was taken on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Purpose(StrEnum):
    """What was read for."""

    PAGE = "page"
    """A page of a source, a list, a feed, an open directory."""
    CONTENT = "raw_paste"
    """The bytes that are a post itself."""
    TORRENT = "torrent"
    """A torrent's metadata; never a piece of what it shares."""
    DIRECTORY = "directory"
    """Ranges of a remote archive: its directory, not its members."""
    PAYLOAD = "payload"
    """A linked file as a whole."""


class Fate(StrEnum):
    """What became of what was read, for one matter."""

    DROPPED = "dropped_after_reading"
    FINGERPRINTED = "fingerprinted_and_dropped"
    SEALED = "sealed"
    REFUSED_BY_POLICY = "refused_by_policy"
    REFUSED_TOO_LARGE = "refused_too_large"
    FAILED = "failed"
    """``Taking.error`` says why."""
    CUT_OFF = "cut_off"
    """Begun and never ended: the daemon was killed; what it had received is not known."""


@dataclass(slots=True)
class Meter:
    """What a request costs, counted while it runs: known also when it fails."""

    requests: int = 0
    """Sent: redirects and retries are requests of their own."""
    received_bytes: int = 0
    """Of bodies, as they came over the wire: before any content-encoding is undone."""


@dataclass(frozen=True, slots=True)
class ArtefactCount:
    """How many artefacts of one kind were read how far."""

    kind: str
    outcome: str
    """One word, as ``model.coverage.counted_as`` gives it."""
    artefacts: int


@dataclass(frozen=True, slots=True)
class Taken:
    """One thing that was read, or tried to be, as whoever fetched it tells it."""

    purpose: Purpose
    url: str = field(repr=False)
    """As asked for; may name a document: it is hidden before anything is kept."""
    began_at: datetime
    ended_at: datetime | None
    """None while it is under way."""
    requests: int
    received_bytes: int
    size_bytes: int | None = None
    """Of the content, decoded; None where not all of it was read."""
    sha256: str | None = field(default=None, repr=False)
    """Of the whole content; keyed before it is kept."""
    capture_id: str | None = None
    error: str | None = None
    """Slug of what ended it early, or None."""
    things: int = 1
    """How many it stands for: files that were not fetched are told together."""
    refused: Fate | None = None
    """``REFUSED_BY_POLICY`` or ``REFUSED_TOO_LARGE``: not taken, or not to its end."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Why something was taken for one matter, and what became of it there."""

    matter: str
    policy: str
    """The matter's payload policy at that time."""
    authorisation: str | None
    """Reference of the leave it was taken under; None for what needs none."""
    fate: Fate


@dataclass(frozen=True, slots=True)
class Taking:
    """One thing read, as it is kept."""

    id: str
    poll_id: str
    source: str
    purpose: Purpose
    location: str
    """Canonical, names hidden."""
    address_hmac: str
    """The exact address, blinded: tells whether two takings are of the same thing."""
    began_at: datetime
    ended_at: datetime | None
    requests: int
    received_bytes: int
    size_bytes: int | None
    content_hmac: str | None
    error: str | None
    things: int
    grounds: tuple[Ground, ...]
    """One a matter."""
    artefacts: tuple[ArtefactCount, ...] = ()

    @property
    def fate(self) -> Fate:
        """Return what became of it: the most that was done for any matter."""
        return min((ground.fate for ground in self.grounds), key=_MOST_FIRST.index)


_MOST_FIRST = (
    Fate.SEALED,
    Fate.FINGERPRINTED,
    Fate.DROPPED,
    Fate.CUT_OFF,
    Fate.FAILED,
    Fate.REFUSED_TOO_LARGE,
    Fate.REFUSED_BY_POLICY,
)
