"""The words of a DICOM file: names, numbers, dates, descriptions, reports.

A structured report (PS3.3, A.35) is a tree of items with text; read in order,
as here, it is the report. What a machine fills in of itself (codes, numbers,
positions, UIDs) identifies nobody and is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from leakwatch.extract.base import ContentStream, Extraction
from leakwatch.extract.dicom import PIXEL_DATA, Element, open_data_set

_HEAD_BYTES = 16 * 1024 * 1024
"""Read of a file: what comes later is pixels."""
_MAX_VALUE_BYTES = 4 * 1024 * 1024
_CHARACTER_SET = 0x00080005
_MODALITY_GROUPS = frozenset({0x0002, 0x0018, 0x0028, 0x7FE0})
"""The file itself, acquisition, pixels: numbers and names of machines."""
_WORDS = frozenset({b"PN", b"LO", b"SH", b"LT", b"ST", b"UT", b"UC", b"DA", b"AS"})
_LONG_TEXT = frozenset({b"LT", b"ST", b"UT"})
"""In these a backslash is one; elsewhere it parts several values."""
_CODECS = {
    "ISO_IR 13": "shift_jis",
    "ISO_IR 100": "latin-1",
    "ISO_IR 101": "iso8859-2",
    "ISO_IR 109": "iso8859-3",
    "ISO_IR 110": "iso8859-4",
    "ISO_IR 126": "iso8859-7",
    "ISO_IR 127": "iso8859-6",
    "ISO_IR 138": "iso8859-8",
    "ISO_IR 144": "iso8859-5",
    "ISO_IR 148": "iso8859-9",
    "ISO_IR 166": "iso8859-11",
    "ISO_IR 192": "utf-8",
    "ISO_IR 203": "iso8859-15",
    "GB18030": "gb18030",
    "GBK": "gbk",
    "ISO 2022 IR 58": "gb2312",
    "ISO 2022 IR 87": "iso2022_jp_2",
    "ISO 2022 IR 159": "iso2022_jp_2",
    "ISO 2022 IR 149": "euc_kr",
}
"""PS3.3, C.12.1.1.2; the rest of "ISO 2022 IR n" is what "ISO_IR n" is."""
_ESCAPES = re.compile(rb"\x1b[\x20-\x2f]*[\x30-\x7e]")
_NUMBERS_ONLY = re.compile(r"[0-9.eE+\\ -]*")
_CODE = re.compile(r"[A-Z0-9_ ]{0,16}(?:\\[A-Z0-9_ ]{0,16})*")
"""Values of code strings (CS) have 16 characters at most."""
_DESCRIPTIONS = frozenset({0x00080080, 0x00080081, 0x00081030, 0x0008103E, 0x00081080, 0x00321060})
"""Institution, study, series, diagnosis, procedure: often in capitals too."""
_DATE = re.compile(r"(?:19|20)[0-9]{6}")


class DicomText:
    """Text of a DICOM file, nested items too, each value once."""

    is_risky = False

    def extract(self, stream: ContentStream, *, max_chars: int) -> Extraction:
        text = "\n".join(dict.fromkeys(values(stream.read(_HEAD_BYTES))))
        if len(text) > max_chars:
            return Extraction(text[:max_chars], f"text cut after {max_chars} characters")
        return Extraction(text)


def values(data: bytes) -> Iterator[str]:
    """Yield the values that are words, in order; total."""
    codec = "latin-1"
    for element in open_data_set(data).elements():
        if element.tag == _CHARACTER_SET:
            codec = _codec(bytes(element.value[:256]))
        elif element.tag == PIXEL_DATA and not element.is_nested:
            return
        elif _may_be_words(element):
            yield from _split(element, _decoded(bytes(element.value[:_MAX_VALUE_BYTES]), codec))


def _codec(raw: bytes) -> str:
    """Return a codec for a list of character sets: the last that is known."""
    names = [name.strip() for name in raw.rstrip(b"\0 ").decode("ascii", "replace").split("\\")]
    for name in reversed(names):
        found = _CODECS.get(name) or _CODECS.get(name.replace("ISO 2022 IR", "ISO_IR"))
        if found:
            return found
    return "latin-1"


def _may_be_words(element: Element) -> bool:
    group = element.tag >> 16
    if not element.value or element.fragments is not None or element.tag & 0xFFFF == 0:
        return False
    if element.vr:
        return element.vr in _WORDS and (group not in _MODALITY_GROUPS or element.vr == b"PN")
    return group not in _MODALITY_GROUPS


def _decoded(raw: bytes, codec: str) -> str:
    if b"\x1b" in raw and not codec.startswith("iso2022"):
        raw = _ESCAPES.sub(b"", raw)
    return raw.decode(codec, "replace").strip("\0 \r\n\t")


def _split(element: Element, text: str) -> Iterator[str]:
    if element.vr in _LONG_TEXT:
        yield text
        return
    if not element.vr and not _reads_like_words(element.tag, text):
        return
    for value in text.split("\\"):
        if value.strip():
            yield value.strip()


def _reads_like_words(tag: int, text: str) -> bool:
    """Tell words from codes, numbers and UIDs where the file does not say which is which."""
    if not text or not text.replace("\r", "").replace("\n", "").replace("\t", "").isprintable():
        return False
    if "\ufffd" in text:
        return False
    is_persons = tag >> 16 == 0x0010 or tag in _DESCRIPTIONS
    if _NUMBERS_ONLY.fullmatch(text):
        return is_persons or _DATE.fullmatch(text) is not None
    return is_persons or "^" in text or _CODE.fullmatch(text) is None
