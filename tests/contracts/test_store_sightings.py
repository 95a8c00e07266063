"""Every implementation of ``SightingRepository``."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select

from leakwatch.errors import Conflict
from leakwatch.model.sighting import Sighting
from leakwatch.ports import SightingQuery, Store, UnitOfWork
from leakwatch.store import tables
from leakwatch.store.session import SqlStore
from tests.support.store import MATTER, NOW, SOURCE, a_capture, a_sighting, after, put_parents

OLD, NEW = "1" * 64, "2" * 64
ALL = SightingQuery(MATTER)


async def keep(uow: UnitOfWork, *sightings: Sighting) -> None:
    for number, sighting in enumerate(sightings, start=1):
        await uow.captures.add(a_capture(number), poll_id="p-1", url="http://x.example/")
        await uow.sightings.add(sighting, NOW)


async def ids(uow: UnitOfWork, query: SightingQuery, limit: int = 99, artefacts: int = 99) -> str:
    batch = await uow.sightings.batch(query, limit=limit, artefacts=artefacts)
    return "".join(sighting.id.removeprefix("s-") for sighting in batch)


async def test_a_sighting_comes_back_as_it_was_kept(store: Store) -> None:
    """Digests, sketches of every reading, numbers of listings: to the byte and in order."""
    bare = a_sighting(2, artefacts=(), listings=(), gone_since=after(50))
    async with store.begin() as uow:
        await put_parents(uow)
        await keep(uow, a_sighting(1), bare)
    async with store.read() as uow:
        first, second = await uow.sightings.batch(ALL, limit=9, artefacts=9)
    assert first == a_sighting(1)
    assert second == bare


async def test_keeping_it_again_changes_nothing(store: Store) -> None:
    """The same content at the same place is kept once, however often it is seen."""
    async with store.begin() as uow:
        await put_parents(uow)
        await keep(uow, a_sighting(1))
        await keep(uow, a_sighting(1, observed_at=after(900), corpora=NEW))
        assert await uow.sightings.count(ALL) == 1
        assert (await uow.sightings.batch(ALL, limit=9, artefacts=9))[0] == a_sighting(1)


async def test_states_of_the_corpora_are_numbered_as_they_come(store: Store) -> None:
    """A state keeps its number for ever, and each matter counts for itself."""
    async with store.begin() as uow:
        await put_parents(uow)
        numbers = [await uow.sightings.generation(MATTER, x, NOW) for x in (OLD, NEW, OLD, NEW)]
    assert numbers == [1, 2, 1, 2]


async def test_only_what_is_older_is_wanted_and_stamped(store: Store) -> None:
    """A stamp moves a sighting forward, never back."""
    async with store.begin() as uow:
        await put_parents(uow)
        await keep(uow, a_sighting(1), a_sighting(2), a_sighting(3, corpora=NEW))
        older = SightingQuery(MATTER, below=2)
        assert await ids(uow, older) == "12"
        await uow.sightings.stamp(["s-1"], 2)
        assert (await ids(uow, older), await uow.sightings.count(older)) == ("2", 1)
        await uow.sightings.stamp(["s-1", "s-3"], 1)
        assert await ids(uow, older) == "2"


async def test_batches_go_on_where_the_last_ended(store: Store) -> None:
    """By time seen, then by id; bounded by sightings and by artefacts, one at the least."""
    same = [a_sighting(n, observed_at=after(7)) for n in (3, 1, 2)]
    async with store.begin() as uow:
        await put_parents(uow)
        await keep(uow, *[replace(s, artefacts=s.artefacts[:1] * 2) for s in same], a_sighting(4))
        assert await ids(uow, ALL) == "4123"
        assert await ids(uow, ALL, limit=2) == "41"
        assert await ids(uow, ALL, artefacts=5) == "41"
        assert await ids(uow, ALL, artefacts=1) == "4"
        assert await ids(uow, replace(ALL, after=(after(7), "s-1"))) == "23"
        assert await ids(uow, replace(ALL, since=after(7))) == "123"
        assert await ids(uow, SightingQuery("another")) == ""


async def test_a_turn_is_one_owners_until_it_ends(store: Store) -> None:
    """Two daemons do not match the same things at the same time; a dead one's turn expires."""
    later = timedelta(minutes=2)
    async with store.begin() as uow:
        await put_parents(uow)
        await uow.sightings.generation(MATTER, OLD, NOW)
        for _ in range(2):
            await uow.sightings.claim(MATTER, 1, "a", now=NOW, until=NOW + later)
        await uow.sightings.release(MATTER, 1, "b")
    async with store.begin() as uow:
        with pytest.raises(Conflict):
            await uow.sightings.claim(MATTER, 1, "b", now=NOW, until=NOW + later)
        await uow.sightings.claim(MATTER, 1, "b", now=NOW + later, until=NOW + 2 * later)
        await uow.sightings.release(MATTER, 1, "b")
        await uow.sightings.claim(MATTER, 1, "c", now=NOW, until=NOW + later)


async def test_places_are_gone_and_back(store: Store) -> None:
    """Every sighting of a place goes and comes with it; other sources keep theirs."""
    one, two = a_sighting(1).location, a_sighting(2).location
    async with store.begin() as uow:
        await put_parents(uow)
        await keep(uow, a_sighting(1), a_sighting(2), a_sighting(3, location=one))
        await uow.sightings.mark_gone(SOURCE, [one], after(60))
        await uow.sightings.mark_gone("elsewhere", [two], after(60))
        assert await uow.sightings.shown(SOURCE) == {one: after(60), two: None}
        assert await uow.sightings.shown("elsewhere") == {}
        batch = await uow.sightings.batch(ALL, limit=9, artefacts=9)
        assert [s.gone_since for s in batch] == [after(60), None, after(60)]
        await uow.sightings.mark_gone(SOURCE, [one], None)
        assert await uow.sightings.shown(SOURCE) == {one: None, two: None}


async def test_what_is_kept_goes_with_its_capture(store: SqlStore) -> None:
    """Whoever deletes a capture's row deletes what was kept of it, and of no other."""
    async with store.begin() as uow:
        await put_parents(uow)
        await keep(uow, a_sighting(1), a_sighting(2))
    async with store._writing.begin() as connection:
        await connection.execute(delete(tables.captures).where(tables.captures.c.id == "c-1"))
        for table in (tables.sighted_artefacts, tables.sighted_listings):
            of_it = select(func.count()).where(table.c.capture_id == "c-1")
            assert await connection.scalar(of_it.select_from(table)) == 0
    async with store.read() as uow:
        first, second = await uow.sightings.batch(ALL, limit=9, artefacts=9)
    assert (first.artefacts, first.listings) == ((), ())
    assert second == a_sighting(2)
