from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from leakwatch.corpus.crew import Crew
from leakwatch.errors import CorpusCorrupt, SandboxError

KEPT = object()
LONG_S = 20.0


@contextmanager
def opened() -> Iterator[object]:
    yield KEPT


def square(state: object, n: int) -> int:
    assert state is KEPT
    time.sleep(0.002 * (n % 3))
    return n * n


def process_of(_: object, n: int) -> int:
    time.sleep(0.01)
    return os.getpid()


def fails_at_five(_: object, n: int) -> int:
    if n == 5:
        raise CorpusCorrupt("five", hint="four")
    return n


def quotes_content(_: object, n: int) -> int:
    raise ValueError("Unmistakable content of a made-up note")


def dies(_: object, n: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return n


@pytest.mark.parametrize("jobs", [0, 1, 3])
def test_results_come_in_order(jobs: int) -> None:
    """Later work that ends first waits for its turn; each process keeps what it opened."""
    with Crew(opened, jobs=jobs) as crew:
        assert list(crew.in_order(square, range(40))) == [(n, n * n) for n in range(40)]
        assert list(crew.in_order(square, [7])) == [(7, 49)]


def test_work_is_shared_by_processes_that_stay() -> None:
    """Every process works, none is started for an item, and this one does none of it."""
    with Crew(opened, jobs=2) as crew:
        pids = {pid for _, pid in crew.in_order(process_of, range(30))}
    assert len(pids) == 2
    assert os.getpid() not in pids


@pytest.mark.parametrize("jobs", [0, 2])
def test_an_error_stands_where_its_result_would(jobs: int) -> None:
    """What came before the error is delivered, then the error with its hint; the crew goes on."""
    got: list[int] = []
    with Crew(opened, jobs=jobs) as crew:
        with pytest.raises(CorpusCorrupt, match="five") as caught:
            got.extend(n for _, n in crew.in_order(fails_at_five, range(100)))
        assert got == [0, 1, 2, 3, 4]
        assert caught.value.hint == "four"
        assert [n for _, n in crew.in_order(fails_at_five, range(3))] == [0, 1, 2]


def test_a_strange_error_is_told_without_what_it_quotes() -> None:
    """An exception that may quote a document crosses by its type alone."""
    with Crew(opened, jobs=1) as crew, pytest.raises(RuntimeError, match="ValueError") as caught:
        list(crew.in_order(quotes_content, [1]))
    assert "Unmistakable" not in str(caught.value)


def test_work_is_taken_as_it_is_needed() -> None:
    """No more than a bounded number of items is in memory, and a stopped stream can be followed."""
    taken = 0

    def counted() -> Iterator[int]:
        nonlocal taken
        for item in range(10_000):
            taken += 1
            yield item

    with Crew(opened, jobs=2) as crew:
        with closing(crew.in_order(square, counted())) as stream:
            next(stream)
            assert taken < 20
        assert list(crew.in_order(square, [3])) == [(3, 9)]


def test_a_process_that_dies_is_an_error() -> None:
    """A process killed by the system (memory) ends the work with a clear error, not a hang."""
    with Crew(opened, jobs=2) as crew, pytest.raises(SandboxError, match="died"):
        list(crew.in_order(dies, range(10)))


def test_no_process_outlives_its_crew() -> None:
    """Left amid long work, the processes are gone when the block ends."""
    with Crew(opened, jobs=2) as crew:
        pids = {pid for _, pid in crew.in_order(process_of, range(10))}
        stream = crew.in_order(square, range(10_000))
        next(stream)
    assert not any(alive(pid) for pid in pids)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # Python 3.12, a runner's threads
def test_no_process_outlives_its_parent() -> None:
    """A parent that is killed takes its processes with it."""
    read, write = os.pipe()
    parent = os.fork()
    if parent == 0:
        with Crew(opened, jobs=2) as crew:
            pids = sorted({pid for _, pid in crew.in_order(process_of, range(20))})
            os.write(write, ",".join(map(str, pids)).encode())
            signal.pause()
    pids = [int(pid) for pid in os.read(read, 100).split(b",")]
    os.close(read)
    os.close(write)
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    deadline = time.monotonic() + 10
    while any(alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(pids) == 2
    assert not any(alive(pid) for pid in pids)


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123 - a path would say no more
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@contextmanager
def closing_late(place: Path) -> Iterator[object]:
    yield KEPT
    time.sleep(0.1)
    (place / str(os.getpid())).touch()


@pytest.mark.parametrize("jobs", [0, 2])
def test_what_was_opened_is_closed_at_a_clean_end(tmp_path: Path, jobs: int) -> None:
    """Each process closes what it opened before the crew is left."""
    with Crew(lambda: closing_late(tmp_path), jobs=jobs) as crew:
        list(crew.in_order(square, range(8)))
    assert len(list(tmp_path.iterdir())) == max(1, jobs)


@contextmanager
def place_of(place: Path) -> Iterator[Path]:
    yield place


@pytest.mark.parametrize("error", [None, KeyError()])
def test_what_is_under_way_is_not_waited_for(tmp_path: Path, error: Exception | None) -> None:
    """A crew that is left early, or by an error, ends the work that it is at."""
    with suppress(KeyError), Crew(lambda: place_of(tmp_path), jobs=2) as crew:
        results = crew.in_order(marks_late, range(9))
        assert next(results) == (0, 0)
        if error is not None:
            raise error
    assert [path.name for path in tmp_path.iterdir()] == ["0"]


def marks_late(place: Path, n: int) -> int:
    time.sleep(LONG_S if n else 0.0)
    (place / str(n)).touch()
    return n
