"""The daemon's jobs: claim due sources, drain the outbox, bring in the journal."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import structlog

from leakwatch.alert.outbox import drain
from leakwatch.daemon.metrics import Metrics
from leakwatch.daemon.once import Troubles
from leakwatch.daemon.poller import Poller
from leakwatch.daemon.pool import WorkerPool
from leakwatch.errors import LeakwatchError
from leakwatch.model.source import Lease
from leakwatch.wiring.service import Service

log = structlog.get_logger(__name__)

DELIVERY_LEASE_S = 120.0
"""After a crash in the middle of a sending, the message is due again after this."""
DELIVERY_BATCH = 50


class Jobs:
    """What APScheduler calls; none of these ever raises what a person can mend.

    Args:
        service: the parts of the daemon.
        pool: bounds the polls that run at once.
        metrics: what is counted.
        troubles: what has been said already.
    """

    def __init__(
        self, service: Service, *, pool: WorkerPool, metrics: Metrics, troubles: Troubles
    ) -> None:
        self._service = service
        self._pool = pool
        self._metrics = metrics
        self._troubles = troubles
        self._poller = Poller(service, metrics=metrics, troubles=troubles)
        self._draining = asyncio.Lock()
        self.last_tick_at: datetime | None = None
        """When due sources were last claimed, or all workers seen busy."""

    async def tick(self) -> int:
        """Claim as many due sources as there are free workers; return how many."""
        room = self._pool.free
        now = self._service.clock.now()
        if room == 0:
            self.last_tick_at = now
            return 0
        try:
            await self._poller.give_back()
            async with self._service.store.begin() as tx:
                leases = await tx.sources.claim_due(
                    self._service.owner,
                    now=now,
                    until=now + timedelta(seconds=self._service.settings.daemon.lease_s),
                    limit=room,
                )
        except LeakwatchError as error:
            self._troubles.begin("store", error.slug, error.what)
            return 0
        self._troubles.end("store")
        self.last_tick_at = now
        self._metrics.last_tick.set(now.timestamp())
        for lease in leases:
            if not self._pool.submit(self._poll(lease), name=f"poll {lease.source}"):
                await self._poller.decline(lease)  # we are stopping
        return len(leases)

    async def deliver(self) -> None:
        """Send what is due in the outbox; at once, or by the drain that is under way."""
        if not self._draining.locked():
            await self.deliver_last()

    async def deliver_last(self) -> None:
        """Send what is due in the outbox, after the drain that may be under way."""
        async with self._draining:
            try:
                report = await drain(
                    self._service.store,
                    self._service.channels,
                    clock=self._service.clock,
                    owner=self._service.owner,
                    lease_s=DELIVERY_LEASE_S,
                    limit=DELIVERY_BATCH,
                )
                async with self._service.store.begin() as tx:
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
        try:
            pending = await asyncio.to_thread(self._service.journal.pending)
            self._metrics.journal.set(len(pending))
            recovery = await self._service.recorder.recover()
        except LeakwatchError as error:
            self._troubles.begin("journal", error.slug, error.what)
            return
        self._metrics.journal.set(len(recovery.stuck))
        if recovery.stuck:
            entry, reason = next(iter(recovery.stuck.items()))
            what = f"{len(recovery.stuck)} observations cannot be brought in; {entry}: {reason}"
            self._troubles.begin("journal", "journal_stuck", what)
        else:
            self._troubles.end("journal")
        if recovery.recorded:
            log.info("journal_recovered", observations=len(recovery.recorded))

    async def _poll(self, lease: Lease) -> None:
        if lease.source not in self._service.sources:
            # Two daemons on one database while one has older settings.
            what = "another daemon has configured it, this one has not"
            self._troubles.begin(f"poll {lease.source}", "entity_unknown", what)
            await self._poller.decline(lease)
            return
        try:
            report = await self._poller.poll(lease)
        except LeakwatchError as error:
            self._troubles.begin(f"poll {lease.source}", error.slug, error.what)
            return
        self._troubles.end(f"poll {lease.source}")
        if any(recorded.alert for recorded in report.recorded):
            await self.deliver()
