from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakwatch.match.accident import CEILINGS, LEAST, accident, capped, said
from leakwatch.model.match import Grade

CHANCES = st.floats(1e-12, 0.5)


def exact_tail(chances: list[float], agreed: list[bool]) -> float:
    """Return P(W >= w) by summing over every outcome of a few lines."""
    worth = [-math.log(p) for p in chances]
    reached = sum(w for w, hit in zip(worth, agreed, strict=True) if hit)
    total = 0.0
    for outcome in range(1 << len(chances)):
        hits = [bool(outcome >> i & 1) for i in range(len(chances))]
        if sum(w for w, hit in zip(worth, hits, strict=True) if hit) >= reached - 1e-9:
            total += math.prod(p if hit else 1 - p for p, hit in zip(chances, hits, strict=True))
    return total


@given(st.lists(st.tuples(CHANCES, st.booleans()), min_size=1, max_size=9))
def test_never_below_the_exact_probability(lines: list[tuple[float, bool]]) -> None:
    """The bound is a bound: it never says less than every outcome summed up."""
    chances, agreed = [p for p, _ in lines], [hit for _, hit in lines]
    shown = np.array(chances)
    bound = accident(shown, shown[np.array(agreed)])
    assert bound >= min(1.0, exact_tail(chances, agreed)) * (1 - 1e-9)


@given(st.lists(st.tuples(CHANCES, st.booleans()), min_size=1, max_size=50))
def test_more_lines_never_make_agreement_rarer(lines: list[tuple[float, bool]]) -> None:
    """The same hits among more lines are at least as likely by accident."""
    shown = np.array([p for p, _ in lines])
    agreed = shown[np.array([hit for _, hit in lines])]
    assert accident(np.append(shown, shown), agreed) >= accident(shown, agreed) * (1 - 1e-9)


def test_three_of_a_large_listing() -> None:
    """Three checksums are conclusive in a million lines where few sizes are known."""
    p = 2.0**-32
    three = np.full(3, p)
    assert accident(three, three) < 1e-25
    assert accident(np.full(1_000_000, p), three) < CEILINGS[0][1]
    # 428,000 known files of one and the same size: then three agree by accident.
    crowded = np.full(428_000, 428_000 * p)
    assert accident(crowded, crowded[:3]) == 1.0


def test_what_tells_nothing_weighs_nothing() -> None:
    """Lines sure to agree, and no lines, are no evidence; nought is never told."""
    assert accident(np.ones(10), np.ones(10)) == 1.0
    assert accident(np.empty(0), np.empty(0)) == 1.0
    assert accident(np.full(5000, 1e-9), np.full(5000, 1e-9)) == LEAST


@pytest.mark.parametrize(
    ("chance", "grades"),
    [
        (1e-7, [Grade.CONCLUSIVE, Grade.PROBABLE, Grade.POSSIBLE]),
        (1e-5, [Grade.PROBABLE, Grade.PROBABLE, Grade.POSSIBLE]),
        (1e-3, [Grade.POSSIBLE, Grade.POSSIBLE, Grade.POSSIBLE]),
        (1e-2, [None, None, None]),
    ],
)
def test_a_grade_needs_a_rare_accident(chance: float, grades: list[Grade | None]) -> None:
    """What accident does too often is lowered, and at last nothing."""
    highest = [Grade.CONCLUSIVE, Grade.PROBABLE, Grade.POSSIBLE]
    assert [capped(grade, chance) for grade in highest] == grades


def test_said_in_plain_words() -> None:
    """The words never make an accident rarer than it is."""
    assert said(0.5) == "often"
    assert said(0.1) == "often"
    assert said(0.02) == "in less than 1 of 10 such listings"
    assert said(2e-12) == "in less than 1 of 10^11 such listings"
