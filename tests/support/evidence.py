"""Builders of captures, records and ledgers; every matter here is fiction."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyrage

from leakwatch.evidence.record import (
    FIRST_PREVIOUS,
    Circumstances,
    capture_draft,
    record_sha256,
)
from leakwatch.model.capture import Capture
from leakwatch.model.evidence import EvidenceRecord, RecordDraft, SealedContent
from leakwatch.model.matter import Matter
from leakwatch.model.source import Via

START = datetime(2026, 1, 5, 3, 0, 0, 250_000, tzinfo=UTC)
MATTER_ID = "fictional-clinic"


def a_capture(body: bytes = b"<p>A page of fiction</p>", **changes: Any) -> Capture:
    capture = Capture(
        id="c-0001",
        source="gull",
        url="http://gull.example/list?page=1",
        final_url="http://gull.example/list?page=1",
        status=200,
        headers=(("Content-Type", "text/html; charset=utf-8"), ("Server", "gull/1")),
        requested_at=START,
        first_byte_at=START + timedelta(seconds=1),
        completed_at=START + timedelta(seconds=2),
        via=Via.TOR,
        body=body,
        sha256=hashlib.sha256(body).hexdigest(),
    )
    return replace(capture, **changes)


def circumstances(**changes: Any) -> Circumstances:
    given = Circumstances(
        recorded_at=START + timedelta(seconds=3),
        nonce="5a" * 16,
        config_sha256="c0" * 32,
        corpora={"clinic": "ab" * 32},
    )
    return replace(given, **changes)


def a_draft(number: int = 1, sealed: SealedContent | None = None) -> RecordDraft:
    return capture_draft(
        a_capture(id=f"c-{number:04d}"),
        poll_id="p-1",
        circumstances=circumstances(nonce=f"{number:032x}"),
        matter=MATTER_ID,
        sealed=sealed,
    )


def a_ledger(drafts: Sequence[RecordDraft]) -> list[EvidenceRecord]:
    """Chain drafts as a store would."""
    records: list[EvidenceRecord] = []
    previous = FIRST_PREVIOUS
    for seq, draft in enumerate(drafts, start=1):
        record = EvidenceRecord(seq, draft, previous, record_sha256(seq, draft, previous))
        records.append(record)
        previous = record.sha256
    return records


def new_identity() -> Any:
    return pyrage.x25519.Identity.generate()


def a_matter(*keys: str) -> Matter:
    """A matter whose evidence is sealed to the given public keys."""
    return Matter(
        id=MATTER_ID,
        title="A clinic of fiction",
        case_ref="CIV-0000",
        corpora=(),
        victim_names=("Fictional Clinic",),
        actor_names=(),
        orders=(),
        recipients=(),
        evidence_keys=keys,
    )
