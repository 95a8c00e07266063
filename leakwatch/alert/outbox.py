"""The outbox: every queued message is sent, or a person is shown that it was not.

``after_failure`` is the pure state machine; ``drain`` runs it against a store
and the channels. Delivery is at least once: a message whose sending was cut off
keeps its lease, falls due again when that ends, and goes out under the same
delivery id. Each result is marked in a transaction of its own, and a channel
that hangs delays nobody but itself: while it does, ``drain`` goes on claiming
what falls due for the others.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from leakwatch.clock import Clock
from leakwatch.errors import (
    AlertError,
    ChannelMisconfigured,
    DeliveryFailed,
    DeliveryRefused,
    LeakwatchError,
)
from leakwatch.model.alert import Delivery, DeliveryState, Message
from leakwatch.ports import Channel, Store

_log = structlog.get_logger(__name__)

_QUICK_S = (2.0, 10.0, 60.0, 120.0, 300.0, 900.0)
"""After a fault that passes: a restarted mail server, a greylisting of minutes."""
_SLOW_S = (60.0, 300.0, 900.0)
"""After a fault that an operator must mend: login, certificate, settings."""
_CAP_S = 3600.0
_JITTER = 0.2
_KEEP_TRYING = timedelta(days=7)
_LEAST_ATTEMPTS = 24
"""So that a daemon that was itself off for a week does not give up at once."""
_LOOK_AGAIN_S = 1.0
_PER_CHANNEL = 4
"""Messages one channel is handed at a time."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a failed attempt leads to."""

    state: DeliveryState
    next_attempt_at: datetime | None
    """None when it is dead."""


def after_failure(
    delivery: Delivery, error: LeakwatchError, *, now: datetime, queued_at: datetime
) -> Verdict:
    """Return what becomes of a delivery whose attempt just failed.

    A refusal ends it at once. Everything else is tried for at least seven days
    and 24 attempts, less and less often, at least hourly.

    Args:
        delivery: as claimed: ``attempts`` does not count the one that failed.
        error: what the channel raised.
        now: end of the attempt.
        queued_at: when the alert was composed.
    """
    attempts = delivery.attempts + 1
    is_spent = now - queued_at >= _KEEP_TRYING and attempts >= _LEAST_ATTEMPTS
    if isinstance(error, DeliveryRefused) or is_spent:
        return Verdict(DeliveryState.DEAD, None)
    ladder = _SLOW_S if isinstance(error, ChannelMisconfigured) else _QUICK_S
    delay_s = ladder[attempts - 1] if attempts <= len(ladder) else _CAP_S
    if isinstance(error, DeliveryFailed) and error.retry_after_s is not None:
        delay_s = max(delay_s, error.retry_after_s)
    delay_s = min(delay_s * _jitter(delivery.id, attempts), _CAP_S)
    return Verdict(DeliveryState.PENDING, now + timedelta(seconds=delay_s))


def _jitter(delivery_id: str, attempts: int) -> float:
    """Return a factor in [1, 1 + _JITTER), the same for the same attempt.

    Never below 1: a server that named a time is not asked before it (nor later than the cap).
    """
    digest = hashlib.sha256(f"{delivery_id}/{attempts}".encode()).digest()
    return 1.0 + _JITTER * int.from_bytes(digest[:4], "big") / 2**32


@dataclass(frozen=True, slots=True)
class DrainReport:
    """What one drain came to; all zero when nothing was due."""

    sent: int = 0
    failed: int = 0
    """To be tried again."""
    dead: int = 0
    unmarked: int = 0
    """Left to their lease: the store refused the result, or there was no time to begin."""


async def drain(
    store: Store,
    channels: Mapping[str, Channel],
    *,
    clock: Clock,
    owner: str,
    lease_s: float,
    limit: int,
) -> DrainReport:
    """Send what is due, and what falls due meanwhile, until nothing is left in hand.

    Safe to cancel: results already known are still marked, the rest is left to
    its lease.

    Args:
        store: claims and marks, each in a transaction of its own.
        channels: by the name that recipients use.
        clock: wall clock of leases and attempts.
        owner: name of this daemon.
        lease_s: how long a claimed message is ours; a sending is cut off at half of it.
        limit: messages claimed at a time.

    Raises:
        StoreError: the outbox could not be read; nothing in hand was lost.
    """
    run = _Drain(store=store, channels=channels, clock=clock, owner=owner, lease_s=lease_s)
    try:
        while True:
            claimed = await run.claim(limit)
            if not claimed and not run.tasks:
                return run.report()
            if claimed < limit:
                await asyncio.wait(
                    run.tasks, timeout=_LOOK_AGAIN_S, return_when=asyncio.FIRST_COMPLETED
                )
    except asyncio.CancelledError:
        for task in run.tasks:
            task.cancel()
        raise
    finally:
        await run.finish()


