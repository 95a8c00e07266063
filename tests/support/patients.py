"""Documents that machines fill in, about made-up patients of a made-up clinic; seeded.

Every phrase is common to many; only the combination is a person's.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

_GIVEN = [
    "Aroha",
    "Bram",
    "Clove",
    "Daven",
    "Elin",
    "Farro",
    "Gisla",
    "Hamo",
    "Ilka",
    "Jarrod",
    "Kiri",
    "Lomas",
    "Mirel",
    "Nando",
    "Oona",
    "Piri",
    "Quill",
    "Rewa",
    "Sefton",
    "Tane",
]
_FAMILY = [
    "Ashgrove",
    "Birtwell",
    "Copperby",
    "Dunmarsh",
    "Eldermoor",
    "Fenwater",
    "Gorsehill",
    "Heatherby",
    "Ironwood",
    "Juniperson",
    "Kestrelby",
    "Larkmoor",
]
_STREETS = [
    "Made-up Lane",
    "Pretend Road",
    "Nowhere Street",
    "Fable Avenue",
    "Invented Crescent",
    "Fiction Drive",
]
_TESTS = {
    "Haemoglobin": ("g/L", 110, 170), "Sodium": ("mmol/L", 133, 148), "Potassium": ("mmol/L", 33, 54),
    "Creatinine": ("umol/L", 45, 140), "HbA1c": ("mmol/mol", 30, 90), "Ferritin": ("ug/L", 8, 400),
    "TSH": ("mIU/L", 1, 60), "Cholesterol": ("mmol/L", 30, 80), "ALT": ("U/L", 8, 90),
    "Platelets": ("x10^9/L", 120, 460), "White cell count": ("x10^9/L", 3, 16), "CRP": ("mg/L", 1, 80),
}  # fmt: skip
_DRUGS = [
    "Paracetamol 500 mg tablet",
    "Metformin 850 mg tablet",
    "Cilazapril 2.5 mg tablet",
    "Omeprazole 20 mg capsule",
    "Atorvastatin 40 mg tablet",
    "Salbutamol 100 mcg inhaler",
    "Amoxicillin 500 mg capsule",
    "Felodipine 5 mg tablet",
    "Sertraline 50 mg tablet",
    "Warfarin 3 mg tablet",
]
_DOSES = [
    "one daily",
    "one twice daily",
    "two at night",
    "one three times daily with food",
    "when required",
]
_REASONS = [
    "persistent cough",
    "knee pain after a fall",
    "raised blood pressure",
    "a mole that has changed",
    "recurrent headache",
    "abnormal liver tests",
    "hearing loss",
    "a family history of glaucoma",
]
_CLINICS = [
    "Dermatology",
    "Cardiology",
    "Orthopaedics",
    "Respiratory",
    "Neurology",
    "Ophthalmology",
]


@dataclass(frozen=True, slots=True)
class Patient:
    name: str
    number: str
    born: str
    address: str


def patient(rng: random.Random) -> Patient:
    """Return a patient nobody is."""
    return Patient(
        f"{rng.choice(_GIVEN)} {rng.choice(_FAMILY)}",
        "".join(rng.choices("ABCDEFGHJKLMNPQRSTUVWXYZ", k=3)) + f"{rng.randrange(10**4):04}",
        _date(rng, 1930, 2015),
        f"{rng.randrange(1, 300)} {rng.choice(_STREETS)}, Exampleton",
    )


def documents(who: Patient, rng: random.Random, count: int) -> list[str]:
    """Return so many documents about one patient."""
    kinds: list[Callable[[Patient, random.Random], str]] = [_lab, _referral, _medication]
    return [rng.choice(kinds)(who, rng) for _ in range(count)]


def _date(rng: random.Random, first: int, last: int) -> str:
    return f"{rng.randrange(1, 29):02}/{rng.randrange(1, 13):02}/{rng.randrange(first, last)}"


def _header(who: Patient, rng: random.Random, title: str) -> str:
    return (
        f"EXAMPLETON FAMILY HEALTH CENTRE\n{title}\n\nPatient name: {who.name}\n"
        f"Health number: {who.number}\nDate of birth: {who.born}\nAddress: {who.address}\n"
        f"Date of report: {_date(rng, 2015, 2025)}\n\n"
    )


def _lab(who: Patient, rng: random.Random) -> str:
    rows = []
    for test in rng.sample(sorted(_TESTS), rng.randrange(5, 10)):
        unit, low, high = _TESTS[test]
        value = rng.randrange(low, high)
        flag = rng.choice(["", "", "", " (above reference range)"])
        rows.append(f"{test}: {value} {unit}, reference range {low} to {high} {unit}{flag}")
    end = "Results have been reviewed by the requesting clinician. This report was generated automatically."
    return _header(who, rng, "LABORATORY RESULT") + "\n".join(rows) + f"\n\n{end}\n"


def _referral(who: Patient, rng: random.Random) -> str:
    return (
        _header(who, rng, "REFERRAL FORM")
        + f"Dear colleague, thank you for seeing this patient in the {rng.choice(_CLINICS)} clinic. "
        f"The reason for referral is {rng.choice(_REASONS)}, first noted on {_date(rng, 2015, 2025)}. "
        f"Priority: {rng.choice(['routine', 'semi-urgent', 'urgent'])}. Known allergies: "
        f"{rng.choice(['none known', 'penicillin', 'latex'])}. Smoking status: "
        f"{rng.choice(['never smoked', 'ex-smoker', 'current smoker'])}. "
        f"Current medication: {rng.choice(_DRUGS)} {rng.choice(_DOSES)}. "
        "Please contact the practice if further information is required.\n"
    )


def _medication(who: Patient, rng: random.Random) -> str:
    drugs = rng.sample(_DRUGS, rng.randrange(3, 7))
    lines = [f"{d}, {rng.choice(_DOSES)}, {rng.randrange(1, 4)} repeats" for d in drugs]
    end = "Please bring this list to every appointment and show it to your pharmacist."
    return _header(who, rng, "CURRENT MEDICATION LIST") + "\n".join(lines) + f"\n\n{end}\n"
