"""What reading in a child costs: a fork a file, and many files a child; run by ``make bench``.

Usage: python -m tests.bench.sandbox [--rounds N]

Milliseconds of wall clock, medians, for one file after the other through one
sandbox process (and of CPU, means, which a busy machine disturbs less); beside them what other ways to a process cost for no work at all.
"""

# ruff: noqa: T201 - a bench prints
from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from leakwatch.extract.base import PictureLimits
from leakwatch.sandbox.batch import ANY_KIND
from leakwatch.sandbox.intake import Body
from leakwatch.sandbox.limits import ReadLimits
from leakwatch.sandbox.pool import SandboxPool
from tests.bench.notes import note
from tests.bench.watched import anonymous_bytes
from tests.support.mixed_files import MAKERS

TARGET_MS = 5.0
KINDS = ("txt", "html", "pdf", "docx", "zip")
TOGETHER = 200
_SPAWNS = 20


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    rounds = parser.parse_args().rounds
    files = {kind: MAKERS[kind](note(1)) for kind in KINDS}
    for what, limits in (
        ("text alone", ReadLimits()),
        ("text and pictures", ReadLimits(pictures=PictureLimits())),
    ):
        alone(what, files, limits, rounds)
    together(files)
    peers(rounds)


def alone(what: str, files: Mapping[str, bytes], limits: ReadLimits, rounds: int) -> None:
    """Read small files, each in a child of its own."""
    with SandboxPool(limits, workers=1, parser_modules=()) as pool:
        pool.start()
        print(f"a child a file, {what}; sandbox process of {_anonymous_mb():.0f} MB")
        for kind, body in files.items():
            before_s = _cpu_s()
            took = _median_ms(partial(pool.read, body, name="x"), rounds)
            cpu = (_cpu_s() - before_s) / rounds * 1000
            verdict = "" if took <= TARGET_MS else f"  over {TARGET_MS:g}"
            print(f"  {kind:6}{len(body):7} bytes {took:8.2f} ms, {cpu:.2f} of CPU{verdict}")


def together(files: Mapping[str, bytes]) -> None:
    """Read small files that share a child, as ``corpus build`` does."""
    print(f"a child for {TOGETHER} files")
    with SandboxPool(ReadLimits(), workers=1, parser_modules=(), together=ANY_KIND) as pool:
        pool.start()
        for kind, body in files.items():
            inputs: list[tuple[str, Body]] = [(str(n), body) for n in range(TOGETHER)]
            took = _median_ms(partial(_read_all, pool, inputs), 5)
            print(f"  {kind:6}{len(body):7} bytes {took / TOGETHER:8.2f} ms")


def peers(rounds: int) -> None:
    """Show what a process costs that does nothing."""
    print("no work at all")
    with ProcessPoolExecutor(1) as executor:
        executor.submit(_nothing).result()
        took = _median_ms(lambda: executor.submit(_nothing).result(), rounds)
        print(f"  {'a process pool, state shared between files':46}{took:8.2f} ms")
    python = [sys.executable, "-I", "-S", "-c", ""]
    took = _median_ms(lambda: subprocess.run(python, check=True), _SPAWNS)  # noqa: S603
    print(f"  {'a bare interpreter':46}{took:8.2f} ms")
    loaded = [sys.executable, "-c", "import leakwatch.sandbox.jobs"]
    took = _median_ms(lambda: subprocess.run(loaded, check=True), _SPAWNS)  # noqa: S603
    print(f"  {'an interpreter that loads the parsers':46}{took:8.2f} ms")


def _read_all(pool: SandboxPool, inputs: list[tuple[str, Body]]) -> None:
    for _ in pool.read_many(inputs):
        pass


def _nothing() -> None:
    pass


def _median_ms(work: Callable[[], object], rounds: int) -> float:
    took = []
    for _ in range(rounds):
        began_s = time.perf_counter()
        work()
        took.append(time.perf_counter() - began_s)
    return statistics.median(took) * 1000


def _anonymous_mb() -> float:
    return max(map(anonymous_bytes, _children()), default=0) / 1e6


def _cpu_s() -> float:
    """Return the CPU time of this process, its sandbox and all children that ended."""
    ticks = 0
    for pid in _children():
        fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:15]))
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def _children() -> list[int]:
    tasks = Path("/proc/self/task").iterdir()
    return [int(n) for task in tasks for n in (task / "children").read_text().split()]


if __name__ == "__main__":
    main()
