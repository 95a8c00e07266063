"""When a finding has news to tell: pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from leakwatch.assess.escalation import is_raise
from leakwatch.model.finding import Finding, FindingEvent, Review

RETURN_IS_NEWS = timedelta(hours=1)
"""A place that flaps is not told of at every turn."""
GROWTH = 1.10
"""A finding is told again when it holds this many times the documents last told."""


def standing_review(previous: Finding | None, documents: int) -> Review:
    """Return the review that still stands: a rejection ends when new files appear."""
    if previous is None:
        return Review.OPEN
    is_other = previous.review is Review.REJECTED and documents > previous.documents
    return Review.OPEN if is_other else previous.review


def _is_back(finding: Finding, previous: Finding) -> bool:
    """Whether it was gone for long enough that its return is news: a place may flap."""
    gone = previous.gone_since
    if gone is None or finding.gone_since is not None:
        return False
    return finding.last_seen_at - gone >= RETURN_IS_NEWS


def revised(
    finding: Finding, previous: Finding | None, *, now: datetime
) -> tuple[Finding, FindingEvent | None]:
    """Raise the revision when there is something new to tell, and say what."""
    if previous is None:
        action, reason = "detected", finding.assessment.reasons[0]
    elif finding.outcome is not previous.outcome:
        action = "raised" if is_raise(previous.outcome, finding.outcome) else "updated"
        reason = f"was {previous.outcome.value}; {finding.assessment.reasons[0]}"
    elif finding.documents > finding.documents_told * GROWTH:
        action = "updated"
        reason = f"{finding.documents} known documents, {finding.documents_told} when last told"
    elif _is_back(finding, previous):
        action, reason = "returned", "shown again after it was gone"
    else:
        return finding, None
    revision = previous.revision + 1 if previous else 1
    revised = replace(finding, revision=revision, documents_told=finding.documents)
    return revised, FindingEvent(
        finding_id=finding.id,
        revision=revision,
        at=now,
        actor="leakwatch",
        action=action,
        outcome=finding.outcome,
        reason=reason,
    )
