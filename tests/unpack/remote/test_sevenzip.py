"""A remote 7z's header: found, unpacked and read; bombs and lies end."""

from __future__ import annotations

import io
import lzma
import random
import struct
import zlib
from typing import Any

import py7zr
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.unpack.remote.sevenzip import MAX_HEADER_BYTES
from tests.support.range_site import Held
from tests.support.remote_steps import read_remote

FILES = {
    **{f"dossier/b\u00e9a-{n}.txt": random.Random(n).randbytes(2000) for n in range(50)},
    "dossier/empty.txt": b"",
}


def packed(files: dict[str, bytes] = FILES, **options: Any) -> bytes:
    out = io.BytesIO()
    encrypt = options.pop("header_encryption", False)
    with py7zr.SevenZipFile(out, "w", header_encryption=encrypt, **options) as archive:
        for name, data in files.items():
            archive.writestr(data, name)
    return out.getvalue()


COPY = [{"id": py7zr.FILTER_COPY}]
BCJ = [{"id": py7zr.FILTER_X86}, {"id": py7zr.FILTER_LZMA2, "preset": 1}]


@pytest.mark.parametrize("options", [{}, {"filters": COPY}, {"filters": BCJ}, {"password": "x"}])
def test_an_archive_is_listed_as_py7zr_does(options: dict[str, Any]) -> None:
    """Names, sizes and checksums come out, of encrypted members too."""
    raw = packed(**options)
    read = read_remote(Held(raw))
    assert [(path, size, crc32 or 0) for path, size, crc32 in read.facts] == [
        (name, len(data), zlib.crc32(data)) for name, data in FILES.items()
    ]
    assert read.is_complete


def test_two_requests_are_enough() -> None:
    """Nothing is read between the start and the header at the end."""
    large = {f"{n}.bin": random.Random(n).randbytes(200_000) for n in range(10)}
    raw = packed(large)
    read = read_remote(Held(raw))
    assert len(read.entries) == 10
    assert read.fetches <= 3
    assert read.received_bytes < 70_000


def test_encrypted_names_are_said() -> None:
    """A header that needs a password is told from a damaged one."""
    assert read_remote(Held(packed(password="x", header_encryption=True))).error == "encrypted"


def test_an_archive_behind_a_program() -> None:
    """A self-extractor's archive is found if it starts within the first part."""
    read = read_remote(Held(b"MZ" + bytes(20_000) + packed()), kind="7z")
    assert len(read.entries) == len(FILES)


def test_the_first_of_several_volumes_is_said() -> None:
    """A header that lies in another volume is not looked for beyond the end."""
    raw = packed()
    assert read_remote(Held(raw[: len(raw) // 2])).error == "unsupported"


def number(value: int) -> bytes:
    return b"\xff" + struct.pack("<Q", value)


def archive_of(header: bytes, before: bytes = b"") -> bytes:
    start = struct.pack("<2QL", len(before), len(header), zlib.crc32(header))
    head = b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<L", zlib.crc32(start)) + start
    return head + before + header


def packed_header(content: bytes, size: int) -> bytes:
    """Return an archive whose header is packed and said to be of a size."""
    coder = lzma.compress(
        content, lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2, "preset": 1}]
    )
    said = b"\x17\x06" + number(0) + number(1) + b"\x09" + number(len(coder)) + b"\x00"
    said += b"\x07\x0b\x01\x00\x01\x21\x21\x01\x18\x0c" + number(size) + b"\x00\x00"
    return archive_of(said, coder)


def test_a_header_that_unpacks_to_too_much() -> None:
    """A bomb is refused by what it says, and cut off where it lies about that."""
    said = packed_header(bytes(50_000_000), MAX_HEADER_BYTES + 1)
    assert read_remote(Held(said)).error == "budget_exceeded"
    assert read_remote(Held(packed_header(bytes(50_000_000), 1000))).error == "corrupt"


def test_a_header_packed_in_itself() -> None:
    """A packed header that unpacks to what says the same of itself ends after some rounds."""
    loop = b"\x17\x06" + number(0) + number(1) + b"\x09" + number(0) + b"\x00"
    loop += b"\x07\x0b\x01\x00\x01\x01\x00\x0c" + number(0) + b"\x00\x00"
    assert read_remote(Held(archive_of(loop))).error == "corrupt"


@pytest.mark.parametrize("count", [2**31, 2**62])
@pytest.mark.parametrize(
    "before",
    [
        b"\x01\x05",  # files
        b"\x01\x04\x06" + number(0),  # packed streams
        b"\x01\x04\x07\x0b",  # folders
        b"\x01\x04\x07\x0b\x01\x00",  # coders
        b"\x01\x04\x07\x0b\x01\x00\x01\x01\x00\x0c\x05\x00\x08\x0d",  # files of a folder
    ],
)
def test_counts_that_are_lies(before: bytes, count: int) -> None:
    """A count of what there is no room for costs nothing."""
    read = read_remote(Held(archive_of(before + number(count) + b"\x00" * 20)))
    assert read.error == "corrupt" or len(read.entries) < 100


@settings(max_examples=200, deadline=None)
@given(
    header=st.binary(max_size=300), kind=st.sampled_from([b"\x01\x04", b"\x01\x05", b"\x17", b""])
)
def test_any_header_ends(header: bytes, kind: bytes) -> None:
    """Whatever stands in a header, reading it ends."""
    read_remote(Held(archive_of(kind + header)), max_steps=20)


@settings(max_examples=100, deadline=None)
@given(at=st.integers(0, 10_000), junk=st.binary(min_size=1, max_size=8))
def test_any_damage_ends(at: int, junk: bytes) -> None:
    """A real header with bytes changed is read or refused."""
    raw = bytearray(packed({f"{n}.txt": b"x" * n for n in range(20)}, filters=COPY))
    at = 32 + at % (len(raw) - 32)
    raw[at : at + len(junk)] = junk
    header = raw[32 + struct.unpack_from("<Q", raw, 12)[0] :]
    raw[28:32] = struct.pack("<L", zlib.crc32(header[: struct.unpack_from("<Q", raw, 20)[0]]))
    read_remote(Held(bytes(raw)), max_steps=20)
