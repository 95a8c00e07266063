from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.fingerprint.normalise import letters
from leakwatch.fingerprint.unicode14 import is_unassigned


def slow(text: str) -> bytes:
    """Say the rule in one line a step."""
    decomposed = unicodedata.normalize(
        "NFKD", "".join(c for c in text if not is_unassigned(ord(c)))
    )
    base = "".join(c for c in decomposed if not unicodedata.category(c).startswith("M"))
    return "".join(c for c in base.casefold() if c.isalnum()).encode("utf-8")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", b""),
        (" \t\r\n.,;:-_/()", b""),
        ("Mrs. Example, 7 mg/dL", b"mrsexample7mgdl"),
        ("hyphen-\nated", b"hyphenated"),
        ("ÀÉîõü Å", b"aeioua"),
        ("e\u0301", b"e"),
        ("ﬁve ½ x²", b"five12x2"),
        ("Straße STRASSE", b"strassestrasse"),
        ("Ελλάς", "ελλασ".encode()),
        ("İstanbul", b"istanbul"),
        ("\uff26\uff35\uff2c\uff2c\uff11\uff12", b"full12"),
        ("\u200bzero\u00adwidth\ufeff", b"zerowidth"),
        ("\ud800broken\udfff", b"broken"),
        ("nul\0byte", b"nulbyte"),
    ],
)
def test_named_cases(text: str, expected: bytes) -> None:
    """Layout, case, accents and compatibility forms are gone; letters and digits stay."""
    assert letters(text) == expected


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_equals_the_slow_rule(text: str) -> None:
    """The fast way gives what Unicode's own functions give one after the other."""
    assert letters(text) == slow(text)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80), st.text(max_size=80))
def test_may_be_cut_anywhere(one: str, other: str) -> None:
    """Two parts give what the whole gives."""
    assert letters(one) + letters(other) == letters(one + other)


def test_long_mixed_text_is_cut_without_a_seam() -> None:
    """Stretches with and without other letters give what each character gives."""
    text = ("plain words " * 200 + "Zażółć gęślą jaźń " + "Ωμέγα") * 5
    assert letters(text) == b"".join(letters(c) for c in text)


def test_every_character_is_stable() -> None:
    """Normalising what is normal changes nothing, whatever the character."""
    for codepoint in range(0, sys.maxunicode + 1, 7):
        once = letters(chr(codepoint))
        assert letters(once.decode()) == once


@settings(max_examples=100, deadline=None)
@given(
    st.text(
        st.sampled_from("abc XY7.\n\0\u0101\u014d\u0438\u0399\xdf\xbd\ufb01\U0001d400\ud800\u0301")
    ),
    st.integers(1, 400),
)
def test_other_scripts_go_through_the_same_rule(text: str, repeats: int) -> None:
    """Texts mostly beyond ASCII, taken through tables, give what the slow rule gives."""
    assert letters(text * repeats) == slow(text) * repeats


def test_long_texts_are_cut_without_a_seam() -> None:
    """A text of several chunks, plain, accented or foreign, is the sum of its parts."""
    for piece in (
        "Plain words, 12. ",
        "caf\xe9 " + "plain words " * 30,
        "\u0416\u0438\u0437\u043d\u044c \xdf ",
    ):
        text = piece * (100_000 // len(piece))
        assert letters(text) == letters(piece) * (100_000 // len(piece))
