"""What a named person may say of a finding."""

import pytest

from leakwatch.errors import ConfigError
from leakwatch.model.finding import Outcome, Review
from leakwatch.triage import reviewed
from tests.support.store import NOW, a_finding


def test_rejecting_lowers_the_outcome_and_says_who_and_why() -> None:
    """Only a person lowers an outcome, under their name and with a reason."""
    finding = a_finding()
    after, event = reviewed(finding, Review.REJECTED, by="A. Analyst", reason="a form", at=NOW)
    assert (after.outcome, after.review) == (Outcome.FALSE_POSITIVE, Review.REJECTED)
    assert after.revision == finding.revision + 1 == event.revision
    assert (event.actor, event.action, event.reason) == ("A. Analyst", "rejected", "a form")
    assert after.assessment.reasons[1:] == finding.assessment.reasons


def test_confirming_keeps_the_outcome() -> None:
    """A confirmation is a line of history."""
    after, event = reviewed(a_finding(), Review.CONFIRMED, by="A. Analyst", reason="seen", at=NOW)
    assert after.outcome is Outcome.BREACH_PUBLICATION is event.outcome


@pytest.mark.parametrize(("by", "reason"), [("", "why"), ("who", "  ")])
def test_nobody_reviews_anonymously(by: str, reason: str) -> None:
    """A review without a name or a reason is refused."""
    with pytest.raises(ConfigError):
        reviewed(a_finding(), Review.REJECTED, by=by, reason=reason, at=NOW)
