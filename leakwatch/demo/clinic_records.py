"""Documents of the made-up clinic that a machine fills in: lists, letters, cards, bills.

Every phrase in them is everybody's; only the combination of values is one person's.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from leakwatch.demo import clinic_data as data
from leakwatch.demo import clinic_forms as forms
from leakwatch.demo.clinic_people import Person, Practice, head

_MEDICINES = sorted({medicine for complaint in data.COMPLAINTS for medicine in complaint.medicines})


def medication_list(rng: Random, who: Person, practice: Practice, day: date) -> tuple[str, str]:
    """What somebody takes, a line a medicine."""
    lines = [*head(who, practice, day, "Current medication list"), f"Address: {who.address}", ""]
    for medicine in rng.sample(_MEDICINES, rng.randint(2, 8)):
        since = day - timedelta(days=rng.randrange(2000))
        lines.append(f"{medicine:<34}{rng.choice(data.DIRECTIONS)}; since {since:%m/%Y}")
    return _text(lines, f"Allergies: {who.allergies}", forms.MEDICATION_NOTICE)


def problem_list(rng: Random, who: Person, practice: Practice, day: date) -> tuple[str, str]:
    """What somebody has had, with the year of each."""
    lines = [*head(who, practice, day, "Problem list"), "", "Long term:"]
    lines += (
        f"  {rng.randint(who.born.year, day.year)}  {problem}"
        for problem in rng.sample(data.LONG_TERM, rng.randint(1, 5))
    )
    lines += ["", "Other:"]
    for complaint in rng.sample(data.COMPLAINTS, rng.randint(1, 3)):
        lines.append(f"  {day - timedelta(days=rng.randrange(900)):%m/%Y}  {complaint.name}")
    measures = f"Weight {rng.randint(48, 128)} kg, blood pressure {rng.randint(104, 168)}/{rng.randint(58, 98)}"
    return _text(lines, measures, f"Allergies: {who.allergies}")


def immunisations(rng: Random, who: Person, practice: Practice, day: date) -> tuple[str, str]:
    """A card of vaccinations, most of them given to many on one day of the year."""
    lines = [*head(who, practice, day, "Immunisation record"), ""]
    for year in sorted(rng.sample(range(2004, day.year + 1), rng.randint(1, 7))):
        given = date(year, 4, 12) if rng.random() < 0.7 else date(year, rng.randint(1, 12), 3)
        lines.append(
            f"{given:%d/%m/%Y}  {rng.choice(data.VACCINES):<30} batch {rng.choice('ABKT')}"
            f"{year % 100:02d}{rng.randint(1, 9)}  {rng.choice(('left', 'right'))} arm"
        )
    return _text(lines, "", f"Given by {rng.choice(data.CLINICIANS)}", forms.IMMUNISATION_NOTICE)


def appointment(rng: Random, who: Person, practice: Practice, day: date) -> tuple[str, str]:
    """A letter with a time and a place."""
    specialist, service = data.SPECIALISTS[rng.choice(sorted(data.SPECIALISTS))]
    hour = f"{rng.randint(8, 16)}.{rng.choice(('00', '10', '20', '30', '40', '50'))}"
    seen = day + timedelta(days=rng.randint(10, 120))
    lines = [
        *head(who, practice, day, "Appointment"),
        who.address,
        "",
        f"Dear {who.name},",
        "",
        *textwrap.wrap(
            f"An appointment has been made for you with {specialist}, {service}, on "
            f"{seen:%A %d %B %Y} at {hour}, level {rng.randint(1, 6)}, Te Awaiti Hospital.",
            84,
        ),
    ]
    return _text(lines, "", forms.APPOINTMENT_NOTICE)


def invoice(rng: Random, who: Person, practice: Practice, day: date) -> tuple[str, str]:
    """A bill: a few items from the price list, and their sum."""
    lines = [
        *head(who, practice, day, "Tax invoice"),
        f"{who.address}",
        f"Invoice {rng.randint(10_000, 99_999)}",
        "",
    ]
    total = 0.0
    for item, price in rng.sample(data.PRICES, rng.randint(1, 3)):
        total += price
        lines.append(f"{item:<46}{price:>8.2f}")
    return _text([*lines, f"{'Total, GST included':<46}{total:>8.2f}"], "", forms.INVOICE_NOTICE)


def referral_form(rng: Random, who: Person, practice: Practice, day: date) -> tuple[str, str]:
    """The request form for specialists, filled in with a few words a field."""
    complaint = rng.choice(data.COMPLAINTS)
    urgency = rng.choice(("within a week", "within a month", "routine"))
    filled = forms.REFERRAL_FORM.format(
        label=f"{who.name}, NHI {who.nhi}, {who.born:%d/%m/%Y}",
        service=data.SPECIALISTS[complaint.specialty][1],
        urgency=urgency,
        reason=f"{complaint.name}, for {rng.randint(2, 30)} weeks",
        findings=rng.choice(("see letter", "none of note", "tender, no swelling", "as before")),
        treatment=rng.choice(complaint.medicines),
        allergies=who.allergies,
        interpreter=rng.choice(("no", "no", "no", "yes, Samoan", "yes, Mandarin", "yes, Tongan")),
        referrer=f"{rng.choice(data.CLINICIANS)}, {practice.name}, {day:%d/%m/%Y}",
    )
    return "txt", filled


def _text(lines: Sequence[str], *more: str) -> tuple[str, str]:
    return "txt", "\n".join([*lines, *more]) + "\n"
