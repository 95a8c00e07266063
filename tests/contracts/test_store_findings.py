"""Every implementation of ``FindingRepository`` and ``CaptureRepository``."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leakwatch.errors import Conflict, NotFound
from leakwatch.model.capture import Absence
from leakwatch.model.finding import Outcome, Review
from leakwatch.model.fingerprint import ExactDigests
from leakwatch.model.match import Grade, Match, Method
from leakwatch.model.source import Via
from leakwatch.ports import FindingQuery, SeenArtefact, Store
from leakwatch.store import tables
from leakwatch.store.session import SqlStore
from tests.support.store import (
    MATTER,
    NOW,
    SOURCE,
    a_capture,
    a_finding,
    a_match,
    a_matter,
    a_spec,
    after,
    an_assessment,
    an_event,
    put_parents,
)


async def test_a_finding_comes_back_as_it_was_saved(store: Store) -> None:
    """Every field survives, set or not, with its microseconds and in UTC."""
    full = a_finding(1, gone_since=after(9), review=Review.CONFIRMED)
    bare = a_finding(
        2, grade=None, documents=0, last_absent_at=None, claimed_posted_at=None,
        outcome=Outcome.MENTION,
    )  # fmt: skip
    async with store.begin() as uow:
        await put_parents(uow)
        for finding in (full, bare):
            await uow.findings.save(finding, None)
            assert await uow.findings.get(finding.id) == finding
            assert await uow.findings.find(finding.id) == finding
        assert await uow.findings.find("f-000") is None


async def test_get_takes_a_unique_prefix_and_says_when_it_is_not(store: Store) -> None:
    """A person types few letters; never does that pick one of several."""
    one, two = a_finding(1), replace(a_finding(2), id="f-0000000000012")
    async with store.begin() as uow:
        await put_parents(uow)
        await uow.findings.save(two, None)
        assert (await uow.findings.get("f-0000000000012")).id == two.id
        assert (await uow.findings.get(one.id)).id == one.id
        with pytest.raises(NotFound, match="several"):
            await uow.findings.get("f-0000")
        for absent in ("f-9", "", "%", "f_0000000000012"):
            with pytest.raises(NotFound, match="no finding"):
                await uow.findings.get(absent)


async def test_save_refuses_to_go_back_to_an_older_revision(store: Store) -> None:
    """Two workers on one finding: the slower one learns that it is behind."""
    newer = a_finding(revision=3, documents=5)
    async with store.begin() as uow:
        await put_parents(uow)
        await uow.findings.save(newer, an_event(newer))
    older = a_finding(revision=2, documents=9)
    async with store.begin() as uow:
        with pytest.raises(Conflict):
            await uow.findings.save(older, an_event(older, "raised"))
    async with store.begin() as uow:
        assert await uow.findings.get(newer.id) == newer
        assert [event.action for event in await uow.findings.events(newer.id)] == ["detected"]
        same = replace(newer, last_seen_at=after(50))
        await uow.findings.save(same, None)
        assert await uow.findings.get(newer.id) == same


async def test_history_is_kept_in_the_order_it_was_written(store: Store) -> None:
    """A finding's story is told as it happened, times notwithstanding."""
    finding = a_finding()
    told = [
        an_event(finding, "detected", at=after(5)),
        an_event(finding, "confirmed", at=after(1), actor="J. Analyst"),
        an_event(finding, "gone", at=after(5), outcome=Outcome.PRE_ORDER),
    ]
    async with store.begin() as uow:
        await put_parents(uow)
        for event in told:
            await uow.findings.save(finding, event)
        assert await uow.findings.events(finding.id) == told
        assert await uow.findings.events("f-nothing") == []


async def test_query_filters_and_puts_the_worst_first_then_the_newest(store: Store) -> None:
    """The top of the list is what a person must look at."""
    found = [
        a_finding(1, outcome=Outcome.MENTION, last_seen_at=after(99)),
        a_finding(2, outcome=Outcome.BREACH_OFFER, last_seen_at=after(3)),
        a_finding(3, outcome=Outcome.BREACH_PUBLICATION, last_seen_at=after(1)),
        a_finding(4, outcome=Outcome.BREACH_PUBLICATION, last_seen_at=after(2)),
        a_finding(5, outcome=Outcome.THREAT, matter="other", source="elsewhere"),
    ]

    async def numbers(query: FindingQuery) -> list[int]:
        async with store.begin() as uow:
            return [int(f.id.removeprefix("f-")) for f in await uow.findings.query(query)]

    async with store.begin() as uow:
        await uow.sources.sync([a_spec(), a_spec("elsewhere")], NOW)
        await uow.matters.sync([a_matter(), a_matter(id="other")], NOW)
        for finding in found:
            await uow.findings.save(finding, None)
    assert await numbers(FindingQuery()) == [4, 3, 2, 5, 1]
    assert await numbers(FindingQuery(limit=2)) == [4, 3]
    assert await numbers(FindingQuery(matter=MATTER)) == [4, 3, 2, 1]
    assert await numbers(FindingQuery(source="elsewhere")) == [5]
    assert await numbers(FindingQuery(outcome="apparent_breach")) == [4, 3, 2]
    assert await numbers(FindingQuery(outcome="apparent_breach.offer")) == [2]
    assert await numbers(FindingQuery(outcome="apparent%")) == []
    assert await numbers(FindingQuery(since=after(3))) == [2, 1]


