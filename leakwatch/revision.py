"""When a finding has news to tell: pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from leakwatch.assess.escalation import is_raise
from leakwatch.model.finding import Facts, Finding, FindingEvent, Review

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


def in_hindsight(facts: Facts, previous: Facts | None, gone_since: datetime | None) -> Facts:
    """Return the facts of a place in which known files were recognised later.

    What the place says and does is as the latest look had it; that it held
    known files is as the look had it that was matched anew.

    Args:
        facts: of the earlier look, with all matches so far.
        previous: of the finding, from its latest look; None where there was no finding.
        gone_since: when it was first seen to be gone; None while it is up.
    """
    if previous is None:
        return replace(facts, gone_at=gone_since)
    latest = previous if previous.observed_at >= facts.observed_at else facts
    is_reachable = previous.is_content_reachable or facts.is_content_reachable
    return replace(
        latest,
        matches=facts.matches,
        first_seen_at=facts.first_seen_at,
        last_absent_at=facts.last_absent_at,
        is_content_reachable=is_reachable,
        is_listing_only=bool(facts.matches) and not is_reachable,
        gone_at=previous.gone_at,
    )


def _is_back(finding: Finding, previous: Finding) -> bool:
    """Whether it was gone for long enough that its return is news: a place may flap."""
    gone = previous.gone_since
    if gone is None or finding.gone_since is not None:
        return False
    return finding.last_seen_at - gone >= RETURN_IS_NEWS


def revised(
    finding: Finding,
    previous: Finding | None,
    *,
    now: datetime,
    seen_at: datetime | None = None,
) -> tuple[Finding, FindingEvent | None]:
    """Raise the revision when there is something new to tell, and say what.

    Args:
        finding: as it is now, its revision that of ``previous``.
        previous: as it was, or None.
        now: the time of the event.
        seen_at: when it was seen, where it was recognised only now.
    """
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
    if seen_at is not None:
        reason = f"recognised now in what was seen at {_minute(seen_at)}: {reason}"
        if finding.gone_since is not None:
            reason += f"; not shown there since {_minute(finding.gone_since)}"
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


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
