"""Rows to put into a store: fictional, and complete enough for every reference to hold."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from leakwatch.model.alert import Alert, Delivery, DeliveryState
from leakwatch.model.capture import Capture, Poll, PollOutcome
from leakwatch.model.evidence import RecordDraft, RecordKind, SealedContent
from leakwatch.model.finding import (
    Assessment,
    Element,
    ElementState,
    Finding,
    FindingEvent,
    Outcome,
)
from leakwatch.model.fingerprint import ExactDigests
from leakwatch.model.match import Grade, Match, Method, Passage
from leakwatch.model.matter import Act, ActCode, Matter, OrderKind, OrderVersion, PayloadPolicy
from leakwatch.model.sighting import Sighting, StoredArtefact, StoredListing
from leakwatch.model.source import Role, SourceSpec, Via
from leakwatch.ports import Store, StoredMatch, UnitOfWork

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
MATTER = "harbour-clinic"
SOURCE = "fictional-leaks"


def after(seconds: float) -> datetime:
    """Return a time that many seconds after ``NOW``."""
    return NOW + timedelta(seconds=seconds)


def stand_in_chain(seq: int, draft: RecordDraft, previous_sha256: str) -> str:
    """Hash a record in a way of our own: the store takes any."""
    facts = sorted(draft.facts.items())
    text = repr(
        (seq, draft.id, draft.recorded_at.isoformat(), facts, draft.sealed, previous_sha256)
    )
    return hashlib.sha256(text.encode()).hexdigest()


def a_spec(name: str = SOURCE, **changes: Any) -> SourceSpec:
    spec = SourceSpec(
        name=name,
        kind="html_posts",
        role=Role.LEAK_SITE,
        locations=(f"http://{name}.example/", f"http://{name}.example.org/"),
        matters=(),
        options={"post": "div.post"},
    )
    return replace(spec, **changes)


def an_order(version: int = 1, **changes: Any) -> OrderVersion:
    order = OrderVersion(
        order_id="HC-2026-1",
        version=version,
        kind=OrderKind.INTERIM,
        effective_from=after(-86_400),
        acts=(Act(ActCode.PUBLISH, "4(a)", quote="publish any part"), Act(ActCode.LINK, "4(b)")),
        bound="any person with notice",
        made_at=after(-90_000),
        verified_by="A. Fictional",
        verified_at=after(-80_000),
    )
    return replace(order, **changes)


def a_matter(*orders: OrderVersion, **changes: Any) -> Matter:
    matter = Matter(
        id=MATTER,
        title="Harbour Clinic (fictional)",
        case_ref="HC-2026",
        corpora=("harbour",),
        victim_names=("Harbour Clinic",),
        actor_names=("Paper Gull",),
        orders=orders,
        recipients=(),
        evidence_keys=(),
        payload=PayloadPolicy.METADATA_ONLY,
    )
    return replace(matter, **changes)


def a_poll(number: int = 1, **changes: Any) -> Poll:
    poll = Poll(
        id=f"p-{number}",
        source=SOURCE,
        started_at=after(number * 100),
        finished_at=after(number * 100 + 7),
        outcome=PollOutcome.OK,
        location="http://fictional-leaks.example/",
        pages=1,
        items=3,
        is_complete=True,
    )
    return replace(poll, **changes)


def a_capture(number: int = 1, **changes: Any) -> Capture:
    body = b"page %d" % number
    capture = Capture(
        id=f"c-{number}",
        source=SOURCE,
        url="http://fictional-leaks.example/secret-name.pdf",
        final_url="http://fictional-leaks.example/secret-name.pdf",
        status=200,
        headers=(("Content-Type", "text/html"),),
        requested_at=after(0),
        first_byte_at=after(1),
        completed_at=after(2),
        via=Via.TOR,
        body=body,
        sha256=hashlib.sha256(body).hexdigest(),
    )
    return replace(capture, **changes)


def an_assessment(outcome: Outcome = Outcome.BREACH_PUBLICATION) -> Assessment:
    return Assessment(
        outcome=outcome,
        reasons=("3 known files match exactly", "the order was in force"),
        elements=(Element("E1", ElementState.MET, "exact bytes"),),
        assessed_at=NOW,
        order="HC-2026-1 v1",
        paragraph="4(a)",
    )


def a_finding(number: int = 1, **changes: Any) -> Finding:
    outcome = changes.get("outcome", Outcome.BREACH_PUBLICATION)
    finding = Finding(
        id=f"f-{number:012d}",
        matter=MATTER,
        source=SOURCE,
        location=f"http://fictional-leaks.example/post/{number}",
        revision=1,
        outcome=outcome,
        assessment=an_assessment(outcome),
        first_seen_at=NOW,
        last_seen_at=NOW,
        documents=3,
        documents_told=2,
        grade=Grade.CONCLUSIVE,
        last_absent_at=after(-900),
        claimed_posted_at=after(-600),
    )
    return replace(finding, **changes)


def an_event(finding: Finding, action: str = "detected", **changes: Any) -> FindingEvent:
    event = FindingEvent(
        finding_id=finding.id,
        revision=finding.revision,
        at=NOW,
        actor="leakwatch",
        action=action,
        outcome=finding.outcome,
        reason="3 known files match exactly",
    )
    return replace(event, **changes)


def a_match(file: str = "k-1", **changes: Any) -> StoredMatch:
    match = Match(
        file=file,
        corpus="harbour",
        method=Method.TEXT,
        grade=Grade.PROBABLE,
        stolen_in_leak=0.97,
        leak_in_stolen=0.41,
        passage_chars=812,
        passages=(Passage(120, 932), Passage(1010, 1200)),
        passage_count=3,
        passage_total_chars=1050,
        shared_unique=0.93,
        chance=0.0004,
        chance_basis=2500,
        reasons=("a passage of 812 letters",),
    )
    stored = StoredMatch(
        match=match,
        artefact_ordinal="3.0",
        capture_id="c-1",
        seen_at=NOW,
        artefact_letters=3540,
    )
    return replace(stored, **changes)


def a_sighting(number: int = 1, **changes: Any) -> Sighting:
    """Return a sighting whose capture is ``a_capture(number)``."""
    capture, scheme = f"c-{number}", "ab12:cd34"
    sighting = Sighting(
        id=f"s-{number}",
        matter=MATTER,
        source=SOURCE,
        location=f"http://fictional-leaks.example/post/{number}",
        observed_at=after(number),
        corpora="1" * 64,
        observation={"id": f"o-{number}", "captures": []},
        artefacts=(
            StoredArtefact(
                capture_id=capture,
                ordinal="",
                kind="zip",
                size_bytes=99,
                digests=ExactDigests("ab" * 16, None, 0),
                scheme=scheme,
                error="encrypted",
            ),
            StoredArtefact(
                capture_id=capture,
                ordinal="3.0",
                kind="text",
                size_bytes=2**40,
                digests=ExactDigests("cd" * 16, "ef" * 16, 2**33),
                scheme=scheme,
                sketches=(bytes(range(256)), b"", b"\x00"),
                pictures=b"\x00\xff sealed",
            ),
        ),
        listings=(StoredListing(capture, scheme, b"\x01\x80"),),
    )
    return replace(sighting, **changes)


def a_draft(number: int = 1, **changes: Any) -> RecordDraft:
    draft = RecordDraft(
        id=f"e-{number}",
        matter=MATTER,
        kind=RecordKind.CAPTURE,
        recorded_at=after(number),
        facts={"status": 200, "ratio": 0.1, "headers": [["Server", "gull"]], "note": None},
        capture_id="c-1",
        finding_id="f-000000000001",
        sealed=SealedContent("2026/03/e-1.age", "ab" * 32, 4096, ("age1fictional",)),
    )
    return replace(draft, **changes)


def an_alert(number: int = 1, **changes: Any) -> Alert:
    alert = Alert(
        id=f"a-{number:012d}",
        finding_id="f-000000000001",
        revision=number,
        matter=MATTER,
        outcome=Outcome.BREACH_PUBLICATION,
        subject="[HC-2026] [TLP:AMBER+STRICT] apparent breach",
        body="An apparent breach was seen.",
        composed_at=after(number),
    )
    return replace(alert, **changes)


def a_delivery(alert: Alert, recipient: str = "legal", **changes: Any) -> Delivery:
    delivery = Delivery(
        id=f"d-{alert.id}-{recipient}",
        alert_id=alert.id,
        recipient=recipient,
        channel="email",
        address=f"{recipient}@law.example",
        state=DeliveryState.PENDING,
        next_attempt_at=NOW,
    )
    return replace(delivery, **changes)


async def put_parents(uow: UnitOfWork) -> None:
    """Record the source, the matter and the finding that other rows refer to."""
    await uow.sources.sync([a_spec()], NOW)
    await uow.matters.sync([a_matter(an_order())], NOW)
    await uow.findings.save(a_finding(), None)


class Undo(Exception):
    """Raised on purpose, and by nobody else."""


@asynccontextmanager
async def undone(store: Store) -> AsyncIterator[UnitOfWork]:
    """Open a transaction that ends by raising ``Undo``."""
    async with store.begin() as uow:
        yield uow
        raise Undo
