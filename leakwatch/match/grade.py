"""Scores -> a grade, with its reasons in plain words."""

from __future__ import annotations

from dataclasses import dataclass

from leakwatch.corpus.calibration import Calibration, Thresholds
from leakwatch.match.score import Scores
from leakwatch.model.match import Grade

FORM_PEAK = 0.95
"""Share of a file in one background document from which on it is that document."""
EXACT_TEXT_CONCLUSIVE_LETTERS = 300
EXACT_TEXT_PROBABLE_LETTERS = 150
"""Shorter equal texts may be a stock phrase: an analyst should look."""


@dataclass(frozen=True, slots=True)
class Graded:
    """A grade with what led to it."""

    grade: Grade
    reasons: tuple[str, ...]
    """Most telling first; numbers only."""


def grade_scores(scores: Scores, calibration: Calibration) -> Graded | None:
    """Return the grade that the scores reach, or None."""
    levels = ((Grade.PROBABLE, calibration.probable), (Grade.POSSIBLE, calibration.possible))
    for grade, thresholds in levels:
        reasons = _reasons(scores, thresholds, grade)
        if reasons:
            return Graded(grade, reasons)
    return None


def complete_needed(limit: float, background_peak: float) -> float | None:
    """Return the completeness asked of a file: at least halfway from its peak to all of it.

    None for a file that the background holds as good as whole: a form.
    """
    if background_peak > FORM_PEAK:
        return None
    return max(limit, (1 + background_peak) / 2)


def counting(scores: Scores, name: str) -> float:
    """Return a score as a grade sees it: completeness that its file's peak rules out is none."""
    value = float(getattr(scores, name))
    if name != "complete":
        return value
    needed = complete_needed(0.0, scores.background_peak)
    return value if needed is not None and value >= needed else 0.0


def grade_equal_text(letters: int) -> Grade:
    """Return the grade of two texts with the same letters, so many of them."""
    if letters >= EXACT_TEXT_CONCLUSIVE_LETTERS:
        return Grade.CONCLUSIVE
    return Grade.PROBABLE if letters >= EXACT_TEXT_PROBABLE_LETTERS else Grade.POSSIBLE


def _reasons(scores: Scores, limit: Thresholds, grade: Grade) -> tuple[str, ...]:
    reasons = []
    needed = complete_needed(limit.complete, scores.background_peak)
    if needed is not None and scores.complete >= needed:
        reasons.append(
            f"{scores.complete:.0%} of the file's text, by rarity, stands together "
            f"({grade} from {needed:.0%}; no document that was not stolen has more than "
            f"{scores.background_peak:.0%})"
        )
    if scores.margin >= limit.margin and scores.background_peak <= FORM_PEAK:
        reasons.append(
            f"{scores.complete:.0%} of the file's text, by rarity, stands together, and the "
            f"nearest of {scores.background_compared} documents that were not stolen has "
            f"{scores.background_peak:.0%}: {scores.margin:.0%} of the way from there to all of it "
            f"({grade} from {limit.margin:.0%})"
        )
    if scores.cont >= limit.cont:
        reasons.append(
            f"{scores.cont:.0%} of the phrases that set the file apart stand together "
            f"({grade} from {limit.cont:.0%})"
        )
    if scores.few >= limit.few:
        reasons.append(
            f"{scores.few:.0%} of the few phrases that set the file apart stand together "
            f"({grade} from {limit.few:.0%})"
        )
    if scores.run >= limit.run:
        reasons.append(
            f"a passage of {scores.passage_chars} letters is the file's: "
            f"{scores.run:.0f} after fines for gaps ({grade} from {limit.run:.0f})"
        )
    elif scores.rare >= limit.rare:
        reasons.append(
            f"a passage of {scores.passage_chars} letters is the file's and rare: "
            f"{scores.rare:.0f} by rarity and after fines ({grade} from {limit.rare:.0f})"
        )
    if scores.noisy >= limit.noisy:
        reasons.append(
            f"a long passage agrees with gaps: {scores.noisy:.0f} letters after fines "
            f"({grade} from {limit.noisy:.0f})"
        )
    return tuple(reasons)
