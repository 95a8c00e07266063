"""Every implementation of ``SourceRepository``."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from leakwatch.errors import Conflict, NotFound
from leakwatch.model.capture import PollOutcome
from leakwatch.model.source import Health, SourceState
from leakwatch.ports import Store, UnitOfWork
from leakwatch.store.session import SqlStore
from tests.support.store import NOW, SOURCE, a_poll, a_spec, after, stand_in_chain


async def test_a_new_source_is_due_at_once_with_an_empty_checkpoint(store: Store) -> None:
    """A source just configured is polled in the next tick."""
    async with store.begin() as uow:
        await uow.sources.sync([a_spec()], NOW)
        assert await uow.sources.state(SOURCE) == SourceState(SOURCE, {}, NOW)
        leases = await uow.sources.claim_due("daemon", now=NOW, until=after(60), limit=10)
    assert [(lease.source, lease.owner, lease.until) for lease in leases] == [
        (SOURCE, "daemon", after(60))
    ]


async def test_sync_leaves_an_unchanged_source_its_time_and_checkpoint(store: Store) -> None:
    """A restart forgets nothing and polls nothing early."""
    async with store.begin() as uow:
        await uow.sources.sync([a_spec()], NOW)
        lease = await uow.sources.claim(SOURCE, "daemon", now=NOW, until=after(60))
        await uow.sources.save_checkpoint(lease, {"page": 7, "seen": ["x\0", "\ud800"]})
        await uow.sources.release(lease, after(900))
        await uow.sources.sync([a_spec()], after(100))
        state = await uow.sources.state(SOURCE)
    assert state.next_poll_at == after(900)
    assert state.checkpoint == {"page": 7, "seen": ["x\0", "\ud800"]}


async def test_a_changed_source_is_due_at_once_and_keeps_its_checkpoint(store: Store) -> None:
    """An operator who mends an address need not wait out the old interval."""
    async with store.begin() as uow:
        await uow.sources.sync([a_spec()], NOW)
        lease = await uow.sources.claim(SOURCE, "daemon", now=NOW, until=after(60))
        await uow.sources.save_checkpoint(lease, {"page": 7})
        await uow.sources.release(lease, after(900))
        await uow.sources.sync([a_spec(locations=("http://moved.example/",))], after(100))
        state = await uow.sources.state(SOURCE)
    assert (state.next_poll_at, state.checkpoint) == (after(100), {"page": 7})


async def test_a_source_no_longer_configured_is_disabled_and_comes_back(store: Store) -> None:
    """A dropped source is not polled, is remembered, and resumes where it was."""
    async with store.begin() as uow:
        await uow.sources.sync([a_spec(), a_spec("other")], NOW)
        await uow.sources.sync([a_spec("other")], after(1))
        assert [s.name for s in await uow.sources.states()] == ["other"]
        due = await uow.sources.claim_due("daemon", now=after(2), until=after(60), limit=10)
        assert [lease.source for lease in due] == ["other"]
        assert (await uow.sources.state(SOURCE)).name == SOURCE
        with pytest.raises(NotFound):
            await uow.sources.claim(SOURCE, "daemon", now=NOW, until=after(60))
        await uow.sources.sync([a_spec(), a_spec("other")], after(3))
        assert [s.name for s in await uow.sources.states()] == [SOURCE, "other"]


async def test_claim_due_takes_the_longest_overdue_first_up_to_the_limit(store: Store) -> None:
    """A backlog is worked off in order, and what is not due is left."""
    async with store.begin() as uow:
        for number, name in enumerate(("c", "b", "a")):
            await uow.sources.sync(
                [a_spec(n) for n in ("c", "b", "a")[: number + 1]], after(number)
            )
            assert (await uow.sources.state(name)).next_poll_at == after(number)
        first = await uow.sources.claim_due("daemon", now=after(1), until=after(60), limit=1)
        rest = await uow.sources.claim_due("daemon", now=after(1), until=after(60), limit=9)
    assert [lease.source for lease in first] == ["c"]
    assert [lease.source for lease in rest] == ["b"]


async def test_an_expired_lease_is_due_again_and_the_old_owner_has_lost_it(store: Store) -> None:
    """A daemon that died holds nobody up, and cannot overwrite its successor."""
    async with store.begin() as uow:
        await uow.sources.sync([a_spec()], NOW)
        (old,) = await uow.sources.claim_due("first", now=NOW, until=after(60), limit=1)
        assert not await uow.sources.claim_due("second", now=after(59), until=after(99), limit=1)
        (new,) = await uow.sources.claim_due("second", now=after(60), until=after(120), limit=1)
        with pytest.raises(Conflict):
            await uow.sources.renew(old, after(999))
        with pytest.raises(Conflict):
            await uow.sources.save_checkpoint(old, {"stale": True})
        await uow.sources.release(old, after(5))
        assert (await uow.sources.renew(new, after(180))).until == after(180)
        state = await uow.sources.state(SOURCE)
        assert not await uow.sources.claim_due("third", now=after(179), until=after(999), limit=1)
    assert (state.checkpoint, state.next_poll_at) == ({}, NOW)


async def test_claim_takes_a_source_that_is_not_due_but_not_one_that_is_leased(
    store: Store,
) -> None:
    """An analyst may poll now, unless somebody is at it."""
    async with store.begin() as uow:
        await uow.sources.sync([a_spec()], NOW)
        lease = await uow.sources.claim(SOURCE, "daemon", now=NOW, until=after(60))
        with pytest.raises(Conflict, match="daemon"):
            await uow.sources.claim(SOURCE, "analyst", now=after(1), until=after(60))
        again = await uow.sources.claim(SOURCE, "daemon", now=after(1), until=after(90))
        await uow.sources.release(again, after(900))
        taken = await uow.sources.claim(SOURCE, "analyst", now=after(2), until=after(60))
        assert taken.owner == "analyst"
        with pytest.raises(Conflict):
            await uow.sources.renew(lease, after(120))
        with pytest.raises(NotFound):
            await uow.sources.claim("nowhere", "analyst", now=NOW, until=after(60))
        with pytest.raises(NotFound):
            await uow.sources.state("nowhere")


async def test_two_stores_on_one_database_never_claim_the_same_source(store_url: str) -> None:
    """Two daemons share the work without polling twice."""
    stores = [SqlStore(store_url, chain=stand_in_chain) for _ in range(2)]
    async with stores[0].begin() as uow:
        await uow.sources.sync([a_spec(f"s{n:03d}") for n in range(60)], NOW)

    async def work(store: SqlStore, owner: str) -> list[str]:
        mine: list[str] = []
        while True:
            async with store.begin() as uow:
                leases = await uow.sources.claim_due(owner, now=NOW, until=after(60), limit=3)
            if not leases:
                return mine
            mine += [lease.source for lease in leases]
            await asyncio.sleep(0)

    workers = [work(store, f"{i}{n}") for i, store in enumerate(stores) for n in range(3)]
    claimed = await asyncio.gather(*workers)
    names = [name for part in claimed for name in part]
    assert sorted(names) == [f"s{n:03d}" for n in range(60)]
    for store in stores:
        await store.aclose()


async def test_record_poll_keeps_the_poll_and_the_health_and_nothing_else(store: Store) -> None:
    """The lease holder's checkpoint and next time are not overwritten by a health report."""
    poll = a_poll(
        outcome=PollOutcome.FAILED, location=None, error="timed_out", detail="no answer\0"
    )
    state = SourceState(
        SOURCE,
        {"ignored": 1},
        after(5),
        health=Health.FAILING,
        health_since=after(3),
        consecutive_failures=4,
        last_error="timed_out",
    )
    async with store.begin() as uow:
        await uow.sources.sync([a_spec()], NOW)
        await uow.sources.record_poll(poll, state)
        await uow.sources.record_poll(poll, state)
        kept = await uow.sources.state(SOURCE)
        polls = await uow.sources.polls(SOURCE)
    assert kept == replace(state, checkpoint={}, next_poll_at=NOW)
    assert polls == [replace(poll, detail="no answer\N{REPLACEMENT CHARACTER}")]


