from __future__ import annotations

import contextlib
import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakwatch.errors import Corrupt
from leakwatch.extract.ole import CompoundFile
from tests.support.office import compound

FILE = compound({("one",): b"1" * 700, ("folder", "two"): b"2" * 600, ("empty",): b""})


def opened(data: bytes) -> CompoundFile:
    return CompoundFile(io.BytesIO(data))


def read_all(data: bytes) -> int:
    """Read every stream; return the bytes that came."""
    file = opened(data)
    return sum(len(b"".join(file.chunks(entry))) for entry in file.entries.values())


def test_streams_are_found_by_their_path() -> None:
    """Names count without case; a storage has no bytes; what is not there is empty."""
    file = opened(FILE)
    assert (file.read("ONE"), file.read("folder", "two")) == (b"1" * 700, b"2" * 600)
    assert (file.read("empty"), file.read("folder"), file.read("nothing")) == (b"", b"", b"")
    assert file.has("folder")
    assert not file.has("two")
    assert file.children(()) == [("empty",), ("folder",), ("one",)]


def test_a_stream_gives_no_more_than_is_asked_for() -> None:
    """The cap holds within a sector too."""
    assert opened(FILE).read("one", max_bytes=10) == b"1" * 10


def test_a_chain_that_runs_in_a_circle_ends() -> None:
    """Each sector points to the next and the last to the first: the table bounds the walk."""
    data = bytearray(FILE)
    for number in range(128):
        struct.pack_into("<L", data, 512 + 4 * number, (number + 1) % 8)
    assert read_all(bytes(data)) <= 128 * 512 * 3


def test_a_directory_that_points_at_itself_is_walked_once() -> None:
    """Left, right and child of each entry name the first: every entry is told once at most."""
    data = bytearray(FILE)
    at = data.find("Root Entry".encode("utf-16-le"))
    for number in range(4):
        struct.pack_into("<3L", data, at + 128 * number + 68, 1, 1, 1)
    assert len(opened(bytes(data)).entries) <= 4


def test_a_lying_size_gives_what_is_there() -> None:
    """A stream of four gigabytes ends with its chain."""
    data = bytearray(FILE)
    at = data.find("one\0".encode("utf-16-le"))
    struct.pack_into("<L", data, at + 120, 0xFFFFFFFF)
    assert len(opened(bytes(data)).read("one")) == 1024


@pytest.mark.parametrize("data", [b"", b"\xd0\xcf\x11\xe0", bytes(600), FILE[:512]])
def test_what_is_no_such_file_is_corrupt(data: bytes) -> None:
    """No header or no directory: one error, always the same."""
    with pytest.raises(Corrupt):
        opened(data)


@given(st.integers(0, len(FILE) - 1), st.binary(min_size=1, max_size=8), st.integers(0, len(FILE)))
def test_damage_raises_nothing_else(at: int, bytes_: bytes, cut: int) -> None:
    """Whatever is overwritten and wherever it is cut, it opens or it is corrupt."""
    data = (FILE[:at] + bytes_ + FILE[at + len(bytes_) :])[: max(cut, 600)]
    with contextlib.suppress(Corrupt):
        assert read_all(data) <= 64 * len(FILE)
