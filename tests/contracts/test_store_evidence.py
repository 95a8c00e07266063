"""Every implementation of ``EvidenceRepository``: a chain without gaps, whoever appends."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leakwatch.model.evidence import EvidenceRecord, RecordDraft, RecordKind
from leakwatch.ports import Store
from leakwatch.store.session import SqlStore
from tests.support.store import (
    NOW,
    Undo,
    a_draft,
    after,
    put_parents,
    stand_in_chain,
    undone,
)

FINDING = "f-000000000001"

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


async def _ledger(store: Store) -> list[EvidenceRecord]:
    async with store.begin() as uow:
        return [record async for record in uow.evidence.ledger()]


def _assert_chained(ledger: list[EvidenceRecord]) -> None:
    assert [record.seq for record in ledger] == list(range(1, len(ledger) + 1))
    previous = "0" * 64
    for record in ledger:
        assert record.previous_sha256 == previous
        assert record.sha256 == stand_in_chain(record.seq, record.draft, previous)
        previous = record.sha256


async def test_records_are_chained_from_sixty_four_zeros(store: Store) -> None:
    """Each record holds the digest of the one before, and verifies as read back."""
    drafts = [
        a_draft(1),
        a_draft(2, sealed=None, capture_id=None, finding_id=None, kind=RecordKind.ANALYST_NOTE),
        a_draft(3, kind=RecordKind.ABSENCE),
    ]
    async with store.begin() as uow:
        await put_parents(uow)
        written = [await uow.evidence.append(draft) for draft in drafts]
    ledger = await _ledger(store)
    assert ledger == written
    assert [record.draft for record in ledger] == drafts
    _assert_chained(ledger)
    async with store.begin() as uow:
        assert await uow.evidence.of_finding(FINDING) == [ledger[0], ledger[2]]
        assert await uow.evidence.of_finding("f-nothing") == []


async def test_appending_a_known_id_returns_the_record_that_is_there(store: Store) -> None:
    """After a crash the same record is appended again, a moment later, and none is added."""
    async with store.begin() as uow:
        await put_parents(uow)
        first = await uow.evidence.append(a_draft(1))
        await uow.evidence.append(a_draft(2))
        assert await uow.evidence.append(replace(a_draft(1), recorded_at=after(99))) == first
    assert len(await _ledger(store)) == 2


async def test_a_record_that_is_rolled_back_leaves_no_gap(store: Store) -> None:
    """Sequence numbers prove that nothing was taken out."""
    async with store.begin() as uow:
        await put_parents(uow)
        await uow.evidence.append(a_draft(1))
    with pytest.raises(Undo):
        async with undone(store) as uow:
            await uow.evidence.append(a_draft(2))
    async with store.begin() as uow:
        assert (await uow.evidence.append(a_draft(3))).seq == 2
    _assert_chained(await _ledger(store))


async def test_daemons_that_append_at_once_make_one_chain(store_url: str) -> None:
    """Appends of several daemons take turns, so the chain never forks."""
    stores = [SqlStore(store_url, chain=stand_in_chain) for _ in range(2)]
    async with stores[0].begin() as uow:
        await put_parents(uow)

    async def append(store: SqlStore, number: int) -> None:
        async with store.begin() as uow:
            await uow.evidence.append(a_draft(number))
            await asyncio.sleep(0.001)

    await asyncio.gather(*(append(stores[n % 2], n) for n in range(1, 25)))
    ledger = await _ledger(stores[0])
    assert sorted(record.draft.id for record in ledger) == sorted(f"e-{n}" for n in range(1, 25))
    _assert_chained(ledger)
    for store in stores:
        await store.aclose()


async def test_a_ledger_longer_than_a_page_is_read_whole(store: Store) -> None:
    """Reading is by pages, and none is missed between two."""
    async with store.begin() as uow:
        await put_parents(uow)
        for number in range(1, 502):
            await uow.evidence.append(a_draft(number, facts={}))
    _assert_chained(ledger := await _ledger(store))
    assert len(ledger) == 501


async def test_the_hash_is_of_the_record_as_a_later_reader_gets_it(store: Store) -> None:
    """Tuples, number keys and other time zones are not there any more when it is verified."""
    local = NOW.astimezone(timezone(timedelta(hours=13)))
    draft = a_draft(1, facts={"pages": (1, 2)}, recorded_at=local)
    async with store.begin() as uow:
        await put_parents(uow)
        record = await uow.evidence.append(draft)
    assert record.draft.facts == {"pages": [1, 2]}
    _assert_chained(await _ledger(store))


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(facts=st.dictionaries(st.text(), _JSON, max_size=4))
def test_facts_round_trip_exactly(store_url: str, facts: dict[str, object]) -> None:
    """Whatever JSON the facts hold, hostile text included, is what is read back."""

    async def round_trip(draft: RecordDraft) -> EvidenceRecord:
        store = SqlStore(store_url, chain=lambda *_: "00" * 32)
        with suppress(Undo):
            async with undone(store) as uow:
                await put_parents(uow)
                await uow.evidence.append(draft)
                [record] = await uow.evidence.of_finding(FINDING)
        await store.aclose()
        return record

    record = asyncio.run(round_trip(a_draft(1, facts=facts)))
    assert record.draft.facts == facts
    assert repr(sorted(record.draft.facts)) == repr(sorted(facts))


async def test_facts_that_are_not_json_are_refused(store: Store) -> None:
    """A fact that would not survive is the caller's mistake, told at once."""
    async with store.begin() as uow:
        await put_parents(uow)
    for fact in (float("nan"), b"bytes", NOW):
        with pytest.raises((TypeError, ValueError)):
            async with store.begin() as uow:
                await uow.evidence.append(a_draft(1, facts={"fact": fact}))
    assert await _ledger(store) == []
