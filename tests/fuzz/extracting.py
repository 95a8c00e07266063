"""Targets in ``leakwatch.extract``."""

from __future__ import annotations

import io
from collections.abc import Iterator

from leakwatch.extract.base import PictureLimits
from leakwatch.extract.dicom import open_data_set
from leakwatch.extract.dicom_pictures import DicomPictures
from leakwatch.extract.dicom_text import values
from leakwatch.extract.encoding import find_encoding
from leakwatch.extract.hl7 import text_of
from leakwatch.extract.html import HtmlPage
from leakwatch.extract.image import PictureFile
from leakwatch.extract.packbits import unpack
from leakwatch.extract.picture_text import texts as picture_texts
from leakwatch.extract.runs import TextRuns
from leakwatch.extract.stripped import linear_text, strip_tags
from tests.fuzz.target import Target, drained
from tests.support.dicom import (
    BIG_ENDIAN,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    element,
    file_of,
    image,
    sequence,
)
from tests.support.pictures import LABELLED_FORMATS, labelled_picture, photo, saved

_LIMITS = PictureLimits(
    max_pictures=8, max_pages=8, max_pixels=1_000_000, max_total_pixels=4_000_000
)


def dicoms() -> Iterator[bytes]:
    yield from (image(syntax) for syntax in (EXPLICIT, IMPLICIT, DEFLATED, BIG_ENDIAN))
    item = element(0x0040A160, "UT", b"Findings: none")
    nested = sequence(0x0040A730, [item, sequence(0x0040A730, [item], is_measured=False)])
    yield from (file_of(nested), nested)


def messages() -> Iterator[bytes]:
    yield b"MSH|^~\\&|LAB|A|||2026||ORU^R01|1|P|2.5\rOBX|1|TX|R||seen \\T\\ well\\.br\\again \\X41\\||\r"
    yield b"\x0bFHS#!%@$#A\rMSH#!%@$#B\rNTE#1##a!b%c\r\x1c\r"


def pages() -> Iterator[bytes]:
    yield b"<!doctype html><title>A</title><p>x &amp; y<!-- note --><script>var a='\\u0041\\n'</script>"
    yield b'<meta charset=cp1252><div title="t"><template><b>x</b></template>caf\xe9 &#x41;</div>'


def texts() -> Iterator[bytes]:
    for codec in ("utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32-le", "cp1252", "cp850"):
        yield "Il a \xe9t\xe9 vu \xe0 nouveau, sans fi\xe8vre.".encode(codec)
    yield "\u041f\u0430\u0446\u0438\u0435\u043d\u0442 \u043e\u0441\u043c\u043e\u0442\u0440\u0435\u043d".encode(
        "koi8-r"
    )


def pictures() -> Iterator[bytes]:
    small = photo(1, (72, 64))
    for form in ("PNG", "GIF", "BMP", "TIFF", "PPM", "JPEG", "WEBP", "JPEG2000"):
        yield saved(small, form)


def labelled() -> Iterator[bytes]:
    yield from (labelled_picture(form, "J\xe9r\xf4me, knee") for form in LABELLED_FORMATS)


def _html(data: bytes) -> object:
    return HtmlPage().extract(io.BytesIO(data), max_chars=1_000_000)


def _encoding(data: bytes) -> object:
    return data.decode(find_encoding(data, is_whole=bool(len(data) % 2)), "replace")


TARGETS = (
    Target("encoding", _encoding, texts),
    Target("stripped", lambda data: strip_tags(data.decode("utf-8", "replace")), pages),
    Target("linear_text", linear_text, pages),
    Target("html", _html, pages),
    Target("hl7", lambda data: text_of(data.decode("utf-8", "replace")), messages),
    Target("dicom", lambda data: drained(open_data_set(data).elements()), dicoms),
    Target("dicom_text", lambda data: drained(values(data)), dicoms),
    Target("packbits", lambda data: unpack(data[1:], data[0] * 64 if data else 0), texts),
    # Pillow raises anything; what is looked for here is our own arithmetic and dead processes.
    Target("dicom_pictures", lambda data: DicomPictures().read(io.BytesIO(data), _LIMITS), dicoms),
    Target(
        "runs",
        lambda data: TextRuns().extract(io.BytesIO(data), max_chars=100_000),
        lambda: (
            bytes(9) + b"The patient was seen again. " * 3 + "Wide words".encode("utf-16-le"),
        ),
    ),
    Target("picture_text", lambda data: drained(picture_texts(io.BytesIO(data))), labelled),
    Target(
        "picture",
        lambda data: PictureFile().read(io.BytesIO(data), _LIMITS),
        pictures,
        expected=(Exception,),
    ),
)
