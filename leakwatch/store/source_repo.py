"""Sources: what is polled, by whom, and how it went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, Update, bindparam, delete, insert, or_, select, update

from leakwatch.errors import Conflict, NotFound
from leakwatch.model.capture import Poll, PollOutcome
from leakwatch.model.source import Health, Lease, SourceSpec, SourceState
from leakwatch.store.columns import canonical_json
from leakwatch.store.tables import locations, polls, sources
from leakwatch.store.transaction import Row, Transaction

_OF_THE_SPEC = ("kind", "role", "spec_sha256", "is_enabled", "interval_s", "next_poll_at")
SKEW = timedelta(minutes=1)
"""By which the clocks of two daemons may differ."""
LEASE_EXCESS = timedelta(hours=1)
"""A lease that ends so much later than one of now was not made by this clock."""
_GOOD = (PollOutcome.OK.value, PollOutcome.UNCHANGED.value)


class SqlSources:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def sync(self, specs: Sequence[SourceSpec], now: datetime) -> None:
        """Make the enabled sources exactly these.

        New, changed and re-enabled ones are due at once: an operator who mends an
        address wants to see it work. The others keep their time and checkpoint.
        """
        columns = (sources.c.name, sources.c.spec_sha256, sources.c.is_enabled)
        known = {r["name"]: r for r in await self._tx.all(select(*columns))}
        rows = {spec.name: _spec_row(spec, now) for spec in specs}
        written = {n: r for n, r in rows.items() if n not in known or _differs(r, known[n])}
        upsert = self._tx.insert(sources)
        changing = {name: upsert.excluded[name] for name in _OF_THE_SPEC}
        await self._tx.run_many(
            upsert.on_conflict_do_update(index_elements=["name"], set_=changing),
            list(written.values()),
        )
        await self._tx.run_many(
            update(sources).where(sources.c.name == bindparam("key")).values(is_enabled=False),
            [{"key": n} for n, r in known.items() if r["is_enabled"] and n not in rows],
        )
        await self._write_locations([spec for spec in specs if spec.name in written])

    async def _write_locations(self, specs: Sequence[SourceSpec]) -> None:
        await self._tx.run_many(
            delete(locations).where(locations.c.source == bindparam("key")),
            [{"key": spec.name} for spec in specs],
        )
        await self._tx.run_many(
            insert(locations),
            [
                {"source": spec.name, "position": position, "url": url}
                for spec in specs
                for position, url in enumerate(spec.locations)
            ],
        )

    async def claim_due(
        self, owner: str, *, now: datetime, until: datetime, limit: int
    ) -> Sequence[Lease]:
        """Lease up to ``limit`` sources, the longest overdue first.

        A source last polled in the future is due at once: the wall clock was put
        back since, and its time was reckoned by the wrong one.
        """
        is_due = or_(sources.c.next_poll_at <= now, sources.c.last_poll_at > now + SKEW)
        due = (
            select(sources.c.name)
            .where(sources.c.is_enabled, is_due)
            .where(_is_free(now, until))
            .order_by(sources.c.next_poll_at, sources.c.name)
            .limit(limit)
            .with_for_update(skip_locked=True)  # SQLite has the whole database already
        )
        names = [row["name"] for row in await self._tx.all(due)]
        await self._tx.run_many(
            update(sources)
            .where(sources.c.name == bindparam("key"))
            .values(lease_owner=owner, lease_until=until),
            [{"key": name} for name in names],
        )
        return [Lease(name, owner, until) for name in names]

    async def claim(self, name: str, owner: str, *, now: datetime, until: datetime) -> Lease:
        """Lease one source, due or not; an owner's own lease is renewed."""
        is_free = or_(_is_free(now, until), sources.c.lease_owner == owner)
        claiming = update(sources).where(sources.c.name == name, sources.c.is_enabled, is_free)
        if await self._tx.run(claiming.values(lease_owner=owner, lease_until=until)):
            return Lease(name, owner, until)
        columns = (sources.c.is_enabled, sources.c.lease_owner)
        row = await self._tx.first(select(*columns).where(sources.c.name == name))
        if row is None or not row["is_enabled"]:
            raise NotFound(f"no source {name!r} is configured")
        raise Conflict(f"source {name!r} is being polled by {row['lease_owner']}")

    async def renew(self, lease: Lease, until: datetime) -> Lease:
        """Extend a lease; it is lost once another owner has it, not when it expires."""
        await self._write_held(lease, _held(lease).values(lease_until=until))
        return Lease(lease.source, lease.owner, until)

    async def release(self, lease: Lease, next_poll_at: datetime) -> None:
        """Give the lease back; harmless if it was lost."""
        free = {"lease_owner": None, "lease_until": None}
        await self._tx.run(_held(lease).values(next_poll_at=next_poll_at, **free))

    async def state(self, name: str) -> SourceState:
        """Raises NotFound."""
        row = await self._tx.first(select(sources).where(sources.c.name == name))
        if row is None:
            raise NotFound(f"no source {name!r}")
        return _state(row)

    async def states(self) -> Sequence[SourceState]:
        """Return every enabled source's state, by name."""
        rows = await self._tx.all(
            select(sources).where(sources.c.is_enabled).order_by(sources.c.name)
        )
        return [_state(row) for row in rows]

    async def save_checkpoint(self, lease: Lease, checkpoint: Mapping[str, Any]) -> None:
        """Raises Conflict if the lease was lost."""
        await self._write_held(lease, _held(lease).values(checkpoint=dict(checkpoint)))

    async def record_poll(self, poll: Poll, state: SourceState) -> None:
        """Keep a poll (idempotent by its id) and the source's health.

        The checkpoint and the time of the next poll are the lease holder's to write:
        ``save_checkpoint`` and ``release``.
        """
        await self._tx.run(
            self._tx.insert(polls)
            .values(**asdict(poll) | {"outcome": poll.outcome.value})
            .on_conflict_do_nothing(index_elements=["id"])
        )
        health = {
            "health": state.health.value,
            "health_since": state.health_since,
            "consecutive_failures": state.consecutive_failures,
            "last_poll_at": state.last_poll_at,
            "last_success_at": state.last_success_at,
            "last_item_count": state.last_item_count,
            "last_error": state.last_error,
        }
        await self._tx.run(update(sources).where(sources.c.name == state.name).values(**health))

    async def polls(self, source: str, *, limit: int = 50) -> Sequence[Poll]:
        """Return the latest polls, newest first."""
        newest = polls.c.started_at.desc(), polls.c.id
        rows = await self._tx.all(
            select(polls).where(polls.c.source == source).order_by(*newest).limit(limit)
        )
        return [_poll(row) for row in rows]

    async def polls_since(self, source: str, since: datetime) -> Sequence[Poll]:
        """Return the polls that ended at ``since`` or later, oldest first."""
        rows = await self._tx.all(
            select(polls)
            .where(polls.c.source == source, polls.c.finished_at >= since)
            .order_by(polls.c.started_at, polls.c.id)
        )
        return [_poll(row) for row in rows]

    async def last_good_poll_before(self, source: str, at: datetime) -> Poll | None:
        """Return the latest good poll that ended before ``at``, or None."""
        row = await self._tx.first(
            select(polls)
            .where(polls.c.source == source, polls.c.finished_at < at)
            .where(polls.c.outcome.in_(_GOOD))
            .order_by(polls.c.started_at.desc(), polls.c.id)
            .limit(1)
        )
        return None if row is None else _poll(row)

    async def first_poll_at(self, source: str) -> datetime | None:
        """Return when a source was first polled, however that went, or None."""
        first: datetime | None = await self._tx.scalar(
            select(polls.c.started_at)
            .where(polls.c.source == source)
            .order_by(polls.c.started_at)
            .limit(1)
        )
        return first

    async def last_look_before(self, source: str, at: datetime) -> datetime | None:
        """Return when the last good poll before ``at`` started, or None.

        Good is one that could have shown the thing: it answered, and was not cut short.
        """
        started: datetime | None = await self._tx.scalar(
            select(polls.c.started_at)
            .where(polls.c.source == source, polls.c.started_at < at)
            .where(polls.c.outcome.in_(_GOOD), polls.c.is_complete)
            .order_by(polls.c.started_at.desc())
            .limit(1)
        )
        return started

    async def _write_held(self, lease: Lease, statement: Update) -> None:
        if not await self._tx.run(statement):
            raise Conflict(f"the lease of source {lease.source!r} was lost")


