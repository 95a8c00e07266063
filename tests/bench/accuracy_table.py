"""Outcomes -> tables of means and spreads."""

# ruff: noqa: T201 - a bench prints
from __future__ import annotations

import statistics
from collections.abc import Sequence

from tests.bench.accuracy_measure import Mistake, Outcome

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


def show_worst(outcomes: Sequence[Outcome], count: int) -> None:
    """Print the worst files found where they are not, and the plainest misses, of each row."""
    by_row: dict[str, list[tuple[int, Mistake]]] = {}
    for number, outcome in enumerate(outcomes):
        for mistake in outcome.mistakes:
            by_row.setdefault(mistake.row, []).append((number, mistake))
    for row, mistakes in by_row.items():
        wrong = sorted((m for m in mistakes if m[1].grade), key=_wrongness, reverse=True)
        missed = [m for m in mistakes if not m[1].grade]
        print(f"\n  {row}: {len(wrong)} files wrongly found, {len(missed)} missed")
        for number, mistake in (*wrong[:count], *missed[:count]):
            scores = ", ".join(f"{k} {v:.4g}" for k, v in mistake.scores.items() if k != "file")
            what = f"{mistake.grade} {mistake.known} in" if mistake.grade else "missed"
            print(f"    [{number}] {what} {mistake.seen}: {scores or 'not in question'}")


def _wrongness(numbered: tuple[int, Mistake]) -> tuple[int, float]:
    _, mistake = numbered
    rank = mistake.grade.rank if mistake.grade else -1
    return rank, mistake.scores.get("run", 0.0)


def _cell(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return ""
    mean = statistics.fmean(known)
    if len(known) == 1:
        return f"{mean:.4f}     "
    return f"{mean:.4f}~{statistics.stdev(known):.3f}".replace("~0.", "~.")
