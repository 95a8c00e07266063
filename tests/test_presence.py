"""What a whole look at a place says of its findings."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from leakwatch.evidence.record import Circumstances
from leakwatch.model.capture import PollOutcome
from leakwatch.model.finding import Finding
from leakwatch.model.source import Role
from leakwatch.ports import Store
from leakwatch.presence import ABSENCES_EVIDENCED, note_presence
from tests.support.store import (
    NOW,
    SOURCE,
    a_capture,
    a_finding,
    a_poll,
    a_sighting,
    a_spec,
    after,
    put_parents,
)

FINDING = a_finding(1).id


async def look(
    store: Store,
    minute: int,
    present: Sequence[str] | None,
    *,
    outcome: PollOutcome = PollOutcome.OK,
    is_complete: bool = True,
    role: Role = Role.LEAK_SITE,
) -> Finding:
    """Have one poll say what it saw; return the finding after it."""
    at = after(60 * minute)
    poll = a_poll(
        minute, started_at=at, finished_at=at, outcome=outcome, is_complete=is_complete, error=None
    )
    async with store.begin() as tx:
        await note_presence(
            tx,
            replace(a_spec(), role=role),
            poll,
            present=None if present is None else frozenset(present),
            is_unchanged=outcome is PollOutcome.UNCHANGED,
            circumstances=lambda: Circumstances(NOW, "0" * 32, "0" * 64),
        )
    async with store.begin() as tx:
        return await tx.findings.get(FINDING)


async def prepared(store: Store) -> str:
    async with store.begin() as tx:
        await put_parents(tx)
        return (await tx.findings.get(FINDING)).location


async def actions(store: Store) -> list[str]:
    async with store.begin() as tx:
        return [event.action for event in await tx.findings.events(FINDING)]


async def test_what_is_shown_is_still_up(store: Store) -> None:
    """Every look that shows it moves the time it was last seen."""
    location = await prepared(store)
    assert (await look(store, 5, [location])).last_seen_at == after(300)
    assert (await look(store, 6, None, outcome=PollOutcome.UNCHANGED)).last_seen_at == after(360)


async def test_what_a_whole_look_does_not_show_is_gone_and_may_return(store: Store) -> None:
    """Gone since the first absence, told once; back when it is shown again."""
    location = await prepared(store)
    before = await actions(store)
    for minute in range(5, 12):
        gone = await look(store, minute, ["http://elsewhere.example/"])
        assert gone.gone_since == after(300)
    async with store.begin() as tx:
        absences = await tx.captures.absences(FINDING)
    assert len(absences) == ABSENCES_EVIDENCED
    assert (await look(store, 20, [location])).gone_since is None
    assert await actions(store) == [*before, "gone", "returned"]


async def test_an_unchanged_place_does_not_bring_back_what_is_gone(store: Store) -> None:
    """No change since an absence is an absence still."""
    await prepared(store)
    await look(store, 5, [])
    gone = await look(store, 6, None, outcome=PollOutcome.UNCHANGED)
    assert gone.gone_since == after(300)


async def test_no_look_at_the_whole_place_says_nothing(store: Store) -> None:
    """Failures, odd pages, page caps and rolling lists are no absences."""
    await prepared(store)
    for minute, outcome, is_complete, role in (
        (5, PollOutcome.FAILED, False, Role.LEAK_SITE),
        (6, PollOutcome.DEGRADED, False, Role.LEAK_SITE),
        (7, PollOutcome.OK, False, Role.LEAK_SITE),
        (8, PollOutcome.OK, True, Role.NEWS),
        (9, PollOutcome.OK, True, Role.PASTE),
    ):
        found = await look(store, minute, [], outcome=outcome, is_complete=is_complete, role=role)
        assert found.gone_since is None
    assert (await look(store, 10, None)).gone_since is None


async def test_a_place_cannot_say_what_is_gone_elsewhere(store: Store) -> None:
    """A tracker that drops its link to a leak site's post has not looked at that post."""
    await prepared(store)
    before = await actions(store)
    async with store.begin() as tx:
        finding = await tx.findings.get(FINDING)
        await tx.findings.save(replace(finding, location="http://elsewhere.example/post"), None)
    assert (await look(store, 5, [], role=Role.TRACKER)).gone_since is None
    assert await actions(store) == before


async def test_another_mirror_says_nothing_of_this_one(store: Store) -> None:
    """A whole look at one mirror is no absence at another."""
    await prepared(store)
    at = after(300)
    poll = a_poll(5, started_at=at, finished_at=at, location="http://mirror.example/")
    async with store.begin() as tx:
        await note_presence(
            tx,
            a_spec(),
            poll,
            present=frozenset(),
            is_unchanged=False,
            circumstances=lambda: Circumstances(NOW, "0" * 32, "0" * 64),
        )
        assert (await tx.findings.get(FINDING)).gone_since is None


async def test_what_was_sighted_is_known_to_be_gone_though_nothing_was_found(store: Store) -> None:
    """It may be recognised later: gone since the first whole look, back when shown again."""
    await prepared(store)
    there, elsewhere = a_sighting(1), a_sighting(2, location="http://mirror.example/post/2")
    async with store.begin() as tx:
        for number, sighting in enumerate((there, elsewhere), start=1):
            await tx.captures.add(a_capture(number), poll_id="p-1", url="http://x.example/")
            await tx.sightings.add(sighting, NOW)

    async def gone() -> dict[str, datetime | None]:
        async with store.read() as tx:
            return dict(await tx.sightings.shown(SOURCE))

    unmoved = {there.location: None, elsewhere.location: None}
    await look(store, 4, [], is_complete=False)
    await look(store, 5, [], role=Role.PASTE)
    await look(store, 6, None)
    assert await gone() == unmoved
    await look(store, 7, [])
    await look(store, 8, [])
    assert await gone() == {**unmoved, there.location: after(420)}
    await look(store, 9, [there.location])
    assert await gone() == unmoved
