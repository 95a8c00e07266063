"""Who hears of which outcome.

Pure. After the outcome table of the requirements (R2): what may be a breach
goes to the legal team and to the analyst who has to confirm it, what cannot be
verified to the analyst alone, and what is no concern of the order to nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from leakwatch.model.alert import Alert, Delivery, DeliveryState
from leakwatch.model.finding import Outcome
from leakwatch.model.ids import delivery_id
from leakwatch.model.matter import Matter, Recipient, RecipientRole

_SILENT = frozenset(
    {Outcome.FALSE_POSITIVE, Outcome.OUT_OF_SCOPE, Outcome.PRE_ORDER, Outcome.MENTION}
)
_ANALYST_ONLY = frozenset({Outcome.CLAIM_UNVERIFIED})


def recipients_for(matter: Matter, outcome: Outcome) -> tuple[Recipient, ...]:
    """Return those who are told of the outcome, in the matter's order.

    A matter that names nobody of the wanted roles tells all its recipients:
    an alert that reaches the wrong desk is passed on, one that reaches none is lost.
    """
    if outcome in _SILENT:
        return ()
    wanted = {RecipientRole.ANALYST}
    if outcome not in _ANALYST_ONLY:
        wanted.add(RecipientRole.LEGAL)
    told = tuple(r for r in matter.recipients if r.role in wanted)
    return told or matter.recipients


def deliveries(alert: Alert, matter: Matter, now: datetime) -> tuple[Delivery, ...]:
    """Return the outbox rows of an alert, due at once."""
    return deliveries_to(recipients_for(matter, alert.outcome), alert, now=now)


def deliveries_to(
    recipients: Iterable[Recipient], alert: Alert, *, now: datetime
) -> tuple[Delivery, ...]:
    """Return one row a person, channel and address, whatever roles the person has."""
    rows: dict[str, Delivery] = {}
    for recipient in recipients:
        who = f"{recipient.name} <{recipient.address}>" if recipient.address else recipient.name
        row = Delivery(
            id=delivery_id(alert.id, who, recipient.channel),
            alert_id=alert.id,
            recipient=recipient.name,
            channel=recipient.channel,
            address=recipient.address,
            state=DeliveryState.PENDING,
            next_attempt_at=now,
        )
        rows.setdefault(row.id, row)
    return tuple(rows.values())
