"""Work done by several processes, in batches, its results in the order of the work.

    with Crew(start, jobs=2) as crew:
        for item, result in crew.in_order(function, items): ...

Processes, because normalising and sketching hold the interpreter's lock in
small pieces: threads give one core and a half at best. Each process is forked
once, for the crew's whole life, and keeps what ``start`` opens there: a sandbox
of its own, an index, a key. A key thus passes by inheritance; it is never
pickled. Items and results are pickled, so a function must be one of a module.

Enter a crew before the first thread and the progress bar: what other threads
hold at a fork stays held in the child.

No process is left behind: each ends when its pipe closes and with the thread
that forked it, and what it started (sandbox zygotes) ends with its sockets.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import pickle
import signal
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkContext, ForkProcess
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from leakwatch.errors import LeakwatchError, SandboxError

State = TypeVar("State")
Item = TypeVar("Item")
Result = TypeVar("Result")

_AHEAD = 3
"""Items a process may be ahead of what is taken: bounds memory."""
_END_TIMEOUT_S = 5.0
_PR_SET_PDEATHSIG = 1


def cores() -> int:
    """Return how many cores this process may use: as many jobs keep them all at work."""
    return len(os.sched_getaffinity(0))


class Crew(Generic[State]):
    """A fixed number of processes, or none: then the work is done here.

    Args:
        start: called once in each process; gives what its work needs, and closes it.
        jobs: processes; 0 works in this one.
    """

    def __init__(self, start: Callable[[], AbstractContextManager[State]], *, jobs: int) -> None:
        self._start = start
        self._jobs = jobs
        self._workers: list[tuple[ForkProcess, Connection]] = []
        self._here: contextlib.ExitStack | None = None
        self._state: State | None = None
        self._hand: _Hand[Any, Any] | None = None

    def __enter__(self) -> Self:
        if not self._jobs:
            self._here = contextlib.ExitStack()
            self._state = self._here.enter_context(self._start())
            return self
        context = multiprocessing.get_context("fork")
        pipes = [context.Pipe() for _ in range(self._jobs)]
        try:
            for number in range(self._jobs):
                self._workers.append((self._forked(context, pipes, number), pipes[number][0]))
        except BaseException:
            self.close()
            raise
        finally:
            for _, theirs in pipes:
                theirs.close()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close(at_once=error is not None)

    @property
    def jobs(self) -> int:
        """Return how many items are worked on at once."""
        return max(1, self._jobs)

    def close(self, *, at_once: bool = True) -> None:
        """End every process, whatever it is at; idempotent.

        Args:
            at_once: by a signal; else each that is idle closes what it opened,
                and its children's CPU time is counted as ours.
        """
        if self._here is not None:
            self._here.close()
            self._here = self._state = None
        for process, ours in self._workers:
            ours.close()
            if at_once or self._is_at_work(ours):
                process.terminate()
        for process, _ in self._workers:
            process.join(_END_TIMEOUT_S)
            if process.is_alive():
                process.kill()
                process.join()
            process.close()
        self._workers.clear()

    def in_order(
        self, function: Callable[[State, Item], Result], items: Iterable[Item]
    ) -> Generator[tuple[Item, Result], None, None]:
        """Yield each item with ``function(state, item)``, in the order of the items.

        One such stream at a time. The first exception is raised where its
        result would stand. A stream that is closed early (Ctrl-C) waits for
        nothing; the next one first waits for what was under way.

        Raises:
            SandboxError: a process of the crew died.
        """
        if self._here is not None or not self._workers:
            for item in items:
                yield item, function(self._opened(), item)
            return
        if self._hand is not None:
            self._hand.drain()
        self._hand = hand = _Hand(self._workers, function, iter(items), self.jobs * _AHEAD)
        yield from hand.results()

    def _is_at_work(self, ours: Connection) -> bool:
        return self._hand is not None and self._hand.is_at_work(ours)

    def _opened(self) -> State:
        if self._here is None:
            raise RuntimeError("the crew is not entered")
        return self._state  # type: ignore[return-value]  # None may be a state

    def _forked(
        self, context: ForkContext, pipes: list[tuple[Connection, Connection]], number: int
    ) -> ForkProcess:
        process = context.Process(
            target=_serve, args=(self._start, pipes, number, os.getpid()), daemon=True
        )
        with warnings.catch_warnings():
            # Python 3.12 warns of any thread; a test runner's are not ours, see above.
            warnings.simplefilter("ignore", DeprecationWarning)
            process.start()
        return process


class _Hand(Generic[Item, Result]):
    """One stream of work handed out to the processes of a crew."""

    def __init__(
        self,
        workers: list[tuple[ForkProcess, Connection]],
        function: Callable[[Any, Item], Result],
        items: Iterator[Item],
        ahead: int,
    ) -> None:
        self._free = deque(ours for _, ours in workers)
        self._busy: dict[Connection, int] = {}
        self._function = function
        self._items = items
        self._ahead = ahead
        self._taken: deque[Item] = deque()
        self._done: dict[int, tuple[bool, Any]] = {}
        self._first = 0

    def results(self) -> Generator[tuple[Item, Result], None, None]:
        while True:
            self._hand_out()
            if not self._taken:
                return
            while self._first not in self._done:
                self._hear()
                self._hand_out()
            is_well, result = self._done.pop(self._first)
            item = self._taken.popleft()
            self._first += 1
            if not is_well:
                raise result
            yield item, result

    def is_at_work(self, ours: Connection) -> bool:
        """Tell whether a result is still to come through a pipe."""
        return ours in self._busy

    def drain(self) -> None:
        """Wait until no process is at work, so that no old result is heard later."""
        while self._busy:
            self._hear()

    def _hand_out(self) -> None:
        while self._free and len(self._taken) < self._ahead:
            try:
                item = next(self._items)
            except StopIteration:
                return
            ours = self._free.popleft()
            self._busy[ours] = self._first + len(self._taken)
            self._taken.append(item)
            try:
                ours.send((self._function, item))
            except OSError:
                raise _died() from None

    def _hear(self) -> None:
        for ready in wait(list(self._busy)):
            assert isinstance(ready, Connection)  # noqa: S101 - for mypy: pipes alone are waited for
            try:
                self._done[self._busy.pop(ready)] = ready.recv()
            except (EOFError, OSError):
                raise _died() from None
            self._free.append(ready)


def _died() -> SandboxError:
    return SandboxError(
        "a reading process died", hint="is memory short? try fewer --jobs; the log may say more"
    )


def _serve(
    start: Callable[[], AbstractContextManager[Any]],
    pipes: list[tuple[Connection, Connection]],
    number: int,
    parent: int,
) -> None:
    """Be one process of a crew until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        return
    mine = pipes[number][1]
    for ours, theirs in pipes:
        # Else a pipe would stay open for as long as any sibling lives.
        ours.close()
        if theirs is not mine:
            theirs.close()
    with start() as state, contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            function, item = mine.recv()
            try:
                answer = pickle.dumps((True, function(state, item)), pickle.HIGHEST_PROTOCOL)
            except Exception as error:  # noqa: BLE001 - told to whoever waits for the result
                answer = _told(error)
            mine.send_bytes(answer)


def _told(error: Exception) -> bytes:
    """Return an exception as the other side can raise it, without what it quotes."""
    if isinstance(error, (LeakwatchError, OSError)):
        with contextlib.suppress(Exception):
            answer = pickle.dumps((False, error))
            pickle.loads(answer)  # noqa: S301 - our own, made a line above
            return answer
    return pickle.dumps((False, RuntimeError(f"{type(error).__name__} in a reading process")))
