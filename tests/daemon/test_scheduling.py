"""A wall clock that is put back stops nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from leakwatch.daemon.scheduling import LOOK_S, mind_the_clock


class BentClock:
    """A wall clock that goes ``step`` beside the truth after the first look."""

    def __init__(self, step: timedelta) -> None:
        self._step = step
        self._slept_s = 0.0
        self.looks = asyncio.Semaphore(0)

    def now(self) -> datetime:
        bent = self._step if self._slept_s else timedelta()
        return datetime(2026, 1, 5, tzinfo=UTC) + timedelta(seconds=self._slept_s) + bent

    def monotonic_s(self) -> float:
        return self._slept_s

    async def sleep(self, seconds: float) -> None:
        self._slept_s += seconds
        self.looks.release()
        await asyncio.sleep(0)


@asynccontextmanager
async def minded(clock: BentClock) -> AsyncIterator[asyncio.Event]:
    """Run the guard over one job that believes itself due tomorrow; yield its run."""
    ran = asyncio.Event()

    async def job() -> None:
        ran.set()

    scheduler = AsyncIOScheduler(timezone=UTC)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    scheduler.add_job(job, "interval", seconds=1, next_run_time=tomorrow)
    scheduler.start()
    guard = asyncio.create_task(mind_the_clock(scheduler, clock))
    try:
        yield ran
    finally:
        guard.cancel()
        with suppress(asyncio.CancelledError):
            await guard
        scheduler.shutdown(wait=False)


async def test_jobs_run_at_once_after_the_clock_was_put_back() -> None:
    """A job that a wrong clock put off until tomorrow runs now, and the step is told once."""
    clock = BentClock(-timedelta(days=1))
    with structlog.testing.capture_logs() as logs:
        async with minded(clock) as ran:
            await asyncio.wait_for(ran.wait(), 10)
            for _ in range(20):
                await clock.looks.acquire()
    assert [(line["event"], line["seconds"]) for line in logs] == [("clock_put_back", 86_400)]


async def test_a_clock_put_forward_or_adrift_is_no_news() -> None:
    """Late jobs run by themselves, and a fraction of a second is not worth a word."""
    for step in (timedelta(days=1), -timedelta(seconds=LOOK_S / 10)):
        clock = BentClock(step)
        with structlog.testing.capture_logs() as logs:
            async with minded(clock) as ran:
                for _ in range(20):
                    await clock.looks.acquire()
                assert not ran.is_set()
        assert logs == []