async def test_polls_come_newest_first_and_the_last_good_look_before_a_time(store: Store) -> None:
    """Only a poll that answered, and was not cut short, proves that we looked."""
    polls = [
        a_poll(1),
        a_poll(2, outcome=PollOutcome.UNCHANGED),
        a_poll(3, outcome=PollOutcome.FAILED),
        a_poll(4, is_complete=False),
        a_poll(5),
    ]
    async with store.begin() as uow:
        await uow.sources.sync([a_spec()], NOW)
        state = await uow.sources.state(SOURCE)
        for poll in polls:
            await uow.sources.record_poll(poll, state)
        assert await uow.sources.polls(SOURCE, limit=2) == [polls[4], polls[3]]
        assert await uow.sources.last_look_before(SOURCE, after(500)) == after(200)
        assert await uow.sources.last_look_before(SOURCE, after(501)) == after(500)
        assert await uow.sources.last_look_before(SOURCE, after(100)) is None
        assert await uow.sources.last_look_before("nowhere", after(999)) is None


async def test_a_source_polled_in_the_future_is_due_at_once(store: Store) -> None:
    """A clock that was put back by a day does not stop the watch for a day."""
    day = 86_400
    async with store.begin() as uow:
        await uow.sources.sync([a_spec()], NOW)
        await uow.sources.claim(SOURCE, "daemon", now=after(day), until=after(day + 60))
        # The poll ended, and put its end into the future; then its daemon died.
        await uow.sources.record_poll(a_poll(finished_at=after(day)), await _polled(uow, day))
        claim = uow.sources.claim_due
        (lease,) = await claim("heir", now=after(1), until=after(61), limit=9)
        await uow.sources.release(lease, after(day + 900))
        (lease,) = await claim("heir", now=after(2), until=after(62), limit=9)
        # Polled by the right clock, it keeps its time like any other.
        await uow.sources.record_poll(a_poll(2, finished_at=after(3)), await _polled(uow, 3))
        await uow.sources.release(lease, after(903))
        assert await claim("heir", now=after(4), until=after(64), limit=9) == []
        # A daemon whose clock is some seconds behind has no reason to poll again.
        assert await claim("behind", now=after(-20), until=after(40), limit=9) == []


async def _polled(uow: UnitOfWork, finished_s: float) -> SourceState:
    state = await uow.sources.state(SOURCE)
    return replace(state, last_poll_at=after(finished_s))
