"""When the daemon's jobs run: APScheduler, and a guard against clocks that are put back."""

from __future__ import annotations

from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from leakwatch.clock import Clock
from leakwatch.daemon.rematching import Rematching
from leakwatch.daemon.tick import Jobs
from leakwatch.settings.tree import DaemonSettings

log = structlog.get_logger(__name__)

JOURNAL_S = 5.0
CORPORA_S = 5.0
"""Between looks at the manifests of the corpora: a small file each."""
LOOK_S = 5.0
PUT_BACK_S = 2.0
"""A step back of the wall clock that is worth a word."""


def build_scheduler(
    jobs: Jobs, rematching: Rematching, settings: DaemonSettings
) -> AsyncIOScheduler:
    """Return the scheduler of the daemon's jobs, not yet started."""
    scheduler = AsyncIOScheduler(timezone=UTC)
    every = {
        "tick": (jobs.tick, settings.tick_s),
        "deliver": (jobs.deliver, settings.outbox_s),
        "recover": (jobs.recover, JOURNAL_S),
        "corpora": (rematching.look, CORPORA_S),
        "rematch": (rematching.rematch, CORPORA_S),
    }
    for name, (job, seconds) in every.items():
        scheduler.add_job(
            job,
            "interval",
            seconds=seconds,
            id=name,
            next_run_time=datetime.now(UTC),
            # Late is better than never: without this a busy second drops a run.
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
        )
    return scheduler


async def mind_the_clock(scheduler: AsyncIOScheduler, clock: Clock) -> None:
    """Have every job run at once after the wall clock was put back; runs until cancelled.

    APScheduler reckons in wall time: put back by a day, it would wait for a day.
    """
    wall, monotonic_s = clock.now(), clock.monotonic_s()
    while True:
        await clock.sleep(LOOK_S)
        passed_s = clock.monotonic_s() - monotonic_s
        back_s = passed_s - (clock.now() - wall).total_seconds()
        if back_s > PUT_BACK_S:
            log.warning("clock_put_back", seconds=round(back_s))
            for job in scheduler.get_jobs():
                job.modify(next_run_time=datetime.now(UTC))
        wall, monotonic_s = clock.now(), clock.monotonic_s()
