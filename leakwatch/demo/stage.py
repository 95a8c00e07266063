"""The demo: a made-up leak on loopback, watched by the real daemon.

Every step a person would take is a real command in a process of its own; the
leak site, the paste site, the directory, the newspaper and the mail server are
real servers on loopback. Nothing is faked but the clinic.
"""

from __future__ import annotations

import asyncio
import io
import shutil
import signal
import socket
import sys
import tempfile
import time
import zipfile
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from leakwatch.cli.render import Output
from leakwatch.clock import SystemClock
from leakwatch.demo.clinic import ClinicFile, excerpt
from leakwatch.demo.deployment import CASE, Deployment, write_clinic, write_settings
from leakwatch.demo.leak_site import LeakSite
from leakwatch.demo.mailbox import Mailbox, Received
from leakwatch.errors import LeakwatchError

START_S = 60.0
REACT_S = 30.0
STOP_S = 20.0
SETTLE_S = 1.5
"""Long enough for every source to be polled once more."""
SOURCES = ("kazu", "pastes", "directory", "news")


class DemoFailed(LeakwatchError):
    """The demo did not come to what it should show."""

    slug = "demo_failed"
    exit_code = 95


class _Timeline:
    """Prints one line a happening, with seconds since the start."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._started = time.monotonic()

    def say(self, who: str, what: str) -> None:
        seconds = time.monotonic() - self._started
        self._output.text(f"{seconds:6.1f} s  {who:<10} {what}")


async def play(*, keep: bool, directory: Path | None = None) -> int:
    """Run the demo; return the exit code.

    Args:
        keep: leave the state directory for commands to be tried on.
        directory: where the state goes; None picks a temporary directory.

    Raises:
        DemoFailed: something that should have happened did not.
    """
    # A plain kill is taken for Ctrl-C, so that nothing stays behind.
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, signal.raise_signal, signal.SIGINT)
    root = directory or Path(tempfile.mkdtemp(prefix="leakwatch-demo-"))
    root.mkdir(parents=True, exist_ok=True)
    output = Output()
    try:
        finding = await _play(Deployment(root.absolute()), output)
        _say_next(output, Deployment(root.absolute()), finding, keep=keep)
    finally:
        if not keep:
            shutil.rmtree(root, ignore_errors=True)
    return 0


async def _play(deployment: Deployment, output: Output) -> str:
    """Play every scene; return the id of the finding that matters most."""
    timeline, clock = _Timeline(output), SystemClock()
    files = await _prepare(deployment, timeline)
    async with LeakSite(clock) as site, Mailbox(clock) as mailbox:
        port = _free_port()
        write_settings(
            deployment, site.urls, smtp_port=mailbox.port, health_port=port, now=clock.now()
        )
        await _command(deployment, "db", "upgrade")
        async with _daemon(deployment) as (log, process):
            await _quiet(port, log, process)
            timeline.say("daemon", f"polls {len(SOURCES)} places every second: all quiet")
            await _scenes(site, mailbox, files, timeline)
            await asyncio.sleep(SETTLE_S)
        mails = mailbox.messages
    published = next(m for m in mails if "publication" in m.mail["Subject"])
    output.text()
    output.text("-- the mail, as the lawyer reads it " + "-" * 40)
    _show_mail(output, published)
    finding = str(published.mail["Subject"]).rpartition("(")[2].rstrip(")")
    for words in (("findings", "list"), ("findings", "explain", finding), ("evidence", "verify")):
        output.text()
        output.text(f"$ leakwatch {' '.join(words)}")
        output.text((await _command(deployment, *words)).rstrip())
    return finding


async def _prepare(deployment: Deployment, timeline: _Timeline) -> Sequence[ClinicFile]:
    files = write_clinic(deployment)
    timeline.say("custodian", f"Kererū Street Clinic (made up) holds {len(files)} patient files")
    await _command(None, "keygen", str(deployment.key))
    root = deployment.root
    await _command(
        None,
        *("corpus", "build", str(root / "clinic"), "--out", str(deployment.corpus)),
        *("--key", str(deployment.key), "--background", str(root / "background")),
        *("--labels", str(root / "labels.csv"), "--map", str(root / "clinic-map.csv")),
    )
    size = sum(p.stat().st_size for p in deployment.corpus.rglob("*") if p.is_file())
    timeline.say("custodian", f"fingerprinted them: {size / 1024:.0f} KiB, no text, no names")
    return files


async def _scenes(
    site: LeakSite, mailbox: Mailbox, files: Sequence[ClinicFile], timeline: _Timeline
) -> None:
    site.mention()
    timeline.say("newspaper", "reports the incident")
    site.list_victim()
    timeline.say("actor", "lists the clinic on the leak site, with a countdown")
    await _told(mailbox, "threat", timeline)
    patients = [file for file in files if file.subject]
    site.publish(_zipped(patients[:120]))
    timeline.say("actor", "publishes a ZIP of 120 files on the leak site")
    await _told(mailbox, "publication", timeline, already=0)
    notes = [file for file in patients[120:] if file.category == "consultation"]
    longest = sorted(notes, key=lambda file: -len(file.data))[:4]
    proof = "\n\n".join(excerpt(file, 120) for file in longest)
    site.paste(f"proof, more to come:\n\n{proof}\n\nenjoy", title="kereru")
    timeline.say("actor", "pastes excerpts of four notes that are not in the ZIP")
    await _told(mailbox, "publication", timeline, already=1)
    for file in patients[-3:]:
        site.drop(f"mirror-{file.path.rpartition('/')[2]}", file.data)
    timeline.say("somebody", "drops three files into an open directory")
    await _told(mailbox, "publication", timeline, already=2)


async def _told(mailbox: Mailbox, outcome: str, timeline: _Timeline, *, already: int = 0) -> None:
    """Wait for the next mail of an outcome and say how long it took."""
    started = time.monotonic()

    def of_outcome(received: Received) -> bool:
        return outcome in str(received.mail["Subject"])

    try:
        mails = await mailbox.wait_for(already + 1, timeout_s=REACT_S, accept=of_outcome)
    except TimeoutError:
        raise DemoFailed(f"no mail about {outcome!r} within {REACT_S:.0f} s") from None
    seconds = time.monotonic() - started
    _, _, says = str(mails[-1].mail["Subject"]).partition(f"{CASE} ")
    timeline.say("leakwatch", f"mail in {seconds:.1f} s: {says}")


def _zipped(files: Sequence[ClinicFile]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.writestr(file.path, file.data)
    return buffer.getvalue()


def _show_mail(output: Output, received: Received) -> None:
    mail = received.mail
    for header in ("From", "To", "Subject", "Date"):
        output.text(f"{header}: {mail[header]}")
    output.text()
    output.text(mail.get_content().replace("\r\n", "\n").rstrip())
    output.text("-" * 76)


def _say_next(output: Output, deployment: Deployment, finding: str, *, keep: bool) -> None:
    program = sys.argv[0] if Path(sys.argv[0]).name == "leakwatch" else "python -m leakwatch"
    output.text()
    if keep:
        output.text(f"The state stays in {deployment.root}. Try:")
    else:
        output.text(f"The state is gone again. To keep it: {program} demo --dir DIR; then try:")
    settings = deployment.settings if keep else "DIR/leakwatch.toml"
    for words in (
        f"findings show {finding}",
        "findings list --json",
        "alerts list",
    ):
        output.text(f"  {program} --config {settings} {words}")


@asynccontextmanager
async def _daemon(deployment: Deployment) -> AsyncIterator[tuple[Path, Process]]:
    """Run ``leakwatch run`` as a process of its own; end it, and wait for its end."""
    log = deployment.root / "daemon.log"
    with log.open("wb") as stream:
        process = await asyncio.create_subprocess_exec(
            *_argv(deployment, "run"),
            stdout=stream,
            stderr=stream,
            stdin=asyncio.subprocess.DEVNULL,
        )
    try:
        yield log, process
    finally:
        await _end(process)


async def _end(process: Process) -> None:
    """Ask a process to end, make it end, wait for its end; nothing to do where it has."""
    if process.returncode is None:
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_S)
    except TimeoutError:
        process.kill()
        await process.wait()


async def _quiet(port: int, log: Path, process: Process) -> None:
    """Wait until every source has been polled once."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.returncode is None:
        metrics = await _metrics(port)
        if all(f'leakwatch_polls_total{{outcome="ok",source="{s}"}}' in metrics for s in SOURCES):
            return
        await asyncio.sleep(0.1)
    raise DemoFailed(f"the daemon did not get going: {_tail(log)}")


def _tail(log: Path) -> str:
    return " | ".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-3:])


async def _metrics(port: int) -> str:
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session,
            session.get(f"http://127.0.0.1:{port}/metrics") as answer,
        ):
            return await answer.text()
    except (aiohttp.ClientError, TimeoutError):
        return ""


async def _command(deployment: Deployment | None, *words: str) -> str:
    """Run one leakwatch command; return what it printed.

    Raises:
        DemoFailed: it failed; with its last line.
    """
    process = await asyncio.create_subprocess_exec(
        *_argv(deployment, *words),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await process.communicate()
    finally:
        await _end(process)
    if process.returncode:
        last = err.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no message"]
        raise DemoFailed(f"leakwatch {words[0]}: {last[0]}")
    return out.decode("utf-8", "replace")


def _argv(deployment: Deployment | None, *words: str) -> tuple[str, ...]:
    config = ("--config", str(deployment.settings)) if deployment else ()
    return (sys.executable, "-m", "leakwatch", *config, *words)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
