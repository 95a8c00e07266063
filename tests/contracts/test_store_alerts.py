"""Every implementation of ``AlertRepository``: told at least once, known by one id."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from leakwatch.errors import NotFound
from leakwatch.model.alert import Alert, Delivery, DeliveryState, Message
from leakwatch.ports import Store
from leakwatch.store.session import SqlStore
from tests.support.store import (
    MATTER,
    NOW,
    a_delivery,
    a_matter,
    after,
    an_alert,
    put_parents,
    stand_in_chain,
)


async def _queue(store: Store, *recipients: str) -> tuple[Alert, list[Delivery]]:
    alert = an_alert()
    deliveries = [a_delivery(alert, recipient) for recipient in recipients]
    async with store.begin() as uow:
        await put_parents(uow)
        await uow.alerts.add(alert, deliveries)
    return alert, deliveries


async def test_an_alert_and_its_deliveries_come_back_and_are_queued_once(store: Store) -> None:
    """The same alert queued again after a crash tells nobody twice."""
    alert, (one, two) = await _queue(store, "legal", "analyst")
    async with store.begin() as uow:
        await uow.alerts.mark(one.id, DeliveryState.SENT, at=after(1))
        await uow.alerts.add(alert, [one, two])
        assert await uow.alerts.get("a-0000") == alert
        assert await uow.alerts.deliveries(alert.id) == [
            two,
            replace(one, state=DeliveryState.SENT, sent_at=after(1), attempts=1),
        ]
        assert await uow.alerts.backlog() == {
            DeliveryState.PENDING: 1, DeliveryState.SENT: 1, DeliveryState.DEAD: 0,
        }  # fmt: skip
        with pytest.raises(NotFound):
            await uow.alerts.get("a-9")
        assert await uow.alerts.deliveries("a-9") == []


async def test_query_is_newest_first_and_can_leave_out_the_acknowledged(store: Store) -> None:
    """What nobody has answered for stands out."""
    async with store.begin() as uow:
        await put_parents(uow)
        await uow.matters.sync([a_matter(id="other")], NOW)
        for alert in (an_alert(1), an_alert(2), an_alert(3, matter="other")):
            await uow.alerts.add(alert, [])
        await uow.alerts.acknowledge(an_alert(2).id, by="J. Counsel", at=after(9), note=None)
        assert [a.revision for a in await uow.alerts.query()] == [3, 2, 1]
        assert [a.revision for a in await uow.alerts.query(limit=1)] == [3]
        assert [a.revision for a in await uow.alerts.query(matter=MATTER)] == [2, 1]
        assert [a.revision for a in await uow.alerts.query(unacknowledged=True)] == [3, 1]


async def test_the_first_acknowledgement_wins(store: Store) -> None:
    """Who answered first, and when, is evidence: a second answer changes nothing."""
    alert, _ = await _queue(store, "legal")
    async with store.begin() as uow:
        first = await uow.alerts.acknowledge("a-0", by="J. Counsel", at=after(5), note="seen")
        assert first == replace(
            alert, acknowledged_by="J. Counsel", acknowledged_at=after(5), note="seen"
        )
        again = await uow.alerts.acknowledge(alert.id, by="Another", at=after(9), note=None)
        assert again == first == await uow.alerts.get(alert.id)
        with pytest.raises(NotFound):
            await uow.alerts.acknowledge("a-9", by="J. Counsel", at=after(5), note=None)


async def test_claim_due_hands_out_the_message_once_until_its_lease_expires(store: Store) -> None:
    """A sender that died is followed by another with the same idempotency key."""
    alert, (delivery,) = await _queue(store, "legal")
    async with store.begin() as uow:
        claim = uow.alerts.claim_due
        assert await claim("one", now=after(-1), until=after(60), limit=9) == []
        expected = [Message(delivery, alert, alert.finding_id)]
        assert await claim("one", now=NOW, until=after(60), limit=9) == expected
        assert await claim("two", now=after(59), until=after(99), limit=9) == []
        assert await claim("two", now=after(60), until=after(99), limit=9) == expected


async def test_a_failed_attempt_is_counted_and_due_later(store: Store) -> None:
    """Retries are spaced by the caller and the reason of the last is kept."""
    alert, (delivery,) = await _queue(store, "legal")
    async with store.begin() as uow:
        await uow.alerts.claim_due("one", now=NOW, until=after(60), limit=9)
        await uow.alerts.mark(
            delivery.id, DeliveryState.PENDING,
            at=after(5), next_attempt_at=after(30), error="delivery_failed",
        )  # fmt: skip
        assert await uow.alerts.claim_due("one", now=after(29), until=after(60), limit=9) == []
        (message,) = await uow.alerts.claim_due("two", now=after(30), until=after(60), limit=9)
        assert message.delivery == replace(
            delivery, attempts=1, last_error="delivery_failed", next_attempt_at=after(30)
        )
        await uow.alerts.mark(delivery.id, DeliveryState.DEAD, at=after(31), error="refused")
        assert await uow.alerts.claim_due("two", now=after(99), until=after(120), limit=9) == []
        assert (await uow.alerts.backlog())[DeliveryState.DEAD] == 1
        (dead,) = await uow.alerts.deliveries(alert.id)
        assert (dead.attempts, dead.last_error, dead.sent_at) == (2, "refused", None)
        with pytest.raises(NotFound):
            await uow.alerts.mark("d-nothing", DeliveryState.SENT, at=NOW)


async def test_what_was_sent_stays_sent_when_a_slow_attempt_then_fails(store: Store) -> None:
    """A message that has arrived is not sent again because an older try timed out."""
    alert, (delivery,) = await _queue(store, "legal")
    async with store.begin() as uow:
        await uow.alerts.mark(delivery.id, DeliveryState.SENT, at=after(5))
        await uow.alerts.mark(delivery.id, DeliveryState.PENDING, at=after(9), error="timed_out")
        (kept,) = await uow.alerts.deliveries(alert.id)
    assert (kept.state, kept.sent_at, kept.last_error) == (DeliveryState.SENT, after(5), None)


async def test_requeue_makes_every_delivery_pending_with_the_same_ids(store: Store) -> None:
    """A person may ask for an alert again, whatever became of it."""
    alert, deliveries = await _queue(store, "analyst", "legal")
    async with store.begin() as uow:
        await uow.alerts.mark(deliveries[0].id, DeliveryState.SENT, at=after(1))
        await uow.alerts.mark(deliveries[1].id, DeliveryState.DEAD, at=after(1), error="refused")
        assert await uow.alerts.requeue(alert.id, after(50)) == 2
        assert await uow.alerts.requeue("a-nothing", after(50)) == 0
        due = await uow.alerts.claim_due("one", now=after(50), until=after(99), limit=9)
    assert [message.delivery.id for message in due] == [delivery.id for delivery in deliveries]
    assert all(message.delivery.attempts == 0 for message in due)


async def test_two_daemons_never_hold_the_same_delivery(store_url: str) -> None:
    """Concurrent senders share the outbox and between them take all of it."""
    stores = [SqlStore(store_url, chain=stand_in_chain) for _ in range(2)]
    recipients = [f"r{n:02d}" for n in range(30)]
    _, deliveries = await _queue(stores[0], *recipients)

    async def work(store: SqlStore, owner: str) -> list[str]:
        mine: list[str] = []
        while True:
            async with store.begin() as uow:
                claimed = await uow.alerts.claim_due(owner, now=NOW, until=after(60), limit=2)
            if not claimed:
                return mine
            mine += [message.delivery.id for message in claimed]
            await asyncio.sleep(0)

    parts = await asyncio.gather(*(work(stores[n % 2], f"o{n}") for n in range(4)))
    assert sorted(key for part in parts for key in part) == sorted(d.id for d in deliveries)
    for store in stores:
        await store.aclose()


async def test_an_attempt_put_off_by_a_wrong_clock_is_due_at_once(store: Store) -> None:
    """After a clock was put back by a day, a lawyer is not left waiting for a day."""
    _, (delivery,) = await _queue(store, "legal")
    day = 86_400
    async with store.begin() as uow:
        await uow.alerts.claim_due("one", now=after(day), until=after(day + 60), limit=9)
        assert len(await uow.alerts.claim_due("two", now=after(1), until=after(61), limit=9)) == 1
        await uow.alerts.mark(
            delivery.id, DeliveryState.PENDING,
            at=after(day), next_attempt_at=after(day), error="delivery_failed",
        )  # fmt: skip
        assert len(await uow.alerts.claim_due("two", now=after(2), until=after(62), limit=9)) == 1
