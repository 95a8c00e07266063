"""Targets: directories of remote archives, read step by step from any bytes."""

from __future__ import annotations

import io
import tarfile
import zipfile
from functools import partial

import py7zr

from tests.fuzz.target import Target
from tests.support.disc_image import TREE, image
from tests.support.range_site import Held
from tests.support.rar5_blocks import quick_archive
from tests.support.remote_steps import read_remote

KINDS = ("zip", "7z", "rar", "tar", "iso")


def archives() -> list[bytes]:
    zipped, sevenzip, tarred = io.BytesIO(), io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("a/b.txt", b"words")
        archive.comment = b"PK\x05\x06" + bytes(18)
    with py7zr.SevenZipFile(sevenzip, "w") as packed:
        packed.writestr(b"words", "a/b.txt")
    with tarfile.open(fileobj=tarred, mode="w") as tar:
        info = tarfile.TarInfo("long/" * 30 + "b.txt")
        info.size = 5
        tar.addfile(info, io.BytesIO(b"words"))
    every = [zipped, sevenzip, tarred]
    return [*(one.getvalue() for one in every), quick_archive(3), image(TREE)]


def read(kind: str, data: bytes) -> None:
    """Do all steps, of a sample and of the whole; they must end."""
    for is_full in (False, True):
        read_remote(Held(data), kind=kind, is_full=is_full, max_steps=len(data) + 100)


TARGETS = tuple(Target(f"remote_{kind}", partial(read, kind), archives) for kind in KINDS)
