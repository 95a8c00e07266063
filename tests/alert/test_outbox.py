"""The outbox loses nothing: it sends, tries again, or shows what it could not send."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from leakwatch.alert.outbox import DrainReport, after_failure, drain
from leakwatch.errors import (
    ChannelMisconfigured,
    DeliveryFailed,
    DeliveryRefused,
    LeakwatchError,
    StoreUnavailable,
)
from leakwatch.model.alert import Delivery, DeliveryState, Message
from tests.support.alerts import (
    ANALYST,
    LEGAL,
    NOON,
    OPERATOR,
    Outbox,
    StoppedClock,
    an_alert,
    messages,
)

PASSING = DeliveryFailed("busy")
MENDABLE = ChannelMisconfigured("login")


class Recorder:
    """A channel that fails as told, one entry an attempt, then accepts."""

    def __init__(self, *failures: Exception) -> None:
        self.name = "recorder"
        self.failures = list(failures)
        self.sent: list[str] = []
        self.accepted = asyncio.Event()

    async def send(self, message: Message) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(message.delivery.id)
        self.accepted.set()

    async def check(self) -> str:
        return "recorder"


class Stuck(Recorder):
    """A channel that never answers until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.entered = asyncio.Event()
        self.free = asyncio.Event()
        self.at_once = 0
        self.most_at_once = 0

    async def send(self, message: Message) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.entered.set()
        try:
            await self.free.wait()
        finally:
            self.at_once -= 1
        await super().send(message)


async def run(outbox: Outbox, clock: StoppedClock, **channels: Recorder) -> DrainReport:
    return await drain(outbox.store, channels, clock=clock, owner="one", lease_s=60.0, limit=20)


def delivery(**changes: object) -> Delivery:
    (message,) = messages(an_alert(), LEGAL)
    return replace(message.delivery, **changes)  # type: ignore[arg-type]


def delay_s(attempts: int, error: LeakwatchError) -> float:
    verdict = after_failure(delivery(attempts=attempts), error, now=NOON, queued_at=NOON)
    assert verdict.next_attempt_at is not None
    return (verdict.next_attempt_at - NOON).total_seconds()


def test_first_retries_are_quick_then_hourly() -> None:
    """A restarted server is tried again in seconds, a dead one each hour."""
    delays = [delay_s(n, PASSING) for n in range(12)]
    assert 2 <= delays[0] < 3
    assert 10 <= delays[1] < 13
    assert 60 <= delays[2] < 73
    assert delays == sorted(delays)
    assert delays[-1] == 3600


def test_what_an_operator_must_mend_is_tried_slowly() -> None:
    """A wrong password is not hammered, and is found mended within the hour."""
    assert 60 <= delay_s(0, MENDABLE) < 73
    assert delay_s(40, MENDABLE) == 3600


def test_retry_after_is_honoured() -> None:
    """A receiver's own word on when to come back outweighs our ladder, up to an hour."""
    assert 500 <= delay_s(0, DeliveryFailed("later", retry_after_s=500.0)) < 601
    assert delay_s(0, DeliveryFailed("later", retry_after_s=1e9)) == 3600
    assert delay_s(0, DeliveryFailed("now", retry_after_s=0.0)) >= 2


def test_jitter_comes_from_the_delivery() -> None:
    """The same attempt waits the same time; many deliveries do not come back at one moment."""
    assert delay_s(2, PASSING) == delay_s(2, PASSING)
    spread = {
        after_failure(
            delivery(id=f"d-{n}", attempts=2), PASSING, now=NOON, queued_at=NOON
        ).next_attempt_at
        for n in range(20)
    }
    assert len(spread) == 20


def test_a_refusal_is_dead_at_once() -> None:
    """What the far side refuses for good is shown to a person, not repeated."""
    verdict = after_failure(delivery(), DeliveryRefused("no such user"), now=NOON, queued_at=NOON)
    assert verdict == (type(verdict))(DeliveryState.DEAD, None)


