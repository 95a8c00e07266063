"""Paper of the made-up clinic that concerns nobody: blank forms and leaflets.

Data only. Every clinic prints the same: a copy of it identifies no person, and
a corpus must be built with it as background.
"""

from __future__ import annotations

ENROLMENT_FORM = """\
{clinic}
{clinic_address}

PATIENT ENROLMENT FORM

Please complete in block letters. Your answers are kept in your health record.

1. About you
   Family name:            {family}
   Given name:             {given}
   NHI number:             {nhi}
   Date of birth:          {born}
   Street address:         {address}
   Telephone:              {phone}
   Occupation:             {job}
   Next of kin:            {kin}

2. Entitlement
   I intend to use this practice as my regular and ongoing provider of general
   practice, first level primary health care services. I am entitled to enrol
   because I am residing permanently in the country, and I can show evidence of
   this if I am asked to.

3. Your health
   Allergies:              {allergies}
   Usual medicines:        {medicines}
   Do you smoke?           {smokes}

4. Agreement
   I understand that by enrolling with this practice I will be included in its
   enrolled population, and that my name, address and other identification
   details will be on its register and on that of its primary health organisation.
   I have been given information about the benefits and implications of enrolment
   and about my rights under the privacy law.

   Signed:                 {signed}
   Date:                   {date}
"""

REFERRAL_FORM = """\
REQUEST FOR SPECIALIST ASSESSMENT

To the triage nurse. Incomplete forms are returned. One form for each problem.

   Patient label:          {label}
   Service asked for:      {service}
   Urgency (within a week, within a month, routine): {urgency}

   Reason for referral:    {reason}
   Findings:               {findings}
   Treatment so far:       {treatment}
   Allergies:              {allergies}
   Interpreter needed?     {interpreter}

   The patient has agreed to this referral and to the sharing of this information.
   Requests are read by a senior nurse on the day they arrive. If nothing has been
   heard after six weeks, please telephone the booking office and not the ward. A
   change for the worse while waiting should be told to the family doctor, who can
   ask for the urgency to be looked at again.

   Referrer:               {referrer}
"""

CONSENT_FORM = """\
CONSENT TO A MINOR PROCEDURE

   Name of procedure:      ......................................
   Side and site:          ......................................

   The procedure has been explained to me, with its usual benefits and its risks:
   bleeding, infection, scarring, pain, and the chance that it may have to be
   done again. I was able to ask questions and they were answered. I know that I
   may change my mind at any time before it begins. I agree that tissue taken may
   be sent to a laboratory. I would like tissue returned to me: [ ] yes [ ] no

   Patient:                ......................................
   Clinician:              ......................................
   Date:                   ......................................
"""

REPEAT_FORM = """\
REPEAT PRESCRIPTION REQUEST

   Allow two working days. A charge applies. We may ask you to come in first.

   Name:                   ......................................
   Date of birth:          ......................................
   Medicine, strength, how often:
      1. ........................................................
      2. ........................................................
      3. ........................................................
   Pharmacy to send to:    ......................................
   Have you been in hospital since your last prescription? [ ] no [ ] yes
"""

MEDICATION_NOTICE = """
Please bring this list to every appointment and show it to your pharmacist. Do not
stop a medicine without asking us. Return what you no longer need to the pharmacy:
it must not go into the rubbish or down the drain.
"""

IMMUNISATION_NOTICE = """
This record shows what has been notified to the national register. If a vaccination
is missing, please bring your book or card and we will add it. A sore arm and a
slight fever are common for two days and need no treatment.
"""

APPOINTMENT_NOTICE = """
If you cannot come, please ring at least two working days before, so that somebody
else can be seen. Bring this letter, your medicines or a list of them, and your
glasses. Parking is limited; the bus stops at the main entrance. A support person is
welcome. If you need an interpreter, tell us when you confirm.
"""

INVOICE_NOTICE = """
Payment is due on the day. A fee of ten dollars is added to accounts that are unpaid
after thirty days. Community services card holders: please show your card before you
pay. If this bill is hard to meet, talk to the practice manager.
"""

LEAFLETS: dict[str, str] = {
    "leaflet-after-your-blood-test.txt": """\
AFTER YOUR BLOOD TEST

Press on the spot for five minutes. A bruise is common and fades within a week or
two. Drink something, and do not carry shopping with that arm today. Results that
need something done are telephoned to you; others appear in your record within
three working days. If you have heard nothing after a week, please ring us: no
news is not always good news.
""",
    "leaflet-winter-wellness.txt": """\
KEEPING WELL THIS WINTER

Warm rooms, open windows for ten minutes each day, and a flu vaccination are worth
more than any tonic. Colds need no antibiotic. Stay at home with a fever. See us
if breathing is hard, if a rash does not fade under a glass, if a baby under three
months is hot, or if you are simply worried: it is never a waste of our time.
""",
    "leaflet-your-privacy.txt": """\
YOUR INFORMATION AND YOUR RIGHTS

We collect what we need to look after you and keep it safe. You may see your own
record and ask us to correct it. We share it with others who treat you, and tell
you when we share it with anybody else. If you think we have got this wrong, talk
to our privacy officer, or to the Privacy Commissioner, at no cost.
""",
}

BLANK_LINE = "." * 38

ENROLMENT_FIELDS = (
    "family", "given", "nhi", "born", "address", "phone", "job", "kin", "allergies",
    "medicines", "smokes", "signed", "date",
)  # fmt: skip
"""Slots of ``ENROLMENT_FORM`` that a person fills in."""
REFERRAL_FIELDS = (
    "label", "service", "urgency", "reason", "findings", "treatment", "allergies", "interpreter",
    "referrer",
)  # fmt: skip
"""Slots of ``REFERRAL_FORM``."""
