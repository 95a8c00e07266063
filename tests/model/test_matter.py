"""What a matter allows, and what it lacks."""

from dataclasses import replace
from datetime import timedelta

import pytest

from leakwatch.model.matter import (
    ActCode,
    Authorisation,
    Matter,
    PayloadPolicy,
    Recipient,
    RecipientRole,
)
from tests.support.facts import EFFECTIVE, ORDER, UNVERIFIED

DAY = timedelta(days=1)
LEAVE = Authorisation("Clinic (fictional)", "letter", EFFECTIVE, EFFECTIVE + 10 * DAY)
MATTER = Matter(
    id="fiction",
    title="Fictional Clinic v Persons Unknown",
    case_ref="F-1",
    corpora=("clinic",),
    victim_names=("Fictional Clinic",),
    actor_names=(),
    orders=(ORDER,),
    recipients=(Recipient("Legal", RecipientRole.LEGAL, "email", "l@clinic.example"),),
    evidence_keys=("age1fictional",),
    payload=PayloadPolicy.SEAL_MATCHES,
    authorisations=(LEAVE,),
)


@pytest.mark.parametrize(
    ("days", "policy", "may"),
    [
        (1, PayloadPolicy.SEAL_MATCHES, True),
        (1, PayloadPolicy.FINGERPRINT_AND_DROP, True),
        (1, PayloadPolicy.METADATA_ONLY, False),
        (-1, PayloadPolicy.SEAL_MATCHES, False),
        (10, PayloadPolicy.SEAL_MATCHES, False),
    ],
)
def test_files_are_fetched_only_under_live_leave(
    days: int, policy: PayloadPolicy, *, may: bool
) -> None:
    """No policy without leave, no leave without policy, and none after its end."""
    assert replace(MATTER, payload=policy).may_fetch_payload(EFFECTIVE + days * DAY) is may


def test_a_complete_matter_lacks_nothing() -> None:
    """No warning where there is nothing to warn of."""
    assert MATTER.gaps(EFFECTIVE + DAY) == ()


@pytest.mark.parametrize(
    ("matter", "says"),
    [
        (replace(MATTER, orders=()), "no order is recorded"),
        (replace(MATTER, orders=(UNVERIFIED,)), "no order version is verified"),
        (replace(MATTER, orders=(replace(ORDER, expires_at=EFFECTIVE),)), "v1 expired at"),
        (replace(MATTER, orders=(replace(ORDER, expires_at=EFFECTIVE + 9 * DAY),)), "v1 expires"),
        (replace(MATTER, corpora=()), "no corpus"),
        (replace(MATTER, authorisations=()), "no authorisation is live"),
        (replace(MATTER, payload=PayloadPolicy.METADATA_ONLY), "metadata_only"),
        (replace(MATTER, recipients=()), "nobody has the role legal"),
    ],
)
def test_what_is_missing_is_said(matter: Matter, says: str) -> None:
    """Each gap is named in plain words."""
    (gap,) = matter.gaps(EFFECTIVE + DAY)
    assert says in gap


def test_an_act_that_is_absent_is_not_covered() -> None:
    """Nothing is guessed from a similar act."""
    assert ORDER.act(ActCode.PUBLISH) is not None
    assert ORDER.act(ActCode.OFFER_OR_SELL) is None
