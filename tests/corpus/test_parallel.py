from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from leakwatch.corpus.parallel import in_order


@pytest.mark.parametrize("jobs", [1, 4])
def test_results_come_in_order(jobs: int) -> None:
    """Later work that ends first waits for its turn."""

    def work(n: int) -> int:
        time.sleep(0.002 * (n % 3))
        return n * n

    assert list(in_order(work, range(40), jobs=jobs)) == [(n, n * n) for n in range(40)]


def test_an_error_stands_where_its_result_would() -> None:
    """What came before the error is delivered, then the error."""

    def work(n: int) -> int:
        if n == 5:
            raise RuntimeError("five")
        return n

    got: list[int] = []
    with pytest.raises(RuntimeError, match="five"):
        got.extend(n for _, n in in_order(work, range(100), jobs=2))


def test_work_is_taken_as_it_is_needed() -> None:
    """No more than a bounded number of items is in memory, however many there are."""
    taken = 0

    def counted() -> Iterator[int]:
        nonlocal taken
        for item in range(10_000):
            taken += 1
            yield item

    with closing(in_order(abs, counted(), jobs=2)) as stream:
        next(stream)
        assert taken < 20


def test_stopping_early_waits_for_nobody() -> None:
    """A caller that stops is not held up by work that hangs."""
    release = threading.Event()

    def work(n: int) -> int:
        if n:
            release.wait(30)
        return n

    with closing(in_order(work, range(100), jobs=2)) as stream:
        assert next(stream) == (0, 0)
        started = time.monotonic()
    took_s = time.monotonic() - started
    release.set()
    assert took_s < 10
