"""Every implementation of ``Store``: all of a transaction or nothing of it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace

import pytest

from leakwatch.errors import NotFound, SchemaOutdated, StoreError, StoreUnavailable
from leakwatch.ports import Store
from leakwatch.store.session import SqlStore
from tests.support.store import (
    MATTER,
    NOW,
    SOURCE,
    Undo,
    a_delivery,
    a_draft,
    a_finding,
    a_match,
    a_matter,
    a_spec,
    an_alert,
    an_event,
    an_order,
    put_parents,
    stand_in_chain,
    undone,
)


async def test_a_block_that_raises_leaves_nothing_behind(store: Store) -> None:
    """State change, evidence and outbox row commit together or not at all."""
    with suppress(Undo):
        async with undone(store) as uow:
            await put_parents(uow)
            await uow.evidence.append(a_draft())
            await uow.alerts.add(an_alert(), [a_delivery(an_alert())])
    async with store.begin() as uow:
        assert await uow.sources.states() == []
        assert await uow.matters.order_history(MATTER) == []
        assert await uow.findings.find(a_finding().id) is None
        assert [record async for record in uow.evidence.ledger()] == []
        assert await uow.alerts.query() == []
        assert set((await uow.alerts.backlog()).values()) == {0}


async def test_a_callers_own_error_passes_as_it_is(store: Store) -> None:
    """A failed seal inside a transaction must not look like a failed database."""
    with pytest.raises(FileNotFoundError):
        async with store.begin():
            raise FileNotFoundError


async def test_a_swallowed_database_error_is_not_committed_over(store: Store) -> None:
    """PostgreSQL would roll back without a word: no caller may believe in what is not there."""

    async def swallow() -> None:
        async with store.begin() as uow:
            await put_parents(uow)
            with suppress(StoreError):
                await uow.findings.save(a_finding(9, source="not configured"), None)

    with pytest.raises(StoreError, match="constraint"):
        await swallow()
    async with store.begin() as uow:
        assert await uow.sources.states() == []


async def test_what_was_committed_is_there_when_opened_again(store_url: str) -> None:
    """A restart forgets nothing."""
    finding = a_finding()
    for is_first in (True, False):
        store = SqlStore(store_url, chain=stand_in_chain)
        async with store.begin() as uow:
            if is_first:
                await put_parents(uow)
                await uow.findings.save(finding, an_event(finding))
                await uow.findings.add_matches(finding.id, [a_match()])
                await uow.evidence.append(a_draft())
                await uow.alerts.add(an_alert(), [a_delivery(an_alert())])
            assert await uow.findings.get(finding.id) == finding
            assert await uow.findings.events(finding.id) == [an_event(finding)]
            assert await uow.findings.matches(finding.id) == [a_match()]
            assert [r.draft async for r in uow.evidence.ledger()] == [a_draft()]
            assert await uow.alerts.deliveries(an_alert().id) == [a_delivery(an_alert())]
        await store.aclose()


async def test_a_cancelled_transaction_is_rolled_back_and_lets_go(store: Store) -> None:
    """A drained worker leaves no lock behind."""
    inside = asyncio.Event()

    async def hang() -> None:
        async with store.begin() as uow:
            await uow.sources.sync([a_spec()], NOW)
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with store.begin() as uow:
        assert await uow.sources.states() == []


async def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    """A naive time could be any moment, and evidence rests on moments."""
    async with store.begin() as uow:
        with pytest.raises(ValueError, match="time zone"):
            await uow.sources.sync([a_spec()], NOW.replace(tzinfo=None))


async def test_a_row_without_its_parent_is_refused_by_name(store: Store) -> None:
    """References hold, at once or at the end of the transaction, in our own words."""
    with pytest.raises(StoreError, match="constraint") as at_once:
        async with store.begin() as uow:
            await uow.findings.save(a_finding(), None)
    assert type(at_once.value) is StoreError
    with pytest.raises(StoreError, match="constraint"):
        async with store.begin() as uow:
            await uow.findings.add_matches("f-nothing", [a_match()])
    async with store.begin() as uow:
        with pytest.raises(NotFound):
            await uow.findings.get("f-nothing")


async def test_messages_show_no_values(store: Store) -> None:
    """A refused row may hold what must not reach a log."""
    secret = replace(a_finding(), location="http://patient-name.example/")
    with pytest.raises(StoreError) as caught:
        async with store.begin() as uow:
            await uow.findings.save(secret, None)
    assert "patient-name" not in repr(caught.value) + str(caught.value)
    assert caught.value.__suppress_context__
    assert "\n" not in str(caught.value)


async def test_a_lock_held_by_another_ends_in_unavailable_and_then_works(store_url: str) -> None:
    """Waiting is bounded, the error is retryable, and the retry works."""
    holder = SqlStore(store_url, chain=stand_in_chain)
    waiter = SqlStore(store_url, chain=stand_in_chain, lock_timeout_s=0.2)
    async with holder.begin() as uow:
        await put_parents(uow)
    async with holder.begin() as held:
        await held.evidence.append(a_draft())
        with pytest.raises(StoreUnavailable, match="locked") as caught:
            async with waiter.begin() as uow:
                await uow.evidence.append(a_draft(2))
        assert caught.value.retryable
    async with waiter.begin() as uow:
        assert (await uow.evidence.append(a_draft(2))).seq == 2
    await holder.aclose()
    await waiter.aclose()


async def test_a_reader_sees_one_state_and_holds_nobody_up(store: SqlStore) -> None:
    """A person who pages through a list must not stop the daemon."""
    async with store.read() as snapshot:
        assert await snapshot.sources.states() == []
        async with store.begin() as uow:
            await put_parents(uow)
        assert await snapshot.sources.states() == []
    async with store.read() as snapshot:
        assert len(await snapshot.sources.states()) == 1
    with pytest.raises(StoreUnavailable, match="read-only"):
        async with store.read() as snapshot:
            await snapshot.sources.sync([], NOW)
    async with store.begin() as uow:
        assert (await uow.evidence.append(a_draft())).seq == 1


async def test_an_empty_database_is_refused_with_what_to_do(empty_url: str) -> None:
    """A watch that starts empty by mistake would believe that it has seen everything."""
    store = SqlStore(empty_url, chain=stand_in_chain)
    for attempt in (store.check_schema, store.begin().__aenter__):
        with pytest.raises(SchemaOutdated) as caught:
            await attempt()
        assert caught.value.hint == "leakwatch db upgrade"
    await store.aclose()


async def test_daemons_that_start_at_once_record_the_same_configuration(store_url: str) -> None:
    """The second finds what the first has written, and no order version is new twice."""
    stores = [SqlStore(store_url, chain=stand_in_chain) for _ in range(2)]

    async def start(store: SqlStore) -> int:
        async with store.begin() as uow:
            await uow.sources.sync([a_spec(), a_spec("other")], NOW)
            new = await uow.matters.sync([a_matter(an_order())], NOW)
            await uow.corpora.sync("harbour", "aa" * 32, {}, NOW)
            return len(new)

    assert sorted(await asyncio.gather(*(start(store) for store in stores * 2))) == [0, 0, 0, 1]
    for store in stores:
        await store.aclose()


async def test_of_two_workers_on_a_new_finding_the_second_sees_the_firsts(store_url: str) -> None:
    """Looking a finding up holds it, though it is not there yet."""
    stores = [SqlStore(store_url, chain=stand_in_chain) for _ in range(2)]
    async with stores[0].begin() as uow:
        await put_parents(uow)

    async def work(store: SqlStore) -> int:
        async with store.begin() as uow:
            known = await uow.findings.find(a_finding(7).id)
            await asyncio.sleep(0.01)
            revision = known.revision + 1 if known else 1
            await uow.findings.save(a_finding(7, revision=revision), None)
            return revision

    assert sorted(await asyncio.gather(*(work(store) for store in stores * 2))) == [1, 2, 3, 4]
    for store in stores:
        await store.aclose()


async def test_five_thousand_sources_are_synced_by_few_statements(store: Store) -> None:
    """A start with thousands of sources neither fails nor touches what is unchanged."""
    specs = [a_spec(f"s{number:04d}") for number in range(5_000)]
    async with store.begin() as uow:
        await uow.sources.sync([*specs, a_spec()], NOW)
        await uow.sources.sync(specs, NOW)
        assert len(await uow.sources.states()) == 5_000
        leases = await uow.sources.claim_due("daemon", now=NOW, until=NOW, limit=5_000)
        assert len(leases) == 5_000
        assert (await uow.sources.state(SOURCE)).name == SOURCE