def _is_free(now: datetime, until: datetime) -> ColumnElement[bool]:
    """Tell a source that nobody holds: not leased, expired, or leased by a wrong clock."""
    return or_(
        sources.c.lease_until.is_(None),
        sources.c.lease_until <= now,
        sources.c.lease_until > until + LEASE_EXCESS,
    )


def _held(lease: Lease) -> Update:
    return update(sources).where(
        sources.c.name == lease.source, sources.c.lease_owner == lease.owner
    )


def _spec_row(spec: SourceSpec, now: datetime) -> dict[str, Any]:
    # Passwords are stored in no form, not even as part of a digest.
    told = asdict(replace(spec, passwords=()))
    digest = sha256(canonical_json(told).encode("ascii")).hexdigest()
    return {
        "name": spec.name,
        "kind": spec.kind,
        "role": spec.role.value,
        "spec_sha256": digest,
        "is_enabled": True,
        "interval_s": spec.interval_s,
        "next_poll_at": now,
        "recorded_at": now,
        "checkpoint": {},
        "health": Health.UNKNOWN.value,
        "consecutive_failures": 0,
    }


def _differs(row: Row, stored: Row) -> bool:
    return not stored["is_enabled"] or bool(row["spec_sha256"] != stored["spec_sha256"])


def _poll(row: Row) -> Poll:
    return Poll(**{**row, "outcome": PollOutcome(row["outcome"])})


def _state(row: Row) -> SourceState:
    return SourceState(
        name=row["name"],
        checkpoint=row["checkpoint"],
        next_poll_at=row["next_poll_at"],
        health=Health(row["health"]),
        health_since=row["health_since"],
        consecutive_failures=row["consecutive_failures"],
        last_poll_at=row["last_poll_at"],
        last_success_at=row["last_success_at"],
        last_item_count=row["last_item_count"],
        last_error=row["last_error"],
    )
