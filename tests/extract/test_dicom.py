from __future__ import annotations

import io
import struct
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from leakwatch.errors import BudgetExceeded, ExtractError
from leakwatch.extract.base import Gallery, PictureLimits
from leakwatch.extract.dicom import MAX_INFLATED_BYTES, open_data_set
from leakwatch.extract.dicom_pictures import DicomPictures
from leakwatch.extract.dicom_text import DicomText
from leakwatch.extract.packbits import unpack
from leakwatch.fingerprint.likeness import SAME_BITS
from leakwatch.model.picture import Picture
from leakwatch.unpack.sniff import sniff
from tests.support.archives import artefacts
from tests.support.dicom import (
    BIG_ENDIAN,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    JPEG,
    JPEG_2000,
    RLE,
    UNDEFINED,
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

SIZE = (160, 120)
PHOTO = photo(1, SIZE)
GREY = np.asarray(PHOTO.convert("L"))
SYNTAXES = (EXPLICIT, IMPLICIT, DEFLATED, BIG_ENDIAN)


def text_of(data: bytes) -> list[str]:
    return DicomText().extract(io.BytesIO(data), max_chars=100_000).text.split("\n")


def read(data: bytes, limits: PictureLimits | None = None) -> Gallery:
    return DicomPictures().read(io.BytesIO(data), limits or PictureLimits())


def apart(one: Picture, other: Picture) -> int:
    a, b = (int.from_bytes(p.hashes[0], "big") for p in (one, other))
    return (a ^ b).bit_count()


def shows_the_photo(data: bytes) -> bool:
    [picture] = read(data).pictures
    return apart(picture, hashed(Image.fromarray(GREY))) <= SAME_BITS


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_names_dates_and_descriptions_are_the_text(syntax: str) -> None:
    """In every way of writing elements; codes and what the machine says of itself are left out."""
    assert text_of(image(syntax)) == [
        "20260102",
        "Kowhai Health Centre",
        "Follow-up after a fall",
        "Invented^Jérôme",
        "KHC-0042",
    ]


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG_ENDIAN])
def test_without_preamble_and_header_the_same(syntax: str) -> None:
    """A bare data set is known by its first tags, whatever the order of its bytes."""
    bare = header(syntax)
    assert sniff(bare[:4096]) == "dicom"
    assert text_of(bare) == text_of(image(syntax))


@pytest.mark.parametrize(
    ("claimed", "raw"),
    [
        ("ISO_IR 192", "Пациент"),
        ("\\ISO 2022 IR 87", "山田"),
        ("GB18030", "王小东"),
        ("ISO_IR 144", "Люк"),
    ],
)
def test_character_sets(claimed: str, raw: str) -> None:
    """Names are decoded by the character set that the file names."""
    codec = {"ISO_IR 192": "utf-8", "\\ISO 2022 IR 87": "iso2022_jp", "ISO_IR 144": "iso8859-5"}
    body = element(0x00080005, "CS", claimed.encode())
    body += element(0x00100010, "PN", raw.encode(codec.get(claimed, "gb18030")))
    assert text_of(file_of(body)) == [raw]


@pytest.mark.parametrize("is_measured", [True, False])
def test_a_report_is_read_in_order_from_however_deep(is_measured: bool) -> None:
    """Items of sequences are read in place; 2,000 levels cost no more than their bytes."""
    inner = element(0x0040A160, "UT", b"at the bottom")
    for _ in range(2_000 if not is_measured else 20):
        inner = sequence(0x0040A730, [inner], is_measured=is_measured)
    body = element(0x0040A160, "UT", b"first") + inner + element(0x0040A160, "UT", b"last")
    assert text_of(file_of(body)) == ["first", "at the bottom", "last"]


def test_a_document_is_a_member_and_the_words_around_it_are_the_text() -> None:
    """A packed note is found by what it says, and so is the patient's name."""
    found = artefacts(document(b"The note itself, seen again. "))
    assert (found[""].kind, found[""].is_container) == ("dicom", True)
    assert "Invented^Jérôme" in (found[""].text or "")
    assert found["0"].text == "The note itself, seen again. "


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG_ENDIAN, DEFLATED])
def test_plain_pixels(syntax: str) -> None:
    """Grey pixels hash as the picture that was stored."""
    body = pixels(GREY.tobytes(), SIZE, syntax=syntax)
    assert shows_the_photo(file_of(body, syntax))


def test_deep_pixels_are_shown_through_the_window() -> None:
    """Values of 16 bits with a few far out of the window look as on a screen."""
    deep = GREY.astype("<u2") * 4 + 1000
    deep[:3, :3] = 65535
    body = pixels(deep.tobytes(), SIZE, bits=16, window=(1510, 1020))
    assert shows_the_photo(file_of(body))


def test_inverted_pixels_are_turned_round() -> None:
    """In MONOCHROME1 the lowest value is white."""
    body = pixels((255 - GREY).tobytes(), SIZE, photometric="MONOCHROME1")
    assert shows_the_photo(file_of(body))


def test_colour_pixels() -> None:
    """Three samples a pixel."""
    body = pixels(PHOTO.tobytes(), SIZE, samples=3, photometric="RGB")
    assert shows_the_photo(file_of(body))


