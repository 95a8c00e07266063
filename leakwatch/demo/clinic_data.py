"""Tables of the made-up clinic: practices, complaints, medicines, tests.

Data only. All of it is invented for leakwatch; nobody here exists. Slots in
braces are filled by ``clinic_prose``.
"""

from __future__ import annotations

from dataclasses import dataclass

CLINIC = "Kererū Street Clinic"
CLINIC_ADDRESS = "12 Kererū Street, Te Awaiti 0000"
OTHER_CLINICS = (
    ("Tūī Road Medical Centre", "88 Tūī Road, Marama Bay 0000"),
    ("Harbour View Family Practice", "5 Jetty Lane, Port Akaroa Nui 0000"),
    ("Rātā Health", "31 Rātā Crescent, Ōhau Flat 0000"),
)

STREETS = (
    "Rimu", "Tōtara", "Beach", "Mill", "Station", "Hīnau", "Victoria", "Kōwhai", "School",
    "Church", "Pūriri", "Domain", "Ferry", "Hill", "Mānuka", "Ridge", "Willow", "Quarry",
    "Bridge", "Kauri",
)  # fmt: skip
STREET_KINDS = ("Street", "Road", "Avenue", "Place", "Crescent", "Lane", "Terrace")
TOWNS = ("Te Awaiti", "Marama Bay", "Ōhau Flat", "Port Akaroa Nui", "Kererū Heights", "Waimārie")
CLINICIANS = (
    "Dr Helen Ngata",
    "Dr Simon Faulkner",
    "Dr Tevita Moala",
    "Dr Anjali Rao",
    "NP Kiri Wharerau",
    "RN Bronwyn Tait",
)
SPECIALISTS = {
    "cardiology": ("Dr Miriam Oldfield", "Cardiology Outpatients"),
    "respiratory": ("Dr Paul Stavros", "Respiratory Clinic"),
    "orthopaedics": ("Mr Rewi Barclay", "Orthopaedic Outpatients"),
    "dermatology": ("Dr Susan Achterberg", "Dermatology"),
    "gastroenterology": ("Dr Kenji Morita", "Gastroenterology and Endoscopy"),
    "neurology": ("Dr Lucinda Farrow", "Neurology Clinic"),
    "mental health": ("Ms Tia Poutama", "Community Mental Health Team"),
    "endocrinology": ("Dr Amir Rostami", "Diabetes and Endocrine Service"),
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """One reason to come, with sentences for each part of a note."""

    name: str
    specialty: str
    story: tuple[str, ...]
    examination: tuple[str, ...]
    plan: tuple[str, ...]
    medicines: tuple[str, ...]


COMPLAINTS = (
    Complaint(
        "Low back pain",
        "orthopaedics",
        (
            "Aching across the low back for {duration}, worse after {activity}.",
            "Something gave way in the {side} side of the back while {activity}; stiff ever since.",
            "Pain shoots into the {side} buttock on coughing, not past the knee.",
        ),
        (
            "Forward bend to mid-shin, tender beside L{level} on the {side}.",
            "Straight leg raise {degrees} degrees on the {side}, reflexes brisk and equal.",
            "Walks on heels and toes without trouble; no numbness in the saddle area.",
        ),
        (
            "Keep moving, heat in the evening, light duties for {count} weeks.",
            "Physiotherapy at {place}; come back sooner if the leg grows weak.",
        ),
        ("Paracetamol 1 g", "Ibuprofen 400 mg", "Nortriptyline 10 mg"),
    ),
    Complaint(
        "Asthma review",
        "respiratory",
        (
            "Wheezing at night for {duration}, using the blue inhaler {count} times a week.",
            "Short of breath with {activity}; the smoke at {place} made it plain.",
            "Had a course of prednisone in {month} and felt better until the pollen came.",
        ),
        (
            "Peak flow {peak} against a best of {peak_best}; scattered wheeze, no distress.",
            "Inhaler technique poor: breathes in before pressing.",
            "Oxygen saturation {saturation} per cent, speaks in full sentences.",
        ),
        (
            "Step up to the combined inhaler with a spacer, written plan given.",
            "Flu vaccination today, review in {count} weeks with the diary.",
        ),
        ("Budesonide/formoterol 200/6", "Salbutamol 100 mcg", "Prednisone 20 mg"),
    ),
    Complaint(
        "Type 2 diabetes",
        "endocrinology",
        (
            "Home readings between {low} and {high}, highest after {activity} is skipped.",
            "Thirsty for {duration}, up {count} times in the night.",
            "Stopped the evening tablets in {month} because of loose bowels.",
        ),
        (
            "Weight {weight} kg, blood pressure {systolic}/{diastolic}.",
            "Feet: pulses present, reduced feeling at the {side} great toe.",
            "Injection sites clean, no lumps.",
        ),
        (
            "HbA1c again in {count} weeks; retinal photographs are due.",
            "Talked over meals at {place}; dietitian to telephone.",
        ),
        ("Metformin 850 mg", "Empagliflozin 10 mg", "Gliclazide 80 mg"),
    ),
    Complaint(
        "High blood pressure",
        "cardiology",
        (
            "Feels well; the machine at {place} showed {systolic_high} over {diastolic}.",
            "Headache behind the {side} eye for {duration}, fears it is the pressure.",
            "Takes the tablet most days, forgets it when {activity} starts early.",
        ),
        (
            "Seated {systolic}/{diastolic}, standing {systolic_low}/{diastolic}, pulse {pulse}.",
            "Heart sounds dual, no murmur; ankles slightly puffy on the {side}.",
            "Fundi seen on the {side} only, no haemorrhage.",
        ),
        (
            "Raise the dose, kidney function in {count} weeks.",
            "Lend the home monitor; bring the readings, not the machine.",
        ),
        ("Candesartan 8 mg", "Amlodipine 5 mg", "Bendroflumethiazide 2.5 mg"),
    ),
    Complaint(
        "Low mood",
        "mental health",
        (
            "Flat and tearful for {duration}; lost interest in {activity}.",
            "Wakes at {hour} and cannot settle; the {relative} has noticed.",
            "Quarrelled with the {relative} at {place} and has stayed in since.",
        ),
        (
            "Neatly dressed, slow to answer, smiles once; no thoughts of self-harm today.",
            "Score on the questionnaire {score}, down from {score_before}.",
            "Sleep {hours} hours at most, appetite poor, weight {weight} kg.",
        ),
        (
            "Counselling through the primary mental health programme, {count} sessions.",
            "Safety plan written together; {relative} knows whom to ring.",
        ),
        ("Sertraline 50 mg", "Mirtazapine 15 mg", "Zopiclone 3.75 mg"),
    ),
    Complaint(
        "Itchy rash",
        "dermatology",
        (
            "Itch at the {side} elbow and both knees for {duration}.",
            "New soap at {place}; blisters the day after.",
            "Scratches at night until it bleeds; worse with {activity}.",
        ),
        (
            "Scaly plaques {size} cm across at the {side} elbow, edges sharp.",
            "Weeping areas behind the {side} knee, no fever, no pus.",
            "Nails pitted on the {side} hand.",
        ),
        (
            "Emollient by the tub, steroid ointment for {count} days only.",
            "Swab sent; wash at forty degrees, no wool next to the skin.",
        ),
        ("Betamethasone 0.1% ointment", "Hydrocortisone 1% cream", "Cetirizine 10 mg"),
    ),
    Complaint(
        "Chest discomfort",
        "cardiology",
        (
            "Tightness across the chest with {activity}, gone in {count} minutes with rest.",
            "Palpitations for {duration}, mostly at {place} and after coffee.",
            "Burning behind the breastbone when lying flat, worse on the {side} side.",
        ),
        (
            "ECG: sinus rhythm {pulse}, no acute change from the tracing of {month}.",
            "Chest wall tender over the {rib}th rib on the {side}.",
            "Blood pressure {systolic}/{diastolic}, no oedema, calves soft.",
        ),
        (
            "Aspirin and a spray to carry; exercise test asked for as urgent.",
            "Ring 111 if it lasts past {count} minutes; {relative} was in the room for this.",
        ),
        ("Aspirin 100 mg", "Metoprolol CR 23.75 mg", "Omeprazole 20 mg"),
    ),
    Complaint(
        "Knee pain",
        "orthopaedics",
        (
            "The {side} knee swells after {activity}, for {duration} now.",
            "Locks on the stairs at {place}; once had to be freed by the {relative}.",
            "Old injury from {month} {year_then}, never quite the same.",
        ),
        (
            "Small effusion {side} knee, bends to {degrees} degrees, ligaments firm.",
            "Clicks on the outer side; walks with a short step.",
            "Thigh {size} cm thinner than the other.",
        ),
        (
            "X-ray at {town}, weight-bearing views.",
            "Exercises shown, stick on the other side, no {activity} for {count} weeks.",
        ),
        ("Naproxen 500 mg", "Paracetamol 1 g", "Diclofenac gel 1%"),
    ),
    Complaint(
        "Migraine",
        "neurology",
        (
            "Zigzag lights, then a {side}-sided headache, {count} times since {month}.",
            "Has to lie in the dark for {hours} hours; missed {activity} again.",
            "Comes on the morning after {place}, never in the holidays.",
        ),
        (
            "Cranial nerves and gait normal, neck supple, pulse {pulse}.",
            "Blood pressure {systolic}/{diastolic}; discs clear on the {side}, not well seen opposite.",
            "Tender over the {side} temple, not thickened.",
        ),
        (
            "Diary for {count} weeks, tablet at the first sign and not later.",
            "Preventer if it is still weekly by {month}.",
        ),
        ("Rizatriptan 10 mg", "Propranolol 40 mg", "Metoclopramide 10 mg"),
    ),
    Complaint(
        "Abdominal pain",
        "gastroenterology",
        (
            "Cramps low on the {side} for {duration}, eased by {activity} of all things.",
            "Loose bowels {count} times a day since eating at {place}.",
            "Lost {kilos} kg without trying; off meat.",
        ),
        (
            "Abdomen soft, tender low on the {side}, no mass; weight {weight} kg.",
            "Bowel sounds present, liver edge not felt, temperature {temperature}.",
            "No jaundice, no glands at the neck.",
        ),
        (
            "Stool sample, blood count, coeliac screen; fluids meanwhile.",
            "Endoscopy referral if no better in {count} weeks.",
        ),
        ("Mebeverine 135 mg", "Loperamide 2 mg", "Omeprazole 20 mg"),
    ),
)


@dataclass(frozen=True, slots=True)
class Analyte:
    """One line of a laboratory report: plausible values, and the reference range."""

    name: str
    unit: str
    low: float
    high: float
    decimals: int = 0


PANELS: dict[str, tuple[Analyte, ...]] = {
    "Full blood count": (
        Analyte("Haemoglobin", "g/L", 115, 175),
        Analyte("Haematocrit", "L/L", 0.35, 0.52, 2),
        Analyte("Mean cell volume", "fL", 80, 99),
        Analyte("Platelets", "10^9/L", 150, 400),
        Analyte("White cells", "10^9/L", 4.0, 11.0, 1),
        Analyte("Neutrophils", "10^9/L", 1.9, 7.5, 1),
        Analyte("Lymphocytes", "10^9/L", 1.0, 4.0, 1),
    ),
    "Lipids and glucose": (
        Analyte("Cholesterol", "mmol/L", 3.0, 5.0, 1),
        Analyte("Triglycerides", "mmol/L", 0.5, 1.7, 1),
        Analyte("HDL cholesterol", "mmol/L", 1.0, 2.2, 2),
        Analyte("LDL cholesterol", "mmol/L", 1.2, 3.4, 1),
        Analyte("HbA1c", "mmol/mol", 26, 41),
    ),
    "Kidney and liver function": (
        Analyte("Sodium", "mmol/L", 135, 145),
        Analyte("Potassium", "mmol/L", 3.5, 5.2, 1),
        Analyte("Creatinine", "umol/L", 45, 105),
        Analyte("eGFR", "mL/min/1.73m2", 60, 120),
        Analyte("ALT", "U/L", 5, 40),
        Analyte("GGT", "U/L", 8, 60),
        Analyte("Albumin", "g/L", 35, 48),
    ),
    "Thyroid and iron": (
        Analyte("TSH", "mIU/L", 0.4, 4.0, 2),
        Analyte("Free T4", "pmol/L", 10, 24, 1),
        Analyte("Ferritin", "ug/L", 20, 250),
        Analyte("Transferrin saturation", "%", 15, 50),
    ),
    "Coagulation and inflammation": (
        Analyte("INR", "", 0.8, 1.2, 1),
        Analyte("APTT", "s", 25, 37),
        Analyte("C-reactive protein", "mg/L", 0, 5),
        Analyte("Sedimentation rate", "mm/h", 1, 20),
    ),
    "Bone and vitamins": (
        Analyte("Calcium", "mmol/L", 2.1, 2.55, 2),
        Analyte("Phosphate", "mmol/L", 0.75, 1.5, 2),
        Analyte("Vitamin D", "nmol/L", 50, 150),
        Analyte("Vitamin B12", "pmol/L", 170, 600),
        Analyte("Folate", "nmol/L", 8, 45),
        Analyte("Urate", "mmol/L", 0.2, 0.42, 2),
    ),
    "Microalbumin": (
        Analyte("Albumin in urine", "mg/L", 0, 30),
        Analyte("Creatinine in urine", "mmol/L", 3, 20, 1),
        Analyte("Ratio", "mg/mmol", 0, 3, 1),
    ),
}

ALLERGIES = (
    "none known", "none known", "none known", "penicillin (rash)", "codeine (vomiting)",
    "bee stings", "sulphonamides", "latex", "shellfish", "trimethoprim (hives)",
)  # fmt: skip
LONG_TERM = (
    "Hypertension", "Type 2 diabetes", "Asthma", "Gout", "Atrial fibrillation", "Hypothyroidism",
    "Ischaemic heart disease", "COPD", "Osteoarthritis of the knee", "Depression", "Migraine",
    "Chronic kidney disease stage 3", "Gastro-oesophageal reflux", "Psoriasis", "Glaucoma",
)  # fmt: skip
VACCINES = (
    "Influenza, inactivated", "Tetanus, diphtheria, pertussis", "Measles, mumps, rubella",
    "COVID-19 mRNA", "Zoster, recombinant", "Pneumococcal conjugate", "Human papillomavirus",
)  # fmt: skip
PRICES = (
    ("Consultation, adult, enrolled", 62.00), ("Consultation, adult, casual", 98.00),
    ("Consultation, under 18", 39.00), ("Nurse visit, dressing", 28.50), ("Repeat prescription", 24.00),
    ("Minor surgery, skin lesion", 210.00), ("Driver licence medical", 85.00), ("Ear suction", 55.00),
    ("Missed appointment", 30.00), ("Liquid nitrogen, first lesion", 44.00),
)  # fmt: skip
DIRECTIONS = (
    "Take one tablet in the morning", "Take one tablet at night", "Take one twice daily with food",
    "Use as directed", "Take when required, at most four in a day", "Apply thinly twice daily",
)  # fmt: skip
