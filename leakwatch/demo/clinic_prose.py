"""Documents of the made-up clinic: one function a kind, text in, text out.

Two sorts, as in real records: notes and letters that somebody wrote, which
differ sentence by sentence, and documents that a machine filled in, where every
phrase is common and only the combination is one person's.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Sequence
from datetime import date
from html import escape
from random import Random

from leakwatch.demo import clinic_data as data
from leakwatch.demo import clinic_words as words
from leakwatch.demo.clinic_forms import ENROLMENT_FORM
from leakwatch.demo.clinic_people import Person, Practice, head

_BEFORE_VOWEL = re.compile(r"\b([Aa]) (?=[aeiou])")
Writer = Callable[[Random, Person, Practice, date], tuple[str, str]]
"""Returns the file's suffix and its text."""


def consultation(rng: Random, who: Person, practice: Practice, day: date) -> tuple[str, str]:
    """A note that a clinician typed: prose that is nobody else's."""
    complaint = rng.choice(data.COMPLAINTS)
    parts = (
        ("S", [*_some(rng, complaint.story, 1, 3), *_told(rng, 4, 8)]),
        ("O", _some(rng, complaint.examination, 2, 3)),
        ("A", [f"{complaint.name}."]),
        ("P", [*_some(rng, complaint.plan, 1, 2), f"{rng.choice(complaint.medicines)} given."]),
    )
    lines = [*head(who, practice, day, "Consultation"), ""]
    for letter, sentences in parts:
        text = " ".join(_filled(rng, sentence) for sentence in sentences)
        lines += textwrap.wrap(f"{letter}: {text}", 84, subsequent_indent="   ")
    lines += ["", rng.choice(data.CLINICIANS)]
    return "txt", "\n".join(lines) + "\n"


def referral(rng: Random, who: Person, practice: Practice, day: date) -> tuple[str, str]:
    """A letter to a specialist: a template around a page of prose, as HTML."""
    complaint = rng.choice(data.COMPLAINTS)
    specialist, service = data.SPECIALISTS[complaint.specialty]
    title, _, surname = specialist.split()
    story = [_filled(rng, s) for s in (*_some(rng, complaint.story, 2, 3), *_told(rng, 3, 6))]
    findings = [_filled(rng, s) for s in _some(rng, complaint.examination, 2, 3)]
    body = (
        f"<p>{specialist}<br>{service}</p>"
        f"<p>{day:%d %B %Y}</p>"
        f"<p><b>Re: {escape(who.name)}, NHI {who.nhi}, born {who.born:%d/%m/%Y}, "
        f"{escape(who.address)}</b></p>"
        f"<p>Dear {title} {surname},</p>"
        f"<p>Thank you for seeing this {_age(who, day)}-year-old {escape(who.job)} with "
        f"{complaint.name.lower()}.</p>"
        f"<p>{escape(' '.join(story))}</p><p>{escape(' '.join(findings))}</p>"
        f"<p>Current medicines: {escape(', '.join(_some(rng, complaint.medicines, 1, 3)))}. "
        f"Allergies: {escape(who.allergies)}.</p>"
        "<p>I would be grateful for your opinion on further management.</p>"
        f"<p>Yours sincerely,<br>{rng.choice(data.CLINICIANS)}<br>{escape(practice.name)}</p>"
    )
    return "html", _page(f"Referral {who.nhi}", body)


def discharge(rng: Random, who: Person, practice: Practice, day: date) -> tuple[str, str]:
    """A hospital's summary: fields with some prose between them."""
    complaint = rng.choice(data.COMPLAINTS)
    nights = rng.randint(1, 9)
    course = [*_some(rng, (*complaint.story, *complaint.examination), 2, 4), *_told(rng, 1, 3)]
    lines = [
        "TE AWAITI HOSPITAL - DISCHARGE SUMMARY",
        f"Patient:      {who.family.upper()}, {who.given}     NHI: {who.nhi}",
        f"Born:         {who.born:%d/%m/%Y}   Address: {who.address}",
        f"Discharged:   {day:%d/%m/%Y} after {nights} nights, ward {rng.randint(1, 14)}",
        f"Copy to:      {practice.name}",
        "",
        f"Diagnosis:    {complaint.name}",
        "Course:",
        *textwrap.wrap(
            " ".join(_filled(rng, s) for s in course),
            80,
            initial_indent="  ",
            subsequent_indent="  ",
        ),
        "Medicines on discharge:",
        *(f"  - {m}: {rng.choice(data.DIRECTIONS)}" for m in complaint.medicines),
        "Follow-up:",
        f"  {_filled(rng, rng.choice(complaint.plan))}",
        f"Allergies:    {who.allergies}",
    ]
    return "txt", "\n".join(lines) + "\n"


def laboratory(rng: Random, who: Person, practice: Practice, day: date) -> tuple[str, str]:
    """A report that a machine filled in: only the numbers are a person's."""
    panels = rng.sample(sorted(data.PANELS), rng.choice((1, 1, 2, 3)))
    title = ", ".join(panels)
    rows = [_measured(rng, test) for panel in panels for test in data.PANELS[panel]]
    specimen = f"{day:%y%m%d}-{rng.randint(1000, 9999)}"
    if rng.random() < 0.5:
        top = head(who, practice, day, f"Laboratory report: {title}")
        table = [f"{n:<26}{v:>8} {f:<2}{u:<16}{r}" for n, v, f, u, r in rows]
        return "txt", "\n".join([*top, f"Specimen: {specimen}", "", *table]) + "\n"
    cells = "".join(
        "<tr>" + "".join(f"<td>{escape(c)}</td>" for c in row) + "</tr>" for row in rows
    )
    body = (
        f"<h1>{title}</h1><p>{escape(who.name)}, NHI {who.nhi}, born {who.born:%d/%m/%Y}</p>"
        f"<p>Requested by {escape(practice.name)}. Specimen {specimen}, {day:%d/%m/%Y}</p>"
        "<table><tr><th>Test</th><th>Result</th><th></th><th>Unit</th><th>Range</th></tr>"
        f"{cells}</table><p>Results outside the range are marked L or H.</p>"
    )
    return "html", _page(f"Laboratory {specimen}", body)


