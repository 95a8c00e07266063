"""Matters and the immutable versions of their orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import insert, select, update

from leakwatch.errors import Conflict
from leakwatch.model.matter import Act, ActCode, ActMode, Matter, OrderKind, OrderVersion, Tri
from leakwatch.store import tables
from leakwatch.store.columns import as_utc, canonical_json
from leakwatch.store.tables import order_versions
from leakwatch.store.transaction import Row, Transaction


class SqlMatters:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def sync(self, matters: Sequence[Matter], now: datetime) -> Sequence[OrderVersion]:
        """Record matters and order versions; return those to re-assess findings under.

        That is the versions not seen before, and those a lawyer has verified since: the
        signature may be added to a version, never changed or taken back.

        Raises:
            Conflict: a version already recorded has been changed.
        """
        fresh: list[OrderVersion] = []
        for matter in matters:
            await self._write(matter, now)  # holds the row, so daemons take turns from here
            stored = {(row["order_id"], row["version"]): row for row in await self._rows(matter.id)}
            for order in matter.orders:
                known = stored.get((order.order_id, order.version))
                if await self._record(matter.id, order, known, now):
                    fresh.append(order)
        return fresh

    async def order_history(self, matter: str) -> Sequence[OrderVersion]:
        """Return every version ever recorded, by the time it took effect."""
        return [_order(row) for row in await self._rows(matter)]

    async def _write(self, matter: Matter, now: datetime) -> None:
        row = {"id": matter.id, "title": matter.title, "case_ref": matter.case_ref}
        insert = self._tx.insert(tables.matters).values(**row, recorded_at=now, updated_at=now)
        changing = {key: insert.excluded[key] for key in ("title", "case_ref", "updated_at")}
        await self._tx.run(insert.on_conflict_do_update(index_elements=["id"], set_=changing))

    async def _rows(self, matter: str) -> Sequence[Row]:
        columns = order_versions.c
        return await self._tx.all(
            select(order_versions)
            .where(columns.matter == matter)
            .order_by(columns.effective_from, columns.order_id, columns.version)
        )

    async def _record(
        self, matter: str, order: OrderVersion, known: Row | None, now: datetime
    ) -> bool:
        """Write one version if it says something new; return whether it did."""
        row = _order_row(matter, order)
        if known is None:
            await self._tx.run(insert(order_versions).values(**row, recorded_at=now))
            return True
        # As records, not as digests: a field that a later leakwatch adds is no change.
        recorded = _order(known)
        if recorded == order:
            return False
        verification = {key: row[key] for key in ("verified_by", "verified_at")}
        is_unverified = not (recorded.verified_by or recorded.verified_at)
        if not is_unverified or replace(recorded, **verification) != order:
            raise Conflict(
                f"matter {matter}: order {order.order_id} v{order.version} was changed after it"
                " was recorded",
                hint="put the record back and add a new version with the change",
            )
        key = order_versions.c
        await self._tx.run(
            update(order_versions)
            .where(key.matter == matter, key.order_id == order.order_id)
            .where(key.version == order.version)
            .values(**verification)
        )
        return True


def _order_row(matter: str, order: OrderVersion) -> dict[str, Any]:
    body = _body(order)
    return {
        "matter": matter,
        "order_id": order.order_id,
        "version": order.version,
        "effective_from": order.effective_from,
        "body": body,
        "sha256": sha256(canonical_json(body).encode("ascii")).hexdigest(),
        "verified_by": order.verified_by,
        "verified_at": order.verified_at and as_utc(order.verified_at),
    }


def _body(order: OrderVersion) -> dict[str, Any]:
    """Return what may never change: all but the lawyer's verification."""
    body = asdict(order)
    del body["verified_by"], body["verified_at"]
    for key in ("effective_from", "made_at", "expires_at"):
        body[key] = body[key] and as_utc(body[key]).isoformat()
    return body


def _order(row: Row) -> OrderVersion:
    body = dict(row["body"])
    for key in ("effective_from", "made_at", "expires_at"):
        body[key] = body[key] and datetime.fromisoformat(body[key])
    body["kind"] = OrderKind(body["kind"])
    body["applies_to_prior_publication"] = Tri(body["applies_to_prior_publication"])
    body["acts"] = tuple(
        Act(**{**act, "code": ActCode(act["code"]), "mode": ActMode(act["mode"])})
        for act in body["acts"]
    )
    return OrderVersion(**body, verified_by=row["verified_by"], verified_at=row["verified_at"])
