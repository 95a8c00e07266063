from __future__ import annotations

import io

import pytest

from leakwatch.errors import Encrypted
from leakwatch.extract.base import Gallery, PictureLimits
from leakwatch.extract.pdf_pictures import PdfPictures
from tests.support.pdf import blank_page, locked, with_image
from tests.support.pictures import hashed, letter, pages, photo


def read(data: bytes, limits: PictureLimits | None = None) -> Gallery:
    return PdfPictures().read(io.BytesIO(data), limits or PictureLimits())


def apart(found: Gallery, number: int, other: bytes) -> int:
    mine = int.from_bytes(found.pictures[number].hashes[0], "big")
    return (mine ^ int.from_bytes(other, "big")).bit_count()


def test_each_scanned_page_is_a_picture() -> None:
    """A scan of letters, as JPEG in a PDF, has the hashes of the letters in order."""
    found = read(pages([letter(1), letter(2), letter(3)], "PDF"))
    for number, seed in enumerate((1, 2, 3)):
        assert apart(found, number, hashed(letter(seed)).hashes[0]) <= 4
    assert found.note is None


def test_a_picture_that_is_no_jpeg_is_decoded_too() -> None:
    """Raw samples under Flate, as drawing programs write them, are read as a bitmap."""
    found = read(with_image(photo(1)))
    assert apart(found, 0, hashed(photo(1)).hashes[0]) <= 4


def test_a_logo_on_every_page_counts_once() -> None:
    """Equal pictures are one."""
    assert len(read(pages([photo(1)] * 3, "PDF")).pictures) == 1


def test_pages_and_pictures_are_capped_and_the_caps_are_told() -> None:
    """Of a long scan the first pages are read."""
    scan = pages([photo(n) for n in range(5)], "PDF")
    few_pages = read(scan, PictureLimits(max_pages=2))
    assert (len(few_pages.pictures), few_pages.note) == (2, "pictures of the first 2 pages only")
    few_pictures = read(scan, PictureLimits(max_pictures=3))
    assert (len(few_pictures.pictures), few_pictures.note) == (3, "pictures cut after 3")


def test_pixels_are_capped() -> None:
    """A page that is too large is passed over, the next is read; all together are capped."""
    scan = pages([photo(1, (800, 600)), photo(2)], "PDF")
    found = read(scan, PictureLimits(max_pixels=100_000))
    assert len(found.pictures) == 1
    assert found.note == "a picture of 480000 pixels is over the limit of 100000"
    capped = read(scan, PictureLimits(max_total_pixels=480_000))
    assert (len(capped.pictures), capped.note) == (1, "pictures left out after 480000 pixels")


def test_no_picture_gives_an_empty_gallery() -> None:
    """A page of text alone has no pictures, and that is no error."""
    assert read(blank_page()) == Gallery(())


def test_a_locked_document_is_told_as_one() -> None:
    """A password is no damage: the error says what it is."""
    with pytest.raises(Encrypted):
        read(locked())


def test_noise_raises() -> None:
    """Bytes that only start like a PDF raise an exception of the parser."""
    with pytest.raises(RuntimeError):
        read(b"%PDF-1.7\n" + bytes(2000))
