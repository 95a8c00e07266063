"""A remote ZIP's directory: found, sampled, read whole, and what it may not be."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.range_site import Held
from tests.support.remote_steps import read_remote
from tests.support.virtual_zip import Line, VirtualZip, end_records, entry, virtual_zip

GIB = 1024**3


def lines(count: int, *, start: int = 0) -> list[Line]:
    return [
        Line(f"export/patient-{n:07}/consultation-{n:08}.txt", 1000 + n, n * 2654435761 % 2**32)
        for n in range(start, start + count)
    ]


def packed(names: dict[str, bytes], *, comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in names.items():
            archive.writestr(name, data)
        archive.comment = comment
    return out.getvalue()


FILES = {f"a/{n}.txt": random.Random(n).randbytes(3000) for n in range(60)}
EXPECTED = [(name, len(data), zlib.crc32(data)) for name, data in FILES.items()]


@pytest.mark.parametrize("comment", [b"", b"x" * 65535])
@pytest.mark.parametrize("prefix", [b"", b"MZ" + bytes(100_000)])
def test_an_archive_is_listed_as_zipfile_does(comment: bytes, prefix: bytes) -> None:
    """Names, sizes and checksums come out, with a comment of any length and a program in front."""
    read = read_remote(Held(prefix + packed(FILES, comment=comment)), kind="zip")
    assert read.facts == EXPECTED
    assert read.is_complete


def test_a_large_archive_is_listed_for_its_directory() -> None:
    """All entries of a ZIP64 archive come for little more than the directory's bytes."""
    archive = virtual_zip(lines(60_000), size_bytes=100 * GIB)
    read = read_remote(archive)
    assert read.facts == [(x.path, x.size_bytes, x.crc32) for x in lines(60_000)]
    assert (read.is_complete, read.claimed) == (True, 60_000)
    assert read.received_bytes <= 1.05 * archive.directory_bytes


def test_a_sample_costs_about_a_megabyte() -> None:
    """A sample is entries that are there, from all over the directory, and says it is not all."""
    every = lines(60_000)
    read = read_remote(virtual_zip(every, size_bytes=100 * GIB), is_full=False)
    assert read.received_bytes <= 1_200_000
    assert not read.is_complete
    where = {line.path: n for n, line in enumerate(every)}
    found = sorted(where[path] for path in read.paths)
    assert len(found) > 5_000
    assert {n * 8 // len(every) for n in found} == set(range(8))


def test_decoys_put_first_hide_nothing() -> None:
    """Whatever stands at the start of the directory, a sample shows the rest too."""
    decoys = [Line(f"linux/usr/share/doc/{n}.html", n, n) for n in range(30_000)]
    read = read_remote(virtual_zip(decoys + lines(30_000), size_bytes=GIB), is_full=False)
    assert sum(path.startswith("export/") for path in read.paths) > 1_000


def test_a_short_directory_is_read_whole() -> None:
    """Where all of it costs no more than a sample, there is none."""
    read = read_remote(virtual_zip(lines(5_000), size_bytes=GIB), is_full=False)
    assert (len(read.entries), read.is_complete) == (5_000, True)


def test_a_false_end_record_in_the_comment() -> None:
    """A comment that holds another archive's end hides neither the one nor the other."""
    decoy = packed({"harmless.txt": b"x"})
    raw = bytearray(packed(FILES, comment=decoy))
    assert sorted(read_remote(Held(bytes(raw))).paths) == sorted([*FILES, "harmless.txt"])


def test_an_archive_stored_last_does_not_take_its_place() -> None:
    """The end of an archive that is a member is not taken for the end of the whole."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("inner.zip", packed({"inside.txt": b"y"}))
    assert read_remote(Held(out.getvalue())).paths == ["inner.zip"]


def test_the_last_volume_of_a_split_archive() -> None:
    """The directory lies in the last volume; offsets into others do not matter."""
    entries = b"".join(entry(line, 0) for line in lines(40))
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 7, 7, 40, 40, len(entries), 17, 0)
    read = read_remote(Held(bytes(5000) + entries + end), kind="zip")
    assert len(read.entries) == 40


def test_a_directory_that_begins_in_the_volume_before() -> None:
    """What of it is in the last volume is read, and said to be not all."""
    entries = b"".join(entry(line, 0) for line in lines(40))
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 7, 6, 20, 40, len(entries), 17, 0)
    read = read_remote(Held(entries[1000:] + end), kind="zip")
    assert 20 < len(read.entries) < 40
    assert not read.is_complete


def test_a_damaged_entry_hides_no_other() -> None:
    """Behind bytes that are no entry reading goes on, and the gap is said."""
    good = [entry(line, 0) for line in lines(400)]
    directory = b"".join(good[:200]) + b"\xff" * 700 + b"".join(good[200:])
    tail = directory + end_records(400, len(directory), 1000)
    read = read_remote(VirtualZip(1000, tail, len(directory)), kind="zip")
    assert (len(read.entries), read.is_complete) == (400, False)


def test_ten_million_claimed_entries() -> None:
    """A claim costs nothing: what is there is read, what is not is not asked for."""
    directory = b"".join(entry(line, 0) for line in lines(3))
    tail = directory + end_records(10**7, len(directory), 1000)
    read = read_remote(VirtualZip(1000, tail, len(directory)), kind="zip")
    assert (len(read.entries), read.claimed) == (3, 10**7)


@pytest.mark.parametrize("length", [0, 1, 2**31, 2**62])
def test_a_directory_of_another_length_than_it_says(length: int) -> None:
    """A lie about length or place is damage, not an endless or distant read."""
    directory = b"".join(entry(line, 0) for line in lines(3))
    tail = directory + end_records(3, length, 2**61)
    read = read_remote(VirtualZip(10**9, tail, len(directory)))
    assert read.error == "corrupt"


def test_an_encrypted_directory_is_said() -> None:
    """A directory under PKWARE's strong encryption is told from a damaged one."""
    raw = bytearray(end_records(3, 100, 10))
    raw[12:16] = struct.pack("<2H", 62, 62)
    raw[4:12] = struct.pack("<Q", 60)
    assert read_remote(Held(bytes(110) + bytes(raw)), kind="zip").error == "encrypted"


def test_names_in_every_coding() -> None:
    """UTF-8 by flag, CP437 by default, and folders told from files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("b\u00e9atrice/", b"")
        archive.writestr("b\u00e9atrice/\u75c5\u6b74.txt", b"x")
    read = read_remote(Held(out.getvalue()))
    assert [(e.path, e.is_directory) for e in read.entries] == [
        ("b\u00e9atrice/", True),
        ("b\u00e9atrice/\u75c5\u6b74.txt", False),
    ]


@settings(max_examples=150, deadline=None)
@given(
    cut=st.integers(0, 4000),
    at=st.integers(0, 6000),
    junk=st.binary(max_size=40),
    full=st.booleans(),
)
def test_any_damage_ends(cut: int, at: int, junk: bytes, full: bool) -> None:
    """However an archive is cut and overwritten, reading ends inside the file."""
    raw = bytearray(packed({f"{n}.txt": b"x" for n in range(40)}, comment=b"PK\x05\x06" * 9))
    at %= len(raw)
    raw[at : at + len(junk)] = junk
    read_remote(Held(bytes(raw[: max(1, len(raw) - cut)])), kind="zip", is_full=full)
