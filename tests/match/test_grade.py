from __future__ import annotations

from dataclasses import replace

import pytest

from leakwatch.corpus.calibration import Calibration
from leakwatch.match.grade import complete_needed, grade_equal_text, grade_scores
from leakwatch.match.score import Scores
from leakwatch.model.match import Grade

NOTHING = Scores(
    file=0,
    run=0.0,
    rare=0.0,
    noisy=0.0,
    cont=0.0,
    few=0.0,
    complete=0.0,
    margin=0.0,
    passage_chars=0,
    passages=(),
    shared_unique=0.0,
    leak_in_stolen=0.0,
    jaccard=0.0,
    background_peak=0.0,
    background_compared=0,
)
DEFAULTS = Calibration()


@pytest.mark.parametrize("name", ["run", "rare", "noisy", "cont", "few", "complete", "margin"])
def test_any_one_score_suffices(name: str) -> None:
    """A grade is an OR of thresholds: at each the grade is reached, just below it is not."""
    for grade, limits in ((Grade.PROBABLE, DEFAULTS.probable), (Grade.POSSIBLE, DEFAULTS.possible)):
        limit = getattr(limits, name)
        if grade is Grade.POSSIBLE and limit == getattr(DEFAULTS.probable, name):
            continue
        graded = grade_scores(replace(NOTHING, **{name: limit}), DEFAULTS)
        assert graded is not None
        assert graded.grade is grade
        below = grade_scores(replace(NOTHING, **{name: limit - 0.001}), DEFAULTS)
        assert below is None or below.grade < grade


def test_reasons_hold_the_numbers() -> None:
    """Each score that reaches its threshold is a reason with both numbers."""
    scores = replace(NOTHING, run=812.0, passage_chars=840, cont=0.5)
    graded = grade_scores(scores, DEFAULTS)
    assert graded is not None
    assert len(graded.reasons) == 2
    assert "50%" in graded.reasons[0]
    assert "840 letters" in graded.reasons[1]
    assert "from 180" in graded.reasons[1]


def test_completeness_is_judged_against_the_background() -> None:
    """The nearer strangers come, the more is asked; of a form nothing suffices."""
    assert complete_needed(0.85, 0.0) == 0.85
    assert complete_needed(0.85, 0.8) == pytest.approx(0.9)
    assert complete_needed(0.85, 0.96) is None
    form = replace(NOTHING, complete=1.0, background_peak=1.0)
    assert grade_scores(form, DEFAULTS) is None


@pytest.mark.parametrize(
    ("letters", "grade"),
    [(64, Grade.POSSIBLE), (149, Grade.POSSIBLE), (150, Grade.PROBABLE), (299, Grade.PROBABLE), (300, Grade.CONCLUSIVE)],
)  # fmt: skip
def test_equal_texts_by_length(letters: int, grade: Grade) -> None:
    """A stock phrase may be equal by chance; a page may not."""
    assert grade_equal_text(letters) is grade


def test_calibration_survives_the_manifest() -> None:
    """Thresholds read back are the thresholds written."""
    changed = Calibration(replace(DEFAULTS.probable, run=222.0), origin="calibrated")
    assert Calibration.from_dict(changed.as_dict()) == changed
