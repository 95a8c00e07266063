"""A remote tar's headers: hopped over, long names and large sizes and all."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.range_site import Held
from tests.support.remote_steps import read_remote

NAMES = [f"export/{n}/{'long-' * (n % 60)}b\u00e9a.txt" for n in range(70)]
SIZES = [(n * 7919) % 300_000 for n in range(70)]


def header(name: str, size: int, *, format_: Literal[0, 1, 2] = tarfile.PAX_FORMAT) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = size
    return info.tobuf(format_)


def packed(format_: Literal[0, 1, 2]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format_) as archive:
        for name, size in zip(NAMES, SIZES, strict=True):
            info = tarfile.TarInfo(name)
            info.size = size
            archive.addfile(info, io.BytesIO(bytes(size)))
    return out.getvalue()


@pytest.mark.parametrize("format_", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_an_archive_is_listed_as_tarfile_does(format_: Literal[0, 1, 2]) -> None:
    """Names of any length and sizes come out; large members are passed over, not read."""
    raw = packed(format_)
    read = read_remote(Held(raw))
    assert [(path, size) for path, size, _ in read.facts] == list(zip(NAMES, SIZES, strict=True))
    assert read.is_complete
    assert read.received_bytes < len(raw) / 2


def test_a_sample_is_bounded() -> None:
    """Of an archive of large members a sample takes some requests and no more."""
    read = read_remote(Held(packed(tarfile.PAX_FORMAT)), is_full=False)
    assert read.fetches <= 30
    assert 10 < len(read.entries) < len(NAMES)
    assert not read.is_complete


@dataclass(frozen=True)
class Sparse:
    """A file of a stated size with a header at its start, and noughts."""

    head: bytes
    size_bytes: int

    def read(self, offset: int, length: int) -> bytes:
        length = min(length, self.size_bytes - offset)
        return (self.head[offset : offset + length]).ljust(length, b"\0")


@pytest.mark.parametrize("format_", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_sizes_over_eight_gibibytes(format_: Literal[0, 1, 2]) -> None:
    """A size that the octal field cannot hold is read from where it stands instead."""
    raw = header("large.bin", 20 * 2**30, format_=format_)
    read = read_remote(Sparse(raw, len(raw) + 20 * 2**30 + 1024))
    assert [(e.path, e.size_bytes) for e in read.entries] == [("large.bin", 20 * 2**30)]


def test_a_member_that_runs_over_the_end() -> None:
    """A size that the file has no room for is told as it stands, and the rest as missing."""
    read = read_remote(Sparse(header("a.bin", 2**40), 100_000))
    assert (read.paths, read.is_complete) == (["a.bin"], False)


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, 6000), junk=st.binary(min_size=1, max_size=30), cut=st.integers(0, 3000))
def test_any_damage_ends(at: int, junk: bytes, cut: int) -> None:
    """However headers are overwritten, reading ends inside the file."""
    raw = bytearray(
        b"".join(header(f"{n}.txt", n * 100) + bytes(-(-n * 100 // 512) * 512) for n in range(9))
    )
    raw[at : at + len(junk)] = junk
    read_remote(Held(bytes(raw[: max(1, len(raw) - cut)])), kind="tar")
