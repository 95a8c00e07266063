"""One leased poll from start to release: used by the daemon and by ``leakwatch poll``."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta

import structlog

from leakwatch.daemon.metrics import Metrics
from leakwatch.daemon.once import Troubles
from leakwatch.daemon.pacing import next_poll_at
from leakwatch.errors import Conflict, StoreError
from leakwatch.model.source import Lease
from leakwatch.pipeline import PollReport
from leakwatch.wiring.service import Service

log = structlog.get_logger(__name__)


class Poller:
    """Polls leased sources.

    Args:
        service: the parts of the daemon.
        metrics: what is counted.
        troubles: what has been said already.
    """

    def __init__(self, service: Service, *, metrics: Metrics, troubles: Troubles) -> None:
        self._service = service
        self._store = service.store
        self._metrics = metrics
        self._troubles = troubles
        self._owed: dict[str, tuple[Lease, datetime]] = {}
        """Leases that the database has yet to take back, with when the source is due."""
        self._giving = asyncio.Lock()
        """A lease given back twice could by then be the next one of the same source."""

    async def poll(self, lease: Lease) -> PollReport:
        """Poll the leased source, keep the lease alive meanwhile, then give it back.

        Raises:
            StoreError: the database refused; what was observed is journalled.
        """
        spec, adapter = self._service.sources[lease.source]
        started = time.perf_counter()
        # A fault must not turn into a tight loop of the same fault.
        wait = timedelta(seconds=min(spec.interval_s, 60.0))
        try:
            async with self._kept(lease):
                with structlog.contextvars.bound_contextvars(source=spec.name):
                    report = await self._service.pipeline.poll(spec, adapter, lease)
                async with self._store.read() as tx:
                    state = await tx.sources.state(spec.name)
                now = self._service.clock.now()
                wait = next_poll_at(spec, state, now) - now
        except asyncio.CancelledError:
            wait = timedelta()
            raise
        finally:
            await self._release(lease, self._service.clock.now() + wait)
        self._tell(report, time.perf_counter() - started)
        return report

    async def decline(self, lease: Lease) -> None:
        """Give a lease back without a poll; the source stays due."""
        await self._release(lease, self._service.clock.now())

    async def give_back(self) -> None:
        """Give back the leases that the database did not take at the time.

        Raises:
            StoreError: it still does not.
        """
        async with self._giving:
            for lease, due in list(self._owed.values()):
                async with self._store.begin() as tx:
                    await tx.sources.release(lease, due)
                del self._owed[lease.source]

    def _tell(self, report: PollReport, seconds: float) -> None:
        poll = report.poll
        self._metrics.polls.labels(poll.source, poll.outcome.value).inc()
        self._metrics.poll_seconds.observe(seconds)
        for recorded in report.recorded:
            if recorded.event is not None:
                self._metrics.findings.labels(recorded.finding.outcome.value).inc()
        if poll.is_failure or poll.is_degraded:
            self._troubles.begin(
                f"source {poll.source}", poll.error or "unknown", poll.detail or ""
            )
        else:
            self._troubles.end(f"source {poll.source}")
        if not poll.is_failure:
            self._metrics.last_success.labels(poll.source).set(poll.finished_at.timestamp())
        log.debug("poll", source=poll.source, outcome=poll.outcome.value, items=poll.items)

    @asynccontextmanager
    async def _kept(self, lease: Lease) -> AsyncIterator[None]:
        keeper = asyncio.create_task(self._keep(lease), name=f"lease {lease.source}")
        try:
            yield
        finally:
            keeper.cancel()
            with suppress(asyncio.CancelledError):
                await keeper

    async def _keep(self, lease: Lease) -> None:
        """Renew the lease until cancelled; a lost lease ends the renewing."""
        while True:
            await asyncio.sleep(self._service.settings.daemon.lease_s / 3)
            try:
                async with self._store.begin() as tx:
                    until = self._service.clock.now() + timedelta(
                        seconds=self._service.settings.daemon.lease_s
                    )
                    await tx.sources.renew(lease, until)
            except Conflict:
                log.warning("lease_lost", source=lease.source)
                return
            except StoreError:
                continue

    async def _release(self, lease: Lease, due: datetime) -> None:
        """Give a lease back, at the next tick if the database refuses now."""
        self._owed[lease.source] = lease, due
        with suppress(StoreError):
            await self.give_back()
