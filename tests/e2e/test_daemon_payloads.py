"""Linked files of some size through a running daemon: streamed, never in clear, accounted for."""

from __future__ import annotations

import asyncio
import random
import subprocess
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import py7zr
import pytest
from aiohttp import web

from leakwatch.demo.clinic import ClinicFile
from leakwatch.demo.leak_pages import companies
from tests.support.deployment import Daemon, Mood, MoodySite, Stage, eventually, running

MIB = 1024 * 1024
FILLER_BYTES = 48 * MIB
POLICY = 'payload = "seal_matches"'


def big_archive(files: tuple[ClinicFile, ...]) -> bytes:
    """Return an archive of the files behind a member that does not pack."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("photographs.bin", random.Random(7).randbytes(FILLER_BYTES), 0)
        for file in files:
            archive.writestr(file.path, file.data)
    return buffer.getvalue()


@dataclass
class HalfWay:
    """A mood: sends half of a file, and the rest when told to."""

    data: bytes
    came: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, request: web.Request) -> web.StreamResponse | None:
        if "range" in request.headers:
            return None
        answer = web.StreamResponse(headers={"Content-Length": str(len(self.data))})
        await answer.prepare(request)
        half = len(self.data) // 2
        for at in range(0, half, MIB):
            await answer.write(self.data[at : min(at + MIB, half)])
        self.came.set()
        await self.go_on.wait()
        await answer.write(self.data[half:])
        await answer.write_eof()
        return answer


async def account(stage: Stage, *words: str) -> dict[str, Any]:
    """Return what coverage says of the leak site."""
    (told,) = await stage.records("sources", "coverage", "kazu", *words)
    return told


def peak_bytes(daemon: Daemon) -> int:
    """Return the most memory that the daemon itself has ever taken."""
    status = Path(f"/proc/{daemon.process.pid}/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def spooled_bytes(daemon: Daemon) -> list[bytes]:
    """Return the start of each nameless file of the spool that the daemon holds open."""
    found = []
    for fd in Path(f"/proc/{daemon.process.pid}/fd").iterdir():
        try:
            target = str(fd.readlink())
            if "/spool/" in target and target.endswith("(deleted)"):
                found.append(fd.read_bytes()[: 4 * MIB])
        except OSError:
            continue
    return found


def files_below(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


async def test_a_large_file_is_streamed_and_survives_a_kill(stage: Stage) -> None:
    """Kill -9 in the middle leaves nothing to read; the next daemon fetches it anew and seals it."""
    data = big_archive(stage.patients)
    half = HalfWay(data)
    stage.site.moods["file"] = half
    async with running(stage) as daemon:
        await daemon.until_polled()
        before = peak_bytes(daemon)
        stage.site.publish(data)
        await eventually(half.came.is_set, what="half of the file", daemon=daemon)
        await eventually(
            lambda: any(len(b) == 4 * MIB for b in spooled_bytes(daemon)),
            what="some of it on disk",
            daemon=daemon,
        )
        assert all(b"PK\x03\x04" not in b[:4] for b in spooled_bytes(daemon))
        assert data[60:160] not in b"".join(spooled_bytes(daemon))
        assert list((stage.state / "spool").iterdir()) == []
        await daemon.kill()
    assert list((stage.state / "spool").iterdir()) == []
    assert not any(data[60:160] in path.read_bytes() for path in files_below(stage.state))
    half.go_on.set()
    async with running(stage) as daemon:
        await stage.mail("publication")
        await daemon.until_polled("kazu")
        assert peak_bytes(daemon) < before + FILLER_BYTES
        read = (await account(stage))["read"]["payload"]
        assert read["fates"] == {"cut_off": 1, "sealed": 1}
        assert (read["content_bytes"], read["received_bytes"]) == (len(data), len(data))
        assert await daemon.stop() == 0
    sealed = [path for path in files_below(stage.state / "vault") if path.stat().st_size > 40 * MIB]
    assert len(sealed) == 1
    assert (await stage.command("evidence", "verify")).code == 0


async def test_fingerprint_and_drop_keeps_no_byte(stage: Stage) -> None:
    """The files are recognised and told, and nothing of what was fetched is anywhere."""
    data = big_archive(stage.patients)
    stage.change(POLICY, 'payload = "fingerprint_and_drop"', file="matters/kereru-street.toml")
    async with running(stage) as daemon:
        await daemon.until_polled()
        stage.site.publish(data)
        await stage.mail("publication")
        await daemon.until_polled("kazu")
        told = await account(stage)
        assert await daemon.stop() == 0
    assert told["read"]["payload"]["fates"] == {"fingerprinted_and_dropped": 1}
    assert [w["authorisation"] for w in told["reasons"]] == ["letter of consent"]
    kinds = {(a["kind"], a["outcome"]) for a in told["artefacts"]}
    assert {("zip", "opened"), ("unknown", "runs_of_text")} <= kinds
    assert all(path.stat().st_size < MIB for path in files_below(stage.state / "vault"))


PASSWORD = "kazu-7w4x-not-for-logs"


def locked_archive(files: tuple[ClinicFile, ...]) -> bytes:
    """Return an archive that opens with a password only, its names too."""
    buffer = BytesIO()
    with py7zr.SevenZipFile(buffer, "w", password=PASSWORD, header_encryption=True) as archive:
        for file in files:
            archive.writestr(file.data, file.path)
    return buffer.getvalue()


def stating(site: MoodySite, words: str) -> Mood:
    """Return a mood of the leak site that adds these words to what it says of the clinic."""

    async def mood(request: web.Request) -> web.Response:
        page = companies(listed_at=site._listed_at, files=site._published)
        text = page.replace("They did not pay.", f"They did not pay. {words}")
        assert words in text or not site._published
        return web.Response(text=text, content_type="text/html")

    return mood


@pytest.mark.parametrize("is_on_the_page", [True, False])
async def test_a_locked_archive_opens_with_the_password_of_the_post_or_the_operator(
    stage: Stage, is_on_the_page: bool
) -> None:
    """The files in it are recognised, and the password is in no log, row or file of ours."""
    if is_on_the_page:
        stage.site.moods["leaks"] = stating(stage.site, f"password: {PASSWORD}")
    else:
        stage.change(
            "interval_s", f'passwords = ["{PASSWORD}"]\ninterval_s', file="sources/kazu.toml"
        )
    async with running(stage, options=("--debug",)) as daemon:
        await daemon.until_polled()
        stage.site.publish(locked_archive(stage.patients))
        (mail,) = await stage.mail("publication")
        await daemon.until_polled("kazu")
        assert (await account(stage))["read"]["payload"]["fates"] == {"sealed": 1}
        assert await daemon.stop() == 0
        assert PASSWORD not in daemon.log.read_text(encoding="utf-8")
    assert PASSWORD not in mail.as_string()
    told = await stage.command("sources", "coverage", "kazu", "--each", "--json")
    assert PASSWORD not in told.stdout
    assert not any(PASSWORD.encode() in path.read_bytes() for path in files_below(stage.state))


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Give a disk of 16 MiB; skips where none can be mounted."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", "size=16m,mode=700", "tmpfs", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=10)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        pytest.skip("no disk can be mounted here: needs the right to mount")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False, timeout=10)  # noqa: S603, S607


def give_room(disk: Path) -> None:
    command = ["mount", "-o", "remount,size=1g", str(disk)]
    subprocess.run(command, check=True, timeout=10)  # noqa: S603


@asynccontextmanager
async def on_a_full_disk(stage: Stage, data: bytes) -> AsyncIterator[tuple[Daemon, Path]]:
    with small_disk(stage.state / "spool") as disk:
        async with running(stage) as daemon:
            await daemon.until_polled()
            stage.site.publish(data)
            yield daemon, disk


async def test_a_full_disk_is_said_and_made_good(stage: Stage) -> None:
    """No room: the source is degraded and the files unread; with room the file is fetched."""
    async with on_a_full_disk(stage, big_archive(stage.patients)) as (daemon, disk):

        async def is_full() -> bool:
            read = (await account(stage))["read"]
            return bool(read.get("payload", {}).get("errors", {}).get("spool_full"))

        await eventually(is_full, what="the spool to be full", daemon=daemon)
        (source,) = [s for s in await stage.records("sources", "list") if s["name"] == "kazu"]
        assert source["last_error"] == "files_missed"
        give_room(disk)
        await stage.mail("publication")
        await daemon.until_polled("kazu")
        assert (await account(stage))["read"]["payload"]["fates"]["sealed"] == 1
        assert await daemon.stop() == 0
