from __future__ import annotations

import io

from leakwatch.extract.base import PictureLimits
from leakwatch.extract.package_pictures import PackagePictures
from tests.support.office import docx
from tests.support.pictures import hashed, letter, photo, saved


def test_pictures_of_a_document_are_its_own() -> None:
    """Each once, thumbnails and what is no picture left out, damage told."""
    parts = [
        ("word/media/image1.png", saved(letter(1), "PNG")),
        ("word/media/image2.jpeg", saved(letter(1), "PNG")),
        ("word/media/image3.png", b"noise"),
        ("word/media/image4.emf", b"drawing"),
        ("docProps/thumbnail.jpeg", saved(photo(2), "JPEG")),
    ]
    found = PackagePictures().read(io.BytesIO(docx("x", parts=parts)), PictureLimits())
    assert [picture.hashes for picture in found.pictures] == [hashed(letter(1)).hashes]
    assert found.note == "1 pictures could not be decoded"


def test_pictures_are_capped() -> None:
    """By number and by pixels, and the cap is told."""
    parts = [(f"word/media/image{n}.png", saved(photo(n), "PNG")) for n in range(4)]
    data = docx("x", parts=parts)
    few = PackagePictures().read(io.BytesIO(data), PictureLimits(max_pictures=2))
    assert (len(few.pictures), few.note) == (2, "pictures cut after 2")
    small = PackagePictures().read(io.BytesIO(data), PictureLimits(max_pixels=10))
    assert small.pictures == ()
    assert "over the limit of 10" in (small.note or "")
