"""A deployment of the demo's clinic for end-to-end tests: corpus, sites, mailbox, daemons.

Everything that leakwatch does is done by real processes with real command
lines. The template is fingerprinted once a test session and copied. Every wait
is for something to be so, with a deadline; every process started is ended.
"""

from __future__ import annotations

import asyncio
import io
import json
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

import aiohttp
from aiohttp import web

from leakwatch.clock import SystemClock
from leakwatch.demo.clinic import ClinicFile
from leakwatch.demo.deployment import Deployment, write_clinic, write_settings
from leakwatch.demo.leak_site import LeakSite
from leakwatch.demo.mailbox import Mailbox
from tests.support.processes import descendants, end, is_alive

DEADLINE_S = 60.0
"""Longer than anything takes on a busy machine; a wait that gets here has failed."""
SOURCES = ("kazu", "pastes", "directory", "news")

Mood = Callable[[web.Request], Awaitable[web.StreamResponse | None]]
"""What a place does with a request; None has it answer as it should."""


@dataclass(frozen=True, slots=True)
class Template:
    """The clinic's fingerprints, and what they were made of."""

    deployment: Deployment
    files: tuple[ClinicFile, ...]

    @property
    def patients(self) -> tuple[ClinicFile, ...]:
        return tuple(file for file in self.files if file.subject)


class MoodySite(LeakSite):
    """The demo's sites, of which each place can be told to misbehave.

    Places: ``leaks``, ``file``, ``archive``, ``directory``, ``feed``.
    """

    moods: dict[str, Mood]
    asked: list[str]

    def __init__(self) -> None:
        super().__init__(SystemClock())
        self.moods = {}
        self.asked = []

    def retract(self) -> None:
        """Have the leak site be as it was before it spoke of the clinic."""
        self._published = {}
        self._listed_at = None
        self._touch("leak")

    async def _leaks(self, request: web.Request) -> web.Response:
        return await self._moody("leaks", request) or await super()._leaks(request)

    async def _published_file(self, request: web.Request) -> web.Response:
        return await self._moody("file", request) or await super()._published_file(request)

    async def _archive(self, request: web.Request) -> web.Response:
        return await self._moody("archive", request) or await super()._archive(request)

    async def _directory(self, request: web.Request) -> web.Response:
        return await self._moody("directory", request) or await super()._directory(request)

    async def _feed(self, request: web.Request) -> web.Response:
        return await self._moody("feed", request) or await super()._feed(request)

    async def _moody(self, place: str, request: web.Request) -> web.Response | None:
        self.asked.append(place)
        mood = self.moods.get(place)
        # The parent's handlers promise more than aiohttp asks of them.
        return cast("web.Response | None", await mood(request) if mood is not None else None)


@dataclass
class Hold:
    """A mood: keeps every visitor waiting until told to let go."""

    came: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, request: web.Request) -> None:
        self.came.set()
        await self.go_on.wait()


def says(status: int, body: str = "") -> Mood:
    """Return a mood that answers every request with this."""

    async def mood(request: web.Request) -> web.Response:
        return web.Response(status=status, text=body, content_type="text/html")

    return mood


async def hangs_up(request: web.Request) -> web.StreamResponse:
    """Cut the connection in the middle of the answer."""
    answer = web.StreamResponse(headers={"Content-Length": "100000"})
    await answer.prepare(request)
    await answer.write(b"PK\x03\x04 and then")
    assert request.transport is not None
    request.transport.abort()
    return answer


def in_turn(*moods: Mood) -> Mood:
    """Return a mood that is each of these for one request, then none."""
    left = list(moods)

    async def mood(request: web.Request) -> web.StreamResponse | None:
        return await left.pop(0)(request) if left else None

    return mood


