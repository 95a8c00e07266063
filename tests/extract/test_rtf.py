from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakwatch.errors import ExtractError
from leakwatch.extract.rtf import rich_text


def read(body: str, max_chars: int = 10_000) -> list[str]:
    return rich_text(b"{\\rtf1" + body.encode("latin-1") + b"}", max_chars=max_chars).text.split()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("\\ansi plain {\\b bold} text\\par next", ["plain", "bold", "text", "next"]),
        ("\\uc1 caf\\u233?s and \\u-10179?\\u-8704?", ["cafés", "and", "😀"]),
        ("\\uc2 x\\u233\\'c3\\'a9y \\uc0 z\\u233 q", ["xéy", "zéq"]),
        ("\\ansicpg1251 \\'cf\\'f0\\'e8", ["При"]),
        ("{\\fonttbl{\\f0\\fcharset0 Arial;}{\\f1\\fcharset128 Gothic;}}\\f1 \\'93\\'fa", ["日"]),
        ("a {\\pict\\wmetafile8 00ff00ff\n00ff} b", ["a", "b"]),
        ("a {\\object{\\*\\objdata 0105}{\\result shown}} b", ["a", "shown", "b"]),
        ("a {\\*\\unheard of} b", ["a", "b"]),
        ("a{\\footnote  a note} b", ["a", "b", "a", "note"]),
        ("a {\\deleted gone} b", ["a", "b", "gone"]),
        ('{\\field{\\*\\fldinst LINK "x"}{\\fldrslt shown}}', ["shown", "LINK", '"x"']),
        ("{\\info{\\title The title}{\\author Nobody}} text", ["text", "The", "title"]),
        ("\\{braces\\} and \\\\ ", ["{braces}", "and", "\\"]),
        ("a \\bin5 {{{{{b", ["a", "b"]),
        ("{\\*\\htmltag <p>}\\htmlrtf\\par\\htmlrtf0 words", ["words"]),
        ("{\\upr{ansi}{\\*\\ud{u\\u238?cod}}}", ["uîcod"]),
        ("split\nover\r\nlines", ["splitoverlines"]),
    ],
)
def test_what_a_reader_sees_comes_first(body: str, words: list[str]) -> None:
    """Text in its code page and order; what is not shown behind it, or not at all."""
    assert read(body) == words


def test_two_million_groups_keep_their_text() -> None:
    """Depth costs a reference a group and no recursion."""
    assert read("{\\b " * 200_000 + "the note") == ["the", "note"]


def test_pictures_cost_nothing() -> None:
    """Hexadecimal is jumped over, whatever its length."""
    assert read("before {\\pict " + "0123456789abcdef\n" * 500_000 + "} after") == [
        "before",
        "after",
    ]


def test_text_is_cut_at_the_cap() -> None:
    """The cut is told."""
    found = rich_text(b"{\\rtf1 " + b"x" * 100 + b"}", max_chars=10)
    assert found.note == "text cut after 10 characters"
    assert found.text == "x" * 10


def test_other_bytes_are_refused() -> None:
    """What does not begin as RTF is none."""
    with pytest.raises(ExtractError):
        rich_text(b"\\rtf", max_chars=10)


@given(
    st.lists(
        st.sampled_from(["{", "}", "\\b ", "\\'e9", "\\u8364 ?", "\\*", "\\pict", "\\bin3 ", "x", "\\",
                         "\\fonttbl", "\\f1", "\\fcharset204", "\\ansicpg99999 ", "\\uc9 ", "é", "\n"])
    )
)  # fmt: skip
def test_any_order_of_marks_gives_text(marks: list[str]) -> None:
    """Nothing raises, and what comes out can be encoded."""
    data = b"{\\rtf1" + "".join(marks).encode("latin-1")
    rich_text(data, max_chars=1000).text.encode("utf-8")
