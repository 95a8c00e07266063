"""What came of reading files, in one word and counted by kind."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leakwatch.model.artefact import Artefact, MemberPath
from leakwatch.model.coverage import (
    PAGES_ARE_PICTURES,
    SECOND_WAY,
    Coverage,
    Outcome,
    counted_as,
    is_missing,
    outcome_of,
)
from tests.support.pictures import made_up

FILE = Artefact(MemberPath(("x",), ()), "pdf", 9, "", 0)


@pytest.mark.parametrize(
    ("artefact", "outcome"),
    [
        (replace(FILE, text="words"), Outcome.TEXT),
        (replace(FILE, text=" \n"), Outcome.NO_TEXT),
        (replace(FILE, text="words", detail=f"{SECOND_WAY}: the first failed"), Outcome.SECOND),
        (replace(FILE, text="", detail=f"{PAGES_ARE_PICTURES}"), Outcome.PICTURES),
        (replace(FILE, pictures=(made_up(1),)), Outcome.PICTURES),
        (replace(FILE, kind="jpeg"), Outcome.PICTURES),
        (replace(FILE, kind="zip", is_container=True), Outcome.OPENED),
        (FILE, Outcome.NO_TEXT),
    ],
)
def test_an_artefact_gives_one_thing(artefact: Artefact, outcome: Outcome) -> None:
    """Text before pictures, pictures before members; blank text is none."""
    assert outcome_of(artefact) is outcome


@pytest.mark.parametrize(
    ("outcome", "problem", "word", "missing"),
    [
        (Outcome.TEXT, None, "text", False),
        (Outcome.SECOND, None, "second_extractor", False),
        (Outcome.OPENED, None, "opened", False),
        (Outcome.PICTURES, None, "pictures_only", True),
        (Outcome.TEXT, "corrupt", "in_part", True),
        (Outcome.OPENED, "corrupt", "corrupt", True),
        (Outcome.NO_TEXT, "encrypted", "encrypted", True),
    ],
)
def test_what_is_missing_is_told_by_its_reason(
    outcome: Outcome, problem: str | None, word: str, *, missing: bool
) -> None:
    """A problem is the reason, unless there is text all the same."""
    assert counted_as(outcome, problem) == word
    assert is_missing(word) is missing


def test_counts_add_up() -> None:
    """What processes counted apart is one count, and each file stands in it once."""
    one, both = Coverage(), Coverage()
    one.note(replace(FILE, text="words"))
    one.note(replace(FILE, error="encrypted"))
    both.add("text", Outcome.TEXT)
    both.add_all(one.by_kind())
    both.add_all(one.by_kind())
    assert both.by_kind() == {"pdf": {"encrypted": 2, "text": 2}, "text": {"text": 1}}