@dataclass
class Stage:
    """One test's deployment with the sites and the mailbox it is made for."""

    template: Template
    deployment: Deployment
    site: MoodySite
    mailbox: Mailbox

    @property
    def state(self) -> Path:
        return self.deployment.root / "state"

    @property
    def database(self) -> Path:
        return self.state / "leakwatch.db"

    @property
    def patients(self) -> tuple[ClinicFile, ...]:
        return self.template.patients

    def mails(self, words: str = "") -> list[EmailMessage]:
        """Return the mails so far whose subject holds the words."""
        return [m.mail for m in self.mailbox.messages if words in str(m.mail["Subject"])]

    async def mail(self, words: str, count: int = 1) -> list[EmailMessage]:
        """Return the first ``count`` such mails, once there are as many."""
        found = await self.mailbox.wait_for(
            count, timeout_s=DEADLINE_S, accept=lambda m: words in str(m.mail["Subject"])
        )
        return [received.mail for received in found]

    def change(self, old: str, new: str, *, file: str = "leakwatch.toml") -> None:
        """Replace text of a settings file; it must be there."""
        path = self.deployment.root / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} has no {old!r}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    async def command(self, *words: str) -> Ran:
        """Run one leakwatch command to its end."""
        return await command("--config", str(self.deployment.settings), *words)

    async def records(self, *words: str) -> list[dict[str, Any]]:
        """Return what a command prints with ``--json``; it must succeed."""
        ran = await self.command(*words, "--json")
        assert ran.code == 0, ran.stderr
        return [json.loads(line) for line in ran.stdout.splitlines()]


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that has ended."""

    code: int
    stdout: str
    stderr: str


async def command(*words: str, cwd: Path | None = None) -> Ran:
    """Run ``leakwatch`` with these words; it must end within the deadline."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "leakwatch", *words),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=cwd,
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), DEADLINE_S)
    finally:
        await end(process)
    assert process.returncode is not None
    return Ran(process.returncode, out.decode(), err.decode())


@dataclass
class Daemon:
    """A running ``leakwatch run``."""

    process: asyncio.subprocess.Process
    log: Path
    listen: str
    family: dict[int, int] = field(default_factory=dict)
    """Processes below it when last looked at, with the tick each was started at."""

    async def get(self, path: str) -> tuple[int, str]:
        """Return status and body of a health page; 0 where nobody answers."""
        timeout = aiohttp.ClientTimeout(total=5)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.get(f"http://{self.listen}{path}") as answer,
            ):
                return answer.status, await answer.text()
        except (aiohttp.ClientError, TimeoutError):
            return 0, ""

    async def polls(self) -> Mapping[str, int]:
        """Return how many polls of each source have ended, however they went."""
        _, text = await self.get("/metrics")
        counted: dict[str, int] = {}
        for source, number in re.findall(r'leakwatch_polls_total\{.*source="(.+?)"\} (\S+)', text):
            counted[source] = counted.get(source, 0) + int(float(number))
        return counted

    async def until_polled(self, *sources: str, times: int = 1) -> None:
        """Wait until each source (all, if none is named) was polled so often from now on."""
        names = sources or SOURCES
        before = await self.polls()

        async def are_polled() -> bool:
            now = await self.polls()
            return all(now.get(name, 0) >= before.get(name, 0) + times for name in names)

        await eventually(are_polled, what=f"{times} more polls of {names}", daemon=self)

    def events(self, event: str) -> list[dict[str, str]]:
        """Return the log lines of one event, each as its fields."""
        lines = (
            dict(re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|\S*)', line))
            for line in self.log.read_text(encoding="utf-8").splitlines()
        )
        return [
            {key: value.strip('"') for key, value in line.items()}
            for line in lines
            if line.get("event") == event
        ]

    def look_at_family(self) -> Mapping[int, int]:
        """Remember and return the processes below the daemon."""
        self.family = descendants(self.process.pid)
        return self.family

    async def family_is_gone(self) -> None:
        """Wait until the processes last looked at have ended."""
        await eventually(
            lambda: not any(is_alive(pid, since) for pid, since in self.family.items()),
            what="the end of the daemon's children",
        )

    async def kill(self) -> None:
        """SIGKILL, and wait for the end of the daemon and its children."""
        self.look_at_family()
        self.process.kill()
        await self.process.wait()
        await self.family_is_gone()

    async def stop(self) -> int:
        """SIGTERM; return the exit code."""
        self.look_at_family()
        self.process.terminate()
        return await asyncio.wait_for(self.process.wait(), DEADLINE_S)


