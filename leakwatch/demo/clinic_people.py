"""People of the made-up clinic: who they are, always the same for the same seed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from leakwatch.demo import clinic_data as data
from leakwatch.demo import clinic_words as words

_NHI_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # without I and O, as in real ones
_LATEST = date(2026, 10, 30)


@dataclass(frozen=True, slots=True)
class Practice:
    """A clinic that writes documents."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who does not exist."""

    given: str
    family: str
    nhi: str
    """``Z``, two letters, four digits: the range set aside for tests."""
    born: date
    address: str
    phone: str
    job: str
    kin: str
    allergies: str

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}"


def person(seed: int, number: int, *, series: str) -> Person:
    """Return person ``number`` of a series; no two of a series and seed share an NHI.

    Every fourth lives with the person before, and bears their family name.

    Args:
        seed: of the whole clinic.
        number: from 0; below 240,000.
        series: one letter, the second of the NHI: keeps the clinics apart.
    """
    rng = Random(f"{series}/{seed}/{number}")  # noqa: S311 - made-up people, not keys
    family = rng.choice(words.FAMILY)
    town = rng.choice(data.TOWNS)
    street = f"{rng.choice(data.STREETS)} {rng.choice(data.STREET_KINDS)}"
    kin_name = f"{rng.choice(words.GIVEN)} {rng.choice((family, rng.choice(words.FAMILY)))}"
    who = Person(
        given=rng.choice(words.GIVEN),
        family=family,
        nhi=_nhi(seed, number, series),
        born=_LATEST - timedelta(days=rng.randint(2 * 365, 92 * 365)),
        address=f"{rng.randint(1, 240)} {street}, {town}",
        phone=f"02{rng.randint(0, 9)} 555 {rng.randint(0, 9999):04d}",
        job=rng.choice(words.OCCUPATIONS),
        kin=f"{kin_name} ({rng.choice(words.RELATIVES)})",
        allergies=rng.choice(data.ALLERGIES),
    )
    if number % 4 < 3:
        return who
    other = person(seed, number - 1, series=series)
    return replace(who, family=other.family, address=other.address, phone=other.phone)


def head(who: Person, practice: Practice, day: date, kind: str) -> list[str]:
    """Return the lines that stand over most documents."""
    return [
        f"{practice.name}, {practice.address}",
        f"{kind}, {day:%d/%m/%Y}",
        f"{who.name}   NHI {who.nhi}   DOB {who.born:%d/%m/%Y}   Ph {who.phone}",
    ]


def some_date(rng: Random, who: Person) -> date:
    """Return a day on which the clinic could have written something about somebody."""
    after = max(date(2019, 2, 1), who.born + timedelta(days=30))
    return after + timedelta(days=rng.randrange((_LATEST - after).days))


def _nhi(seed: int, number: int, series: str) -> str:
    size = len(_NHI_LETTERS) * 10_000
    offset = Random(f"nhi/{series}/{seed}").randrange(size)  # noqa: S311 - as above
    place = (offset + number * 7919) % size  # 7919 shares no factor with the size: no repeats
    return f"Z{series}{_NHI_LETTERS[place // 10_000]}{place % 10_000:04d}"
