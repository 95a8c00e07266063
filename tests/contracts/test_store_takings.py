"""Every implementation of ``TakingRepository``."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from leakwatch.model.capture import PollOutcome
from leakwatch.model.taking import ArtefactCount, Fate, Ground, Purpose, Taking
from leakwatch.ports import Store
from tests.support.store import MATTER, NOW, SOURCE, a_poll, a_spec, after


def a_taking(number: int = 1, **changes: Any) -> Taking:
    taking = Taking(
        id=f"t-{number}",
        poll_id="p-1",
        source=SOURCE,
        purpose=Purpose.PAYLOAD,
        location="http://fictional-leaks.example/(document)",
        address_hmac="ab" * 12,
        began_at=after(number),
        ended_at=after(number + 1),
        requests=2,
        received_bytes=2**33,
        size_bytes=2**40,
        content_hmac="cd" * 12,
        error=None,
        things=1,
        grounds=(
            Ground(MATTER, "seal_matches", "letter of 1 May", Fate.SEALED),
            Ground("other", "metadata_only", None, Fate.REFUSED_BY_POLICY),
        ),
        artefacts=(
            ArtefactCount("zip", "opened", 1),
            ArtefactCount("unknown", "no_text", 70_000),
        ),
    )
    return replace(taking, **changes)


async def test_a_taking_comes_back_as_it_was_put(store: Store) -> None:
    """All of it: who, why, how much, and what became of it."""
    given = a_taking()
    async with store.begin() as uow:
        await uow.sources.sync([a_spec()], NOW)
        await uow.takings.put([given])
    async with store.read() as uow:
        assert await uow.takings.query() == [given]


async def test_what_was_begun_is_replaced_by_how_it_ended(store: Store) -> None:
    """One row a taking: first that it was begun, then what it came to."""
    ended = a_taking()
    begun = replace(
        ended, ended_at=None, requests=0, received_bytes=0, size_bytes=None, content_hmac=None,
        artefacts=(), grounds=(Ground(MATTER, "seal_matches", "letter", Fate.CUT_OFF),),
    )  # fmt: skip
    async with store.begin() as uow:
        await uow.sources.sync([a_spec()], NOW)
        await uow.takings.put([begun])
        assert await uow.takings.query() == [begun]
        await uow.takings.put([ended])
        await uow.takings.put([begun])
        await uow.takings.put([])
        assert await uow.takings.query() == [ended]


async def test_takings_are_found_by_source_and_time(store: Store) -> None:
    """Oldest first, from a time on."""
    async with store.begin() as uow:
        await uow.sources.sync([a_spec(), a_spec("other")], NOW)
        await uow.takings.put([a_taking(3), a_taking(1), a_taking(2, source="other")])
        everything = await uow.takings.query()
        ours = await uow.takings.query(source=SOURCE)
        late = await uow.takings.query(since=after(2))
    assert [t.id for t in everything] == ["t-1", "t-2", "t-3"]
    assert [t.id for t in ours] == ["t-1", "t-3"]
    assert [t.id for t in late] == ["t-2", "t-3"]


async def test_polls_are_found_by_time(store: Store) -> None:
    """Those of a span, the first ever, and the last good one before a time."""
    polls = [a_poll(n) for n in range(1, 5)]
    polls[1] = replace(polls[1], outcome=PollOutcome.FAILED)
    async with store.begin() as uow:
        await uow.sources.sync([a_spec(), a_spec("other")], NOW)
        state = await uow.sources.state(SOURCE)
        assert await uow.sources.first_poll_at(SOURCE) is None
        for poll in reversed(polls):
            await uow.sources.record_poll(poll, state)
        since = await uow.sources.polls_since(SOURCE, polls[1].finished_at)
        first = await uow.sources.first_poll_at(SOURCE)
        good = await uow.sources.last_good_poll_before(SOURCE, polls[2].started_at)
        none = await uow.sources.last_good_poll_before("other", after(9999))
    assert since == polls[1:]
    assert (first, good, none) == (polls[0].started_at, polls[0], None)