async def test_of_source_leaves_out_what_is_rejected(store: Store) -> None:
    """What is gone may come back, so it is looked for; what a person rejected is not."""
    async with store.begin() as uow:
        await put_parents(uow)
        await uow.sources.sync([a_spec(), a_spec("elsewhere")], NOW)
        for finding in (
            a_finding(2, gone_since=after(1)),
            a_finding(3, review=Review.REJECTED),
            a_finding(4, review=Review.CONFIRMED),
            a_finding(5, source="elsewhere"),
        ):
            await uow.findings.save(finding, None)
        kept = await uow.findings.of_source(SOURCE)
    assert [finding.id[-1] for finding in kept] == ["1", "2", "4"]


async def test_matches_come_back_and_count_distinct_known_files(store: Store) -> None:
    """The number of documents counts files, not sightings of them."""
    bare = Match("k-9", "harbour", Method.LISTING, Grade.CONCLUSIVE)
    seen = [
        a_match("k-1"),
        a_match("k-1", capture_id="c-2"),
        a_match("k-1", artefact_ordinal="3.1"),
        a_match("k-2", artefact_ordinal=""),
        a_match("k-3", match=bare, artefact_ordinal=None, seen_at=after(1)),
    ]
    async with store.begin() as uow:
        await put_parents(uow)
        assert await uow.findings.add_matches("f-000000000001", seen[:3]) == 1
        assert await uow.findings.add_matches("f-000000000001", seen) == 3
        assert await uow.findings.add_matches("f-000000000001", []) == 3
        kept = await uow.findings.matches("f-000000000001")
    assert sorted(kept, key=repr) == sorted(seen, key=repr)
    assert kept[-1] == seen[-1]


async def test_matches_may_be_added_before_their_finding_in_one_transaction(store: Store) -> None:
    """The count of files goes into the finding, so matches are written first."""
    async with store.begin() as uow:
        await uow.sources.sync([a_spec()], NOW)
        await uow.matters.sync([a_matter()], NOW)
        documents = await uow.findings.add_matches("f-000000000001", [a_match(), a_match("k-2")])
        await uow.findings.save(a_finding(documents=documents), None)
    async with store.begin() as uow:
        assert (await uow.findings.get("f-000000000001")).documents == 2


async def test_what_strangers_write_cannot_stop_a_finding_from_being_kept(store: Store) -> None:
    """NUL and lone surrogates, which an engine refuses, become U+FFFD in a location."""
    hostile = a_finding(location="http://x.example/\0\ud800/y")
    assessment = replace(an_assessment(), reasons=("said \0\ud800",))
    async with store.begin() as uow:
        await put_parents(uow)
        await uow.findings.save(replace(hostile, assessment=assessment), an_event(hostile))
        kept = await uow.findings.get(hostile.id)
    assert kept.location == "http://x.example/\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}/y"
    assert kept.assessment == assessment


async def test_captures_and_artefacts_may_come_twice(store: SqlStore) -> None:
    """After a crash the same poll records the same captures again, and none is doubled."""
    digests = ExactDigests(raw="aa" * 32, text=None, letters=0)
    artefacts = [
        SeenArtefact("c-1", "", "zip", 5_000_000_000, digests),
        SeenArtefact("c-1", "3.0", "text", 7, ExactDigests("bb" * 32, "cc" * 32, 70), "encrypted"),
    ]
    for _ in range(2):
        async with store.begin() as uow:
            await put_parents(uow)
            await uow.captures.add_artefacts(artefacts)
            await uow.captures.add(a_capture(), poll_id="p-1", url="http://x.example/(document)")
            await uow.captures.add_artefacts([])
    async with store._writing.connect() as connection:
        rows = (await connection.execute(tables.captures.select())).mappings().all()
        kept = (await connection.execute(tables.artefacts.select())).mappings().all()
    assert [(row["url"], row["sha256"], row["size_bytes"]) for row in rows] == [
        ("http://x.example/(document)", a_capture().sha256, a_capture().size_bytes)
    ]
    assert not any("secret-name" in str(value) for row in rows for value in row.values())
    assert sorted((row["ordinal"], row["raw_hmac"], row["error"]) for row in kept) == [
        ("", "aa" * 32, None),
        ("3.0", "bb" * 32, "encrypted"),
    ]


async def test_absences_come_back_oldest_first_and_once_a_poll(store: Store) -> None:
    """Three good absences are three polls."""
    looked = [Absence(f"p-{n}", "f-000000000001", after(n), Via.TOR) for n in (2, 1)]
    async with store.begin() as uow:
        await put_parents(uow)
        for absence in (*looked, looked[0]):
            await uow.captures.add_absence(absence)
        assert await uow.captures.absences("f-000000000001") == [looked[1], looked[0]]
        assert await uow.captures.absences("f-nothing") == []
