"""How likely a listing of unrelated files agrees with the known ones by accident.

Every line i of an unrelated listing agrees with some known file with a
probability of at most p_i, lines independently. Some did agree; each is worth
-ln p_i, and W is the sum of that. Chernoff's bound says how rarely so much
comes together: for any t in (0, 1]

    P(W >= w)  <=  exp(-t w) * prod over all lines of (1 - p_i + p_i ** (1 - t))

and the least value over t is taken. For equal p it is the usual bound of the
binomial tail. It holds for any n, weighs a telling line more than a generic
one, and errs to the safe side only: accidents are rarer than it says.

Source: H. Chernoff, Ann. Math. Statist. 23 (1952) 493; the bound on sums of
independent, unequal variables as in W. Hoeffding, JASA 58 (1963) 13.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leakwatch.model.match import Grade

Chances = NDArray[np.float64]

LOOKS = 5
"""Ways a listing is looked at: roots, checksums, names with sizes (with the folder and
without), names. The best is told, so each one's chance is multiplied by their number."""
LEAST = 1e-300
"""No chance is told as nought."""
CEILINGS = ((Grade.CONCLUSIVE, 1e-6), (Grade.PROBABLE, 1e-4), (Grade.POSSIBLE, 1e-2))
"""A grade is not given where accident is as likely as this."""

_STEPS_PER_OCTAVE = 8
_TILTS = np.concatenate([np.linspace(0.0, 1.0, 101), [1.25, 1.5, 2.0, 3.0, 5.0]])


def accident(shown: Chances, agreed: Chances) -> float:
    """Return an upper bound of the chance that so much agrees, in (0, 1].

    Args:
        shown: float64, p_i of every line that could have agreed, those that did included.
        agreed: float64, p_i of those that did.
    """
    agreed = _coarse(agreed[agreed > 0])
    shown, counts = np.unique(_coarse(shown[shown > 0]), return_counts=True)
    weight = float(-np.log(agreed).sum())
    if weight <= 0:
        return 1.0
    # log(1 - p + p ** (1 - t)) for every p (row) and t (column).
    powers = np.exp(np.log(shown)[:, None] * (1.0 - _TILTS))
    growth = counts @ np.log1p(powers - shown[:, None])
    exponent = float((growth - _TILTS * weight).min())
    return min(1.0, max(LEAST, LOOKS * math.exp(exponent)))


def _coarse(chances: Chances) -> Chances:
    """Round up to an eighth of an octave: few distinct values, and never too small."""
    octaves = np.ceil(np.log2(np.minimum(chances, 1.0)) * _STEPS_PER_OCTAVE) / _STEPS_PER_OCTAVE
    rounded: Chances = np.exp2(octaves)
    return rounded


def capped(grade: Grade, chance: float) -> Grade | None:
    """Return the highest grade, ``grade`` at most, that this chance of accident leaves."""
    return next((g for g, ceiling in CEILINGS if g <= grade and chance < ceiling), None)


def said(chance: float) -> str:
    """Return a chance in plain words."""
    if chance >= 0.1:
        return "often"
    tens = math.floor(-math.log10(chance))
    return f"in less than 1 of {'10' if tens == 1 else f'10^{tens}'} such listings"
