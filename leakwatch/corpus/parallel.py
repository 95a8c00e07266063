"""Work done by several threads, its results in the order of the work."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_AHEAD = 4
"""Items a thread may be ahead of what is taken: bounds memory."""


def in_order(
    function: Callable[[Item], Result], items: Iterable[Item], *, jobs: int
) -> Generator[tuple[Item, Result], None, None]:
    """Yield each item with its result, in order, computed by ``jobs`` threads.

    The first exception is raised where its result would stand. When the caller
    stops early (Ctrl-C) what has not begun is dropped, and what is running is
    not waited for: closing what it works with ends it.
    """
    waiting: deque[tuple[Item, Future[Result]]] = deque()
    threads = ThreadPoolExecutor(jobs, thread_name_prefix="reading")
    try:
        for item in items:
            waiting.append((item, threads.submit(function, item)))
            if len(waiting) > jobs * _AHEAD:
                first, future = waiting.popleft()
                yield first, future.result()
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result()
    finally:
        threads.shutdown(wait=not waiting, cancel_futures=True)
