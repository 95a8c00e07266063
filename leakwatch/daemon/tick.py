"""The daemon's jobs: claim due sources, drain the outbox, bring in the journal."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog

from leakwatch.alert.outbox import drain
from leakwatch.clock import Clock
from leakwatch.daemon.metrics import Metrics
from leakwatch.daemon.once import Troubles
from leakwatch.daemon.poller import Poller
from leakwatch.daemon.pool import WorkerPool
from leakwatch.errors import LeakwatchError
from leakwatch.evidence.journal import IntakeJournal
from leakwatch.model.source import Lease
from leakwatch.ports import Channel, Store
from leakwatch.recording import Recorder

log = structlog.get_logger(__name__)

DELIVERY_LEASE_S = 120.0
"""After a crash in the middle of a sending, the message is due again after this."""
DELIVERY_BATCH = 50


class Jobs:
    """What APScheduler calls; none of these ever raises what a person can mend.

    Args:
        owner: this daemon's name in lease columns, unique among daemons.
        lease_s: length of a lease in seconds.
    """

    def __init__(
        self,
        *,
        store: Store,
        poller: Poller,
        pool: WorkerPool,
        recorder: Recorder,
        journal: IntakeJournal,
        channels: Mapping[str, Channel],
        clock: Clock,
        metrics: Metrics,
        troubles: Troubles,
        owner: str,
        lease_s: float,
    ) -> None:
        self._store = store
        self._poller = poller
        self._pool = pool
        self._recorder = recorder
        self._journal = journal
        self._channels = channels
        self._clock = clock
        self._metrics = metrics
        self._troubles = troubles
        self._owner = owner
        self._lease_s = lease_s
        self._draining = asyncio.Lock()
        self.last_tick_at: datetime | None = None
        """When due sources were last claimed."""

    async def tick(self) -> int:
        """Claim as many due sources as there are free workers; return how many."""
        room = self._pool.free
        if room == 0:
            return 0
        now = self._clock.now()
        try:
            async with self._store.begin() as tx:
                leases = await tx.sources.claim_due(
                    self._owner,
                    now=now,
                    until=now + timedelta(seconds=self._lease_s),
                    limit=room,
                )
        except LeakwatchError as error:
            self._troubles.begin("store", error.slug, error.what)
            return 0
        self._troubles.end("store")
        self.last_tick_at = now
        self._metrics.last_tick.set(now.timestamp())
        for lease in leases:
            self._pool.submit(self._poll(lease), name=f"poll {lease.source}")
        return len(leases)

    async def deliver(self) -> None:
        """Send what is due in the outbox; at once, or by the drain that is under way."""
        if self._draining.locked():
            return
        async with self._draining:
            try:
                report = await drain(
                    self._store,
                    self._channels,
                    clock=self._clock,
                    owner=self._owner,
                    lease_s=DELIVERY_LEASE_S,
                    limit=DELIVERY_BATCH,
                )
                async with self._store.begin() as tx:
                    backlog = await tx.alerts.backlog()
            except LeakwatchError as error:
                self._troubles.begin("outbox", error.slug, error.what)
                return
        self._troubles.end("outbox")
        self._metrics.deliveries.labels("sent").inc(report.sent)
        self._metrics.deliveries.labels("failed").inc(report.failed)
        self._metrics.deliveries.labels("dead").inc(report.dead)
        for state, count in backlog.items():
            self._metrics.backlog.labels(state.value).set(count)

    async def recover(self) -> None:
        """Bring journalled observations into the database."""
        pending = await asyncio.to_thread(self._journal.pending)
        self._metrics.journal.set(len(pending))
        if not pending:
            return
        try:
            recovered = await self._recorder.recover()
        except LeakwatchError as error:
            self._troubles.begin("journal", error.slug, error.what)
            return
        self._troubles.end("journal")
        self._metrics.journal.set(0)
        log.info("journal_recovered", observations=len(recovered))
        await self.deliver()

    async def _poll(self, lease: Lease) -> None:
        try:
            report = await self._poller.poll(lease)
        except LeakwatchError as error:
            self._troubles.begin(f"poll {lease.source}", error.slug, error.what)
            return
        self._troubles.end(f"poll {lease.source}")
        if any(recorded.alert for recorded in report.recorded):
            await self.deliver()
