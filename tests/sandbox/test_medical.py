"""Medical formats through the pool: what is hostile in one member costs that member alone."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace

import pytest
from PIL import Image

from leakwatch.extract.base import PictureLimits
from leakwatch.sandbox.limits import ReadLimits
from leakwatch.sandbox.pool import SandboxPool
from tests.sandbox.conftest import MIB
from tests.support.archives import zip_of
from tests.support.dicom import (
    DEFLATED,
    JPEG,
    document,
    element,
    file_of,
    fragments,
    header,
    image,
    pixels,
    sequence,
)
from tests.support.pictures import hashed, photo, saved

NOTE = b"Seen again after the fall, walks without a stick, no pain at rest."
MESSAGE = b"MSH|^~\\&|LAB|KHC|||2026||ORU^R01|1|P|2.5\rOBX|1|TX|R||" + NOTE + b"||||||F\r"


@pytest.fixture(scope="module")
def looking() -> Iterator[SandboxPool]:
    limits = replace(ReadLimits(pictures=PictureLimits()), memory_bytes=768 * MIB, cpu_s=10)
    with SandboxPool(limits, workers=1) as pool:
        yield pool


def test_text_pixels_and_packed_documents_come_out_of_the_child(looking: SandboxPool) -> None:
    """A message, an image and a document in a DICOM file, side by side in an archive."""
    found = looking.read(
        zip_of([("a.hl7", MESSAGE), ("b.dcm", image()), ("c.dcm", document(NOTE))]), name="x.zip"
    )
    _, message, picture, packed, inner = found
    assert (message.kind, (message.text or "").split("\n")[0]) == ("hl7", NOTE.decode())
    assert (picture.kind, len(picture.pictures)) == ("dicom", 1)
    assert "Invented" in (picture.text or "")
    assert (packed.kind, packed.is_container, packed.error) == ("dicom", True, None)
    assert (inner.path.names[-1], inner.text) == ("document", NOTE.decode())


def _deep() -> bytes:
    inner = element(0x0040A160, "UT", NOTE)
    for _ in range(2_000):
        inner = sequence(0x0040A730, [inner], is_measured=False)
    return file_of(inner)


HOSTILE = {
    "claims 4,000 million pixels": file_of(pixels(bytes(64), (65_535, 65_535))),
    "deflated bomb": file_of(header() + bytes(200 * MIB), DEFLATED),
    "2,000 levels": _deep(),
    "a frame larger than it says": file_of(
        pixels(b"", (64, 64))[:-12] + fragments([saved(Image.new("L", (9_000, 9_000)), "JPEG")]),
        JPEG,
    ),
    "elements without end": file_of(b"\0" * (16 * MIB)),
    "a message of separators": b"MSH|^~\\&|" + b"|" * (4 * MIB),
    "a message of escapes": b"MSH|^~\\&|\rOBX|1|TX|||" + b"\\X\\" * MIB,
}


@pytest.mark.parametrize("what", HOSTILE)
def test_the_neighbours_of_what_is_hostile_are_read(looking: SandboxPool, what: str) -> None:
    """Each ends in bounded time and memory, and is told."""
    png = saved(photo(1), "PNG")
    body = zip_of([("a.hl7", MESSAGE), ("b.dcm", HOSTILE[what]), ("c.png", png)])
    found = looking.read(io.BytesIO(body).getvalue(), name="x.zip")
    assert [a.path.ordinals for a in found if len(a.path.ordinals) < 2] == [(), (0,), (1,), (2,)]
    whole, first, hostile, last = (a for a in found if len(a.path.ordinals) < 2)
    assert NOTE.decode() in (first.text or "")
    assert last.pictures == (hashed(photo(1)),)
    assert hostile.sha256
    assert hostile.error != "child_killed"
    assert whole.error is None
