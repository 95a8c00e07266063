"""Processes by their ids: who is below whom, who is still there (Linux's /proc)."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path


def descendants(pid: int) -> dict[int, int]:
    """Return the processes below one, each with the tick it was started at."""
    started: dict[int, int] = {}
    below: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        found = _stat(int(folder.name))
        if found is not None:
            parent, started[int(folder.name)], _ = found
            below.setdefault(parent, []).append(int(folder.name))
    family, pending = {}, [pid]
    while pending:
        for child in below.get(pending.pop(), ()):
            family[child] = started[child]
            pending.append(child)
    return family


def is_alive(pid: int, started: int) -> bool:
    """Whether that very process runs; an id used anew is another one, a zombie has ended."""
    found = _stat(pid)
    return found is not None and found[1] == started and found[2] != "Z"


async def end(process: asyncio.subprocess.Process) -> None:
    """Kill a process that still runs, and wait for its end."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
    await process.wait()


def _stat(pid: int) -> tuple[int, int, str] | None:
    """Return parent, start tick and state (proc_pid_stat(5)), or None when it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The name, in brackets, may hold anything; what follows counts from field 3.
    fields = text.rpartition(")")[2].split()
    return int(fields[1]), int(fields[19]), fields[0]
