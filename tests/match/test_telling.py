from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakwatch.match.telling import WORD_BITS, is_litter, telling_parts


def bits(name: str) -> float:
    return sum(telling_parts(name).values())


@pytest.mark.parametrize(
    "name",
    [
        *("scan001.pdf", "Scan 0012.TIF", "IMG_2034.jpg", "DSC00017.JPG", "document (3).docx"),
        *("page 12.png", "referral letter 07.txt", "Lab Results - copy (2).pdf", "New Folder"),
        *("P1010203.jpg", "backup.part01.rar", "12345.pdf", "", "...", ".hidden.pdf.gz"[7:], "f"),
    ],
)
def test_generic_names_tell_next_to_nothing(name: str) -> None:
    """Counters, cameras' and scanners' names, and words of every clinic tell nothing."""
    assert bits(name) <= 4.0


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("Rangihau Wiremu referral 2021-03-04.pdf", 35),
        ("Zzyzx_Q_19790512.pdf", 15),
        ("IMG_20210304_123456.jpg", 20),
        ("Te Kāhui Ōtautahi.docx", 25),
        ("3f2504e0-4f89-41d3-9a0c-0305e82c3301.pdf", 15),
    ],
)
def test_people_and_dates_tell(name: str, least: float) -> None:
    """A person's name, a date, a camera's second make a name its own."""
    assert bits(name) >= least


@given(st.text(max_size=300))
def test_any_name_is_weighed(name: str) -> None:
    """Whatever the characters, each part weighs something and a word no more than twelve bits."""
    parts = telling_parts(name)
    assert all(value > 0 for value in parts.values())
    assert all(parts[p] <= WORD_BITS for p in parts if p.isalpha())
    assert bits(name) <= 4 * 255


def test_repeats_tell_once() -> None:
    """A word that a name repeats, and a letter that a word repeats, tell once."""
    assert bits("rangihau rangihau rangihau") == bits("rangihau")
    assert bits("x" * 200) <= 4.0


def test_composed_and_decomposed_are_alike() -> None:
    """A macron written as a mark of its own weighs what the letter does."""
    assert bits("Ma\u0304kara.pdf") == bits("M\u0101kara.pdf")


def test_files_of_every_folder() -> None:
    """What an operating system leaves in every folder is known by name."""
    assert is_litter("Thumbs.db")
    assert is_litter("desktop.INI")
    assert not is_litter("thumbs.pdf")
