"""What is done to a stolen text can be undone where it is a format, and is seeded."""

from __future__ import annotations

import csv
import io
import json
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakwatch.extract.stripped import strip_tags
from leakwatch.fingerprint.normalise import letters
from tests.bench import distort

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=200)
FORM = "Name: Hinemoa O'Neill\nBorn: 03/04/1950\nSodium: 141 mmol/L, low\nPlease sign.\n"


@given(TEXTS)
def test_a_json_string_is_read_back(text: str) -> None:
    """The JSON object holds the very text."""
    assert json.loads(distort.as_json(text, random.Random(1)))["body"] == text


@given(TEXTS)
def test_an_sql_value_is_read_back(text: str) -> None:
    """Undoing the dump's escapes gives the very text."""
    row = distort.as_sql_row(text, random.Random(1))
    value = row.partition(",'")[2].rpartition("','2019")[0]
    unescaped = re.sub(r"\\(n|\\)|''", lambda m: {"n": "\n", "\\": "\\"}.get(m[1], "'"), value)
    assert unescaped == text


@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=200))
def test_a_csv_cell_is_read_back(text: str) -> None:
    """A CSV reader finds the text in its cell, white space aside."""
    [row] = csv.reader(io.StringIO(distort.as_csv_row(text, random.Random(1))), delimiter=";")
    assert row[1].split() == text.split()


def test_a_table_holds_all_the_text() -> None:
    """Laid out as cells, nothing of the text is lost."""
    table = distort.in_table(FORM, random.Random(1))
    assert table.count("<td>") > len(FORM.splitlines())
    kept = letters(strip_tags(table))
    assert kept == letters(FORM)


def test_columns_hold_values_and_no_phrase() -> None:
    """What goes into columns is what was filled in, not what is printed."""
    [row] = csv.reader(io.StringIO(distort.as_columns(FORM, random.Random(1))))
    assert row[1:] == ["Hinemoa O'Neill", "03/04/1950", "141 mmol/L", "low"]


def test_redaction_leaves_no_name_and_no_number() -> None:
    """Capitalised words and numbers are blacked out, macrons or not."""
    text = distort.redacted("seen by Āwhina Tūhoro on 3/4/1950, pulse 84, well", random.Random(1))
    assert not re.search(r"Āwhina|Tūhoro|[0-9]", text)
    assert text.startswith("seen by ")
    assert text.endswith(", well")


@pytest.mark.parametrize("rate", [0.03, 0.3])
def test_ocr_errors_are_as_many_as_asked(rate: float) -> None:
    """The given share of characters is disturbed."""
    text = "x" * 20_000
    damaged = distort.ocr(text, random.Random(5), rate)
    deleted_or_doubled = abs(len(damaged) - len(text))
    replaced = sum(char != "x" for char in damaged)
    assert deleted_or_doubled < 0.1 * rate * len(text)
    assert replaced == pytest.approx(rate / 3 * len(text), rel=0.15)
