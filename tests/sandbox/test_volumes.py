"""Archives in volumes, and encrypted ones, through the sandbox."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import rars

from leakwatch.sandbox.pool import SandboxPool
from tests.sandbox.conftest import TIGHT
from tests.support.archives import zip_of
from tests.support.locked_zips import winzip

NOTES = [(f"{n}.txt", f"note number {n}".encode() * 50) for n in range(8)]
TEXTS = [data.decode() for _, data in NOTES]


@pytest.fixture(scope="module")
def opening() -> Iterator[SandboxPool]:
    """A pool that knows a password of its own."""
    with SandboxPool(TIGHT, workers=1, parser_modules=[], passwords=["hunter1"]) as pool:
        yield pool


def rar_volumes(folder: Path, **options: object) -> list[tuple[str, Path]]:
    builder = rars.RarBuilder(format="rar50", store=True, volume_size=800, **options)
    for name, data in NOTES:
        builder.add_bytes(data, name)
    builder.write_volumes(str(folder / "x.part1.rar"))
    return [(path.name, path) for path in sorted(folder.iterdir())]


def test_volumes_are_read_through_descriptors(opening: SandboxPool, tmp_path: Path) -> None:
    """The whole goes by its first volume, members by it too; each other one stands alone."""
    volumes = rar_volumes(tmp_path)
    found = list(opening.iter_read_set(volumes, fill=False))
    members = [a for a in found if a.path.ordinals]
    assert [a.text for a in members] == TEXTS
    assert {a.path.names[0] for a in members} == {volumes[0][0]}
    wholes = [a for a in found if not a.path.ordinals]
    assert [str(a.path) for a in wholes] == [name for name, _ in volumes]
    assert [a.size_bytes for a in wholes] == [path.stat().st_size for _, path in volumes]
    assert all(a.sha256 and a.error is None for a in wholes)


def test_more_volumes_than_one_message_carries(opening: SandboxPool, tmp_path: Path) -> None:
    """Descriptors go over in as many as it takes."""
    packed = zip_of(NOTES, method=zipfile.ZIP_STORED)
    step = max(1, len(packed) // 300)
    volumes = []
    for number, at in enumerate(range(0, len(packed), step), start=1):
        path = tmp_path / f"x.zip.{number:03}"
        path.write_bytes(packed[at : at + step])
        volumes.append((path.name, path))
    assert len(volumes) > 253
    found = list(opening.iter_read_set(volumes, fill=True))
    assert [a.text for a in found if a.path.ordinals] == TEXTS


def test_a_missing_volume_is_named(opening: SandboxPool, tmp_path: Path) -> None:
    """What lies in the others is read."""
    volumes: list[tuple[str, Path] | None] = list(rar_volumes(tmp_path))
    volumes[2] = None
    found = list(opening.iter_read_set(volumes, fill=False))
    whole = next(a for a in found if not a.path.ordinals)
    assert whole.error == "corrupt"
    assert (whole.detail or "").endswith("these are missing: 3")
    assert {a.text for a in found if a.path.ordinals and a.error is None} < set(TEXTS)


def test_what_only_looks_like_a_set_is_read_file_by_file(
    opening: SandboxPool, tmp_path: Path
) -> None:
    """Two notes and two archives that are called so."""
    for name, body in (("a.001", b"one"), ("a.002", b"two")):
        (tmp_path / name).write_bytes(body)
    for number in (1, 2):
        (tmp_path / f"b.{number:03}").write_bytes(zip_of([(f"{number}", b"in %d" % number)]))
    for stem, texts in (("a", ["one", "two"]), ("b", ["in 1", None, "in 2", None])):
        volumes = [(f"{stem}.{n:03}", tmp_path / f"{stem}.{n:03}") for n in (1, 2)]
        assert [a.text for a in opening.iter_read_set(volumes, fill=True)] == texts


def test_a_volume_that_is_a_link_is_not_followed(opening: SandboxPool, tmp_path: Path) -> None:
    """It is told to be unreadable, by its name."""
    volumes = rar_volumes(tmp_path)
    name, path = volumes[1]
    path.unlink()
    path.symlink_to("/etc/passwd")
    found = list(opening.iter_read_set(volumes, fill=False))
    assert any(str(a.path) == volumes[0][0] and a.error for a in found)
    assert any(str(a.path) == name and a.error == "missing_file" for a in found)


@pytest.mark.parametrize("passwords", [["hunter2"], ["wrong", "hunter2"]])
def test_passwords_reach_the_child(opening: SandboxPool, passwords: list[str]) -> None:
    """Those of a call, at any depth; those of the pool behind them."""
    body = zip_of([("in.zip", winzip(NOTES, b"hunter2")), ("own.zip", winzip(NOTES, b"hunter1"))])
    texts = [a.text for a in opening.read(body, name="x", passwords=passwords) if a.text]
    assert texts == 2 * TEXTS
    [read] = opening.read_many([("x", body)], passwords=passwords)
    assert [a.text for a in read if a.text] == texts


def test_without_the_password_members_are_listed(opening: SandboxPool) -> None:
    """Names and sizes still tell; nothing is said of what was tried."""
    found = opening.read(winzip(NOTES, b"hunter2"), name="x", passwords=["nothing"])
    assert [a.error for a in found[1:]] == ["encrypted"] * len(NOTES)
    assert [a.size_bytes for a in found[1:]] == [len(data) for _, data in NOTES]
    assert "nothing" not in f"{found!r}"


def test_archives_of_all_three_kinds_open_in_the_child(opening: SandboxPool) -> None:
    """What they need is loaded, and asks for no thread, no file and no program."""
    builder = rars.RarBuilder(format="rar50", compression=3, solid=True)
    for name, data in NOTES:
        builder.add_bytes(data, name)
    noise = zip_of([("noise", os.urandom(50))])
    for body in (builder.to_bytes(), zip_of(NOTES), _sevenzip()):
        found = opening.read(zip_of([("in", body), ("noise.zip", noise)]), name="x")
        assert [a.text for a in found if a.text in TEXTS] == TEXTS
        assert not any(a.error for a in found)


def _sevenzip() -> bytes:
    py7zr = pytest.importorskip("py7zr")
    packed = io.BytesIO()
    with py7zr.SevenZipFile(packed, "w") as archive:
        for name, data in NOTES:
            archive.writestr(data, name)
    return packed.getvalue()
