"""A made-up matter, findings in it, and an outbox held in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from leakwatch.alert.compose import compose
from leakwatch.alert.routing import deliveries
from leakwatch.errors import StoreUnavailable
from leakwatch.model.alert import Alert, Delivery, DeliveryState, Message
from leakwatch.model.evidence import EvidenceRecord, RecordDraft, RecordKind
from leakwatch.model.finding import Assessment, Element, ElementState, Finding, Outcome
from leakwatch.model.ids import finding_id
from leakwatch.model.match import Grade
from leakwatch.model.matter import (
    Matter,
    OrderKind,
    OrderVersion,
    Recipient,
    RecipientRole,
)
from leakwatch.ports import Store, UnitOfWork

NOON = datetime(2026, 11, 22, 0, 0, 5, tzinfo=UTC)
LOCATION = "http://kazuexampleonion.onion/post/kereru.zip"

LEGAL = Recipient("Ana Counsel", RecipientRole.LEGAL, "email", "ana@chambers.example")
ANALYST = Recipient("Wiremu Analyst", RecipientRole.ANALYST, "console")
OPERATOR = Recipient("Night Desk", RecipientRole.OPERATOR, "webhook.desk")


def a_matter(**changes: Any) -> Matter:
    """Return the matter of a clinic that does not exist."""
    order = OrderVersion(
        "KSC-ORDER",
        1,
        OrderKind.INTERIM,
        NOON - timedelta(days=3),
        (),
        verified_by="Ana Counsel",
        verified_at=NOON - timedelta(days=2),
    )
    matter = Matter(
        id="kereru",
        title="Kererū Street Clinic v Persons Unknown",
        case_ref="KC-2026-001",
        corpora=("kereru",),
        victim_names=("Kererū Street Clinic",),
        actor_names=("Kazu",),
        orders=(order,),
        recipients=(LEGAL, ANALYST, OPERATOR),
        evidence_keys=(),
    )
    return replace(matter, **changes)


def a_finding(outcome: Outcome = Outcome.BREACH_PUBLICATION, **changes: Any) -> Finding:
    """Return a finding with three conclusive matches."""
    assessment = Assessment(
        outcome=outcome,
        reasons=("3 known files match byte for byte.", "The place is open to anybody."),
        elements=(
            Element("E1", ElementState.MET, "3 conclusive matches"),
            Element("E5", ElementState.UNKNOWN, "no service is recorded"),
        ),
        assessed_at=NOON,
        order="KSC-ORDER v1",
        paragraph="2(a)",
    )
    finding = Finding(
        id=finding_id("kereru", LOCATION),
        matter="kereru",
        source="kazu",
        location=LOCATION,
        revision=1,
        outcome=outcome,
        assessment=assessment,
        first_seen_at=NOON,
        last_seen_at=NOON,
        documents=3,
        grade=Grade.CONCLUSIVE,
        last_absent_at=NOON - timedelta(minutes=15),
    )
    return replace(finding, **changes)


def a_record(seq: int) -> EvidenceRecord:
    """Return a link of the ledger."""
    draft = RecordDraft(f"e-{seq:012d}", "kereru", RecordKind.CAPTURE, NOON, {})
    return EvidenceRecord(seq, draft, "0" * 64, f"{seq:064x}")


def an_alert(outcome: Outcome = Outcome.BREACH_PUBLICATION, **changes: Any) -> Alert:
    """Return the alert of a finding."""
    return compose(
        a_finding(outcome, **changes), a_matter(), records=(a_record(1),), composed_at=NOON
    )


def messages(alert: Alert, *recipients: Recipient) -> tuple[Message, ...]:
    """Return the alert's messages to these recipients."""
    rows = deliveries(alert, a_matter(recipients=recipients), NOON)
    return tuple(Message(row, alert, alert.finding_id) for row in rows)


class Outbox:
    """A store that has an outbox and nothing else; behaves as ``AlertRepository`` says."""

    def __init__(self, *queued: Message) -> None:
        self.rows = {message.delivery.id: message for message in queued}
        self.leases: dict[str, datetime] = {}
        self.log: list[tuple[str, DeliveryState, str | None]] = []
        self.refuses_marks = False
        self.claims = 0

    @property
    def store(self) -> Store:
        return cast("Store", self)

    @property
    def alerts(self) -> Outbox:
        return self

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[UnitOfWork]:
        yield cast("UnitOfWork", self)

    def delivery(self, message: Message) -> Delivery:
        return self.rows[message.delivery.id].delivery

    async def claim_due(
        self, owner: str, *, now: datetime, until: datetime, limit: int
    ) -> Sequence[Message]:
        self.claims += 1
        due = [
            message
            for name, message in self.rows.items()
            if message.delivery.state is DeliveryState.PENDING
            and message.delivery.next_attempt_at <= now
            and self.leases.get(name, now) <= now
        ][:limit]
        self.leases |= {message.delivery.id: until for message in due}
        return due

    async def mark(
        self,
        delivery_id: str,
        state: DeliveryState,
        *,
        at: datetime,
        next_attempt_at: datetime | None = None,
        error: str | None = None,
    ) -> None:
        if self.refuses_marks:
            raise StoreUnavailable("the database is locked")
        message = self.rows[delivery_id]
        changed = replace(
            message.delivery,
            state=state,
            attempts=message.delivery.attempts + 1,
            next_attempt_at=next_attempt_at or message.delivery.next_attempt_at,
            last_error=error,
            sent_at=at if state is DeliveryState.SENT else None,
        )
        self.rows[delivery_id] = replace(message, delivery=changed)
        self.leases.pop(delivery_id, None)
        self.log.append((delivery_id, state, error))


class StoppedClock:
    """A clock that moves only when told."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at
        self._start = at

    def now(self) -> datetime:
        return self.at

    def monotonic_s(self) -> float:
        return (self.at - self._start).total_seconds()

    def move(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        self.move(seconds)
