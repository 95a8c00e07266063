"""A matter: orders, protected corpus, sources, recipients, authorisations.

The fields follow the injunction record that courts' orders over hacked data
have in common: who is bound, which acts, from when, what is protected. Order
versions are immutable: a change is a new version.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

EXPIRY_NOTICE = timedelta(days=14)
"""How long before an order's end its matter is said to have a gap."""


class ActCode(StrEnum):
    """Acts an order may cover. A code that is absent is not covered."""

    ACCESS = "access"
    SEARCH = "search"
    POSSESS = "possess"
    COPY = "copy"
    USE = "use"
    ADAPT = "adapt"
    OFFER_OR_SELL = "offer_or_sell"
    TRANSMIT = "transmit"
    COMMUNICATE_CONTENTS = "communicate_contents"
    PUBLISH = "publish"
    MAKE_AVAILABLE = "make_available"
    BROADCAST = "broadcast"
    FACILITATE = "facilitate"
    LINK = "link"
    AUTHORISE = "authorise"


class ActMode(StrEnum):
    PROHIBIT = "prohibit"
    REQUIRE = "require"


class OrderKind(StrEnum):
    INTERIM_WITHOUT_NOTICE = "interim_without_notice"
    INTERIM = "interim"
    CONTINUED = "continued"
    VARIED = "varied"
    FINAL = "final"
    DISCHARGED = "discharged"


class Tri(StrEnum):
    """Yes, no, or the order does not say."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"


class PayloadPolicy(StrEnum):
    """What may be done with the bytes of linked files."""

    METADATA_ONLY = "metadata_only"
    FINGERPRINT_AND_DROP = "fingerprint_and_drop"
    SEAL_MATCHES = "seal_matches"


class RecipientRole(StrEnum):
    LEGAL = "legal"
    ANALYST = "analyst"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Act:
    """One act of an order, with the paragraph that covers it."""

    code: ActCode
    paragraph: str
    mode: ActMode = ActMode.PROHIBIT
    quote: str = ""


@dataclass(frozen=True, slots=True)
class OrderVersion:
    """One immutable version of a court order."""

    order_id: str
    version: int
    kind: OrderKind
    effective_from: datetime
    acts: tuple[Act, ...]
    bound: str = ""
    """Who is bound, in the order's words."""
    made_at: datetime | None = None
    expires_at: datetime | None = None
    applies_to_prior_publication: Tri = Tri.UNCLEAR
    sealed_copy_sha256: str | None = None
    verified_by: str | None = None
    """The named lawyer who checked this record against the sealed order."""
    verified_at: datetime | None = None

    @property
    def is_verified(self) -> bool:
        return bool(self.verified_by) and self.verified_at is not None

    def act(self, *codes: ActCode) -> Act | None:
        """Return the first prohibited act with one of the codes, or None."""
        prohibited = (a for a in self.acts if a.mode is ActMode.PROHIBIT)
        return next((a for a in prohibited if a.code in codes), None)


@dataclass(frozen=True, slots=True)
class Authorisation:
    """Written leave of the applicant to fetch payloads, for a time."""

    granted_by: str
    reference: str
    effective_from: datetime
    expires_at: datetime

    def is_live(self, at: datetime) -> bool:
        return self.effective_from <= at < self.expires_at


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who is told, over one channel."""

    name: str
    role: RecipientRole
    channel: str
    """Name of a configured channel: ``email``, ``console``, ``webhook.NAME``."""
    address: str = ""
    """E-mail address; empty for channels that have their own target."""


@dataclass(frozen=True, slots=True)
class Matter:
    """One legal matter (``config/matters/ID.toml``)."""

    id: str
    title: str
    case_ref: str
    corpora: tuple[str, ...]
    victim_names: tuple[str, ...]
    """Names by which a page would speak of the victim or the incident."""
    actor_names: tuple[str, ...]
    orders: tuple[OrderVersion, ...]
    recipients: tuple[Recipient, ...]
    evidence_keys: tuple[str, ...]
    """age public keys (``age1...``) of the legal team."""
    payload: PayloadPolicy = PayloadPolicy.METADATA_ONLY
    authorisations: tuple[Authorisation, ...] = ()
    timezone: str = "Pacific/Auckland"
    """Shown beside UTC in alerts and reports."""
    tlp: str = "AMBER+STRICT"

    def may_fetch_payload(self, at: datetime) -> bool:
        """Whether linked files may be fetched now; no live leave means no."""
        return self.leave(at) is not None

    def may_seal_payload(self, at: datetime) -> bool:
        """Whether a linked file that matched may be kept now, sealed."""
        return self.payload is PayloadPolicy.SEAL_MATCHES and self.may_fetch_payload(at)

    def leave(self, at: datetime) -> Authorisation | None:
        """Return the leave under which linked files may be fetched now: the longest, or None."""
        if self.payload is PayloadPolicy.METADATA_ONLY:
            return None
        live = (a for a in self.authorisations if a.is_live(at))
        return max(live, key=lambda leave: leave.expires_at, default=None)

    def gaps(self, at: datetime) -> tuple[str, ...]:
        """Return what keeps the matter from being fully watched, in plain words."""
        gaps = []
        if not self.orders:
            gaps.append("no order is recorded: nothing can be an apparent breach")
        elif not any(order.is_verified for order in self.orders):
            gaps.append("no order version is verified: nothing can be an apparent breach")
        for order in self.orders:
            if order.expires_at is not None and order.expires_at - at < EXPIRY_NOTICE:
                has = "expired" if order.expires_at <= at else "expires"
                gaps.append(
                    f"{order.order_id} v{order.version} {has} at {order.expires_at:%Y-%m-%d %H:%M}Z"
                )
        if not self.corpora:
            gaps.append("no corpus is protected: only claims and mentions can be seen")
        if self.payload is PayloadPolicy.METADATA_ONLY:
            gaps.append("payload is metadata_only: linked files are not fetched")
        elif not self.may_fetch_payload(at):
            gaps.append("no authorisation is live: linked files are not fetched")
        if not any(r.role is RecipientRole.LEGAL for r in self.recipients):
            gaps.append("nobody has the role legal: every recipient hears of apparent breaches")
        return tuple(gaps)