async def eventually(
    check: Callable[[], bool | Awaitable[bool]],
    *,
    what: str,
    daemon: Daemon | None = None,
    timeout_s: float = DEADLINE_S,
) -> None:
    """Wait until ``check`` says so.

    Raises:
        AssertionError: it did not in time, or the daemon ended meanwhile; with its log.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        met = check()
        if met if isinstance(met, bool) else await met:
            return
        has_ended = daemon is not None and daemon.process.returncode is not None
        if has_ended or time.monotonic() > deadline:
            log = daemon.log.read_text(encoding="utf-8")[-3000:] if daemon else ""
            raise AssertionError(f"waited in vain for {what}\n{log}")
        await asyncio.sleep(0.03)


@asynccontextmanager
async def launched(
    stage: Stage, *, name: str = "daemon", settings: Path | None = None, options: Sequence[str] = ()
) -> AsyncIterator[Daemon]:
    """Start a daemon that need not come up; it has ended when the block ends."""
    settings = settings or stage.deployment.settings
    log = stage.deployment.root / f"{name}.log"
    with log.open("ab") as stream:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "leakwatch", *options, "--config", str(settings), "run"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
        )
    found = re.search(r'listen = "(.+?)"', settings.read_text(encoding="utf-8"))
    assert found is not None
    daemon = Daemon(process, log, found[1])
    try:
        yield daemon
    finally:
        await end(process)


@asynccontextmanager
async def running(
    stage: Stage, *, name: str = "daemon", settings: Path | None = None, options: Sequence[str] = ()
) -> AsyncIterator[Daemon]:
    """Start a daemon and wait until it is ready."""
    async with launched(stage, name=name, settings=settings, options=options) as daemon:

        async def is_ready() -> bool:
            status, _ = await daemon.get("/readyz")
            return status == 200

        await eventually(is_ready, what="the daemon to be ready", daemon=daemon)
        yield daemon


@asynccontextmanager
async def staged(template: Template, database: Path, root: Path) -> AsyncIterator[Stage]:
    """Set up sites, mailbox and a deployment that polls each place every second.

    Args:
        template: fingerprints to copy.
        database: an upgraded, empty SQLite database to copy.
        root: an empty folder.
    """
    deployment = Deployment(root)
    shutil.copy2(template.deployment.key, deployment.key)
    shutil.copytree(template.deployment.corpus, deployment.corpus)
    clock = SystemClock()
    async with MoodySite() as site, Mailbox(clock) as mailbox:
        write_settings(
            deployment,
            site.urls,
            smtp_port=mailbox.port,
            health_port=free_port(),
            now=clock.now(),
        )
        stage = Stage(template, deployment, site, mailbox)
        stage.change("tick_s = 0.5", "tick_s = 0.2")
        stage.change("outbox_s = 0.5", "outbox_s = 0.2\nlease_s = 3")
        stage.state.mkdir(mode=0o700)
        shutil.copy(database, stage.database)
        yield stage


def make_template(root: Path) -> Template:
    """Make the clinic, and its key and corpus through the command line."""
    deployment = Deployment(root)
    files = write_clinic(deployment, people=8)
    folder = ("clinic", "--background", "background", "--labels", "labels.csv")
    key, corpus = deployment.key.name, deployment.corpus.name
    for words in (("keygen", key), ("corpus", "build", *folder, "--out", corpus, "--key", key)):
        subprocess.run(  # noqa: S603 - our own command line
            [sys.executable, "-m", "leakwatch", *words],
            cwd=root,
            check=True,
            capture_output=True,
            timeout=DEADLINE_S,
        )
    return Template(deployment, files)


@contextmanager
def write_locked(database: Path) -> Iterator[None]:
    """Hold SQLite's write lock, as a backup or a careless person would."""
    connection = sqlite3.connect(database, timeout=DEADLINE_S, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")
    finally:
        connection.close()


def zipped(files: Sequence[ClinicFile]) -> bytes:
    """Return an archive of the files under their own paths."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.writestr(file.path, file.data)
    return buffer.getvalue()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
