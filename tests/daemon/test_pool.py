"""The worker pool: bounded, drains, idempotent."""

import asyncio

import structlog

from leakwatch.daemon.pool import WorkerPool


async def test_no_more_jobs_than_its_size_run_at_once() -> None:
    """A job beyond the size is refused, not queued without bound."""
    pool, gate = WorkerPool(2), asyncio.Event()
    assert [pool.submit(wait_for(gate), name="a") for _ in range(3)] == [True, True, False]
    gate.set()
    assert await pool.drain(1) == 0


async def test_draining_waits_for_running_jobs_and_takes_no_more() -> None:
    """A job that is running finishes; one that comes later is discarded."""
    pool, gate = WorkerPool(2), asyncio.Event()
    done: list[str] = []
    pool.submit(wait_for(gate, done), name="a")
    drain = asyncio.create_task(pool.drain(5))
    await asyncio.sleep(0)
    assert not pool.submit(wait_for(gate), name="late")
    gate.set()
    assert await drain == 0
    assert done == ["done"]
    assert await pool.drain(5) == 0


async def test_a_job_that_outlasts_the_drain_is_cancelled() -> None:
    """Draining ends in bounded time, and says how many it cut off."""
    pool = WorkerPool(1)
    pool.submit(wait_for(asyncio.Event()), name="stuck")
    assert await pool.drain(0.01) == 1
    assert pool.running == 0


async def test_a_faulty_job_frees_its_place_and_is_logged() -> None:
    """A fault of ours costs one job and is named, without its message."""
    pool = WorkerPool(1)
    with structlog.testing.capture_logs() as logs:
        pool.submit(fail(), name="poll x")
        await pool.drain(1)
    assert logs == [
        {"event": "job_failed", "job": "poll x", "error": "ValueError", "log_level": "error"}
    ]


async def wait_for(gate: asyncio.Event, done: list[str] | None = None) -> None:
    await gate.wait()
    if done is not None:
        done.append("done")


async def fail() -> None:
    raise ValueError("patient name")
