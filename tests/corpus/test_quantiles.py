from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakwatch.corpus import calibration
from leakwatch.corpus.calibration import Calibration, Survival
from leakwatch.corpus.quantiles import (
    OWN_BUDGET,
    POSSIBLE_BUDGET,
    PROBABLE_BUDGET,
    calibrated,
    score_names,
    survival,
    threshold,
)

SCORES = st.lists(st.floats(0, 1000, allow_nan=False), min_size=1, max_size=300)


@given(scores=SCORES, budget=st.floats(0, 0.5), default=st.sampled_from([0.3, 150.0]))
def test_no_more_documents_than_budgeted_reach_a_threshold(
    scores: list[float], budget: float, default: float
) -> None:
    """At most the budgeted share reaches it, it is never below the default, a share never over 1."""
    limit = threshold(np.array(scores), budget=budget, default=default)
    assert limit >= default
    if default <= 1:
        assert limit <= 1
    if limit > default and limit != 1:
        assert sum(s >= limit for s in scores) <= math.floor(budget * len(scores))


def test_a_threshold_stands_just_above_the_score_it_keeps_out() -> None:
    """Of 1,000 documents at 0.2 % two may reach it: the third highest is kept out, by little."""
    scores = np.arange(1000, dtype=np.float64)
    limit = threshold(scores, budget=0.002, default=128.0)
    assert 997 < limit <= 998


@given(scores=SCORES, asked=st.floats(0, 1100, allow_nan=False))
def test_survival_is_an_upper_bound(scores: list[float], asked: float) -> None:
    """The chance told is never below (k + 1) / (n + 1) for the k documents that scored as high."""
    table = survival(np.array(scores))
    reached = sum(s >= asked for s in scores)
    assert table.at_least(asked) >= (reached + 1) / (len(scores) + 1) - 1e-9
    assert table.at_least(asked) <= 1
    assert table.at_least(asked) >= table.at_least(asked + 50)
    assert len(table.scores) <= 64


def test_survival_is_exact_for_the_rarest() -> None:
    """What nobody reached has one chance in n + 1; the highest few ranks are all kept."""
    table = survival(np.arange(4000, dtype=np.float64))
    assert table.at_least(4000) == pytest.approx(1 / 4001)
    assert table.at_least(3999) == pytest.approx(2 / 4001)
    assert table.at_least(3997) == pytest.approx(4 / 4001)


def test_few_documents_leave_the_defaults() -> None:
    """Below 2,000 documents nothing is measured and nothing is claimed."""
    few = {name: np.zeros(calibration.MIN_DOCUMENTS - 1) for name in score_names()}
    assert calibrated(few, files=3) == Calibration()
    assert Calibration().chance(run=500.0) is None


def test_a_calibration_survives_its_manifest() -> None:
    """Thresholds, survival and origin are read back from JSON as they were."""
    rng = np.random.default_rng(1)
    scores = {name: rng.exponential(60, 2500) for name in ("run", "rare", "noisy")}
    scores |= {name: rng.random(2500) * 0.49 for name in ("cont", "few", "complete", "margin")}
    made = calibrated(scores, files=77)
    assert Calibration.from_dict(json.loads(json.dumps(made.as_dict()))) == made
    assert made.documents == 2500
    assert made.files == 77
    assert "2500 documents" in made.origin
    assert made.probable.rare > made.possible.rare > Calibration().possible.rare
    for name in score_names():
        assert getattr(made.probable, name) >= getattr(made.possible, name)


def test_versions_of_known_files_do_not_vote() -> None:
    """Documents that hold half of what sets a known file apart are left out, and counted."""
    rng = np.random.default_rng(2)
    scores = {name: rng.random(2500) * 0.2 for name in score_names()}
    quiet = calibrated(scores, files=9)
    versions = {name: np.append(values, [0.95] * 60) for name, values in scores.items()}
    versions["complete"][-30:] = 0.5
    versions["cont"][-60:-30] = 0.2
    made = calibrated(versions, files=9)
    assert (made.probable, made.possible) == (quiet.probable, quiet.possible)
    assert made.survival == quiet.survival
    assert (made.documents, made.related) == (2500, 60)


def test_all_scores_together_keep_to_what_is_promised() -> None:
    """Half a percent at probable and two at possible, with the budgets of their own besides."""
    assert sum(PROBABLE_BUDGET.values()) == pytest.approx(0.005)
    assert sum(POSSIBLE_BUDGET.values()) == pytest.approx(0.02)
    assert max(OWN_BUDGET.values()) <= 0.001


def test_the_chance_pays_for_the_number_of_scores() -> None:
    """The most telling of two scores counts twice, and no chance is over one."""
    table = Survival((0.0, 10.0), (1.0, 0.1), 99)
    known = Calibration(survival={"run": table, "cont": table})
    assert known.chance(run=20.0, cont=0.0) == pytest.approx(2 * (0.1 * 99 + 1) / 100, abs=0.02)
    assert known.chance(run=0.0, cont=0.0) == 1.0
    assert known.chance(unheard=3.0) is None
