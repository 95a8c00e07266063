"""Thresholds from one half of the divisions, to be judged on the other half."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields

from leakwatch.corpus.calibration import Calibration, Thresholds
from leakwatch.model.match import Grade
from tests.bench.accuracy_data import Text
from tests.bench.accuracy_finders import Finder

BUDGETS = {Grade.PROBABLE: 0.005, Grade.POSSIBLE: 0.02}
"""Share of documents that hold no known file and may have a match."""
SHARES = {
    Grade.PROBABLE: {"run": 0.30, "rare": 0.20, "cont": 0.25, "noisy": 0.10, "complete": 0.15},
    Grade.POSSIBLE: {"run": 0.10, "rare": 0.25, "cont": 0.40, "noisy": 0.10, "complete": 0.10},
}
"""What part of its budget each score may spend."""
_OTHER_SHARE = 0.05
_LEAST = 0.5
"""Part of the default below which no threshold goes: few texts cannot show that much."""

Peaks = dict[str, float]
"""Score -> the highest that any known file reaches in one text."""


def peaks_of(finder: Finder, texts: Iterable[Text]) -> list[Peaks]:
    """Return the peaks of each of the texts, none of which holds a known file."""
    return [_peaks(finder.scores(text.text).values()) for text in texts]


def calibrated(peaks: Sequence[Peaks]) -> Calibration:
    """Return thresholds that so many texts would reach as the budgets allow."""
    levels = {grade: _thresholds(peaks, grade) for grade in BUDGETS}
    return Calibration(
        levels[Grade.PROBABLE], levels[Grade.POSSIBLE], origin=f"{len(peaks)} negatives"
    )


def _peaks(scored: Iterable[dict[str, float]]) -> Peaks:
    peaks = dict.fromkeys((f.name for f in fields(Thresholds)), 0.0)
    for scores in scored:
        for name in peaks:
            peaks[name] = max(peaks[name], scores.get(name, 0.0))
    return peaks


def _thresholds(peaks: Sequence[Peaks], grade: Grade) -> Thresholds:
    limits = {}
    defaults = {Grade.PROBABLE: Calibration().probable, Grade.POSSIBLE: Calibration().possible}[
        grade
    ]
    for field in fields(Thresholds):
        share = SHARES[grade].get(field.name, _OTHER_SHARE)
        allowed = int(share * BUDGETS[grade] * len(peaks))
        highest = sorted((each.get(field.name, 0.0) for each in peaks), reverse=True)
        measured = round(highest[min(allowed, len(highest) - 1)] * 1.001, 4)
        limits[field.name] = max(measured, _LEAST * getattr(defaults, field.name))
    return Thresholds(**limits)
