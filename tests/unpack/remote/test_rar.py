"""A remote RAR's headers: one behind the other, or by their copies; and what they may not be."""

from __future__ import annotations

import random
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.range_site import Held
from tests.support.rar5_blocks import MAGIC_5, block, quick_archive, vint
from tests.support.remote_steps import read_remote

rars: Any = pytest.importorskip("rars")
rarfile: Any = pytest.importorskip("rarfile")
REAL = Path(__file__).resolve().parents[3] / "../shared/eval/archives/rarfile"
FILES = {
    f"export/b\u00e9a-{n}.bin": random.Random(n).randbytes(n * 99_991 % 400_000) for n in range(40)
}
EXPECTED = [(name, len(data), zlib.crc32(data)) for name, data in FILES.items()]
MAGIC_4 = b"Rar!\x1a\x07\x00"


def packed(files: dict[str, bytes] = FILES, **options: Any) -> bytes:
    builder = rars.RarBuilder(**{"store": True, **options})
    for name, data in files.items():
        builder.add_bytes(data, name)
    return bytes(builder.to_bytes())


@pytest.mark.parametrize("format_", ["rar50", "rar40", "rar15"])
def test_an_archive_is_listed_without_its_members(format_: str) -> None:
    """Names, sizes and checksums come out; large members are passed over, not read."""
    raw = packed({f"a{n}.bin": data for n, data in enumerate(FILES.values())}, format=format_)
    read = read_remote(Held(raw))
    assert [fact[1:] for fact in read.facts] == [fact[1:] for fact in EXPECTED]
    assert read.is_complete
    assert read.received_bytes < len(raw) / 2


def test_names_are_unicode() -> None:
    """RAR 5 names are UTF-8."""
    assert read_remote(Held(packed())).facts == EXPECTED


@pytest.mark.parametrize("format_", ["rar50", "rar40"])
def test_encrypted_headers_are_said(format_: str) -> None:
    """Headers that need a password are told from damaged ones."""
    raw = packed({"a.txt": b"x" * 100}, format=format_, password="p", encrypt_headers=True)
    assert read_remote(Held(raw)).error == "encrypted"


def test_encrypted_members_are_listed() -> None:
    """Where only the content is encrypted names and sizes stay; a keyed checksum is none."""
    read = read_remote(Held(packed(password="p")))
    assert [fact[:2] for fact in read.facts] == [fact[:2] for fact in EXPECTED]
    assert {crc32 for _, size, crc32 in read.facts if size} <= {None}


@pytest.mark.skipif(not REAL.is_dir(), reason="the evaluation files are not here")
@pytest.mark.parametrize("is_full", [True, False])
def test_real_archives_are_listed_as_rarfile_does(is_full: bool) -> None:
    """Of RAR 1.5 to 5, volumes and quick open records among them, the same comes out."""
    compared = 0
    for path in sorted(REAL.glob("*.rar")):
        try:
            with rarfile.RarFile(path, part_only=True) as archive:
                known = {
                    i.filename.rstrip("/"): i.file_size for i in archive.infolist() if i.is_file()
                }
        except rarfile.Error:
            continue
        read = read_remote(Held(path.read_bytes()), is_full=is_full)
        found = {name.partition(";")[0]: size for name, size, _ in read.facts}
        wanted = {name.partition(";")[0]: size for name, size in known.items()}
        assert wanted.items() <= found.items(), path.name
        compared += 1
    assert compared > 30


def test_copies_of_headers_are_read_in_place_of_them() -> None:
    """A quick open record lists the archive for its own bytes."""
    raw = quick_archive(3000)
    read = read_remote(Held(raw))
    assert [path for path, _, _ in read.facts] == [f"export/{n:06}.txt" for n in range(3000)]
    assert read.is_complete
    assert read.received_bytes < len(raw) / 5


def test_headers_without_a_copy_are_read_where_they_lie() -> None:
    """What the record leaves out is found in the archive itself."""
    read = read_remote(Held(quick_archive(200, without=20)))
    assert sorted(read.paths) == [f"export/{n:06}.txt" for n in range(200)]
    assert read.is_complete


def test_a_sample_of_copies_is_from_all_over() -> None:
    """Many copies are sampled, told from what lies between by their checksums."""
    read = read_remote(Held(quick_archive(40_000)), is_full=False)
    found = sorted(int(path[7:13]) for path in read.paths)
    assert read.received_bytes <= 1_200_000
    assert len(found) > 5_000
    assert {n * 8 // 40_000 for n in found} == set(range(8))
    assert not read.is_complete


def test_copies_that_lie_about_their_places() -> None:
    """Copies that point before what was read are passed over; the archive itself is read."""
    read = read_remote(Held(quick_archive(200, back_by=10**6)))
    assert sorted(read.paths) == [f"export/{n:06}.txt" for n in range(200)]


@pytest.mark.parametrize(
    "tail",
    [
        block(vint(2) + vint(2) + vint(2**63) + b"\x04" + bytes(12) + b"\x01a"),
        struct.pack("<L", zlib.crc32(b"\x00")) + b"\x00" * 40,
        b"\xff" * 60,
    ],
)
def test_headers_that_lead_nowhere(tail: bytes) -> None:
    """A header of no length, of noise, or with a member past the end ends the reading."""
    read = read_remote(Held(MAGIC_5 + block(vint(1) + vint(0) + vint(0)) + tail), max_steps=5)
    assert not read.is_complete


def test_old_headers_that_lead_nowhere() -> None:
    """A RAR 4 header that says it is shorter than its own start does not turn in a circle."""
    raw = MAGIC_4 + struct.pack("<HBHH", 0, 0x73, 0, 13) + bytes(6)
    raw += struct.pack("<HBHH", 0, 0x74, 0x8000, 0) + bytes(60)
    assert not read_remote(Held(raw), max_steps=5).is_complete


@settings(max_examples=200, deadline=None)
@given(
    at=st.integers(0, 5000),
    junk=st.binary(min_size=1, max_size=12),
    format_=st.sampled_from([4, 5, 6]),
    full=st.booleans(),
)
def test_any_damage_ends(at: int, junk: bytes, format_: int, full: bool) -> None:
    """However headers are overwritten, reading ends inside the file."""
    raw = bytearray(BROKEN[format_])
    at = 8 + at % (len(raw) - 8)
    raw[at : at + len(junk)] = junk
    read_remote(Held(bytes(raw)), kind="rar", is_full=full, max_steps=300)


BROKEN = {
    4: packed({f"{n}.txt": b"x" * n for n in range(20)}, format="rar40"),
    5: packed({f"{n}.txt": b"x" * n for n in range(20)}),
    6: quick_archive(30, without=7),
}
