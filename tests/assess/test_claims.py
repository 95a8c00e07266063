"""What a page says, as flags."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.assess.claims import fold, read_claims
from leakwatch.model.finding import Claims

VICTIM = ("ManageMyHealth", "Kererū Clinic")
ACTOR = ("Kazu",)


def claims(text: str, title: str = "") -> Claims:
    return read_claims(title, text, victim_names=VICTIM, actor_names=ACTOR)


@pytest.mark.parametrize(
    "text",
    [
        "ManageMyHealth",
        "manage my health",
        "MANAGE-MY-HEALTH",
        "www.managemyhealth.co.nz",
        "Manage\nMyHealth, again",
        "kereru clinic",
        "KERERŪ\u00a0CLINIC",
        "Kereru\u0304 Clinic",
        "the ManageMyHealth's files",
    ],
)
def test_a_victim_is_named_however_it_is_spelt(text: str) -> None:
    """Case, accents, hyphens, domains and joined words are the same name."""
    assert claims(text).names_victim


@pytest.mark.parametrize("text", ["mismanagemyhealthy", "kereru clinical", "Kazusa", "health"])
def test_a_name_inside_a_word_is_no_name(text: str) -> None:
    """A short name does not fire inside a longer word."""
    found = claims(text)
    assert not found.names_victim
    assert not found.names_actor


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("All data will be published in 48 hours", "threatens"),
        ("Time left: 3 days", "threatens"),
        ("If they do not pay the ransom we act", "threatens"),
        ("FULL LEAK, part 2", "claims_publication"),
        ("The files have been published", "claims_publication"),
        ("download link below", "claims_publication"),
        ("We have exfiltrated 108 GB of medical data", "claims_possession"),
        ("stolen documents of patients", "claims_possession"),
        ("Database for sale", "offers"),
        ("price: $60,000", "offers"),
        ("asking 1.5 BTC", "offers"),
        ("All patient data, including passports, has been leaked", "claims_publication"),
        ("428,000 files available for download", "claims_publication"),
        ("We don't negotiate. Database for sale", "offers"),
        ("ransom of 10 BTC", "threatens"),
        ("we will publish everything", "threatens"),
    ],
)
def test_leak_site_formulas_are_understood(text: str, flag: str) -> None:
    """Each formula raises its flag."""
    assert getattr(claims(text), flag)


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("The company says no data has been published", "claims_publication"),
        ("Nothing was not for sale", "offers"),
        ("the clinic opens at 9", "threatens"),
        ("The files have not been published", "claims_publication"),
        ("The data will be published", "claims_publication"),
        ("We don't have any data", "claims_possession"),
        ("they demand a ransom of 10 BTC", "offers"),
        ("revenue: $5M", "offers"),
        ("data will not be published", "threatens"),
        ("please book a visit for a sample test", "claims_possession"),
    ],
)
def test_plain_or_denied_words_raise_no_flag(text: str, flag: str) -> None:
    """A denial is no claim, and ordinary clinic words are none either."""
    assert not getattr(claims(text), flag)


@pytest.mark.parametrize(
    ("title", "is_claim"),
    [
        ("Some Clinic: LEAKED", True),
        ("Some Clinic, not leaked yet", False),
        ("To be leaked", False),
    ],
)
def test_one_word_in_a_title_says_it(title: str, *, is_claim: bool) -> None:
    """Sites mark what is out by a word in the title."""
    assert claims("", title).claims_publication is is_claim


@pytest.mark.parametrize(
    ("name", "text", "is_named"),
    [
        ("managemyhealth", "Manage My Health", True),
        ("Manage My Health", "managemyhealth2026.zip", True),
        ("MMH", "the MMH breach", True),
        ("MMH", "mmhm, ohmmh", False),
        ("NZME", "from NZ, me and you", False),
        ("Kazu", "KazuLeaks", True),
        ("Kazu", "ka zu", False),
        ("Ōtaki Clinic", "o\u0304taki\u200bclinic", True),
        ("\u2014", "\u2014", False),
    ],
)
def test_short_names_are_read_more_strictly(name: str, text: str, *, is_named: bool) -> None:
    """A long name may be split anywhere, a short one only where it has its own joints."""
    found = read_claims("", text, victim_names=(name,), actor_names=())
    assert found.names_victim is is_named


@pytest.mark.parametrize(
    "piece",
    ["1 ", "1.", "1,", "$1", "data ", "a", "not ", "if ", "price ", "\ufdfa", "\u0301", "|", "\n ",
     "managemyhealt ", "xmanagemyhealthx", "we will soon ", "part 1", "all data all "],
)  # fmt: skip
def test_no_text_makes_the_reader_slow(piece: str) -> None:
    """Repetition of whatever a formula or a name begins with ends in reasonable time."""
    claims(piece * 1_000_000)


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_any_text_is_read(text: str) -> None:
    """No text breaks the reader, and folding twice folds once."""
    claims(text, text)
    assert fold(fold(text)) == fold(text)


def test_hostile_length_is_cut() -> None:
    """A page of a hundred million letters costs no more than the cap."""
    assert claims("kazu " + "pay or " * 10_000_000).names_actor
