"""Generated documents by role.

No household has two roles, but for the hard rows: documents of a stolen person that were not
stolen, of others of that person's household, and of others of that person's name.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from leakwatch.demo import clinic
from leakwatch.demo.clinic_forms import LEAFLETS
from leakwatch.demo.clinic_people import person
from leakwatch.extract.stripped import strip_tags
from tests.bench.accuracy_data import Roles, Text, once
from tests.bench.accuracy_measure import SEED
from tests.support import encounters, patients

SAME_PERSON = "another document of a known person"
SAME_HOUSE = "of somebody in a known household"
SAME_NAME = "of a namesake of a known person"
_KNOWN, _BACKGROUND = 0.5, 0.75
"""Households up to this share of all are stolen; up to this, background."""
_DICTATED = ("consultation", "referral", "discharge")


def generated(name: str, number: int) -> Roles:
    """Return one division's documents, made anew."""
    return GENERATORS[name](random.Random(f"{SEED}/{name}/{number}"))


@dataclass
class _Shelves:
    """Documents as they are dealt out."""

    known: list[Text] = field(default_factory=list)
    background: list[Text] = field(default_factory=list)
    negative: list[Text] = field(default_factory=list)
    others: list[Text] = field(default_factory=list)

    def deal(self, share: float) -> list[Text]:
        """Return the shelf of a household at this share of all."""
        if share < _KNOWN:
            return self.known
        return self.background if share < _BACKGROUND else self.negative

    def roles(self) -> Roles:
        """Return each text once; what is stolen is no stranger's."""
        known = once(self.known)
        stolen = {text.text for text in known}
        return Roles(
            known,
            once(self.background),
            tuple(text for text in once(self.negative) if text.text not in stolen),
            tuple(text for text in once(self.others) if text.text not in stolen),
        )


def _put(shelf: list[Text], person: str, texts: list[str], label: str = "") -> None:
    """Put a person's documents on a shelf."""
    mark = f" {label}" if label else ""
    shelf += [Text(f"{person}/{n}{mark}", text, person, label) for n, text in enumerate(texts)]


def _patients(rng: random.Random) -> Roles:
    shelves, people = _Shelves(), 280
    for number in range(people):
        texts = patients.documents(patients.patient(rng), rng, rng.randrange(4, 14))
        shelf = shelves.deal(number / people)
        if shelf is shelves.known:
            _put(shelves.others, f"{number}", texts[-1:], SAME_PERSON)
            texts = texts[:-1]
        _put(shelf, f"{number}", texts)
    return shelves.roles()


def _encounters(rng: random.Random) -> Roles:
    shelves, households = _Shelves(), 120
    for number in range(households):
        shelf = shelves.deal(number / households)
        for nth, who in enumerate(encounters.household(rng)):
            person = f"{number}.{nth}"
            written = encounters.documents(who, rng, rng.randrange(4, 15))
            texts = [document.text for document in written]
            if shelf is shelves.known and nth == 2:
                _put(shelves.others, person, texts, SAME_HOUSE)
                continue
            if shelf is shelves.known:
                _put(shelves.others, person, texts[-1:], SAME_PERSON)
                texts = texts[:-1]
                other = encounters.documents(encounters.namesake(who, rng), rng, 3)
                _put(shelves.others, person, [d.text for d in other], SAME_NAME)
            _put(shelf, person, texts)
    return shelves.roles()


def _clinic(rng: random.Random) -> Roles:
    """Return what the demo's clinic fills in, on its own forms, for all roles."""
    shelves, people, seed = _Shelves(), 400, rng.randrange(1000)
    forms = [file.text for file in clinic.blank_forms(clinic.KERERU)]
    _put(shelves.background, "forms", [*forms, *LEAFLETS.values()])
    for number in range(people):
        shelf = shelves.deal(number // 4 * 4 / people)
        texts = _filled_in(rng, seed, number)
        if shelf is shelves.known and number % 8 == 7:
            _put(shelves.others, f"{number}", texts, SAME_HOUSE)
            continue
        if shelf is shelves.known:
            _put(shelves.others, f"{number}", texts[-1:], SAME_PERSON)
            texts = texts[:-1]
        _put(shelf, f"{number}", texts)
    return shelves.roles()


def _filled_in(rng: random.Random, seed: int, number: int) -> list[str]:
    """Return the texts that a machine filled in about one person."""
    files = clinic.record(rng, person(seed, number, series="A"), clinic.KERERU, number)
    return [
        strip_tags(file.text) if file.path.endswith(".html") else file.text
        for file in files
        if file.category not in _DICTATED
    ]


GENERATORS: dict[str, Callable[[random.Random], Roles]] = {
    "patients": _patients,
    "clinic": _clinic,
    "encounters": _encounters,
}