@settings(max_examples=200, deadline=None)
@given(
    attempts=st.integers(0, 400),
    age_h=st.floats(0, 24 * 30),
    mendable=st.booleans(),
)
def test_nothing_is_given_up_before_seven_days(attempts: int, age_h: float, mendable: bool) -> None:
    """A delivery dies of age only after seven days and two dozen attempts; else it is due."""
    now = NOON + timedelta(hours=age_h)
    verdict = after_failure(
        delivery(attempts=attempts), MENDABLE if mendable else PASSING, now=now, queued_at=NOON
    )
    is_spent = age_h >= 24 * 7 and attempts + 1 >= 24
    assert (verdict.state is DeliveryState.DEAD) is is_spent
    if not is_spent:
        assert verdict.next_attempt_at is not None
        assert now < verdict.next_attempt_at <= now + timedelta(hours=1)


async def test_due_messages_are_sent_and_marked() -> None:
    """Each message goes out over its own channel and is marked sent."""
    alert = an_alert()
    outbox = Outbox(*messages(alert, LEGAL, ANALYST))
    email, console = Recorder(), Recorder()
    report = await run(outbox, StoppedClock(), email=email, console=console)
    assert report == DrainReport(sent=2)
    assert [len(email.sent), len(console.sent)] == [1, 1]
    assert {row.delivery.state for row in outbox.rows.values()} == {DeliveryState.SENT}
    assert await run(outbox, StoppedClock(), email=email, console=console) == DrainReport()


async def test_a_failure_is_tried_again_under_the_same_id() -> None:
    """A passing fault delays a message; the retry carries the id of the first attempt."""
    (message,) = messages(an_alert(), LEGAL)
    outbox, clock = Outbox(message), StoppedClock()
    email = Recorder(PASSING)
    assert await run(outbox, clock, email=email) == DrainReport(failed=1)
    assert outbox.delivery(message).last_error == "delivery_failed"
    assert await run(outbox, clock, email=email) == DrainReport()
    clock.move(3)
    assert await run(outbox, clock, email=email) == DrainReport(sent=1)
    assert email.sent == [message.delivery.id]
    assert outbox.delivery(message).last_error is None


async def test_an_unknown_channel_waits_for_the_operator() -> None:
    """A channel nobody configured keeps the message, names itself, and is told once."""
    (message,) = messages(an_alert(), OPERATOR)
    outbox = Outbox(message)
    with capture_logs() as logs:
        assert await run(outbox, StoppedClock()) == DrainReport(failed=1)
    assert outbox.delivery(message).state is DeliveryState.PENDING
    assert outbox.delivery(message).last_error == "channel_misconfigured"
    assert [entry["detail"] for entry in logs] == ["no channel named 'webhook.desk' is configured"]


async def test_a_fault_of_ours_loses_no_message() -> None:
    """An exception no channel should raise is a failed attempt like any other."""
    (message,) = messages(an_alert(), LEGAL)
    outbox = Outbox(message)
    with capture_logs() as logs:
        report = await run(outbox, StoppedClock(), email=Recorder(KeyError("patient name")))
    assert report == DrainReport(failed=1)
    assert "patient" not in str(logs)


async def test_a_dead_message_is_shouted() -> None:
    """A refusal is marked dead and logged as an error."""
    (message,) = messages(an_alert(), LEGAL)
    outbox = Outbox(message)
    with capture_logs() as logs:
        report = await run(outbox, StoppedClock(), email=Recorder(DeliveryRefused("550")))
    assert report == DrainReport(dead=1)
    assert outbox.delivery(message).state is DeliveryState.DEAD
    assert [(e["event"], e["log_level"]) for e in logs] == [("alert_dead", "error")]


async def test_the_same_error_is_said_once() -> None:
    """A server down for a week fills no log: one line until the error changes."""
    outbox, clock = Outbox(*messages(an_alert(), LEGAL)), StoppedClock()
    email = Recorder(PASSING, PASSING, MENDABLE, MENDABLE)
    with capture_logs() as logs:
        for _ in range(5):
            await run(outbox, clock, email=email)
            clock.move(3600)
    said = [(entry["event"], entry.get("error")) for entry in logs]
    assert said == [
        ("alert_delayed", "delivery_failed"),
        ("alert_delayed", "channel_misconfigured"),
        ("alert_sent", None),
    ]


