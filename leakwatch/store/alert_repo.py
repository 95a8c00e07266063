"""Alerts and the outbox: what people must be told, until they have been."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, or_, select, update

from leakwatch.errors import NotFound
from leakwatch.model.alert import Alert, Delivery, DeliveryState, Message
from leakwatch.model.finding import Outcome
from leakwatch.store.tables import alerts, outbox
from leakwatch.store.transaction import Row, Transaction

LONGEST_WAIT = timedelta(hours=2)
"""Longer than any pause between two attempts."""
_FREE: Mapping[str, Any] = {"lease_owner": None, "lease_until": None}
_DELIVERY = tuple(c for c in outbox.c if c.name not in _FREE)


class SqlAlerts:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def add(self, alert: Alert, deliveries: Sequence[Delivery]) -> None:
        """Queue an alert with its outbox rows; idempotent by their ids."""
        row = {**asdict(alert), "outcome": alert.outcome.value}
        insert = self._tx.insert(alerts).values(**row)
        await self._tx.run(insert.on_conflict_do_nothing(index_elements=["id"]))
        await self._tx.run_many(
            self._tx.insert(outbox).on_conflict_do_nothing(index_elements=["id"]),
            [{**asdict(delivery), "state": delivery.state.value} for delivery in deliveries],
        )

    async def get(self, alert_id: str) -> Alert:
        """Raises NotFound. A unique prefix of the id will do."""
        return _alert(await self._tx.by_id_prefix(alerts, alert_id, noun="alert"))

    async def query(
        self, *, matter: str | None = None, unacknowledged: bool = False, limit: int = 200
    ) -> Sequence[Alert]:
        """Return alerts, newest first."""
        wanted = select(alerts)
        if matter is not None:
            wanted = wanted.where(alerts.c.matter == matter)
        if unacknowledged:
            wanted = wanted.where(alerts.c.acknowledged_at.is_(None))
        newest = alerts.c.composed_at.desc(), alerts.c.id
        rows = await self._tx.all(wanted.order_by(*newest).limit(limit))
        return [_alert(row) for row in rows]

    async def acknowledge(self, alert_id: str, *, by: str, at: datetime, note: str | None) -> Alert:
        """First acknowledgement wins; a second returns the alert as it is.

        Raises:
            NotFound: as ``get``.
        """
        alert = await self.get(alert_id)
        await self._tx.run(
            update(alerts)
            .where(alerts.c.id == alert.id, alerts.c.acknowledged_at.is_(None))
            .values(acknowledged_at=at, acknowledged_by=by, note=note)
        )
        return await self.get(alert.id)

    async def deliveries(self, alert_id: str) -> Sequence[Delivery]:
        """Return the alert's outbox rows, by recipient and channel."""
        rows = await self._tx.all(
            select(*_DELIVERY)
            .where(outbox.c.alert_id == alert_id)
            .order_by(outbox.c.recipient, outbox.c.channel, outbox.c.id)
        )
        return [_delivery(row) for row in rows]

    async def claim_due(
        self, owner: str, *, now: datetime, until: datetime, limit: int
    ) -> Sequence[Message]:
        """Lease due outbox rows, the longest overdue first; an expired lease is due again.

        What waits for longer than anything may was put off by a clock that was wrong.
        """
        attempt_at, lease_until = outbox.c.next_attempt_at, outbox.c.lease_until
        is_due = or_(attempt_at <= now, attempt_at > now + LONGEST_WAIT)
        is_free = or_(lease_until.is_(None), lease_until <= now, lease_until > until + LONGEST_WAIT)
        due = (
            select(*_DELIVERY)
            .where(outbox.c.state == DeliveryState.PENDING.value, is_due, is_free)
            .order_by(outbox.c.next_attempt_at, outbox.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        claimed = [_delivery(row) for row in await self._tx.all(due)]
        if not claimed:
            return []
        await self._tx.run_many(
            update(outbox)
            .where(outbox.c.id == bindparam("key"))
            .values(lease_owner=owner, lease_until=until),
            [{"key": delivery.id} for delivery in claimed],
        )
        about = {delivery.alert_id for delivery in claimed}
        rows = await self._tx.all(select(alerts).where(alerts.c.id.in_(about)))
        by_id = {row["id"]: _alert(row) for row in rows}
        return [Message(d, by_id[d.alert_id], by_id[d.alert_id].finding_id) for d in claimed]

    async def mark(
        self,
        delivery_id: str,
        state: DeliveryState,
        *,
        at: datetime,
        next_attempt_at: datetime | None = None,
        error: str | None = None,
    ) -> None:
        """Record an attempt's end, count it, and give its lease back.

        What was sent stays sent, whatever a slower attempt then reports.

        Raises:
            NotFound: no such delivery.
        """
        ended: dict[str, Any] = {
            "state": state.value,
            "attempts": outbox.c.attempts + 1,
            "last_error": error,
            "sent_at": at if state is DeliveryState.SENT else None,
            **_FREE,
        }
        if next_attempt_at is not None:
            ended["next_attempt_at"] = next_attempt_at
        this = outbox.c.id == delivery_id
        not_sent = outbox.c.state != DeliveryState.SENT.value
        if await self._tx.run(update(outbox).where(this, not_sent).values(**ended)):
            return
        if await self._tx.first(select(outbox.c.id).where(this)) is None:
            raise NotFound(f"no delivery {delivery_id!r}")

    async def requeue(self, alert_id: str, now: datetime) -> int:
        """Make every delivery of the alert pending again, attempts from 0; return how many."""
        anew = {"state": DeliveryState.PENDING.value, "attempts": 0, "sent_at": None, **_FREE}
        return await self._tx.run(
            update(outbox).where(outbox.c.alert_id == alert_id).values(next_attempt_at=now, **anew)
        )

    async def backlog(self) -> Mapping[DeliveryState, int]:
        """Return how many deliveries are in each state, zeros included."""
        counted = select(outbox.c.state, func.count().label("number")).group_by(outbox.c.state)
        numbers = {row["state"]: int(row["number"]) for row in await self._tx.all(counted)}
        return {state: numbers.get(state.value, 0) for state in DeliveryState}


def _alert(row: Row) -> Alert:
    return Alert(**{**row, "outcome": Outcome(row["outcome"])})


def _delivery(row: Row) -> Delivery:
    return Delivery(**{**row, "state": DeliveryState(row["state"])})
