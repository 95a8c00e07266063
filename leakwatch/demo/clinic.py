"""The made-up clinic whose files are stolen in the demo.

The same seed gives the same files to the byte, and person ``n`` is the same
however many people there are. Nobody in it exists, and no number in it is
anybody's: identifiers are from the range set aside for tests.

``generate`` is what is stolen. ``background`` is what is not: blank forms,
leaflets, and other clinics' documents on the same templates about other people.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from leakwatch.demo import clinic_data as tables
from leakwatch.demo import clinic_forms as forms
from leakwatch.demo import clinic_prose as prose
from leakwatch.demo import clinic_records as records
from leakwatch.demo.clinic_people import Person, Practice, person, some_date

KERERU = Practice(tables.CLINIC, tables.CLINIC_ADDRESS)

_WRITERS: tuple[tuple[str, prose.Writer, int, int], ...] = (
    ("consultation", prose.consultation, 1, 4),
    ("referral", prose.referral, 0, 1),
    ("discharge", prose.discharge, 0, 1),
    ("laboratory", prose.laboratory, 0, 2),
    ("prescription", prose.prescription, 0, 2),
    ("enrolment", prose.enrolment, 1, 1),
    ("medication", records.medication_list, 0, 1),
    ("problems", records.problem_list, 0, 1),
    ("immunisation", records.immunisations, 0, 1),
    ("appointment", records.appointment, 0, 1),
    ("invoice", records.invoice, 0, 1),
    ("specialist-request", records.referral_form, 0, 1),
)
"""Category, writer, least and most documents of one person."""


@dataclass(frozen=True, slots=True)
class ClinicFile:
    """One file of a clinic."""

    path: str
    """Relative, separated by ``/``; unique in its clinic."""
    subject: str
    """Token of the person it is about; empty for forms and leaflets."""
    category: str
    data: bytes = field(repr=False)

    @property
    def text(self) -> str:
        return self.data.decode("utf-8")


def generate(seed: int, people: int = 60) -> Iterator[ClinicFile]:
    """Yield the clinic's files: some nine of each person, then its blank forms."""
    for number in range(people):
        rng = Random(f"kereru/{seed}/{number}")  # noqa: S311 - made-up documents, not keys
        yield from record(rng, person(seed, number, series="A"), KERERU, number)
    yield from blank_forms(KERERU)


def background(seed: int, people: int = 60) -> Iterator[ClinicFile]:
    """Yield what was not stolen: forms, leaflets, other people's records elsewhere."""
    yield from blank_forms(KERERU)
    for name, text in forms.LEAFLETS.items():
        yield ClinicFile(f"leaflets/{name}", "", "leaflet", text.encode())
    practices = [Practice(*facts) for facts in tables.OTHER_CLINICS]
    for number in range(people):
        rng = Random(f"elsewhere/{seed}/{number}")  # noqa: S311 - as above
        practice = practices[number % len(practices)]
        yield from record(rng, person(seed, number, series="Y"), practice, number)


def record(rng: Random, who: Person, practice: Practice, number: int) -> Iterator[ClinicFile]:
    """Yield every file about one person."""
    subject = f"person-{number:05d}"
    for category, writer, least, most in _WRITERS:
        for nth in range(rng.randint(least, most)):
            day = some_date(rng, who)
            suffix, text = writer(rng, who, practice, day)
            name = f"{day:%Y%m%d}_{who.family}_{who.nhi}_{nth}.{suffix}"
            yield ClinicFile(f"{category}/{day:%Y}/{name}", subject, category, text.encode())


def blank_forms(practice: Practice) -> Iterator[ClinicFile]:
    """Yield the forms as printed, about nobody."""
    blank = forms.ENROLMENT_FORM.format(
        clinic=practice.name,
        clinic_address=practice.address,
        **dict.fromkeys(forms.ENROLMENT_FIELDS, forms.BLANK_LINE),
    )
    request = forms.REFERRAL_FORM.format(**dict.fromkeys(forms.REFERRAL_FIELDS, forms.BLANK_LINE))
    for name, text in (
        ("enrolment", blank),
        ("specialist-request", request),
        ("minor-procedure-consent", forms.CONSENT_FORM),
        ("repeat-prescription", forms.REPEAT_FORM),
    ):
        yield ClinicFile(f"forms/{name}.txt", "", "form", text.encode())


def write(directory: Path, files: Iterable[ClinicFile]) -> int:
    """Write the files below the directory, which is made; return how many."""
    count = 0
    for file in files:
        target = directory / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.data)
        count += 1
    return count


def labels_csv(files: Iterable[ClinicFile]) -> str:
    """Return the ``--labels`` file: ``path,subject,category``; files about nobody left out."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(("path", "subject", "category"))
    rows.writerows((f.path, f.subject, f.category) for f in files if f.subject)
    return out.getvalue()


def excerpt(file: ClinicFile, words: int, *, seed: int = 0) -> str:
    """Return some successive words of a file, as somebody might quote them.

    The head (clinic, name, number) is passed over where the file is long
    enough: people quote the story, not the letterhead.
    """
    found = file.text.split()
    first = min(20, max(0, len(found) - words))
    last = max(first, len(found) - words)
    start = Random(f"excerpt/{seed}/{file.path}").randint(first, last)  # noqa: S311 - as above
    return " ".join(found[start : start + words])