def _measured(rng: Random, test: data.Analyte) -> tuple[str, str, str, str, str]:
    """Return one row: test, value, flag, unit, reference range."""
    spread = test.high - test.low
    value = max(0.0, rng.uniform(test.low - 0.15 * spread, test.high + 0.3 * spread))
    value = round(value, test.decimals)
    flag = "L" if value < test.low else "H" if value > test.high else ""
    limits = f"{test.low:g} - {test.high:g}"
    return test.name, f"{value:.{test.decimals}f}", flag, test.unit, limits


def prescription(rng: Random, who: Person, practice: Practice, day: date) -> tuple[str, str]:
    """A prescription: short, and alike for everybody but in its fields."""
    medicines = rng.sample(sorted({m for c in data.COMPLAINTS for m in c.medicines}), 3)
    lines = [*head(who, practice, day, "Prescription"), f"Address: {who.address}", ""]
    for medicine in medicines[: rng.randint(1, 3)]:
        lines += [
            f"Rx {medicine}",
            f"   {rng.choice(data.DIRECTIONS)}",
            f"   Quantity {rng.choice((20, 30, 60, 90))}, repeats {rng.randint(0, 3)}",
        ]
    lines += ["", f"Prescriber: {rng.choice(data.CLINICIANS)}"]
    return "txt", "\n".join(lines) + "\n"


def enrolment(rng: Random, who: Person, practice: Practice, day: date) -> tuple[str, str]:
    """The clinic's enrolment form, filled in."""
    complaint = rng.choice(data.COMPLAINTS)
    filled = ENROLMENT_FORM.format(
        clinic=practice.name,
        clinic_address=practice.address,
        family=who.family.upper(),
        given=who.given,
        nhi=who.nhi,
        born=f"{who.born:%d/%m/%Y}",
        address=who.address,
        phone=who.phone,
        job=who.job,
        kin=who.kin,
        allergies=who.allergies,
        medicines=", ".join(_some(rng, complaint.medicines, 0, 2)) or "none",
        smokes=rng.choice(("never", "stopped", "yes, about ten a day")),
        signed=who.name,
        date=f"{day:%d/%m/%Y}",
    )
    return "txt", filled


def _page(title: str, body: str) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title></head>\n<body>\n{body}\n</body></html>\n"
    ).replace("</p>", "</p>\n")


def _some(rng: Random, options: Sequence[str], least: int, most: int) -> list[str]:
    return rng.sample(options, min(len(options), rng.randint(least, most)))


def _told(rng: Random, least: int, most: int) -> list[str]:
    """Return what the patient tells: mostly their own talk, some of it everybody's."""
    told = [
        rng.choice(words.TALK if rng.random() < 0.7 else words.LIFE)
        for _ in range(rng.randint(least, most))
    ]
    return list(dict.fromkeys(told))


def _age(who: Person, day: date) -> int:
    return max(1, (day - who.born).days // 365)


def _filled(rng: Random, sentence: str) -> str:
    """Return the sentence with every slot filled."""
    verb = rng.choice(words.VERBS)
    systolic, diastolic, peak = rng.randint(104, 168), rng.randint(58, 98), rng.randint(180, 480)
    filled = sentence.format(
        duration=rng.choice(words.DURATIONS),
        activity=rng.choice(words.ACTIVITIES),
        place=rng.choice(words.PLACES),
        relative=rng.choice(words.RELATIVES),
        side=rng.choice(words.SIDES),
        town=rng.choice(data.TOWNS),
        job=rng.choice(words.OCCUPATIONS),
        month=rng.choice(words.MONTHS),
        name=rng.choice(words.GIVEN),
        noun=rng.choice(words.NOUNS),
        noun2=rng.choice(words.NOUNS),
        adjective=rng.choice(words.ADJECTIVES),
        adjective2=rng.choice(words.ADJECTIVES),
        verb=verb,
        verb_first=verb.capitalize(),
        count=rng.randint(2, 12),
        level=rng.randint(2, 5),
        degrees=rng.randrange(30, 130, 5),
        rib=rng.randint(4, 9),
        size=rng.randint(2, 9),
        kilos=rng.randint(3, 12),
        hours=rng.randint(2, 6),
        hour=f"{rng.randint(2, 5)}.{rng.choice(('00', '15', '30', '45'))} am",
        score=rng.randint(5, 19),
        score_before=rng.randint(15, 26),
        saturation=rng.randint(91, 99),
        peak=peak,
        peak_best=peak + rng.randrange(20, 160, 10),
        low=f"{rng.uniform(4, 8):.1f}",
        high=f"{rng.uniform(9, 19):.1f}",
        weight=f"{rng.uniform(48, 131):.1f}",
        temperature=f"{rng.uniform(36.1, 38.6):.1f}",
        systolic=systolic,
        systolic_high=systolic + rng.randint(8, 30),
        systolic_low=systolic - rng.randint(2, 18),
        diastolic=diastolic,
        pulse=rng.randint(52, 104),
        year_then=rng.randint(1994, 2018),
        age_then=rng.randint(3, 30),
        age_then2=rng.randint(31, 80),
    )
    return _BEFORE_VOWEL.sub(r"\1n ", filled)
