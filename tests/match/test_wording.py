from __future__ import annotations

from dataclasses import replace

import pytest

from leakwatch.match.wording import told
from leakwatch.model.match import Grade, Match, Method, Passage
from tests.support.store import a_match

FULL = a_match().match


def test_a_paragraph_says_it_all() -> None:
    """Both directions, passages and where, rarity, chance with its basis, resemblance, limits."""
    full = replace(FULL, jaccard=0.38)
    assert told(full, letters=3540) == (
        "About 97% of the known document stands in what was seen, and about 41% of what was seen "
        "stands in the known document. They share 3 passages of 1,050 letters in all (spaces and "
        "signs left out), which is 30% of the 3,540 letters of what was seen; the longest has 812. "
        "In what was seen: letters 121 to 932 (3% to 26% of its length), letters 1,011 to 1,200 "
        "(29% to 34% of its length), and 1 more. Of the phrases that both have, 93% occur in no "
        "other known document (near-copies and files on the same subject aside) and in no document "
        "compared that was not stolen. The chance that a document of this kind that has nothing to "
        "do with the known one scores as high is at most 1 in 2,500, measured on 2,500 of them. "
        "Of all different phrases of both together, 38% are in both (Jaccard resemblance, counted "
        "on keyed grams of 16 letters, scheme open-syncmer/1; the MinHash signature kept with the "
        "known file estimates the same: 64 permutations, scheme affine32). It does not say that "
        "the file itself is there, who put the words there, or why: somebody may quote it, and a "
        "form or a template may give two documents the same words."
    )


def test_what_was_not_measured_is_not_made_up() -> None:
    """A match of the first schema says what it has, and that no chance can be told."""
    bare = Match("k-1", "c", Method.TEXT, Grade.POSSIBLE, 0.004, None, passage_chars=77)
    paragraph = told(bare)
    assert "About less than 1% of the known" not in paragraph
    assert "Less than 1% of the known document" in paragraph
    assert "an unknown part of what was seen" in paragraph
    assert "The longest passage they share has 77 letters" in paragraph
    assert "not calibrated" in paragraph
    for word in ("None", "phrases that both", "Jaccard", "at most"):
        assert word not in paragraph


@pytest.mark.parametrize(
    ("chance", "says"),
    [
        (0.25, "at most 25%"),
        (0.1, "at most 1 in 10"),
        (1 / 4983, "at most 1 in 4,900"),
        (1 / 9_987_654, "at most 1 in 9,900,000"),
        (0.252, "at most 26%"),
    ],
)
def test_a_chance_is_never_told_smaller_than_it_is(chance: float, says: str) -> None:
    """Odds are cut, not rounded: an upper bound stays one."""
    assert says in told(replace(FULL, chance=chance))


def test_nearly_all_is_not_all() -> None:
    """100% is said of nothing that lacks a part."""
    assert "About 99% of the known document" in told(replace(FULL, stolen_in_leak=0.9999))
    assert "All of the known document" in told(replace(FULL, stolen_in_leak=1.0))


@pytest.mark.parametrize("method", Method)
def test_every_method_says_what_it_does_not_mean(method: Method) -> None:
    """No match of any kind is told without its limits, and each gives its reasons or scores."""
    match = Match("k-1", "c", method, Grade.PROBABLE, 1.0, 1.0, reasons=("for a reason",))
    paragraph = told(match)
    assert "It does not say" in paragraph
    assert ("for a reason" in paragraph) == (method is not Method.TEXT)
    assert "not calibrated" in paragraph or method is not Method.TEXT


def test_one_passage_is_told_once() -> None:
    """With a single passage its length is not repeated as the longest."""
    one = replace(FULL, passages=(Passage(0, 812),), passage_count=1, passage_total_chars=812)
    assert "They share 1 passage of 812 letters in all (spaces and signs left out). In" in told(one)
