from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakwatch.fingerprint.normalise import letters
from leakwatch.match.readings import readings

NOTE = 'Mrs Made-up, 54:\nseen "today" & well.\tRests at Ōtaki.\r\nNo <new> drugs.'


@pytest.mark.parametrize(
    "wrapped",
    [
        json.dumps({"t": NOTE})[6:-2],
        json.dumps({"t": NOTE}, ensure_ascii=False)[6:-2],
        NOTE.replace("'", "''").replace("\r", "\\r").replace("\n", "\\n").replace("\t", "\\t"),
        "".join(f"<td class='x'>{line}</td>" for line in NOTE.split("\n")),
        NOTE.replace("&", "&amp;").replace("<", "&lt;").replace("Ō", "&#332;"),
    ],
    ids=["json", "json-utf8", "sql", "markup", "entities"],
)
def test_what_wraps_a_document_is_taken_off(wrapped: str) -> None:
    """The last reading of a wrapped document has the document's own letters."""
    *_, unwrapped = readings(wrapped)
    assert unwrapped.replace(b"new", b"") == letters(NOTE).replace(b"new", b"")


@given(st.text(max_size=300))
def test_the_first_reading_is_the_text_as_it_stands(text: str) -> None:
    """Every text is read as it stands, and at most once more, differently."""
    first, *more = readings(text)
    assert first == letters(text)
    assert len(more) <= 1
    assert first not in more


def test_a_windows_path_keeps_its_letters_as_it_stands() -> None:
    r"""What looks like an escape and is none (``C:\temp``) is whole in the first reading."""
    first, second = readings(r"kept in C:\temp\new\file.txt")
    assert first == b"keptinctempnewfiletxt"
    assert second == b"keptincempewiletxt"


@given(st.text(alphabet='\\unxr0aZ<>&;#"ab \n', max_size=200))
def test_no_text_of_escapes_and_tags_stops_the_reading(text: str) -> None:
    """Unfinished and nested escapes, tags and entities are read without an error."""
    assert next(readings(text)) == letters(text)
