"""What a named person may say of a finding. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from leakwatch.errors import ConfigError
from leakwatch.model.finding import Finding, FindingEvent, Outcome, Review


def reviewed(
    finding: Finding, review: Review, *, by: str, reason: str, at: datetime
) -> tuple[Finding, FindingEvent]:
    """Return the finding as reviewed, and the line of its history.

    Rejecting lowers the outcome to ``false_positive``: only a named person may
    lower one, and has to say why. Confirming leaves the outcome as it is.

    Raises:
        ConfigError: no name or no reason was given.
    """
    if not by.strip() or not reason.strip():
        raise ConfigError("a review needs a person's name and a reason", hint="--by and --reason")
    is_rejected = review is Review.REJECTED
    outcome = Outcome.FALSE_POSITIVE if is_rejected else finding.outcome
    line = f"rejected by {by}: {reason}" if is_rejected else f"confirmed by {by}: {reason}"
    assessment = replace(
        finding.assessment,
        outcome=outcome,
        reasons=(line, *finding.assessment.reasons),
        assessed_at=at,
    )
    after = replace(
        finding,
        review=review,
        outcome=outcome,
        assessment=assessment,
        revision=finding.revision + 1,
    )
    event = FindingEvent(
        finding_id=finding.id,
        revision=after.revision,
        at=at,
        actor=by,
        action=review.value,
        outcome=outcome,
        reason=reason,
    )
    return after, event
