from __future__ import annotations

import codecs
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.extract.encoding import SAMPLE_BYTES, find_encoding
from leakwatch.extract.plain import PlainText

NOTE = "Fictional clinic, Zürich: Müller reports a déjà-vu; 37 °C. Naïve coöperation, façade. " * 12
RUSSIAN = "Вымышленная пациентка жалуется на головную боль и слабость в течение недели. " * 12


def text_of(content: bytes, *, max_chars: int = 10_000_000) -> str:
    return PlainText().extract(io.BytesIO(content), max_chars=max_chars).text


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"],
)
def test_unicode_needs_no_guess(encoding: str) -> None:
    """With a byte order mark or without, every letter comes out."""
    assert text_of(NOTE.encode(encoding)) == NOTE


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(NOTE, "cp1252"), (NOTE, "cp850"), (RUSSIAN, "cp1251"), (RUSSIAN, "koi8-r")],
)
def test_older_encodings_are_guessed(text: str, encoding: str) -> None:
    """Enough text of one language tells its encoding by its letters."""
    assert text_of(text.encode(encoding)) == text


@pytest.mark.parametrize("mark", [codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE])
def test_big_endian_marks_are_obeyed(mark: bytes) -> None:
    """The mark decides, not this machine."""
    encoding = "utf-16-be" if len(mark) == 2 else "utf-32-be"
    assert text_of(mark + NOTE.encode(encoding)) == NOTE


def test_a_few_broken_bytes_spoil_no_utf8() -> None:
    """A paste with a byte lost is still UTF-8 everywhere else."""
    content = NOTE.encode()[:-1] + b"\xff" + NOTE.encode()
    assert text_of(content).count("Zürich") == 24


def test_nuls_are_dropped() -> None:
    """Padding and stray NULs between letters break no word."""
    assert text_of(b"one no\0te" + bytes(1)) == "one note"


def test_long_text_is_decoded_piece_by_piece() -> None:
    """Characters that lie across the pieces come out whole."""
    content = ("x" + "é" * SAMPLE_BYTES).encode()
    assert text_of(content) == "x" + "é" * SAMPLE_BYTES


def test_text_is_cut_at_its_limit_and_the_cut_is_told() -> None:
    """The limit is exact, within the first piece and beyond it."""
    for size in (100, 3 * SAMPLE_BYTES):
        found = PlainText().extract(io.BytesIO(b"x" * size), max_chars=size - 1)
        assert len(found.text) == size - 1
        assert found.note == f"text cut after {size - 1} characters"
    assert PlainText().extract(io.BytesIO(b"x" * 100), max_chars=100).note is None


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=2000), st.booleans())
def test_any_bytes_get_a_codec_that_decodes_them(content: bytes, is_whole: bool) -> None:
    """The choice never fails, and neither does decoding by it."""
    content.decode(find_encoding(content, is_whole=is_whole), "replace")
    text_of(content)


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_utf8_comes_back_as_it_was(text: str) -> None:
    """Strict UTF-8 is believed before anything is guessed."""
    assert text_of(("note: " + text).encode()) == "note: " + text
