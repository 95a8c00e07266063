"""One leased poll from start to release: used by the daemon and by ``leakwatch poll``."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

import structlog

from leakwatch.clock import Clock
from leakwatch.daemon.metrics import Metrics
from leakwatch.daemon.once import Troubles
from leakwatch.daemon.pacing import next_poll_at
from leakwatch.errors import Conflict, StoreError
from leakwatch.model.source import Lease, SourceSpec
from leakwatch.pipeline import Pipeline, PollReport
from leakwatch.ports import Source, Store

log = structlog.get_logger(__name__)


class Poller:
    """Polls leased sources.

    Args:
        pipeline: does the work.
        store: holds the leases.
        sources: every configured source with its adapter, by name.
        clock: for due times.
        lease_s: how long a lease runs before it must be renewed, in seconds.
        metrics: what is counted.
        troubles: what has been said already.
    """

    def __init__(
        self,
        *,
        pipeline: Pipeline,
        store: Store,
        sources: Mapping[str, tuple[SourceSpec, Source]],
        clock: Clock,
        lease_s: float,
        metrics: Metrics,
        troubles: Troubles,
    ) -> None:
        self._pipeline = pipeline
        self._store = store
        self._sources = sources
        self._clock = clock
        self._lease_s = lease_s
        self._metrics = metrics
        self._troubles = troubles

    async def poll(self, lease: Lease) -> PollReport:
        """Poll the leased source, keep the lease alive meanwhile, then give it back.

        Raises:
            StoreError: the database refused; what was observed is journalled.
        """
        spec, adapter = self._sources[lease.source]
        started = time.perf_counter()
        keeper = asyncio.create_task(self._keep(lease), name=f"lease {lease.source}")
        try:
            with structlog.contextvars.bound_contextvars(source=spec.name):
                report = await self._pipeline.poll(spec, adapter, lease)
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
            await tx.sources.release(lease, next_poll_at(spec, state, self._clock.now()))
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
            await asyncio.sleep(self._lease_s / 3)
            try:
                async with self._store.begin() as tx:
                    until = self._clock.now() + timedelta(seconds=self._lease_s)
                    await tx.sources.renew(lease, until)
            except Conflict:
                log.warning("lease_lost", source=lease.source)
                return
            except StoreError:
                continue

    async def _release(self, lease: Lease, *, due_in_s: float) -> None:
        with suppress(StoreError):
            async with self._store.begin() as tx:
                due = self._clock.now() + timedelta(seconds=due_in_s)
                await tx.sources.release(lease, due)
