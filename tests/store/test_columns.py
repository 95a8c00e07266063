"""What a column makes of a value."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.store.columns import as_utc, canonical_json, storable


def test_a_local_time_becomes_the_same_moment_in_utc() -> None:
    """Stored times compare as text only because all are UTC."""
    local = datetime(2026, 3, 2, 1, 0, tzinfo=timezone(timedelta(hours=13)))
    assert as_utc(local) == local
    assert as_utc(local).isoformat() == "2026-03-01T12:00:00+00:00"
    assert as_utc(datetime(2026, 1, 1, tzinfo=UTC)).tzinfo is UTC


def test_a_naive_time_is_refused() -> None:
    """Nobody can say which moment it is."""
    with pytest.raises(ValueError, match="time zone"):
        as_utc(datetime(2026, 1, 1))  # noqa: DTZ001 - on purpose


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(codec=None)))
def test_text_is_storable_and_otherwise_unchanged(text: str) -> None:
    """Only what no engine keeps is replaced, letter for letter."""
    kept = storable(text)
    kept.encode("utf-8")
    assert len(kept) == len(text)
    for before, now in zip(text, kept, strict=True):
        is_refused = before == "\0" or 0xD800 <= ord(before) <= 0xDFFF
        assert now == ("\N{REPLACEMENT CHARACTER}" if is_refused else before)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.text(st.characters(codec=None)), st.integers() | st.text()))
def test_canonical_json_is_ascii_sorted_and_lossless(value: dict[str, object]) -> None:
    """One value has one text, and every engine can keep it."""
    text = canonical_json(value)
    assert text.isascii()
    assert "\0" not in text
    assert json.loads(text) == value
    assert canonical_json(dict(reversed(value.items()))) == text


def test_canonical_json_refuses_what_json_has_no_word_for() -> None:
    """NaN would be written as text that no other reader accepts."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"score": float("nan")})
