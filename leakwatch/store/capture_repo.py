"""Captures, artefacts and absences: that something was seen, never what it said."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from leakwatch.model.capture import Absence, Capture
from leakwatch.model.source import Via
from leakwatch.ports import SeenArtefact
from leakwatch.store import tables
from leakwatch.store.tables import absences, captures
from leakwatch.store.transaction import Row, Transaction


class SqlCaptures:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def add(self, capture: Capture, *, poll_id: str, url: str) -> None:
        """Record a capture's metadata and digest under a redacted ``url``; idempotent by id.

        Neither the body, nor the addresses as they were, nor the headers: those are in
        the sealed evidence.
        """
        row = {
            "id": capture.id,
            "poll_id": poll_id,
            "source": capture.source,
            "url": url,
            "status": capture.status,
            "via": capture.via.value,
            "requested_at": capture.requested_at,
            "first_byte_at": capture.first_byte_at,
            "completed_at": capture.completed_at,
            "size_bytes": capture.size_bytes,
            "sha256": capture.sha256,
        }
        insert = self._tx.insert(captures).values(**row)
        await self._tx.run(insert.on_conflict_do_nothing(index_elements=["id"]))

    async def add_artefacts(self, artefacts: Sequence[SeenArtefact]) -> None:
        """Record keyed digests; idempotent by (capture, ordinal)."""
        insert = self._tx.insert(tables.artefacts)
        await self._tx.run_many(
            insert.on_conflict_do_nothing(index_elements=["capture_id", "ordinal"]),
            [_artefact_row(seen) for seen in artefacts],
        )

    async def add_absence(self, absence: Absence) -> None:
        """Record that a poll looked in vain; idempotent by (finding, poll)."""
        row = {
            "poll_id": absence.poll_id,
            "finding_id": absence.finding_id,
            "looked_at": absence.looked_at,
            "via": absence.via.value,
        }
        insert = self._tx.insert(absences).values(**row)
        await self._tx.run(insert.on_conflict_do_nothing(index_elements=["finding_id", "poll_id"]))

    async def absences(self, finding_id: str) -> Sequence[Absence]:
        """Return when it was looked for in vain, oldest first."""
        rows = await self._tx.all(
            select(absences)
            .where(absences.c.finding_id == finding_id)
            .order_by(absences.c.looked_at, absences.c.poll_id)
        )
        return [Absence(**{**row, "via": Via(row["via"])}) for row in rows]


def _artefact_row(seen: SeenArtefact) -> Row:
    return {
        "capture_id": seen.capture_id,
        "ordinal": seen.ordinal,
        "kind": seen.kind,
        "size_bytes": seen.size_bytes,
        "raw_hmac": seen.digests.raw,
        "text_hmac": seen.digests.text,
        "letters": seen.digests.letters,
        "error": seen.error,
    }
