"""Targets: archives of which some pieces are here, read step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from leakwatch.unpack.remote.step import kind_of
from tests.fuzz.archives import (
    rar_files,
    sevenzips,
    tars,
    with_rar_sums,
    with_sevenzip_sums,
    with_tar_sums,
)
from tests.fuzz.target import Target
from tests.fuzz.unpacking import zips
from tests.support.disc_image import TREE, image
from tests.support.remote_steps import read_remote

_PADDED_BYTES = 300_000
"""Put before or between, so that not all of it comes with the first request."""


@dataclass(frozen=True, slots=True)
class _File:
    """Bytes read in pieces."""

    data: bytes = field(repr=False)

    @property
    def size_bytes(self) -> int:
        return len(self.data)

    def read(self, offset: int, length: int) -> bytes:
        return self.data[offset : offset + length]


def _read(kind: str, repaired: Callable[[bytes], bytes] = bytes) -> Callable[[bytes], object]:
    def run(data: bytes) -> None:
        file = _File(repaired(data))
        for is_full in (True, False):
            read_remote(file, kind=kind, is_full=is_full, max_steps=20_000)

    return run


def far_zips() -> Iterator[bytes]:
    for data in zips():
        yield data
        yield bytes(_PADDED_BYTES) + data


TARGETS = (
    Target("remote_kind", lambda data: kind_of(data, {"name": "a.zip.002"}), zips),
    Target("remote_zip", _read("zip"), far_zips),
    Target("remote_7z", _read("7z", with_sevenzip_sums), sevenzips),
    Target("remote_rar", _read("rar", with_rar_sums), rar_files),
    Target("remote_tar", _read("tar", with_tar_sums), tars),
    Target("remote_iso", _read("iso"), lambda: (image(TREE),)),
)
