from __future__ import annotations

import gzip
import io
import struct
import tarfile
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.errors import UnpackError
from leakwatch.unpack.budget import BudgetLimits
from leakwatch.unpack.sniff import sniff
from leakwatch.unpack.tar_archive import TarArchive
from leakwatch.unpack.tar_header import is_header, parse_header, parse_pax
from tests.support.archives import artefacts, tar_of, zip_of

NOTE = b"Fictional note of a fictional patient.\n" * 100
LONG = "folder/" * 40 + "Größe.txt"
FORMS = {"gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT, "ustar": tarfile.USTAR_FORMAT}


def header(name: bytes, size: int, *, kind: bytes = b"0", magic: bytes = b"ustar\x0000") -> bytes:
    """Return a header block; a size below 0 is written as base-256."""
    block = bytearray(512)
    block[: len(name)] = name
    block[100:124] = b"0000644 0000000 0000000 "
    block[124:136] = b"%011o\0" % size if size >= 0 else b"\xff" * 8 + struct.pack(">l", size)
    block[148:156] = b" " * 8
    block[156:157] = kind
    block[257 : 257 + len(magic)] = magic
    block[148:155] = b"%06o\0" % sum(block)
    return bytes(block)


def padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % 512)


def pax(**records: Any) -> bytes:
    body = b""
    for key, value in records.items():
        record = f" {key.replace('__', '.')}={value}\n".encode()
        length = len(record) + 1
        length += len(str(length + len(str(length)) - 1)) - 1
        body += b"%d" % (len(record) + len(str(length))) + record
    return header(b"pax", len(body), kind=b"x") + padded(body)


END = bytes(1024)


def read(packed: bytes) -> list[tuple[str, bytes]]:
    return [(m.name, b"".join(m.chunks())) for m in TarArchive().members(io.BytesIO(packed))]


@pytest.mark.parametrize("form", FORMS)
def test_all_kinds_are_read(form: str) -> None:
    """Long names, sizes and content come out of GNU, pax and ustar alike."""
    name = LONG if form != "ustar" else "folder/" * 20 + "a.txt"
    packed = tar_of([(name, NOTE), ("b.txt", b"")], form=FORMS[form])
    assert read(packed) == [(name, NOTE), ("b.txt", b"")]


def test_v7_has_no_magic() -> None:
    """The oldest kind is known by its checksum."""
    packed = header(b"old.txt", len(NOTE), kind=b"\0", magic=b"") + padded(NOTE) + END
    found = artefacts(packed)
    assert (found[""].kind, found["0"].text) == ("tar", NOTE.decode())


@pytest.mark.parametrize("name", ["BM.bmp", "MZ.txt", "PK\x03\x04", "GIF89a.gif", "%PDF-.txt"])
def test_a_member_name_is_no_signature(name: str) -> None:
    """A tar starts with somebody's file name, whatever that looks like."""
    assert sniff(tar_of([(name, NOTE)])) == "tar"


def test_links_and_devices_are_passed_over() -> None:
    """They count as places and are not given; a link that states a size has no content."""
    packed = header(b"link", 1000, kind=b"1") + header(b"dir/", 0, kind=b"5")
    packed += header(b"dev", 0, kind=b"3") + header(b"a.txt", 3) + padded(b"abc") + END
    [member] = TarArchive().members(io.BytesIO(packed))
    assert (member.name, member.ordinal) == ("a.txt", 3)


def test_sparse_files_are_filled() -> None:
    """Holes come out as zeros, in every way there is to write them down."""
    data = b"first" + b"second"
    whole = bytes(1000) + b"first" + bytes(2000) + b"second" + bytes(500)
    places = [1000, 5, 3005, 6]
    new = b"2\n1000\n5\n3005\n6\n"
    old = bytearray(header(b"s", len(data), kind=b"S", magic=b"ustar  \0"))
    old[386:434] = b"".join(b"%011o\0" % number for number in places)
    old[483:495] = b"%011o\0" % len(whole)
    old[148:156] = b" " * 8
    old[148:155] = b"%06o\0" % sum(old)
    sparse = {"GNU__sparse__realsize": len(whole), "GNU__sparse__name": "s"}
    ways = [
        bytes(old) + padded(data),
        pax(**sparse, GNU__sparse__map=",".join(map(str, places)))
        + header(b"x", 11)
        + padded(data),
        pax(**sparse, GNU__sparse__major=1, GNU__sparse__minor=0)
        + header(b"x", 512 + len(data))
        + padded(new)
        + padded(data),
    ]
    for way in ways:
        assert read(way + END) == [("s", whole)]


