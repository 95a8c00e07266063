"""The daemon from start to stop: reads top to bottom.

Start: check schema, test ourselves, bring in the journal, make the sources
known, open the health page, start the clock. Stop: no new polls, wait for the
running ones, send what is due once more, close. A second signal stops at once.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import structlog

from leakwatch.daemon.health import HealthServer
from leakwatch.daemon.metrics import Metrics
from leakwatch.daemon.once import Troubles
from leakwatch.daemon.pool import WorkerPool
from leakwatch.daemon.rematching import Rematching
from leakwatch.daemon.scheduling import build_scheduler, mind_the_clock
from leakwatch.daemon.tick import Jobs
from leakwatch.settings import Settings
from leakwatch.wiring.service import build_service

log = structlog.get_logger(__name__)

FINAL_DELIVERY_S = 10.0


async def serve(
    settings: Settings,
    *,
    ready: Callable[[], None] | None = None,
    stop: asyncio.Event | None = None,
) -> None:
    """Run until told to stop.

    Args:
        settings: the whole tree.
        ready: called once the daemon polls.
        stop: ends the daemon when set; SIGTERM and SIGINT set it too.

    Raises:
        LeakwatchError: it could not start; the message says what to mend.
    """
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    stop = stop or asyncio.Event()
    async with build_service(settings) as service, _signals(stop):
        await service.start()
        metrics, troubles = Metrics(), Troubles()
        pool = WorkerPool(settings.daemon.workers)
        jobs = Jobs(service, pool=pool, metrics=metrics, troubles=troubles)
        rematching = Rematching(service, metrics=metrics, troubles=troubles, deliver=jobs.deliver)
        health = HealthServer(
            listen=settings.daemon.listen,
            metrics=metrics,
            troubles=troubles,
            clock=service.clock,
            last_tick=lambda: jobs.last_tick_at,
            tick_s=settings.daemon.tick_s,
        )
        await health.start()
        try:
            await jobs.recover()
            scheduler = build_scheduler(jobs, rematching, settings.daemon)
            scheduler.start()
            watch = asyncio.create_task(mind_the_clock(scheduler, service.clock))
            log.info("daemon_started", sources=len(service.sources), matters=len(service.matters))
            if ready is not None:
                ready()
            await stop.wait()
            log.info("daemon_stopping", polls_running=pool.running)
            scheduler.pause()
            _, cut_off = await asyncio.gather(
                rematching.finish(settings.daemon.drain_s), pool.drain(settings.daemon.drain_s)
            )
            with suppress(TimeoutError):
                await asyncio.wait_for(jobs.deliver_last(), FINAL_DELIVERY_S)
            watch.cancel()
            scheduler.shutdown(wait=False)
            log.info("daemon_stopped", polls_cut_off=cut_off)
        finally:
            await health.stop()


@asynccontextmanager
async def _signals(stop: asyncio.Event) -> AsyncIterator[None]:
    """Let SIGTERM and SIGINT set the event; a second one ends the process."""
    loop = asyncio.get_running_loop()

    def told() -> None:
        if stop.is_set():
            log.warning("daemon_killed", reason="second signal")
            os._exit(130)
        stop.set()

    handled = (signal.SIGTERM, signal.SIGINT)
    for number in handled:
        loop.add_signal_handler(number, told)
    try:
        yield
    finally:
        for number in handled:
            loop.remove_signal_handler(number)
