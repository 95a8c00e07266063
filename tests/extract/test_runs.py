from __future__ import annotations

import io
import random
import sqlite3
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from leakwatch.extract.runs import MIN_CHARS, TextRuns
from leakwatch.model.coverage import RUNS_OF_TEXT

WORDS = "The made-up patient came in on a Tuesday and left again on foot. "


def runs(data: bytes, *, max_chars: int = 10**7) -> str:
    return TextRuns().extract(io.BytesIO(data), max_chars=max_chars).text


def test_text_in_a_database_file_is_found(tmp_path: Path) -> None:
    """What a row of a database holds as text is text."""
    path = tmp_path / "made-up.db"
    with sqlite3.connect(path) as database:
        database.execute("create table notes (words text)")
        database.execute("insert into notes values (?)", (WORDS,))
    database.close()
    assert WORDS in runs(path.read_bytes())


def test_utf16_and_utf8_are_found_too() -> None:
    """Runs are found in the encodings that programs keep text in."""
    noise = random.Random(1).randbytes(100)
    cyrillic = "Пациент ушёл домой на своих ногах, всё хорошо. "
    found = runs(noise + WORDS.encode("utf-16-le") + b"\0\1" + cyrillic.encode() + b"\0")
    assert WORDS.strip() in found
    assert cyrillic.strip() in found


def test_noise_gives_hardly_anything() -> None:
    """Compressed and encrypted bytes give no text to speak of."""
    assert len(runs(random.Random(2).randbytes(2_000_000))) < 400


def test_rules_and_numbers_are_no_text() -> None:
    """A run that holds few letters is left out."""
    assert runs(b"\0" + b"-" * 500 + b"\0" + b"0123456789 " * 50 + b"\0") == ""


def test_holes_hide_nothing() -> None:
    """Megabytes of one byte are passed over; words before and behind are found."""
    found = runs(WORDS.encode() + bytes(13_000_000) + WORDS.encode())
    assert found.count(WORDS.strip()) == 2


def test_what_was_done_is_said() -> None:
    """A text found this way says so; none found says nothing."""
    extraction = TextRuns().extract(io.BytesIO(b"\0" + WORDS.encode() + b"\0"), max_chars=100)
    assert extraction.note == RUNS_OF_TEXT
    assert TextRuns().extract(io.BytesIO(bytes(100)), max_chars=100).note is None


@given(st.binary(max_size=3000), st.integers(0, 50))
def test_any_bytes_are_taken(data: bytes, max_chars: int) -> None:
    """Whatever the bytes, the text is bounded and made of runs long enough."""
    text = runs(data, max_chars=max_chars)
    assert len(text) <= max_chars
    assert not data or len(text) == 0 or len(data) >= MIN_CHARS
