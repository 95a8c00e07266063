"""What made-up encounters are about: data only, invented or everyday."""

from __future__ import annotations

GIVEN = (
    "Abner", "Aroha", "Bettina", "Carmel", "Dewey", "Elvira", "Fidel", "Gwenda", "Hemi", "Ines",
    "Jolene", "Kaea", "Lupe", "Marama", "Nestor", "Ola", "Palmer", "Quentin", "Rosalba", "Sione",
    "Teuila", "Ulises", "Verna", "Wiremu", "Xiu", "Yesenia", "Zola", "Arnulfo", "Bronwyn", "Cletus",
    "Danika", "Emeline", "Fletcher", "Greta", "Hiroto", "Ivana", "Jasper", "Kristal", "Leilani", "Manu",
)  # fmt: skip
FAMILY = (
    "Abbott", "Barrows", "Crooks", "Dickens", "Emard", "Feeney", "Goodwin", "Hettinger", "Iti",
    "Jenkins", "Kuhlman", "Leannon", "Murazik", "Ngata", "Okuneva", "Pouros", "Quigley", "Rata",
    "Schmeler", "Tahana",
)  # fmt: skip
STREETS = (
    "Bayer Walk", "Conroy Trailer", "Dooley Alley", "Gutmann Rapid", "Hickle Grove", "Kemmer Path",
    "Mante Camp", "Nader Fork", "Ritchie Mews", "Stokes Way", "Torp Quay", "Wolf Bypass",
)  # fmt: skip
TOWNS = ("Fable Bay", "Nowhere Flat", "Pretend Point", "Imaginary Heights")
CLINIC = "PRETEND POINT PRIMARY CARE ASSOCIATES"
DOCTORS = (
    "Dr. Alma Kub", "Dr. Boyd Rau", "Dr. Cleo Toy", "Dr. Deon Lang", "Dr. Edda Mraz", "Dr. Finn Orn",
)  # fmt: skip
ORIGINS = ("nonhispanic white", "maori", "samoan", "hispanic white", "chinese", "tongan", "indian")
MARITAL = ("single", "married", "divorced", "widowed")
SMOKING = ("has never smoked", "is an ex-smoker", "smokes every day")
SCHOOL = (
    "has completed high school", "has completed some college courses", "did not finish high school",
    "is a college graduate",
)  # fmt: skip
INCOME = ("low", "middle", "high")
PAYERS = (
    "Public Cover", "Northern Mutual", "Dual Eligible", "Blue Kauri Health", "no health insurance",
)  # fmt: skip
CHRONIC = (
    "hypertension", "prediabetes", "diabetes mellitus type 2 (disorder)", "anemia (disorder)",
    "body mass index 30+ - obesity (finding)", "chronic sinusitis (disorder)", "asthma (disorder)",
    "hyperlipidemia", "osteoarthritis of knee (disorder)", "major depressive disorder (disorder)",
    "atrial fibrillation (disorder)", "gout (disorder)", "migraine (disorder)", "hyperglycemia (disorder)",
    "chronic kidney disease stage 2 (disorder)", "coronary heart disease", "osteoporosis (disorder)",
    "chronic low back pain (finding)", "full-time employment (finding)", "stress (finding)",
    "social isolation (finding)", "limited social contact (finding)", "part-time employment (finding)",
)  # fmt: skip
ACUTE = {
    "viral sinusitis (disorder)": ("Cough", "Fever", "Blocked Nose"),
    "acute bronchitis (disorder)": ("Cough", "Wheezing", "Fatigue"),
    "streptococcal sore throat (disorder)": ("Sore Throat Symptom", "Fever", "Swollen Glands"),
    "sprain of ankle (disorder)": ("Ankle Pain", "Swelling"),
    "otitis media (disorder)": ("Earache", "Fever"),
    "laceration of hand (disorder)": ("Bleeding", "Pain"),
    "cystitis (disorder)": ("Painful Urination", "Frequent Urination"),
    "contact dermatitis (disorder)": ("Rash", "Itching"),
    "concussion with no loss of consciousness (disorder)": ("Headache", "Dizziness"),
    "acute viral pharyngitis (disorder)": ("Sore Throat Symptom", "Hoarseness"),
}
MEDICINES = (
    "hydrochlorothiazide 25 mg oral tablet", "metformin hydrochloride 500 mg oral tablet",
    "simvastatin 10 mg oral tablet", "amlodipine 5 mg oral tablet", "lisinopril 10 mg oral tablet",
    "acetaminophen 325 mg oral tablet", "ibuprofen 200 mg oral tablet", "naproxen sodium 220 mg oral tablet",
    "albuterol 0.09 mg/actuat inhaler", "fluoxetine 20 mg oral capsule", "warfarin sodium 5 mg oral tablet",
    "amoxicillin 250 mg oral capsule", "penicillin v potassium 500 mg oral tablet",
    "ferrous sulfate 325 mg oral tablet", "alendronic acid 10 mg oral tablet",
)  # fmt: skip
ALLERGIES = (
    "mould",
    "house dust mite",
    "animal dander",
    "tree pollen",
    "shellfish",
    "peanut",
    "latex",
)
PROCEDURES = (
    "Medication Reconciliation (procedure)", "Assessment of health and social care needs (procedure)",
    "Depression screening (procedure)", "Documentation of current medications", "Sputum examination (procedure)",
    "Throat culture (procedure)", "Plain X-ray of ankle region (procedure)", "Suture open wound",
    "Assessment of substance use (procedure)", "Physical therapy procedure (regime/therapy)",
)  # fmt: skip
VACCINES = (
    "Influenza, seasonal, injectable, preservative free", "Td (adult) preservative free",
    "zoster", "Pneumococcal conjugate PCV 13", "Hep B, adult",
)  # fmt: skip
VITALS = {
    "Body Height": ("cm", 150, 195), "Body Weight": ("kg", 45, 120), "Body Mass Index": ("kg/m2", 18, 39),
    "Diastolic Blood Pressure": ("mm[Hg]", 62, 96), "Systolic Blood Pressure": ("mm[Hg]", 101, 158),
    "Heart rate": ("/min", 58, 102), "Respiratory rate": ("/min", 12, 17),
    "Pain severity - 0-10 verbal numeric rating": ("{score}", 0, 6),
}  # fmt: skip
LABS = {
    "Glucose [Mass/volume] in Blood": ("mg/dL", 66, 150), "Urea nitrogen": ("mg/dL", 7, 21),
    "Creatinine": ("mg/dL", 1, 4), "Calcium": ("mg/dL", 8, 11), "Sodium": ("mmol/L", 135, 146),
    "Potassium": ("mmol/L", 3, 6), "Chloride": ("mmol/L", 100, 112), "Carbon dioxide, total": ("mmol/L", 19, 30),
    "Total Cholesterol": ("mg/dL", 150, 260), "Triglycerides": ("mg/dL", 90, 220),
    "Low Density Lipoprotein Cholesterol": ("mg/dL", 60, 160), "High Density Lipoprotein Cholesterol": ("mg/dL", 25, 85),
    "Hemoglobin A1c/Hemoglobin.total in Blood": ("%", 4, 9), "Leukocytes [#/volume] in Blood": ("10*3/uL", 3, 12),
    "Hemoglobin [Mass/volume] in Blood": ("g/dL", 11, 18), "Platelets [#/volume] in Blood": ("10*3/uL", 150, 460),
}  # fmt: skip
