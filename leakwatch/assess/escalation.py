"""What was said before still counts: the tool raises, a named person lowers."""

from __future__ import annotations

from dataclasses import replace

from leakwatch.model.finding import Assessment, Outcome, Review

_KEPT = "kept at "


def is_raise(before: Outcome, after: Outcome) -> bool:
    """Whether an outcome is worse than the one before it."""
    return after.severity > before.severity


def combine(
    previous: Assessment | None, new: Assessment, review: Review = Review.OPEN
) -> Assessment:
    """Return the assessment that stands after a new one.

    A new outcome that is not lower stands. A lower one does not lower what was
    said: the old outcome stays, with a reason that says why. What a person
    rejected stays rejected.

    Args:
        previous: what stood, or None.
        new: what the latest look alone comes to.
        review: where it stands: open again when there is more than the person saw.
    """
    if previous is None:
        return new
    if review is Review.REJECTED:
        says = f"rejected by a person; seen again, and without that it would be {new.outcome.value}"
        return replace(new, outcome=Outcome.FALSE_POSITIVE, reasons=(says, *new.reasons))
    if new.outcome.severity >= previous.outcome.severity:
        return new
    says = (
        f"{_KEPT}{previous.outcome.value}: only a named person lowers an outcome; "
        f"the latest look alone would be {new.outcome.value}, because {new.reasons[0]}"
    )
    return replace(previous, reasons=(says, *_without_kept(previous)), assessed_at=new.assessed_at)


def _without_kept(assessment: Assessment) -> tuple[str, ...]:
    return tuple(reason for reason in assessment.reasons if not reason.startswith(_KEPT))
