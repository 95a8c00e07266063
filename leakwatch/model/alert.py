"""An alert: one message about one finding revision; a delivery: to one recipient."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from leakwatch.model.finding import Outcome


class DeliveryState(StrEnum):
    PENDING = "pending"
    SENT = "sent"
    DEAD = "dead"
    """Refused for good, or given up: a person must act."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One message about one finding revision; holds no leaked content."""

    id: str
    finding_id: str
    revision: int
    matter: str
    outcome: Outcome
    subject: str
    body: str = field(repr=False)
    composed_at: datetime
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One alert to one recipient over one channel: a row of the outbox."""

    id: str
    """Idempotency key: the same for every attempt."""
    alert_id: str
    recipient: str
    channel: str
    address: str
    state: DeliveryState
    next_attempt_at: datetime
    attempts: int = 0
    last_error: str | None = None
    """Slug of the last failure."""
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """What a channel is handed."""

    delivery: Delivery
    alert: Alert
    thread: str
    """Finding id: the stable root of a mail thread."""
