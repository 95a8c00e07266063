"""The tool raises, a named person lowers."""

from leakwatch.assess.assessor import assess
from leakwatch.assess.escalation import combine, is_raise
from leakwatch.model.finding import Outcome, Review
from tests.support.facts import EFFECTIVE, HOUR, ORDER, facts, match

BREACH = assess(facts(match()), (ORDER,), now=EFFECTIVE + 3 * HOUR)
CLAIM = assess(facts(), (ORDER,), now=EFFECTIVE + 4 * HOUR)


def test_a_lower_outcome_does_not_lower_what_was_said() -> None:
    """A page emptied after a publication keeps the finding's outcome, and says why."""
    kept = combine(BREACH, CLAIM)
    assert kept.outcome is Outcome.BREACH_PUBLICATION
    assert "only a named person" in kept.reasons[0]
    assert kept.assessed_at == CLAIM.assessed_at
    assert len(combine(kept, CLAIM).reasons) == len(kept.reasons)


def test_a_higher_outcome_stands() -> None:
    """An upgrade is told as it is."""
    assert combine(CLAIM, BREACH) is BREACH
    assert combine(None, CLAIM) is CLAIM


def test_what_a_person_rejected_stays_rejected() -> None:
    """A rejected finding does not come back by itself."""
    again = combine(BREACH, BREACH, Review.REJECTED)
    assert again.outcome is Outcome.FALSE_POSITIVE
    assert Outcome.BREACH_PUBLICATION.value in again.reasons[0]


def test_what_was_rejected_can_be_opened_again() -> None:
    """Once the review is open again, the latest look stands as it is."""
    rejected = combine(BREACH, BREACH, Review.REJECTED)
    assert combine(rejected, BREACH, Review.OPEN) is BREACH


def test_only_worse_is_a_raise() -> None:
    """A worse outcome is told as raised; the same or a lower one is not."""
    assert is_raise(Outcome.CLAIM_UNVERIFIED, Outcome.BREACH_OFFER)
    assert not is_raise(Outcome.BREACH_OFFER, Outcome.BREACH_OFFER)
    assert not is_raise(Outcome.BREACH_OFFER, Outcome.THREAT)
