"""A linked archive judged by its directory through a running daemon: nothing of it is downloaded."""

from __future__ import annotations

import random
import zipfile
from io import BytesIO
from typing import Any

from aiohttp import web

from leakwatch.demo.clinic import ClinicFile
from tests.support.deployment import Stage, running

MIB = 1024 * 1024
POLICY = 'payload = "seal_matches"'


def archive_of(files: tuple[ClinicFile, ...]) -> bytes:
    """Return an archive of the files behind a member that does not pack."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("photographs.bin", random.Random(7).randbytes(8 * MIB), 0)
        for file in files:
            archive.writestr(file.path, file.data)
    return buffer.getvalue()


class Parts:
    """A mood: gives parts of a file, and the whole to nobody."""

    def __init__(self, data: bytes, etag: str) -> None:
        self.data = data
        self.etag = etag
        self.asked: list[str] = []

    async def __call__(self, request: web.Request) -> web.Response:
        said = request.headers.get("range", "")
        self.asked.append(said)
        first, _, last = said.removeprefix("bytes=").partition("-")
        part = self.data[int(first) : int(last) + 1]
        place = f"bytes {first}-{int(first) + len(part) - 1}/{len(self.data)}"
        return web.Response(
            status=206, body=part, headers={"Content-Range": place, "ETag": self.etag}
        )


async def account(stage: Stage) -> dict[str, Any]:
    """Return what coverage says of the leak site."""
    (told,) = await stage.records("sources", "coverage", "kazu")
    return told


async def test_metadata_only_finds_without_taking(stage: Stage) -> None:
    """Known files are told by an archive's directory; no member is asked for, every byte is counted."""
    data = archive_of(stage.patients)
    parts = Parts(data, '"1"')
    stage.site.moods["file"] = parts
    stage.change(POLICY, 'payload = "metadata_only"', file="matters/kereru-street.toml")
    async with running(stage) as daemon:
        await daemon.until_polled()
        stage.site.publish(data)
        (mail,) = await stage.mail("threat")
        await daemon.until_polled("kazu", times=2)
        told = await account(stage)
        assert await daemon.stop() == 0
    read = told["read"]
    assert read["payload"]["received_bytes"] == 0
    assert read["payload"]["fates"] == {"refused_by_policy": 1}
    assert read["directory"]["received_bytes"] < MIB
    assert read["directory"]["requests"] == len(parts.asked) <= 4
    assert str(len(stage.patients)) in mail.as_string()
    (finding,) = [f for f in await stage.records("findings", "list") if f["documents"]]
    assert finding["documents"] == len(stage.patients)
    assert (await stage.command("evidence", "verify")).code == 0