def test_a_hole_is_no_bomb() -> None:
    """A terabyte of nothing is cut by the ratio, and the next member is read."""
    sparse = pax(GNU__sparse__realsize=1 << 40, GNU__sparse__map="0,5")
    packed = sparse + header(b"hole", 5) + padded(b"first") + header(b"b", 3) + padded(b"abc") + END
    limits = BudgetLimits(ratio_grace_bytes=1 << 20, max_ratio=50)
    found = artefacts(packed, limits=limits)
    assert (found["0"].error, found["1"].text) == ("budget_exceeded", "abc")


def test_behind_damage_it_goes_on() -> None:
    """A damaged header costs its own member; the next is found, and the loss is said."""
    packed = bytearray(tar_of([("a.txt", NOTE), ("b.txt", NOTE), ("c.txt", b"last")]))
    at = packed.index(b"b.txt")
    packed[at + 148 : at + 156] = b"damaged!"
    found = artefacts(bytes(packed))
    assert [found[o].text for o in ("0", "1")] == [NOTE.decode(), "last"]
    assert found[""].error == "corrupt"
    assert "passed over" in (found[""].detail or "")


def test_archives_behind_each_other_are_one() -> None:
    """What was appended behind the end mark is published as well."""
    assert [name for name, _ in read(tar_of([("a", b"1")]) + tar_of([("b", b"2")]))] == ["a", "b"]


def test_a_missing_end_is_said() -> None:
    """A download that stops between two members looks whole but for the end mark."""
    packed = header(b"a.txt", 3) + padded(b"abc")
    found = artefacts(packed)
    assert (found["0"].text, found["0"].error, found[""].error) == ("abc", None, "corrupt")


@pytest.mark.parametrize("size", [1 << 40, -1])
def test_lying_sizes_end_with_the_archive(size: int) -> None:
    """A size that leads out of the archive gives what there is."""
    found = artefacts(header(b"a.txt", 3) + padded(b"abc") + header(b"b", size) + padded(b"rest"))
    assert found["0"].text == "abc"
    assert found[""].error == "corrupt"


@pytest.mark.parametrize("name", ["/etc/passwd", "../../x", "a\x07b", "C:\\x", "n" * 5000])
def test_names_are_told_and_never_paths(name: str) -> None:
    """Whatever a name says, it is only a name."""
    [(told, content)] = read(tar_of([(name, b"abc")]))
    assert (told, content) == (name[:4096], b"abc")


def test_many_members_are_not_held() -> None:
    """Memory does not grow with the number of members."""
    packed = header(b"a.txt", 3) + padded(b"abc")
    stream = io.BytesIO(packed * 20_000 + END)
    tracemalloc.start()
    count = sum(1 for _ in TarArchive().members(stream))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 20_000
    assert peak < 2_000_000


def test_extensions_without_end_are_no_bomb() -> None:
    """Headers that only speak of the next one are read one by one, long ones in part."""
    packed = (header(b"x", 512, kind=b"x") + bytes(512)) * 5_000
    packed += header(b"L", 3 << 20, kind=b"L") + b"n" * (3 << 20) + header(b"a", 3) + padded(b"abc")
    [(name, content)] = read(packed + END)
    assert (len(name), content) == (4096, b"abc")


def test_every_cut_is_survived() -> None:
    """What came before the cut is told."""
    packed = tar_of([("a.txt", NOTE), (LONG, NOTE)])
    for cut in range(0, len(packed), 97):
        found = artefacts(packed[:cut])
        assert {a.error for a in found.values()} <= {None, "corrupt"}
        if cut > 6000:
            assert found["0"].text == NOTE.decode()


def test_a_neighbour_is_read() -> None:
    """A broken tar in an archive costs itself alone."""
    broken = tar_of([("a", NOTE)])[:700]
    found = artefacts(zip_of([("a.tgz", gzip.compress(broken)), ("note.txt", NOTE)]))
    assert found["0.0"].error == "corrupt"
    assert found["1"].text == NOTE.decode()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_bytes_raise_anything_else(data: st.DataObject) -> None:
    """Flipped, cut or made up: our own errors, bounded chunks, an end."""
    packed = bytearray(tar_of([("a.txt", NOTE[:700]), (LONG, b"x")], form=tarfile.GNU_FORMAT))
    for _ in range(data.draw(st.integers(0, 8))):
        packed[data.draw(st.integers(0, 3000))] = data.draw(st.integers(0, 255))
    made_up = data.draw(st.binary(max_size=1500))
    try:
        for member in TarArchive().members(io.BytesIO(made_up + packed)):
            assert all(len(chunk) <= 64 * 1024 for chunk in member.chunks())
    except UnpackError:
        pass


@given(st.binary(max_size=600))
def test_headers_are_total(block: bytes) -> None:
    """Any block is a header or none."""
    assert (parse_header(block) is None) or is_header(block)
    assert all(isinstance(key, bytes) for key, _ in parse_pax(block))
