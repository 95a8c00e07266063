from __future__ import annotations

import contextlib
import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from leakwatch.errors import BudgetExceeded
from leakwatch.extract.base import Gallery, PictureLimits
from leakwatch.extract.image import FORMATS, MIN_SIDE_PX, PictureFile
from leakwatch.fingerprint.likeness import SAME_BITS
from leakwatch.model.picture import Picture
from tests.support.pictures import pages, photo, saved

LIMITS = PictureLimits()
CLOSE_BITS = 16
"""Palettes, halftones and shrinking move some bits; half of what is still the same picture."""


def read(data: bytes, limits: PictureLimits = LIMITS) -> Gallery:
    return PictureFile().read(io.BytesIO(data), limits)


def only(data: bytes) -> Picture:
    [picture] = read(data).pictures
    return picture


def apart(one: Picture, other: Picture) -> int:
    a, b = (int.from_bytes(p.hashes[0], "big") for p in (one, other))
    return (a ^ b).bit_count()


def png_header(width: int, height: int) -> bytes:
    """Return a PNG that claims a size and holds next to nothing."""
    header = b"IHDR" + struct.pack(">2L5B", width, height, 8, 0, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"\0")
    chunks = [
        struct.pack(">L", len(c) - 4) + c + struct.pack(">L", zlib.crc32(c)) for c in (header, data)
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize("form", [*FORMATS, "TGA"])
def test_formats(form: str) -> None:
    """One picture hashes alike from every format that is allowed; others are refused."""
    data = saved(photo(1), form)
    if form not in FORMATS:
        with pytest.raises(Exception, match="header"):
            read(data)
    else:
        assert apart(only(data), only(saved(photo(1), "PNG"))) <= SAME_BITS


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_modes(mode: str) -> None:
    """Black and white, grey, palette, transparent, print and X-ray pictures hash alike."""
    image = photo(1).convert("L" if mode == "I;16" else mode)
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image).astype(np.uint16) * 200 + 1000)
    data = saved(image, "TIFF")
    assert apart(only(data), only(saved(photo(1), "PNG"))) <= SAME_BITS


def test_a_large_jpeg_is_shrunk_while_it_is_decoded() -> None:
    """A photograph of 12 million pixels has the hash of its small copy."""
    large = photo(1, (4000, 3000))
    assert apart(only(saved(large, "JPEG")), only(saved(photo(1, (400, 300)), "PNG"))) <= CLOSE_BITS


def test_each_page_is_a_picture_and_each_picture_counts_once() -> None:
    """A TIFF of three pages, two of them equal, has two pictures."""
    found = read(pages([photo(1), photo(2), photo(1)], "TIFF"))
    assert len(found.pictures) == 2
    assert found.note is None


def test_pages_are_capped_and_the_cap_is_told() -> None:
    """Of many pages the first are read, and the note says so."""
    found = read(pages([photo(n) for n in range(4)], "TIFF"), PictureLimits(max_pictures=3))
    assert (len(found.pictures), found.note) == (3, "pictures cut after 3")


@pytest.mark.parametrize(
    ("width", "height"), [(50_000, 50_000), (2**31 - 1, 2**31 - 1), (10_000, 9_000)]
)
def test_a_header_that_claims_too_much_is_refused(width: int, height: int) -> None:
    """The size is judged before a pixel is decoded."""
    with pytest.raises(BudgetExceeded) as refused:
        read(png_header(width, height))
    assert refused.value.limit == "pixels"


def test_pixels_are_capped_for_all_pages_together() -> None:
    """What was read before the budget ran out is kept, and the note says that more was not."""
    limits = PictureLimits(max_total_pixels=2 * 320 * 240)
    found = read(pages([photo(n) for n in range(4)], "TIFF"), limits)
    assert len(found.pictures) == 2
    assert found.note == "a later page gave no picture (BudgetExceeded)"


def test_icons_are_passed_over() -> None:
    """A picture with a side under 64 pixels shows nobody."""
    assert read(saved(photo(1, (MIN_SIDE_PX - 1, 400)), "PNG")).pictures == ()
    assert len(read(saved(photo(1, (MIN_SIDE_PX, 64)), "PNG")).pictures) == 1


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_of_a_file_that_is_cut_off_what_there_is_is_read(form: str) -> None:
    """A download that broke off near its end is still the same picture."""
    image = photo(1, (640, 480))
    data = saved(image, form)
    assert apart(only(data[:-300]), only(data)) <= SAME_BITS


def chunk(kind: bytes, body: bytes, *, is_whole: bool = True) -> bytes:
    checksum = zlib.crc32(kind + body) if is_whole else 1
    return struct.pack(">L", len(body)) + kind + body + struct.pack(">L", checksum)


@pytest.mark.parametrize(
    "extra",
    [
        chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(50_000_000), 9)),
        chunk(b"iTXt", b"Comment\0\1\0\0\0" + zlib.compress(bytes(50_000_000), 9)),
        chunk(b"iCCP", b"profile\0\0" + zlib.compress(bytes(50_000_000), 9)),
        chunk(b"tEXt", b"Comment\0x", is_whole=False),
    ],
    ids=["text", "utf8", "profile", "checksum"],
)
def test_what_is_wrong_beside_the_pixels_hides_no_picture(extra: bytes) -> None:
    """Bombs and broken checksums in chunks that show nothing cost the picture nothing."""
    data = saved(photo(1), "PNG")
    assert only(data[:33] + extra + data[33:]).hashes == only(data).hashes


def test_of_a_million_frames_the_first_are_looked_at() -> None:
    """An animation of single pixels ends soon, and the note says so."""
    first, second = (Image.new("P", (1, 1), n) for n in (0, 1))
    data = saved(first, "GIF", save_all=True, append_images=[second], duration=10)
    start = data.index(b"\x21\xf9")
    many = data[:start] + data[start:-1] * 500_000 + b";"
    assert read(many) == Gallery((), "pictures of the first 200 frames only")


def test_directories_of_a_tiff_that_name_each_other_end() -> None:
    """The last page says that the first comes next."""
    data = bytearray(saved(photo(1), "TIFF"))
    first = int.from_bytes(data[4:8], "little")
    after = first + 2 + 12 * int.from_bytes(data[first : first + 2], "little")
    data[after : after + 4] = data[4:8]
    assert len(read(bytes(data)).pictures) == 1


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["JPEG", "PNG", "GIF", "TIFF", "BMP", "WEBP"]),
    st.integers(0, 10**6),
    st.binary(min_size=1, max_size=8),
)
def test_damage_gives_pictures_or_an_exception(form: str, place: int, noise: bytes) -> None:
    """Whatever bytes are overwritten, the reader ends, with pictures or with an exception."""
    data = bytearray(saved(photo(1, (96, 80)), form))
    at = place % len(data)
    data[at : at + len(noise)] = noise
    found: tuple[Picture, ...] = ()
    with contextlib.suppress(Exception):  # any will do: the caller maps them all
        found = read(bytes(data)).pictures
    assert all(0 <= p.quality <= 100 for p in found)
