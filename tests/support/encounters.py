"""Encounters as a patient-record generator exports them; made up, seeded.

Built otherwise than the demo's clinic and harder to tell apart: no form, few names, rounded
values, short texts. Households share surname and address; every document of a person carries
the history of those before it forward; many documents are of one day, by one doctor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random

from tests.support import encounter_tables as tables

_FIRST_DAY = date(2012, 1, 9)
_BATCH_DAYS = tuple(_FIRST_DAY + timedelta(days=91 * n) for n in range(48))
"""Days on which half of all encounters are: vaccination and recall days."""


@dataclass(frozen=True, slots=True)
class Patient:
    """Somebody who does not exist."""

    given: str
    family: str
    born: date
    gender: str
    origin: str
    address: str
    doctor: str
    facts: tuple[str, ...]
    """Sentences of the social history."""
    allergies: tuple[str, ...]

    def age(self, day: date) -> int:
        return (day - self.born).days // 365


@dataclass(slots=True)
class _Course:
    """What has come together about a patient so far."""

    day: date
    history: list[tuple[str, date]] = field(default_factory=list)
    medicines: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Document:
    """One exported document."""

    kind: str
    text: str = field(repr=False)


def household(rng: Random) -> list[Patient]:
    """Return one to four people of one surname at one address."""
    address = f"{rng.randrange(100, 1000)} {rng.choice(tables.STREETS)}\n{rng.choice(tables.TOWNS)}"
    family = f"{rng.choice(tables.FAMILY)}{rng.randrange(1, 50)}"
    doctor = rng.choice(tables.DOCTORS)
    return [_patient(rng, family, address, doctor) for _ in range(rng.choice((1, 2, 2, 3, 4)))]


def namesake(who: Patient, rng: Random) -> Patient:
    """Return another person of the same name, doctor, age and origin, elsewhere."""
    other = household(rng)[0]
    return replace(
        other,
        given=who.given,
        family=who.family,
        doctor=who.doctor,
        gender=who.gender,
        origin=who.origin,
        born=who.born + timedelta(days=rng.randrange(1, 300)),
    )


def documents(who: Patient, rng: Random, count: int) -> list[Document]:
    """Return so many documents of one person, in order of time."""
    course = _Course(_FIRST_DAY + timedelta(days=rng.randrange(1500)))
    for _ in range(rng.randrange(5)):
        _learn(course, rng)
    written = []
    for _ in range(count):
        course.day = _later(course.day, rng)
        if rng.random() < 0.4:
            _learn(course, rng)
        kind = rng.choices(list(_KINDS), weights=(8, 4, 3, 2, 2))[0]
        written.append(Document(kind, _KINDS[kind](who, course, rng)))
    return written


def _patient(rng: Random, family: str, address: str, doctor: str) -> Patient:
    return Patient(
        given=f"{rng.choice(tables.GIVEN)}{rng.randrange(1, 100)}",
        family=family,
        born=date(1932, 1, 1) + timedelta(days=rng.randrange(80 * 365)),
        gender=rng.choice(("male", "female")),
        origin=rng.choice(tables.ORIGINS),
        address=address,
        doctor=doctor if rng.random() < 0.8 else rng.choice(tables.DOCTORS),
        facts=(
            f"Patient is {rng.choice(tables.MARITAL)}. Patient {rng.choice(tables.SMOKING)}.",
            f"Patient comes from a {rng.choice(tables.INCOME)} socioeconomic background.",
            f"Patient {rng.choice(tables.SCHOOL)}.",
            f"Patient currently has {rng.choice(tables.PAYERS)}.",
        ),
        allergies=tuple(rng.sample(tables.ALLERGIES, rng.choice((0, 0, 0, 1, 3)))),
    )


def _later(day: date, rng: Random) -> date:
    after = day + timedelta(days=rng.randrange(14, 400))
    return min(_BATCH_DAYS, key=lambda batch: abs(batch - after)) if rng.random() < 0.5 else after


def _learn(course: _Course, rng: Random) -> None:
    condition = rng.choice(tables.CHRONIC)
    if condition not in dict(course.history):
        course.history.append((condition, course.day))
    medicine = rng.choice(tables.MEDICINES)
    if medicine not in course.medicines and rng.random() < 0.7:
        course.medicines.append(medicine)


def _note(who: Patient, course: _Course, rng: Random) -> str:
    """A clinical note: no surname, no number; history, medicines, plan."""
    problem = rng.choice(sorted(tables.ACUTE))
    symptoms = tables.ACUTE[problem]
    complaints = rng.sample(symptoms, rng.randrange(len(symptoms) + 1))
    history = ", ".join(name for name, _ in course.history)
    known = f" Patient has a history of {history}." if history else ""
    prescribed = rng.sample(tables.MEDICINES, rng.randrange(3))
    return "\n".join((
        f"{course.day:%Y-%m-%d}\n",
        "# Chief Complaint",
        *([f"- {complaint}" for complaint in complaints] or ["No complaints."]),
        "\n# History of Present Illness",
        f"{who.given} is a {who.age(course.day)} year-old {who.origin} {who.gender}.{known}",
        "\n# Social History",
        *who.facts,
        "\n# Allergies",
        ", ".join(who.allergies) or "No Known Allergies.",
        "\n# Medications",
        "; ".join(course.medicines) or "No Active Medications.",
        "\n# Assessment and Plan",
        f"Patient is presenting with {problem}.",
        "\n## Plan",
        "The following procedures were conducted:",
        *(f"- {p}" for p in rng.sample(tables.PROCEDURES, rng.randrange(1, 4))),
        *(["The patient was prescribed the following medications:"] if prescribed else []),
        *(f"- {medicine}" for medicine in prescribed),
    )) + "\n"  # fmt: skip


def _summary(who: Patient, course: _Course, rng: Random) -> str:
    """A visit as text: header, coded conditions with dates, medicines, values."""
    return "\n".join((
        tables.CLINIC,
        f"{who.given} {who.family}",
        "=" * 24,
        f"Age:                 {who.age(course.day)}",
        f"Gender:              {who.gender}",
        f"Birth Date:          {who.born:%Y-%m-%d}",
        f"Address:             {' '.join(who.address.splitlines())}",
        f"Provider:            {who.doctor}",
        f"Encounter Date:      {course.day:%Y-%m-%d}",
        "-" * 60,
        "CONDITIONS:",
        *(f"  {day:%Y-%m-%d} -            : {name}" for name, day in course.history),
        "-" * 60,
        "MEDICATIONS:",
        *(f"  {course.day:%Y-%m-%d}[CURRENT] : {medicine}" for medicine in course.medicines),
        "-" * 60,
        "OBSERVATIONS:",
        *_values(tables.VITALS, rng, 5, 9),
    )) + "\n"  # fmt: skip


def _results(who: Patient, course: _Course, rng: Random) -> str:
    """A panel of rounded values."""
    return "\n".join((
        tables.CLINIC,
        f"Results for {who.given} {who.family}, born {who.born:%Y-%m-%d}, {who.gender}",
        f"Collected {course.day:%Y-%m-%d}, requested by {who.doctor}",
        *_values(tables.LABS, rng, 6, 15),
        "All values have been checked by the laboratory. Please discuss them with your provider.",
    )) + "\n"  # fmt: skip


def _vaccination(who: Patient, course: _Course, rng: Random) -> str:
    """Some thirty words, given to dozens on the same day."""
    return (
        f"{tables.CLINIC}\nImmunization record\nPatient: {who.given} {who.family}, "
        f"{who.age(course.day)} years, {who.gender}\nGiven {course.day:%Y-%m-%d} by {who.doctor}: "
        f"{rng.choice(tables.VACCINES)}, left deltoid. No reaction after fifteen minutes.\n"
    )


def _vitals(who: Patient, course: _Course, rng: Random) -> str:
    """Some thirty words: a line a value."""
    return "\n".join((
        f"{who.given} {who.family} {course.day:%Y-%m-%d} vital signs",
        *_values(tables.VITALS, rng, 4, 7),
    )) + "\n"  # fmt: skip


def _values(
    table: dict[str, tuple[str, int, int]], rng: Random, least: int, most: int
) -> list[str]:
    names = rng.sample(sorted(table), min(len(table), rng.randrange(least, most)))
    return [f"  - {n:<40} {rng.randrange(table[n][1], table[n][2])} {table[n][0]}" for n in names]


_KINDS: dict[str, Callable[[Patient, _Course, Random], str]] = {
    "note": _note,
    "summary": _summary,
    "results": _results,
    "vaccination": _vaccination,
    "vitals": _vitals,
}
