"""Scores of documents that were not stolen -> thresholds, and the chance of each score.

A threshold is an empirical quantile: the least value that at most so many of
the documents reach. The budgets are those the recipe was cross-validated with:
0.5 % of documents at ``probable`` and 2 % at ``possible``, shared out among the
scores; ``complete``, whose judge is the nearest background document, has a
small one of its own.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus import calibration
from leakwatch.corpus.calibration import Calibration, Survival, Thresholds

PROBABLE_BUDGET = {"run": 0.0030, "cont": 0.0010, "noisy": 0.0010}
POSSIBLE_BUDGET = {"rare": 0.0080, "cont": 0.0060, "noisy": 0.0060}
OWN_BUDGET = {"probable": 0.0002, "possible": 0.0010}
"""Of each further score."""
_POINTS = 64
_LEAST = 1e-9
"""Scores below this differ by rounding alone."""

RELATED = {"cont": 0.5, "complete": 0.9}
"""Scores from which on a document is a version of a known file, and not unrelated: another
patient's letter by the same hand has come to a *cont* of 0.32 at most, one filled in on the
same form to a *complete* of 0.83. A custodian's background holds such versions, and a few of
them would lift the thresholds over all that is not whole."""

Floats = NDArray[np.float64]


def calibrated(scores: Mapping[str, Floats], *, files: int) -> Calibration:
    """Return the calibration that these scores give, or the defaults where they are few.

    Args:
        scores: by name of the threshold they are held to; one a document each.
        files: known files that the documents were compared with.
    """
    related = functools.reduce(
        np.logical_or, (scores[name] >= limit for name, limit in RELATED.items())
    )
    scores = {name: values[~related] for name, values in scores.items()}
    documents = int((~related).sum())
    defaults = Calibration()
    if documents < calibration.MIN_DOCUMENTS:
        return defaults
    probable = _thresholds(scores, defaults.probable, PROBABLE_BUDGET, OWN_BUDGET["probable"])
    possible = _thresholds(scores, defaults.possible, POSSIBLE_BUDGET, OWN_BUDGET["possible"])
    return Calibration(
        probable=probable,
        possible=_at_most(possible, probable),
        origin=f"calibrated on {documents} documents",
        documents=documents,
        files=files,
        related=int(related.sum()),
        survival={name: survival(values) for name, values in scores.items()},
    )


def score_names() -> tuple[str, ...]:
    """Return the names of the scores that have thresholds."""
    return tuple(f.name for f in fields(Thresholds))


def threshold(scores: Floats, *, budget: float, default: float) -> float:
    """Return the least threshold that at most a share ``budget`` of the scores reach.

    Never below the default: recall is not bought by trusting a quiet sample.
    A share is never asked to be more than whole.
    """
    allowed = math.floor(budget * len(scores))
    above = float(np.sort(scores)[::-1][allowed]) if allowed < len(scores) else 0.0
    measured = _next_above(above)
    return max(default, min(measured, 1.0) if default <= 1 else measured)


def survival(scores: Floats) -> Survival:
    """Return the table of a score: at ranks in even steps of their logarithm, and just above."""
    ascending = np.sort(scores)
    ranks = np.unique(np.geomspace(1, len(scores), _POINTS // 2).round().astype(np.int64))
    values = np.unique(ascending[len(scores) - ranks])
    values = np.unique(np.concatenate([values, np.nextafter(values, np.inf)]))
    shares = 1.0 - np.searchsorted(ascending, values, "left") / len(scores)
    return Survival(
        tuple(float(v) for v in values), tuple(round(float(s), 9) for s in shares), len(scores)
    )


def _thresholds(
    scores: Mapping[str, Floats], defaults: Thresholds, budget: Mapping[str, float], own: float
) -> Thresholds:
    return Thresholds(
        **{
            name: threshold(
                scores[name], budget=budget.get(name, own), default=getattr(defaults, name)
            )
            for name in score_names()
        }
    )


def _at_most(lower: Thresholds, upper: Thresholds) -> Thresholds:
    """Return thresholds of which none asks more of the lower grade than of the upper."""
    return Thresholds(
        **{name: min(getattr(lower, name), getattr(upper, name)) for name in score_names()}
    )


def _next_above(value: float) -> float:
    """Return a number of four digits just above a score that must not reach it."""
    if value < _LEAST:
        return _LEAST if value > 0 else 0.0
    step = 10.0 ** (math.floor(math.log10(value)) - 3)
    return round((math.floor(value / step) + 1) * step, 12)
