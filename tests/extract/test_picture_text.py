from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakwatch.extract.formats import TextExtraction
from leakwatch.extract.picture_text import PictureText, texts
from leakwatch.unpack.sniff import sniff
from tests.support.pictures import LABELLED_FORMATS, labelled_picture, photo, saved

WORDS = "Referral of Jérôme Invented, left knee"


def text_of(data: bytes) -> str:
    return PictureText().extract(io.BytesIO(data), max_chars=10_000).text


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">L", len(body)) + kind + body + struct.pack(">L", zlib.crc32(kind + body))


@pytest.mark.parametrize("form", LABELLED_FORMATS)
def test_what_people_wrote_into_a_picture_is_its_text(form: str) -> None:
    """Comments and descriptions of every format are read, the camera's own are not."""
    assert text_of(labelled_picture(form, WORDS)) == WORDS


def test_a_picture_with_nothing_written_in_it_has_no_text() -> None:
    """It is bytes and pixels, and is not told as an empty text."""
    data = saved(photo(1), "PNG")
    assert TextExtraction(max_chars=100)("png", io.BytesIO(data), plainly=False) is None


def test_iptc_xmp_and_windows_fields() -> None:
    """Names stand in several places of one JPEG; each is read once."""
    iptc = b"\x1c\x02\x78" + struct.pack(">H", 11) + b"A made note"
    photoshop = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">L", len(iptc)) + iptc
    xmp = (
        b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta><dc:title>Knee &amp; hip</dc:title></x:xmpmeta>"
    )
    title = "Clinic".encode("utf-16-le")
    entry = struct.pack("<HHLL", 0x9C9B, 1, len(title), 26)
    exif = b"Exif\0\0II*\0" + struct.pack("<LH", 8, 1) + entry + bytes(4) + title
    segments = b"".join(
        b"\xff" + marker + struct.pack(">H", len(body) + 2) + body
        for marker, body in (
            (b"\xed", photoshop),
            (b"\xe1", xmp),
            (b"\xe1", exif),
            (b"\xfe", b"Knee"),
        )
    )
    assert text_of(b"\xff\xd8" + segments + b"\xff\xda").split("\n") == [
        "A made note",
        "Knee & hip",
        "Clinic",
        "Knee",
    ]


def test_a_text_that_unpacks_to_megabytes_is_cut() -> None:
    """What a compressed comment unpacks to is bounded."""
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"x" * 50_000_000, 9))
    assert len(text_of(b"\x89PNG\r\n\x1a\n" + bomb)) <= 64 * 1024


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8" + b"\xff\xe1\0\2" * 1_000_000,
        b"\x89PNG\r\n\x1a\n" + chunk(b"tEXt", b"a\0") * 200_000,
        b"GIF89a" + bytes(7) + b"\x21\xfe\x01a\0" * 500_000,
        b"GIF89a" + bytes(7) + b"\x21\xfe" + b"\x01a" * 1_000_000,
        b"II*\0" + struct.pack("<LH", 8, 0) + struct.pack("<L", 8),
    ],
    ids=["segments", "chunks", "extensions", "sub_blocks", "loop"],
)
def test_endless_lists_of_parts_end(data: bytes) -> None:
    """A file of a million parts, or of parts that name each other, is left after a few."""
    assert sum(1 for _ in texts(io.BytesIO(data))) <= 10_000


@given(st.sampled_from(LABELLED_FORMATS), st.integers(0, 400), st.binary(min_size=1, max_size=6))
def test_damage_gives_text_and_no_exception(form: str, place: int, noise: bytes) -> None:
    """The readers are total."""
    data = bytearray(labelled_picture(form, WORDS))
    at = min(place, len(data))
    data[at : at + len(noise)] = noise
    text_of(bytes(data))


@pytest.mark.parametrize("form", LABELLED_FORMATS)
def test_each_format_is_sniffed_as_one_with_text(form: str) -> None:
    """The kinds that the sniffer gives are those that are read."""
    assert TextExtraction(max_chars=1).has_text(sniff(labelled_picture(form, "x")[:4096]))
