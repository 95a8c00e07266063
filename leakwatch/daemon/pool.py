"""Bounded workers with an ordered end.

Shutdown is idempotent, stops intake at once, waits for running jobs up to a
limit and then cancels them; a cancelled poll resumes from its checkpoint.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

log = structlog.get_logger(__name__)


class WorkerPool:
    """Runs at most ``size`` jobs at once.

    Args:
        size: jobs at once, at least 1.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._running: set[asyncio.Task[None]] = set()
        self._is_closed = False

    @property
    def free(self) -> int:
        """How many more jobs may be submitted now; 0 once closed."""
        return 0 if self._is_closed else self._size - len(self._running)

    @property
    def running(self) -> int:
        return len(self._running)

    def submit(self, job: Coroutine[Any, Any, None], *, name: str) -> bool:
        """Start a job; return False, and close the coroutine, when there is no room."""
        if self.free <= 0:
            job.close()
            return False
        task = asyncio.create_task(job, name=name)
        self._running.add(task)
        task.add_done_callback(self._finished)
        return True

    async def drain(self, timeout_s: float) -> int:
        """Take no more jobs, wait for the running ones; return how many were cut off."""
        self._is_closed = True
        if not self._running:
            return 0
        _, late = await asyncio.wait(set(self._running), timeout=timeout_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return len(late)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # A job handles what it foresees; this is a fault of ours.
            log.error("job_failed", job=task.get_name(), error=type(error).__name__)