@dataclass(slots=True, kw_only=True)
class _Drain:
    """One call of ``drain``: the messages in hand and the tally."""

    store: Store
    channels: Mapping[str, Channel]
    clock: Clock
    owner: str
    lease_s: float
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    in_hand: set[str] = field(default_factory=set)
    gates: dict[str, asyncio.Semaphore] = field(default_factory=dict)
    tally: dict[str, int] = field(default_factory=dict)

    async def claim(self, limit: int) -> int:
        """Take due messages in hand; return how many are new."""
        now = self.clock.now()
        until = now + timedelta(seconds=self.lease_s)
        async with self.store.begin() as work:
            messages = await work.alerts.claim_due(self.owner, now=now, until=until, limit=limit)
        # One that outlived its lease in our own hands is not sent beside itself.
        fresh = [m for m in messages if m.delivery.id not in self.in_hand]
        for message in fresh:
            self.in_hand.add(message.delivery.id)
            begin_by_s = self.clock.monotonic_s() + self.lease_s / 2
            task = asyncio.create_task(self._handle(message, begin_by_s))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        return len(fresh)

    async def finish(self) -> None:
        """Wait for everything in hand, whatever it comes to."""
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def report(self) -> DrainReport:
        return DrainReport(**self.tally)

    async def _handle(self, message: Message, begin_by_s: float) -> None:
        name = message.delivery.channel
        try:
            async with self.gates.setdefault(name, asyncio.Semaphore(_PER_CHANNEL)):
                if self.clock.monotonic_s() >= begin_by_s:
                    self._count("unmarked")
                    return
                error = await self._attempt(message)
            await _to_its_end(self._settle(message, error))
        finally:
            self.in_hand.discard(message.delivery.id)

    async def _attempt(self, message: Message) -> LeakwatchError | None:
        """Send once; return what went wrong, or None."""
        name = message.delivery.channel
        try:
            channel = self.channels.get(name)
            if channel is None:
                return ChannelMisconfigured(
                    f"no channel named {name!r} is configured",
                    hint="add it to [channels] in the settings, or correct the recipient",
                )
            async with asyncio.timeout(self.lease_s / 2):
                await channel.send(message)
        except TimeoutError:
            return DeliveryFailed(f"channel {name} did not end within {self.lease_s / 2:.0f} s")
        except LeakwatchError as error:
            return error
        except Exception as error:  # noqa: BLE001 - a fault in a channel must not lose a message
            return DeliveryFailed(f"channel {name} failed unexpectedly: {type(error).__name__}")
        return None

    async def _settle(self, message: Message, error: LeakwatchError | None) -> None:
        """Mark the result; a store that refuses leaves the message to its lease."""
        now = self.clock.now()
        if error is None:
            verdict = Verdict(DeliveryState.SENT, None)
        else:
            verdict = after_failure(
                message.delivery, error, now=now, queued_at=message.alert.composed_at
            )
        _say(message.delivery, verdict, error)
        try:
            async with self.store.begin() as work:
                await work.alerts.mark(
                    message.delivery.id,
                    verdict.state,
                    at=now,
                    next_attempt_at=verdict.next_attempt_at,
                    error=None if error is None else error.slug,
                )
        except Exception as refusal:  # noqa: BLE001 - whatever it is, the others must be marked
            _log.warning(
                "outbox_unmarked", delivery=message.delivery.id, error=type(refusal).__name__
            )
            self._count("unmarked")
        else:
            self._count({"sent": "sent", "pending": "failed", "dead": "dead"}[verdict.state])

    def _count(self, what: str) -> None:
        self.tally[what] = self.tally.get(what, 0) + 1


async def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Await the work even if cancelled meanwhile: a sent message must be marked as sent."""
    task = asyncio.create_task(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


def _say(delivery: Delivery, verdict: Verdict, error: LeakwatchError | None) -> None:
    """Log a result; the same error of the same delivery is said once until it changes."""
    facts = {"delivery": delivery.id, "alert": delivery.alert_id, "channel": delivery.channel}
    if error is None:
        _log.info("alert_sent", **facts, attempts=delivery.attempts + 1)
    elif verdict.state is DeliveryState.DEAD:
        _log.error("alert_dead", **facts, error=error.slug, detail=error.what, hint=error.hint)
    elif delivery.last_error != error.slug:
        detail = error.what if isinstance(error, AlertError) else type(error).__name__
        _log.warning("alert_delayed", **facts, error=error.slug, detail=detail, hint=error.hint)
