"""A remote disc image: its directories by their records, each read once."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.range_site import Held
from tests.support.remote_steps import read_remote

SECTOR = 2048


def both(value: int) -> bytes:
    return struct.pack("<L", value) + struct.pack(">L", value)


def record(name: bytes, sector: int, size: int, *, flags: int = 0, use: bytes = b"") -> bytes:
    pad = b"" if len(name) % 2 else b"\0"
    length = 33 + len(name) + len(pad) + len(use)
    head = (
        bytes([length, 0]) + both(sector) + both(size) + bytes(7) + bytes([flags, 0, 0, 1, 0, 0, 1])
    )
    return head + bytes([len(name)]) + name + pad + use


def descriptor(kind: int, root: bytes, escape: bytes = b"") -> bytes:
    raw = bytearray(SECTOR)
    raw[0:6] = bytes([kind]) + b"CD001"
    raw[88 : 88 + len(escape)] = escape
    raw[156 : 156 + len(root)] = root
    return bytes(raw)


def image(folders: dict[int, list[bytes]], *, escape: bytes = b"", root_at: int = 20) -> bytes:
    """Return an image with directories in these sectors."""
    dots = [record(b"\0", 0, 0, flags=2), record(b"\1", 0, 0, flags=2)]
    sectors = {
        n: b"".join([*dots, *records]).ljust(SECTOR, b"\0") for n, records in folders.items()
    }
    kind = 2 if escape else 1
    sectors[16] = descriptor(kind, record(b"\0", root_at, SECTOR, flags=2), escape)
    sectors[17] = descriptor(255, b"")
    return b"".join(sectors.get(n, bytes(SECTOR)) for n in range(max(sectors) + 60))


TREE = {
    20: [record(b"SUB", 21, SECTOR, flags=2), record(b"README.TXT;1", 30, 77)],
    21: [
        record(b"LAB.PDF;1", 31, 5000),
        record(b"SCAN.;1", 32, 6000, use=b"NM\x0f\x01\x00Scan 1.tif"),
    ],
}


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
