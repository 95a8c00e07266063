"""Polling by hand: the daemon's own path, once, for a person who waits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import structlog

from leakwatch.daemon.metrics import Metrics
from leakwatch.daemon.once import Troubles
from leakwatch.daemon.poller import Poller
from leakwatch.daemon.pool import WorkerPool
from leakwatch.daemon.tick import Jobs
from leakwatch.errors import Conflict, EntityUnknown
from leakwatch.pipeline import PollReport
from leakwatch.settings import Settings
from leakwatch.wiring.service import build_service

log = structlog.get_logger(__name__)


async def poll_by_hand(settings: Settings, name: str | None) -> Sequence[PollReport]:
    """Poll one source, or all in turn, and deliver what follows.

    Of all, those that a daemon is polling at this moment are passed over.

    Raises:
        EntityUnknown: no source of that name.
        Conflict: a daemon is polling the one source at this moment.
    """
    async with build_service(settings) as service:
        if name is not None and name not in service.sources:
            known = ", ".join(service.sources) or "none"
            raise EntityUnknown(f"no source {name!r}; configured: {known}")
        await service.start()
        metrics, troubles = Metrics(), Troubles()
        poller = Poller(service, metrics=metrics, troubles=troubles)
        jobs = Jobs(service, pool=WorkerPool(1), metrics=metrics, troubles=troubles)
        await jobs.recover()
        reports = []
        for source in [name] if name is not None else service.sources:
            now = service.clock.now()
            until = now + timedelta(seconds=settings.daemon.lease_s)
            try:
                async with service.store.begin() as tx:
                    lease = await tx.sources.claim(source, service.owner, now=now, until=until)
            except Conflict as error:
                if name is not None:
                    raise
                log.warning("poll_skipped", source=source, error=error.slug, message=error.what)
                continue
            reports.append(await poller.poll(lease))
        await jobs.deliver()
        return reports
