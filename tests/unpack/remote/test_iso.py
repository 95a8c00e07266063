"""A remote disc image: its directories by their records, each read once."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.disc_image import SECTOR, TREE, image, record
from tests.support.range_site import Held
from tests.support.remote_steps import read_remote


def test_a_tree_is_listed() -> None:
    """Files of all directories come out with their sizes, by their POSIX names where there are some."""
    read = read_remote(Held(image(TREE)))
    assert [(e.path, e.size_bytes) for e in read.entries] == [
        ("SUB", None),
        ("README.TXT", 77),
        ("SUB/LAB.PDF", 5000),
        ("SUB/Scan 1.tif", 6000),
    ]
    assert read.is_complete


def test_joliet_names_are_taken() -> None:
    """Where there are UTF-16 names they are read."""
    name = "B\u00e9atrice M\u00fcller.pdf".encode("utf-16-be")
    read = read_remote(Held(image({20: [record(name, 30, 9)]}, escape=b"%/E")))
    assert read.paths == ["B\u00e9atrice M\u00fcller.pdf"]


def test_directories_that_turn_in_a_circle() -> None:
    """A directory is read once, whatever points to it."""
    loop = {20: [record(b"A", 21, SECTOR, flags=2)], 21: [record(b"B", 20, SECTOR, flags=2)]}
    read = read_remote(Held(image(loop)), max_steps=20)
    assert read.paths == ["A", "A/B"]


def test_a_file_in_several_extents() -> None:
    """The parts of a file over 4 GiB add up."""
    parts = [record(b"BIG.ZIP;1", 30, 2**32 - SECTOR, flags=0x80), record(b"BIG.ZIP;1", 40, 5000)]
    read = read_remote(Held(image({20: parts})))
    assert [(e.path, e.size_bytes) for e in read.entries] == [("BIG.ZIP", 2**32 - SECTOR + 5000)]


@pytest.mark.parametrize("size", [2**32 - 1, 10**6])
def test_a_directory_that_is_no_such_length(size: int) -> None:
    """A directory longer than the file is read as far as there is something."""
    read = read_remote(Held(image({20: [record(b"A", 21, size, flags=2)]})), max_steps=20)
    assert read.paths[:1] == ["A"]
    assert not read.is_complete


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, 12 * SECTOR), junk=st.binary(min_size=1, max_size=30))
def test_any_damage_ends(at: int, junk: bytes) -> None:
    """However records are overwritten, reading ends inside the file."""
    raw = bytearray(image(TREE))
    raw[16 * SECTOR + at : 16 * SECTOR + at + len(junk)] = junk
    read_remote(Held(bytes(raw)), kind="iso", max_steps=100)
