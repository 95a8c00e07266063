"""The message of ``leakwatch alerts test``: shows that the way to a person works.

Pure. It never stands in the store: no finding belongs to it.
"""

from __future__ import annotations

from datetime import datetime

from leakwatch import __version__
from leakwatch.alert.compose import subject
from leakwatch.alert.layout import both_times, paragraph, plain
from leakwatch.alert.routing import deliveries_to
from leakwatch.model.alert import Alert, Message
from leakwatch.model.finding import Outcome
from leakwatch.model.ids import derived_id
from leakwatch.model.matter import Matter


def trial_alert(matter: Matter, *, at: datetime) -> Alert:
    """Return a message that says it is only a test; a new one each time."""
    moment = at.isoformat()
    lines = [
        "This is a test. Nothing has happened.",
        "",
        *paragraph(
            f"leakwatch {__version__} sent it for matter {plain(matter.id)} ({plain(matter.title)}) "
            "to show that alerts reach you. Alerts about findings come from the same address and "
            "open with the same mark.",
            indent="",
        ),
        "",
        *paragraph(f"Composed {both_times(at, matter.timezone)}.", indent=""),
    ]
    return Alert(
        id=derived_id("a", "trial", matter.id, moment),
        finding_id=derived_id("f", "trial", matter.id, moment),
        revision=1,
        matter=matter.id,
        outcome=Outcome.MENTION,
        subject=subject(matter, "test message: nothing has happened"),
        body="\n".join(lines) + "\n",
        composed_at=at,
    )


def trial_messages(matter: Matter, *, at: datetime) -> tuple[Message, ...]:
    """Return one test message for each recipient of the matter, whatever their role."""
    alert = trial_alert(matter, at=at)
    return tuple(
        Message(delivery=delivery, alert=alert, thread=alert.finding_id)
        for delivery in deliveries_to(matter.recipients, alert, now=at)
    )
