"""``leakwatch demo``, as somebody tries it who has just installed leakwatch."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.deployment import command, eventually
from tests.support.processes import descendants, end, is_alive

DEMO_S = 240.0
"""The demo itself gives up on anything that takes half a minute."""


@dataclass
class Demo:
    """A running demo, and every process it ever started."""

    process: asyncio.subprocess.Process
    out: Path
    family: dict[int, int] = field(default_factory=dict)

    async def wait(self) -> int:
        return await asyncio.wait_for(self.process.wait(), DEMO_S)

    async def nothing_is_left_running(self) -> None:
        assert self.family
        await eventually(
            lambda: not any(is_alive(pid, since) for pid, since in self.family.items()),
            what="the end of every process of the demo",
        )

    async def keep_count(self) -> None:
        while True:
            self.family |= descendants(self.process.pid)
            await asyncio.sleep(0.02)


@asynccontextmanager
async def playing(folder: Path, *options: str) -> AsyncIterator[Demo]:
    """Start the demo with a folder of its own for temporary files."""
    temporary, out = folder / "tmp", folder / "out.txt"
    temporary.mkdir()
    environ: Mapping[str, str] = {**os.environ, "TMPDIR": str(temporary)}
    with out.open("wb") as stream:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "leakwatch", "demo", *options),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            env=environ,
            cwd=folder,
        )
    demo = Demo(process, out)
    counting = asyncio.create_task(demo.keep_count())
    try:
        yield demo
    finally:
        counting.cancel()
        with suppress(asyncio.CancelledError):
            await counting
        await end(process)
        for pid in [p for p, since in demo.family.items() if is_alive(p, since)]:
            os.kill(pid, signal.SIGKILL)


async def test_it_plays_to_the_end_and_leaves_nothing(tmp_path: Path) -> None:
    """It shows the mail and what to make of it, and its processes and files are gone."""
    async with playing(tmp_path) as demo:
        assert await demo.wait() == 0, demo.out.read_text()
        await demo.nothing_is_left_running()
    shown = demo.out.read_text(encoding="utf-8")
    assert "Subject: " in shown
    assert re.search(r"^problems +0 *$", shown, re.MULTILINE)
    assert list((tmp_path / "tmp").iterdir()) == []


async def test_the_state_it_keeps_can_be_tried(tmp_path: Path) -> None:
    """With ``--dir`` the state stays there, and each command that it suggests works."""
    async with playing(tmp_path, "--dir", "kept") as demo:
        assert await demo.wait() == 0, demo.out.read_text()
        await demo.nothing_is_left_running()
    assert list((tmp_path / "tmp").iterdir()) == []
    assert (tmp_path / "kept" / "state" / "leakwatch.db").is_file()
    shown = demo.out.read_text(encoding="utf-8")
    suggested = re.findall(r"^  \S.*leakwatch (--config .+)$", shown, re.MULTILINE)
    assert len(suggested) == 3
    for words in suggested:
        ran = await command(*shlex.split(words), cwd=tmp_path)
        assert ran.code == 0, ran.stderr
        assert ran.stdout


@pytest.mark.parametrize(
    "until",
    ["leakwatch-demo-*/fingerprint.key", "leakwatch-demo-*/state/vault"],
    ids=["while_fingerprinting", "while_the_daemon_runs"],
)
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=["ctrl_c", "sigterm"])
async def test_whoever_has_seen_enough_leaves_nothing(
    tmp_path: Path, until: str, how: signal.Signals
) -> None:
    """Ctrl-C, or a plain kill, ends every process and removes the files."""
    async with playing(tmp_path) as demo:
        temporary = tmp_path / "tmp"
        await eventually(lambda: any(temporary.glob(until)), what=until)
        demo.process.send_signal(how)
        assert await demo.wait() == 130
        await demo.nothing_is_left_running()
        assert list(temporary.iterdir()) == []
    assert "Traceback" not in demo.out.read_text(encoding="utf-8")
