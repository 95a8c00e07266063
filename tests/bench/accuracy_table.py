"""Outcomes -> tables of means and spreads."""

# ruff: noqa: T201 - a bench prints
from __future__ import annotations

import statistics
from collections.abc import Sequence

from tests.bench.accuracy_measure import Outcome

_NAME = 34
_CELL = 13


def show(outcomes: Sequence[Outcome], columns: Sequence[tuple[str, str]]) -> None:
    """Print one table over several divisions of the same texts: mean, and standard deviation.

    Args:
        outcomes: of one title.
        columns: heading, and which figure stands under it.
    """
    count = len(outcomes)
    spread = f"mean of {count} divisions ~ their standard deviation" if count > 1 else ""
    print(f"\n{outcomes[0].title}{'; ' if spread else ''}{spread}")
    print(" " * _NAME + f"{'n':>6}" + "".join(f"{heading:>{_CELL}}" for heading, _ in columns))
    for row in dict.fromkeys(row for outcome in outcomes for row in outcome.figures):
        having = [outcome for outcome in outcomes if row in outcome.figures]
        size = sum(outcome.counts[row] for outcome in having)
        cells = [_cell([o.figures[row].get(key) for o in having]) for _, key in columns]
        print(f"  {row:{_NAME - 2}}{size:6}" + "".join(f"{cell:>{_CELL}}" for cell in cells))


def _cell(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return ""
    mean = statistics.fmean(known)
    if len(known) == 1:
        return f"{mean:.4f}     "
    return f"{mean:.4f}~{statistics.stdev(known):.3f}".replace("~0.", "~.")
