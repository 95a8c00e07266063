"""Blank forms, and forms that strangers filled in, beside copies of them that were stolen."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from leakwatch.corpus.calibration import Calibration
from tests.bench import distort
from tests.bench.accuracy_data import Roles, Text
from tests.bench.accuracy_finders import build
from tests.bench.accuracy_measure import SEED, Outcome, add_false, measure

COPIES = (1, 3, 8)
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_REPLACED = 0.08
_ADDED = 3


def forms_outcome(
    roles: Roles,
    forms: Sequence[Text],
    *,
    in_background: bool,
    samples: int,
    seed: str,
    calibration: Calibration | None = None,
) -> Outcome:
    """Return what is found of the forms by corpora that hold copies somebody filled in.

    Args:
        roles: the notes; those that are of a form's cluster are left out of the stolen ones.
        forms: blank.
        in_background: whether the blank forms are background.
        samples: filled copies that are looked for, of each number of copies.
        seed: of the filling.
        calibration: in place of the bundle's own.
    """
    where = "in the background" if in_background else "not in the background"
    outcome = Outcome(f"dictated notes and {len(forms)} forms, blank forms {where}")
    taken = {form.group for form in forms}
    own = tuple(text for text in roles.known if text.group not in taken)[:200]
    background = (*roles.background, *(forms if in_background else ()))
    half = len(roles.negative) // 2
    for copies in (0, *COPIES):
        named = f"{copies} stolen {'copy' if copies == 1 else 'copies'}"
        filled = _filled(forms, roles.negative[:half], copies, f"{seed}/stolen")
        known = (*own, *filled)
        finder = build(known, background, calibration=calibration)
        add_false(outcome, finder, f"blank form, {named}", forms)
        theirs = _filled(forms, roles.negative[half:], 3, f"{seed}/strangers")
        add_false(outcome, finder, f"strangers' form, {named}", theirs)
        if filled:
            stolen = Roles(filled, (), ())
            cases = {
                f"copy verbatim, {named}": lambda text, rng: text,
                f"copy OCR 3 %, {named}": lambda text, rng: distort.ocr(text, rng, 0.03),
            }
            measure(outcome, finder, stolen, cases, samples=samples, seed=seed, strange=False)
    return outcome


def _filled(
    forms: Sequence[Text], others: Sequence[Text], copies: int, seed: str
) -> tuple[Text, ...]:
    """Return so many copies of each form, filled with sentences and words of other notes."""
    sentences = [s for text in others for s in _SENTENCE.split(text.text) if 20 < len(s) < 200]
    words = [word for sentence in sentences[:2000] for word in sentence.split()]
    filled = []
    for form in forms:
        for copy in range(copies):
            rng = random.Random(f"{SEED}/{seed}/{form.id}/{copy}")
            lines = [distort.substituted(t, rng, words, _REPLACED) for t in form.text.splitlines()]
            for _ in range(_ADDED):
                lines.insert(rng.randrange(len(lines) + 1), rng.choice(sentences))
            filled.append(Text(f"{form.id}/{copy}", "\n".join(lines), form.group))
    return tuple(filled)
