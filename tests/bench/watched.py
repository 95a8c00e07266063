"""Work done in a process of its own, its time and memory taken from outside."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")

_EVERY_S = 0.25
_UNTOLD = "the work failed; what it said stands above"


@dataclass(frozen=True, slots=True)
class Watched(Generic[Result]):
    """What came out, and what it took."""

    result: Result
    wall_s: float
    cpu_s: float
    """Of the process and of every process it waited for."""
    peak_bytes: int
    """Anonymous memory of the process and all below it, shared pages counted once."""


def watched(work: Callable[[], Result]) -> Watched[Result]:
    """Do some work in a fork of this process; look at its memory four times a second."""
    context = get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    began = time.monotonic()
    process = context.Process(target=_work, args=(work, theirs))
    process.start()
    theirs.close()
    peak = _Peak(process.pid or 0)
    peak.start()
    try:
        result, cpu_s = ours.recv()
    except EOFError:
        raise SystemExit(_UNTOLD) from None
    finally:
        peak.stop()
    process.join()
    return Watched(result, time.monotonic() - began, cpu_s, peak.bytes)


def _work(work: Callable[[], Any], theirs: Connection) -> None:
    before = sum(os.times()[:4])
    result = work()
    theirs.send((result, sum(os.times()[:4]) - before))


class _Peak(threading.Thread):
    """Remembers the most anonymous memory that a process and its descendants had."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._is_over = threading.Event()
        self.bytes = 0

    def run(self) -> None:
        while not self._is_over.wait(_EVERY_S):
            self.bytes = max(self.bytes, sum(map(anonymous_bytes, _family(self._pid))))

    def stop(self) -> None:
        self._is_over.set()
        self.join()


def anonymous_bytes(pid: int) -> int:
    """Return a process's anonymous memory, each page shared with forks in part; 0 if it is gone."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
    except OSError:
        return 0
    for line in text.splitlines():
        if line.startswith("Pss_Anon:"):
            return int(line.split()[1]) * 1024
    return 0


def _family(pid: int) -> list[int]:
    """Return a process and all below it."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text("ascii", "replace").rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    family = [pid]
    for member in family:
        family.extend(parents.get(member, ()))
    return family
