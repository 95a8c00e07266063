"""The ledger: one chain of records, without gaps, whoever appends."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace

from sqlalchemy import insert, select

from leakwatch.model.evidence import EvidenceRecord, RecordDraft, RecordKind, SealedContent
from leakwatch.store.columns import as_utc, canonical_json
from leakwatch.store.tables import evidence_records as records
from leakwatch.store.transaction import Row, Transaction

_NOTHING_BEFORE = "0" * 64
_PAGE_RECORDS = 500


class SqlEvidence:
    """Args: ``chain`` returns the hex SHA-256 of the record ``(seq, draft, previous)``."""

    def __init__(
        self, transaction: Transaction, chain: Callable[[int, RecordDraft, str], str]
    ) -> None:
        self._tx = transaction
        self._chain = chain

    async def append(self, draft: RecordDraft) -> EvidenceRecord:
        """Chain one record; the record already there if its id is known.

        Appends of all daemons take turns until their transactions end, so a record that
        is rolled back leaves no gap.
        """
        await self._tx.take_turn("ledger")
        known = await self._tx.first(select(records).where(records.c.id == draft.id))
        if known is not None:
            return _record(known)
        last = await self._tx.first(
            select(records.c.seq, records.c.sha256).order_by(records.c.seq.desc()).limit(1)
        )
        seq, previous = (1, _NOTHING_BEFORE) if last is None else (last["seq"] + 1, last["sha256"])
        draft = _as_read_back(draft)
        record = EvidenceRecord(seq, draft, previous, self._chain(seq, draft, previous))
        await self._tx.run(insert(records).values(**_record_row(record)))
        return record

    async def ledger(self) -> AsyncIterator[EvidenceRecord]:
        """Yield every record by seq, reading a page at a time."""
        seq = 0
        by_seq = select(records).order_by(records.c.seq).limit(_PAGE_RECORDS)
        while page := await self._tx.all(by_seq.where(records.c.seq > seq)):
            for row in page:
                yield _record(row)
            seq = page[-1]["seq"]

    async def of_finding(self, finding_id: str) -> Sequence[EvidenceRecord]:
        """Return the records about a finding, by seq."""
        rows = await self._tx.all(
            select(records).where(records.c.finding_id == finding_id).order_by(records.c.seq)
        )
        return [_record(row) for row in rows]


def _as_read_back(draft: RecordDraft) -> RecordDraft:
    """Return the draft as a later reader will get it: only that may be hashed."""
    facts = json.loads(canonical_json(dict(draft.facts)))
    return replace(draft, facts=facts, recorded_at=as_utc(draft.recorded_at))


def _record_row(record: EvidenceRecord) -> Row:
    draft, sealed = record.draft, record.draft.sealed
    return {
        "seq": record.seq,
        "id": draft.id,
        "matter": draft.matter,
        "kind": draft.kind.value,
        "recorded_at": draft.recorded_at,
        "facts": draft.facts,
        "capture_id": draft.capture_id,
        "finding_id": draft.finding_id,
        "sealed_path": sealed and sealed.path,
        "sealed_sha256": sealed and sealed.sha256,
        "sealed_size_bytes": sealed and sealed.size_bytes,
        "sealed_recipients": sealed and sealed.recipients,
        "previous_sha256": record.previous_sha256,
        "sha256": record.sha256,
    }


def _record(row: Row) -> EvidenceRecord:
    sealed = None
    if row["sealed_path"] is not None:
        sealed = SealedContent(
            path=row["sealed_path"],
            sha256=row["sealed_sha256"],
            size_bytes=row["sealed_size_bytes"],
            recipients=tuple(row["sealed_recipients"]),
        )
    draft = RecordDraft(
        id=row["id"],
        matter=row["matter"],
        kind=RecordKind(row["kind"]),
        recorded_at=row["recorded_at"],
        facts=row["facts"],
        capture_id=row["capture_id"],
        finding_id=row["finding_id"],
        sealed=sealed,
    )
    return EvidenceRecord(row["seq"], draft, row["previous_sha256"], row["sha256"])
