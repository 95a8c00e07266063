"""Generated documents by role: no person, and no household, has two."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.bench.accuracy_data import Roles, Text, once
from tests.bench.accuracy_measure import SEED
from tests.support.patients import documents, patient


def generated(name: str, number: int) -> Roles:
    """Return one division's documents, made anew."""
    return GENERATORS[name](number)


def _patients(number: int) -> Roles:
    rng = random.Random(f"{SEED}/patients/{number}")
    sizes = {"known": 150, "background": 60, "negative": 75}
    roles = {}
    for role, people in sizes.items():
        written = [documents(patient(rng), rng, rng.randrange(4, 14)) for _ in range(people)]
        texts = (
            Text(f"{role} {who}/{nth}", text, f"{role} {who}")
            for who, theirs in enumerate(written)
            for nth, text in enumerate(theirs)
        )
        roles[role] = once(texts)
    return Roles(**roles)


GENERATORS: dict[str, Callable[[int], Roles]] = {"patients": _patients}
