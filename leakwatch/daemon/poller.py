"""One leased poll from start to release: used by the daemon and by ``leakwatch poll``."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from datetime import timedelta

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

    async def poll(self, lease: Lease) -> PollReport:
        """Poll the leased source, keep the lease alive meanwhile, then give it back.

        Raises:
            StoreError: the database refused; what was observed is journalled.
        """
        spec, adapter = self._service.sources[lease.source]
        started = time.perf_counter()
        keeper = asyncio.create_task(self._keep(lease), name=f"lease {lease.source}")
        try:
            with structlog.contextvars.bound_contextvars(source=spec.name):
                report = await self._service.pipeline.poll(spec, adapter, lease)
        except asyncio.CancelledError:
            await self._release(lease, due_in_s=0.0)
            raise
        except Exception:
            # A fault must not turn into a tight loop of the same fault.
            await self._release(lease, due_in_s=min(spec.interval_s, 60.0))
            raise
        finally:
            keeper.cancel()
            with suppress(asyncio.CancelledError):
                await keeper
        async with self._store.begin() as tx:
            state = await tx.sources.state(spec.name)
            await tx.sources.release(lease, next_poll_at(spec, state, self._service.clock.now()))
        self._tell(report, time.perf_counter() - started)
        return report

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

    async def _release(self, lease: Lease, *, due_in_s: float) -> None:
        with suppress(StoreError):
            async with self._store.begin() as tx:
                due = self._service.clock.now() + timedelta(seconds=due_in_s)
                await tx.sources.release(lease, due)
