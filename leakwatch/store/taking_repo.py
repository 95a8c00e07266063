"""Takings: what was read over the network, why, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select

from leakwatch.model.taking import ArtefactCount, Fate, Ground, Purpose, Taking
from leakwatch.store.taking_tables import takings
from leakwatch.store.transaction import Row, Transaction


class SqlTakings:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def put(self, given: Sequence[Taking]) -> None:
        """Record what was taken; one of the same id is replaced, but no end by its beginning."""
        upsert = self._tx.insert(takings)
        changing = {c.name: upsert.excluded[c.name] for c in takings.columns if c.name != "id"}
        await self._tx.run_many(
            upsert.on_conflict_do_update(
                index_elements=["id"],
                set_=changing,
                where=or_(takings.c.ended_at.is_(None), upsert.excluded.ended_at.is_not(None)),
            ),
            [_row(taking) for taking in given],
        )

    async def query(
        self, *, source: str | None = None, since: datetime | None = None
    ) -> Sequence[Taking]:
        """Return what was taken, oldest first, as far as it began at ``since`` or later."""
        found = select(takings).order_by(takings.c.began_at, takings.c.id)
        if source is not None:
            found = found.where(takings.c.source == source)
        if since is not None:
            found = found.where(takings.c.began_at >= since)
        return [_taking(row) for row in await self._tx.all(found)]


def _row(taking: Taking) -> Row:
    return {
        "id": taking.id,
        "poll_id": taking.poll_id,
        "source": taking.source,
        "purpose": taking.purpose.value,
        "location": taking.location,
        "address_hmac": taking.address_hmac,
        "began_at": taking.began_at,
        "ended_at": taking.ended_at,
        "requests": taking.requests,
        "received_bytes": taking.received_bytes,
        "size_bytes": taking.size_bytes,
        "content_hmac": taking.content_hmac,
        "error": taking.error,
        "things": taking.things,
        "grounds": [[g.matter, g.policy, g.authorisation, g.fate.value] for g in taking.grounds],
        "artefacts": [[a.kind, str(a.outcome), a.artefacts] for a in taking.artefacts],
    }


def _taking(row: Row) -> Taking:
    return Taking(
        **{
            **row,
            "purpose": Purpose(row["purpose"]),
            "grounds": tuple(Ground(m, p, a, Fate(fate)) for m, p, a, fate in row["grounds"]),
            "artefacts": tuple(ArtefactCount(k, o, n) for k, o, n in row["artefacts"]),
        }
    )
