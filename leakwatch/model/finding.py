"""A finding: what is known about one location for one matter, and its history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from leakwatch.model.match import Grade, Match
from leakwatch.model.post import PostState
from leakwatch.model.source import Role


class Outcome(StrEnum):
    """What an assessment comes to; worst last (see ``severity``)."""

    FALSE_POSITIVE = "false_positive"
    OUT_OF_SCOPE = "out_of_scope"
    PRE_ORDER = "pre_order"
    MENTION = "mention"
    CLAIM_UNVERIFIED = "claim_unverified"
    REVIEW_OWN_DATA = "review.own_data"
    REVIEW_MEDIA = "review.media"
    REVIEW_FACILITATION = "review.facilitation"
    THREAT = "threat"
    REVIEW_ORDER = "review.order"
    """The facts of a breach, and no verified order to hold them against."""
    BREACH_FACILITATION = "apparent_breach.facilitation"
    BREACH_OFFER = "apparent_breach.offer"
    BREACH_CONTINUING = "apparent_breach.continuing"
    BREACH_PUBLICATION = "apparent_breach.publication"

    @property
    def severity(self) -> int:
        """Rank from 0 (nothing) up; only a named person lowers an outcome."""
        return list(Outcome).index(self)

    @property
    def is_apparent_breach(self) -> bool:
        return self.value.startswith("apparent_breach.")


class ElementState(StrEnum):
    MET = "met"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Element:
    """One of the seven elements of a breach, with what says so."""

    code: str
    """``E1`` material, ``E2`` act, ``E3`` time, ``E4`` person, ``E5`` notice,
    ``E6`` exceptions, ``E7`` jurisdiction."""
    state: ElementState
    because: str


@dataclass(frozen=True, slots=True)
class Claims:
    """What a text says, as flags: the text itself is not kept."""

    names_victim: bool = False
    names_actor: bool = False
    claims_publication: bool = False
    claims_possession: bool = False
    threatens: bool = False
    """A countdown, a demand, "soon"."""
    offers: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """All that an assessment may rest on: no text, no IO, no clock."""

    role: Role
    claims: Claims
    post_state: PostState
    matches: tuple[Match, ...]
    observed_at: datetime
    first_seen_at: datetime
    last_absent_at: datetime | None = None
    claimed_posted_at: datetime | None = None
    gone_at: datetime | None = None
    """When it was confirmed gone; None while it is up."""
    is_content_reachable: bool = False
    """Matched content was itself reachable, not merely described."""
    unread_files: int = 0
    """Files that are there but were locked, dead, too large or not fetched."""
    is_listing_only: bool = False
    links_to_material: bool = False
    """Links to, or unlocks, a place where matched content is reachable."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """The reasoned outcome of a finding under the order version in force."""

    outcome: Outcome
    reasons: tuple[str, ...]
    """Plain sentences, most telling first; never matched text or file names."""
    elements: tuple[Element, ...]
    assessed_at: datetime
    order: str | None = None
    """``ORDER_ID vN`` in force at the observation, or None."""
    paragraph: str | None = None


class Review(StrEnum):
    """What a named person said of a finding."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Finding:
    """The matches and claims at one location for one matter."""

    id: str
    matter: str
    source: str
    location: str
    """Canonical URL, with document names redacted (``model.location``)."""
    revision: int
    """From 1; raised when the outcome or the extent changes."""
    outcome: Outcome
    assessment: Assessment
    first_seen_at: datetime
    last_seen_at: datetime
    documents: int = 0
    """Distinct known files matched so far."""
    documents_told: int = 0
    """``documents`` when an alert last went out; growth since then makes a revision."""
    grade: Grade | None = None
    last_absent_at: datetime | None = None
    """Last good look, before ``first_seen_at``, that did not show it."""
    claimed_posted_at: datetime | None = None
    gone_since: datetime | None = None
    """First of the absences since it was last seen; None while it is up."""
    review: Review = Review.OPEN
    facts: Facts | None = None
    """What the assessment rests on, its matches left out: they are kept apart."""


@dataclass(frozen=True, slots=True)
class FindingEvent:
    """One line of a finding's history."""

    finding_id: str
    revision: int
    at: datetime
    actor: str
    """A person's name, or ``leakwatch``."""
    action: str
    """``detected``, ``updated``, ``raised``, ``confirmed``, ``rejected``, ``gone``, ``returned``."""
    outcome: Outcome
    reason: str