def rle(planes: list[bytes]) -> bytes:
    """Return literal run lengths of planes."""
    coded = [
        b"".join(bytes([len(p[i : i + 128]) - 1]) + p[i : i + 128] for i in range(0, len(p), 128))
        for p in planes
    ]
    offsets, at = [len(planes)], 64
    for plane in coded:
        offsets.append(at)
        at += len(plane)
    return struct.pack("<16L", *offsets, *[0] * (15 - len(planes))) + b"".join(coded)


def test_run_lengths() -> None:
    """RLE of 8 and of 16 bits."""
    for bits, planes in ((8, [GREY.tobytes()]), (16, [GREY.tobytes(), bytes(GREY.size)])):
        body = pixels(b"", SIZE, bits=bits).removesuffix(pixels(b"", SIZE, bits=bits)[-12:])
        assert shows_the_photo(file_of(body + fragments([rle(planes)]), RLE))


@pytest.mark.parametrize(("syntax", "form"), [(JPEG, "JPEG"), (JPEG_2000, "JPEG2000")])
def test_compressed_frames_each_once(syntax: str, form: str) -> None:
    """Frames lie in fragments, one or several to a frame."""
    options = {"no_jp2": True} if form == "JPEG2000" else {}
    one, other = (saved(i, form, **options) for i in (Image.fromarray(GREY), photo(2, SIZE)))
    body = pixels(b"", SIZE, frames=3)[:-12]
    parts = [one[:500], one[500:], other, one]
    found = read(file_of(body + fragments(parts), syntax)).pictures
    assert len(found) == 2
    assert apart(found[0], hashed(Image.fromarray(GREY))) <= SAME_BITS


def test_frames_are_capped_and_the_cap_is_told() -> None:
    """Of a thousand frames the first are read."""
    frame = GREY.tobytes()
    body = pixels(frame * 12, SIZE, frames=1000)
    found = read(file_of(body), PictureLimits(max_pages=5))
    assert found.note == "pictures of the first 5 frames only"
    assert len(found.pictures) == 1


def test_of_pixels_cut_off_what_there_is_is_read() -> None:
    """A download that broke off still shows most of the picture."""
    data = file_of(pixels(GREY.tobytes(), SIZE))
    assert shows_the_photo(data[:-400])


@pytest.mark.parametrize("size", [(60_000, 60_000), (65_535, 65_535)])
def test_a_header_that_claims_too_much_is_refused(size: tuple[int, int]) -> None:
    """The size is judged before a pixel is read, plain or in run lengths."""
    body = pixels(b"\0" * 64, size)
    for data in (file_of(body), file_of(pixels(b"", size)[:-12] + fragments([bytes(64)]), RLE)):
        with pytest.raises(BudgetExceeded):
            read(data)


def test_a_compressed_frame_is_judged_by_its_own_header() -> None:
    """A JPEG of 10,000 x 9,000 in a file that says 64 x 64 is refused."""
    frame = saved(Image.new("L", (10_000, 9_000)), "JPEG")
    with pytest.raises(BudgetExceeded):
        read(file_of(pixels(b"", (64, 64))[:-12] + fragments([frame]), JPEG))


def test_pixels_that_nobody_reads_are_told() -> None:
    """JPEG-LS and the like give an error, not silence."""
    body = pixels(b"", SIZE)[:-12] + fragments([b"\xff\xd8\xff\xf7" + bytes(200)])
    with pytest.raises(ExtractError):
        read(file_of(body, "1.2.840.10008.1.2.4.80"))


def test_a_deflated_bomb_is_cut() -> None:
    """What a deflated data set unpacks to is bounded."""
    data = file_of(bytes(2 * MAX_INFLATED_BYTES), DEFLATED)
    assert len(data) < 1_000_000
    assert len(open_data_set(data).body) <= MAX_INFLATED_BYTES


@given(st.binary(max_size=400), st.integers(0, 1200), st.sampled_from(SYNTAXES))
def test_damage_gives_elements_and_no_exception(noise: bytes, place: int, syntax: str) -> None:
    """The walk is total, and its values never reach beyond the bytes."""
    data = bytearray(image(syntax))
    data[place : place + len(noise)] = noise
    body = open_data_set(bytes(data))
    assert sum(len(e.value) for e in body.elements()) <= len(body.body)
    text_of(bytes(data))


@given(st.binary(max_size=200), st.integers(0, 5000))
def test_run_lengths_give_no_more_than_asked(data: bytes, size: int) -> None:
    """Whatever they claim."""
    assert len(unpack(data, size)) <= size


def test_the_bytes_of_a_file_with_an_endless_element_are_its_rest() -> None:
    """A length of four thousand million is cut to what there is."""
    body = header() + element(0x00104000, "UT", b"the last words", size=UNDEFINED - 1)
    assert text_of(file_of(body))[-1] == "the last words"


def peer_values(data: bytes) -> Mapping[str, str]:
    pydicom = pytest.importorskip("pydicom", reason="pydicom, the second opinion, is not here")
    return {str(e.tag): str(e.value) for e in pydicom.dcmread(io.BytesIO(data)).iterall()}


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_pydicom_reads_the_same(syntax: str) -> None:
    """What we write by hand is DICOM to somebody else too, and says the same."""
    theirs = set(peer_values(image(syntax)).values())
    assert set(text_of(image(syntax))) <= theirs