async def test_a_stuck_channel_delays_no_other() -> None:
    """While one channel hangs, what falls due for another still goes out in the same drain."""
    alert = an_alert()
    first, second = messages(alert, LEGAL, ANALYST)
    outbox, email, console = Outbox(first), Stuck(), Recorder()
    work = asyncio.create_task(run(outbox, StoppedClock(), email=email, console=console))
    await email.entered.wait()
    outbox.rows[second.delivery.id] = second
    async with asyncio.timeout(10):
        await console.accepted.wait()
    assert not email.sent
    assert not work.done()
    email.free.set()
    assert await work == DrainReport(sent=2)


async def test_one_channel_is_not_flooded_and_all_arrive() -> None:
    """More messages than are claimed at a time all go out, a few at once."""
    queued = [
        message
        for revision in range(1, 51)
        for message in messages(an_alert(revision=revision), LEGAL)
    ]
    outbox, email = Outbox(*queued), Stuck()
    work = asyncio.create_task(run(outbox, StoppedClock(), email=email))
    await email.entered.wait()
    email.free.set()
    assert await work == DrainReport(sent=50)
    assert email.most_at_once <= 4
    assert len({*email.sent}) == 50


async def test_a_hanging_send_is_cut_off_before_its_lease_ends() -> None:
    """A channel that never answers costs half the lease, then counts as failed."""
    (message,) = messages(an_alert(), LEGAL)
    outbox = Outbox(message)
    report = await drain(
        outbox.store,
        {"email": Stuck()},
        clock=StoppedClock(),
        owner="one",
        lease_s=0.1,
        limit=5,
    )
    assert report == DrainReport(failed=1)
    assert outbox.delivery(message).last_error == "delivery_failed"


async def test_cancelling_leaves_the_message_to_its_lease() -> None:
    """A drain cut off in the middle of sending marks nothing; the message falls due again."""
    (message,) = messages(an_alert(), LEGAL)
    outbox, clock, email = Outbox(message), StoppedClock(), Stuck()
    work = asyncio.create_task(run(outbox, clock, email=email))
    await email.entered.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert not outbox.log
    assert email.at_once == 0
    clock.move(61)
    recorder = Recorder()
    assert await run(outbox, clock, email=recorder) == DrainReport(sent=1)
    assert recorder.sent == [message.delivery.id]


async def test_a_message_already_sent_is_marked_though_cancelled() -> None:
    """Cancelling between the far side's yes and our mark makes no duplicate."""

    class SlowMark(Outbox):
        marking = asyncio.Event()

        async def mark(self, *args: object, **facts: object) -> None:
            self.marking.set()
            await asyncio.sleep(0.05)
            await super().mark(*args, **facts)  # type: ignore[arg-type]

    (message,) = messages(an_alert(), LEGAL)
    outbox = SlowMark(message)
    work = asyncio.create_task(run(outbox, StoppedClock(), email=Recorder()))
    await outbox.marking.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert outbox.delivery(message).state is DeliveryState.SENT


async def test_a_store_that_refuses_the_mark_loses_nothing() -> None:
    """If the result cannot be written, the message comes again after its lease."""
    (message,) = messages(an_alert(), LEGAL)
    outbox, clock, email = Outbox(message), StoppedClock(), Recorder()
    outbox.refuses_marks = True
    assert await run(outbox, clock, email=email) == DrainReport(unmarked=1)
    outbox.refuses_marks = False
    clock.move(61)
    assert await run(outbox, clock, email=email) == DrainReport(sent=1)
    assert email.sent == [message.delivery.id] * 2


async def test_a_store_that_fails_midway_lets_what_is_in_hand_end() -> None:
    """A claim that fails while a message is being sent does not cut the sending off."""

    class FailsSecondClaim(Outbox):
        async def claim_due(self, *args: object, **facts: object) -> list[Message]:
            if self.claims:
                email.free.set()
                raise StoreUnavailable("the database is locked")
            return list(await super().claim_due(*args, **facts))  # type: ignore[arg-type]

    (message,) = messages(an_alert(), LEGAL)
    outbox, email = FailsSecondClaim(message), Stuck()
    with pytest.raises(StoreUnavailable):
        await run(outbox, StoppedClock(), email=email)
    assert outbox.delivery(message).state is DeliveryState.SENT
