"""Processes: none is left behind, none takes the pool down with it."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from leakwatch.errors import SandboxError
from leakwatch.sandbox.limits import ReadLimits
from leakwatch.sandbox.pool import SandboxPool
from tests.sandbox.conftest import TIGHT
from tests.support.unprivileged import CannotDrop, run_as_nobody

MODULE = "tests.support.hostile"
ROOT = Path(__file__).resolve().parents[2]
BUSY_PROGRAM = """
import sys
sys.path.insert(0, {root!r})
from leakwatch.sandbox.limits import ReadLimits
from leakwatch.sandbox.pool import SandboxPool
pool = SandboxPool(ReadLimits(), workers=1, parser_modules=["tests.support.hostile"])
pool.start()
print("ready", flush=True)
pool.parse_now("tests.support.hostile:sleep", b"", {{}})
"""
READ_PROGRAM = """
from leakwatch.sandbox.limits import ReadLimits
from leakwatch.sandbox.pool import SandboxPool
with SandboxPool(ReadLimits(), workers=1) as pool:
    pool.start()
    print(pool.read(b"a fictional note", name="x")[0].text)
"""


def children_of(pid: int) -> list[int]:
    try:
        return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def zygotes() -> set[int]:
    """Return this process's children, whichever thread started them."""
    tasks = Path("/proc/self/task").iterdir()
    return {int(n) for task in tasks for n in (task / "children").read_text().split()}


def first_child_of(pid: int) -> int:
    """Wait until the process has a child."""
    while not (found := children_of(pid)):
        time.sleep(0.01)
    return found[0]


def wait_for_end(pid: int) -> None:
    """Return when the process has ended; fail after ten seconds."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        assert select.select([handle], [], [], 10)[0], f"process {pid} lives on"
    finally:
        os.close(handle)


@pytest.fixture
def fresh() -> Iterator[SandboxPool]:
    with SandboxPool(TIGHT, workers=1, parser_modules=[MODULE]) as pool:
        yield pool


def start(pool: SandboxPool) -> int:
    """Start the pool; return its zygote."""
    before = zygotes()
    pool.start()
    (zygote,) = zygotes() - before
    return zygote


def test_closing_ends_every_process(fresh: SandboxPool) -> None:
    """After close there is no child, and asking again is an error that says so."""
    zygote = start(fresh)
    fresh.close()
    assert zygote not in zygotes()
    with pytest.raises(SandboxError, match="closed"):
        fresh.read(b"x", name="x")
    fresh.close()


def test_closing_ends_a_request_under_way(fresh: SandboxPool) -> None:
    """Whoever waits is told; the sleeping child is gone."""
    zygote = start(fresh)
    raised: list[Exception] = []

    def ask() -> None:
        try:
            fresh.parse_now(f"{MODULE}:sleep", b"", {})
        except SandboxError as error:
            raised.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    sleeping = first_child_of(zygote)
    fresh.close()
    thread.join(10)
    assert raised
    for pid in (zygote, sleeping):
        wait_for_end(pid)


def test_a_zygote_that_dies_is_replaced(fresh: SandboxPool) -> None:
    """The request that finds it dead is served by a new one."""
    os.kill(start(fresh), signal.SIGKILL)
    assert fresh.read(b"a note", name="x")[0].text == "a note"
    assert fresh.parse_now(f"{MODULE}:echo", b"", {})["bytes"] == 0


async def test_a_zygote_that_dies_amid_a_request_takes_its_child_along(
    fresh: SandboxPool,
) -> None:
    """The request is tried once more and then fails; nothing keeps running."""
    zygote = start(fresh)
    asking = asyncio.create_task(fresh.parse(f"{MODULE}:sleep", b"", {}))
    sleeping = await asyncio.to_thread(first_child_of, zygote)
    os.kill(zygote, signal.SIGKILL)
    wait_for_end(sleeping)
    with pytest.raises(SandboxError):
        await asking
    assert fresh.parse_now(f"{MODULE}:echo", b"", {})["bytes"] == 0


def test_nothing_outlives_a_killed_parent() -> None:
    """SIGKILL of the daemon ends zygote and child without a word from it."""
    program = BUSY_PROGRAM.format(root=str(ROOT))
    parent = subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    with parent:
        assert parent.stdout is not None
        assert parent.stdout.readline()
        (zygote,) = children_of(parent.pid)
        sleeping = first_child_of(zygote)
        parent.kill()
        parent.wait()
    for pid in (zygote, sleeping):
        wait_for_end(pid)


def test_a_missing_layer_is_refused_where_it_is_required() -> None:
    """An operator may insist on a layer of defence."""
    with (
        SandboxPool(ReadLimits(), workers=1, required_layers=["no_such_layer"]) as pool,
        pytest.raises(SandboxError, match="no no_such_layer"),
    ):
        pool.read(b"x", name="x")
    assert not zygotes()


def test_it_works_without_any_privilege() -> None:
    """As nobody, with no capability and no way to gain one."""
    try:
        done = run_as_nobody(READ_PROGRAM)
    except CannotDrop as reason:
        pytest.skip(str(reason))
    assert done.stdout.splitlines()[-1:] == ["a fictional note"], done.stderr


def test_many_threads_share_few_workers() -> None:
    """Each waits its turn and gets its own answer."""
    answers: dict[int, str | None] = {}
    with SandboxPool(TIGHT, workers=2) as pool:

        def ask(n: int) -> None:
            answers[n] = pool.read(b"note %d" % n, name="x")[0].text

        threads = [threading.Thread(target=ask, args=(n,)) for n in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == {n: f"note {n}" for n in range(12)}
