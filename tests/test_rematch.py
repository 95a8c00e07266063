"""Files that become known later are recognised in what was seen before."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import update

from leakwatch.clock import SystemClock
from leakwatch.corpus.bundle import open_corpus
from leakwatch.errors import Conflict
from leakwatch.evidence.journal import IntakeJournal
from leakwatch.evidence.ledger import check_ledger
from leakwatch.evidence.record import Circumstances, record_sha256
from leakwatch.inspection import Inspection, Part, Seen
from leakwatch.match.matcher import CorpusMatcher
from leakwatch.model.evidence import RecordKind
from leakwatch.model.finding import Claims, Outcome, Review
from leakwatch.model.listing import Listing, ListingEntry
from leakwatch.model.match import Grade, Method
from leakwatch.model.matter import Matter, PayloadPolicy, Recipient, RecipientRole
from leakwatch.model.post import Post, PostState
from leakwatch.model.source import Role
from leakwatch.observation import Observation
from leakwatch.ports import Matcher
from leakwatch.recognition import Recogniser, sighting_of
from leakwatch.recording import Recorded, Recorder
from leakwatch.rematch import Rematcher, RematchReport
from leakwatch.store import tables
from leakwatch.store.session import SqlStore
from leakwatch.triage import reviewed
from tests.support.corpora import KEY, OTHER_KEY, build, note
from tests.support.facts import EFFECTIVE, HOUR, ORDER
from tests.support.readers import PlainReader
from tests.support.store import NOW, SOURCE, a_capture, a_poll, a_spec

MATTER = Matter(
    id="fiction",
    title="Fictional Clinic v Persons Unknown",
    case_ref="F-1",
    corpora=("clinic",),
    victim_names=("Fictional Clinic",),
    actor_names=(),
    orders=(ORDER,),
    recipients=(Recipient("Legal", RecipientRole.LEGAL, "email", "l@clinic.example"),),
    evidence_keys=(),
    payload=PayloadPolicy.FINGERPRINT_AND_DROP,
)
LEAKED, LATER = note("leaked"), note("later")
SILENT = Claims()
PLACE = "http://fictional-leaks.example/post/1"


def known(home: Path, name: str, *texts: str, key: object = KEY) -> CorpusMatcher:
    """Return a matcher that knows these texts."""
    fingerprint_key = OTHER_KEY if key is OTHER_KEY else KEY
    files = {f"{n}.txt": text for n, text in enumerate(texts)}
    build(home, files, name=name, key=fingerprint_key)
    return CorpusMatcher([open_corpus(home / f"{name}.corpus", name="clinic")], fingerprint_key)


@dataclass
class Watch:
    """A store with a matter, looked at by hand: what the pipeline does in a poll."""

    store: SqlStore
    recorder: Recorder
    rematcher: Rematcher
    home: Path

    async def see(
        self,
        text: str,
        matcher: Matcher,
        *,
        number: int = 1,
        place: str = PLACE,
        at: datetime = EFFECTIVE + 5 * HOUR,
        listing: Listing | None = None,
        claims: Claims = SILENT,
    ) -> Recorded | None:
        """Take up one post; record it when it shows anything."""
        body = text.encode()
        capture = a_capture(
            number, body=body, sha256=hashlib.sha256(body).hexdigest(), size_bytes=len(body),
            requested_at=at, first_byte_at=at, completed_at=at, headers=(), url=place,
        )  # fmt: skip
        seen = Seen(capture, tuple(PlainReader().read(body, name="page")), Part.CONTENT)
        recogniser = Recogniser(matcher)
        for artefact in seen.artefacts:
            recogniser.hear(capture, artefact)
        listings = ((capture.id, listing),) if listing else ()
        found = recogniser.result(Inspection((seen,), listings, 0, frozenset(), 0))
        observation = Observation(
            id=f"o-{number}",
            poll_id="p-1",
            matter=MATTER.id,
            source=SOURCE,
            role=Role.LEAK_SITE,
            location=place,
            observed_at=at,
            post_state=PostState.PUBLISHED,
            claims=claims,
            captures=(replace(capture, body=b""),),
            artefacts=tuple(found.artefacts),
            matches=tuple(found.matches),
            is_content_reachable=bool(found.matched),
            unread_files=0,
        )
        kept = sighting_of(observation, Post("key", place), found, corpora=matcher.corpora)
        recorded = None
        if observation.matches or claims.names_victim:
            recorded = await self.recorder.record(observation)
        async with self.store.begin() as tx:
            await tx.captures.add(capture, poll_id="p-1", url=place)
            await tx.sightings.add(kept, NOW)
        return recorded

    async def rematch(
        self, matcher: Matcher, *, everything: bool = False, is_whole: bool = True
    ) -> RematchReport:
        return await self.rematcher.run(
            MATTER.id, matcher, everything=everything, is_whole=is_whole
        )

    async def alerts(self) -> list[str]:
        async with self.store.read() as tx:
            return [alert.body for alert in await tx.alerts.query()]


@pytest.fixture
async def watch(store_url: str, tmp_path: Path) -> AsyncIterator[Watch]:
    store = SqlStore(store_url, chain=record_sha256)
    recorder = Recorder(
        store=store,
        journal=IntakeJournal(tmp_path / "journal"),
        matters={MATTER.id: MATTER},
        circumstances=lambda: Circumstances(NOW, "0" * 32, "0" * 64),
        clock=SystemClock(),
    )
    async with store.begin() as tx:
        await tx.matters.sync([MATTER], NOW)
        await tx.sources.sync([a_spec()], NOW)
    with ThreadPoolExecutor(1) as executor:
        rematcher = Rematcher(
            store=store, recorder=recorder, executor=executor, clock=SystemClock(), owner="test"
        )
        yield Watch(store, recorder, rematcher, tmp_path)
    await store.aclose()


async def test_a_file_known_later_is_found_in_what_was_seen(watch: Watch) -> None:
    """Finding, evidence and alert as after a poll; its times are those of the look."""
    seen_at = EFFECTIVE + 5 * HOUR
    before = replace(a_poll(), started_at=seen_at - HOUR, finished_at=seen_at - HOUR)
    async with watch.store.begin() as tx:
        await tx.sources.record_poll(before, await tx.sources.state(SOURCE))
    assert await watch.see(f"a page with {LATER}", known(watch.home, "old", LEAKED)) is None
    new = known(watch.home, "new", LEAKED, LATER)
    assert await watch.rematcher.pending(MATTER.id, new) == 1
    report = await watch.rematch(new)
    (recorded,) = report.recorded
    finding, event = recorded.finding, recorded.event
    assert (report.looked_at, report.is_finished) == (1, True)
    assert finding.outcome is Outcome.BREACH_PUBLICATION
    assert (finding.first_seen_at, finding.last_seen_at) == (seen_at, seen_at)
    assert (finding.last_absent_at, finding.gone_since) == (before.started_at, None)
    assert event is not None
    assert event.reason.startswith(f"recognised now in what was seen at {seen_at:%Y-%m-%d %H:%M}")
    async with watch.store.read() as tx:
        (match,) = await tx.findings.matches(finding.id)
        (record,) = await tx.evidence.of_finding(finding.id)
        ledger = [record async for record in tx.evidence.ledger()]
    assert (match.match.grade, match.seen_at) == (Grade.PROBABLE, seen_at)
    assert match.artefact_letters == sum(c.isalnum() for c in f"a page with {LATER}")
    assert record.draft.kind is RecordKind.HINDSIGHT
    assert record.draft.facts["match"]["documents"] == 1
    assert not check_ledger(ledger).problems
    (alert,) = await watch.alerts()
    assert "Recognised only later" in alert
    assert "gone since" not in alert


async def test_running_it_again_tells_nothing_twice(watch: Watch) -> None:
    """What was matched against this state is passed over; by force it changes nothing."""
    await watch.see(LATER, known(watch.home, "old"))
    new = known(watch.home, "new", LATER)
    assert len((await watch.rematch(new)).recorded) == 1
    assert await watch.rematcher.pending(MATTER.id, new) == 0
    again = await watch.rematch(new)
    assert (again.looked_at, again.recorded) == (0, [])
    forced = await watch.rematch(new, everything=True)
    assert (forced.looked_at, forced.recorded) == (1, [])
    assert len(await watch.alerts()) == 1


async def test_a_fresh_look_after_it_tells_nothing_twice(watch: Watch) -> None:
    """The next poll of the place finds what is known of it already."""
    await watch.see(LATER, known(watch.home, "old"))
    new = known(watch.home, "new", LATER)
    await watch.rematch(new)
    seen = await watch.see(LATER, new, number=2, at=EFFECTIVE + 9 * HOUR)
    assert seen is not None
    assert (seen.event, seen.finding.documents) == (None, 1)
    assert len(await watch.alerts()) == 1


async def test_it_goes_on_where_it_was_cut_off(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that is stopped, or whose database refuses, leaves the rest to the next."""
    monkeypatch.setattr("leakwatch.rematch.SIGHTINGS", 2)
    old, new = known(watch.home, "old"), known(watch.home, "new", LATER)
    for number in range(1, 6):
        await watch.see(f"{number} {LATER}", old, number=number, place=f"{PLACE}{number}")
    asked = iter([False, False, False, True])
    report = await watch.rematcher.run(MATTER.id, new, stop=lambda: next(asked))
    assert (report.looked_at, report.is_finished) == (3, False)
    assert await watch.rematcher.pending(MATTER.id, new) == 2
    done: list[tuple[int, int]] = []
    rest = await watch.rematcher.run(
        MATTER.id, new, progress=lambda now, total: done.append((now, total))
    )
    assert (rest.looked_at, rest.is_finished, done) == (2, True, [(2, 2)])
    assert len(await watch.alerts()) == 5


async def test_another_daemon_at_it_is_left_alone(watch: Watch) -> None:
    """Two do not work through the same things at once."""
    await watch.see(LATER, known(watch.home, "old"))
    new = known(watch.home, "new", LATER)
    other = replace(watch.rematcher, owner="other")
    await watch.rematcher.pending(MATTER.id, new)
    await watch.rematcher._claim(MATTER.id, 2)
    with pytest.raises(Conflict):
        await other.run(MATTER.id, new)
    async with watch.store.begin() as tx:
        await tx.sightings.release(MATTER.id, 2, "test")
    assert len((await other.run(MATTER.id, new)).recorded) == 1


async def test_an_older_state_of_the_corpora_takes_nothing_back(watch: Watch) -> None:
    """A daemon with an older bundle does not undo, nor go round in circles with a newer one."""
    old, new = known(watch.home, "old"), known(watch.home, "new", LATER)
    await watch.see(LATER, old)
    await watch.rematch(new)
    assert (await watch.rematch(old)).looked_at == 0
    assert await watch.rematcher.pending(MATTER.id, new) == 0


async def test_what_is_gone_says_so(watch: Watch) -> None:
    """Recognised after it was taken down: the finding is gone from the start, and told as such."""
    gone_at = EFFECTIVE + 6 * HOUR
    await watch.see(LATER, known(watch.home, "old"))
    async with watch.store.begin() as tx:
        await tx.sightings.mark_gone(SOURCE, [PLACE], gone_at)
    (recorded,) = (await watch.rematch(known(watch.home, "new", LATER))).recorded
    assert recorded.finding.gone_since == gone_at
    assert recorded.finding.last_seen_at == EFFECTIVE + 5 * HOUR
    assert recorded.event is not None
    assert f"not shown there since {gone_at:%Y-%m-%d %H:%M} UTC" in recorded.event.reason
    assert "gone since" in (await watch.alerts())[0]


async def test_what_a_place_says_stays_as_last_seen(watch: Watch) -> None:
    """An earlier look adds its files and its time; claims and presence are the latest look's."""
    old, both = known(watch.home, "old", LEAKED), known(watch.home, "new", LEAKED, LATER)
    early, late = EFFECTIVE + 2 * HOUR, EFFECTIVE + 5 * HOUR
    await watch.see(LATER, old, number=1, at=early)
    threat = Claims(names_victim=True, offers=True)
    first = await watch.see(LEAKED, old, number=2, at=late, claims=threat)
    assert first is not None
    gone = replace(first.finding, gone_since=late + HOUR)
    async with watch.store.begin() as tx:
        await tx.findings.save(gone, None)
    (recorded,) = (await watch.rematch(both)).recorded
    finding = recorded.finding
    assert (finding.documents, finding.first_seen_at, finding.last_seen_at) == (2, early, late)
    assert finding.gone_since == late + HOUR
    assert finding.facts is not None
    assert finding.facts.claims == threat
    assert finding.facts.observed_at == late


async def test_a_rejection_ends_when_new_files_are_recognised(watch: Watch) -> None:
    """A person rejected what was known then; what is recognised later is another matter."""
    old, both = known(watch.home, "old", LEAKED), known(watch.home, "new", LEAKED, LATER)
    seen = await watch.see(f"{LEAKED} {LATER}", old)
    assert seen is not None
    rejected, event = reviewed(seen.finding, Review.REJECTED, by="A", reason="form", at=NOW)
    async with watch.store.begin() as tx:
        await tx.findings.save(rejected, event)
    (recorded,) = (await watch.rematch(both)).recorded
    assert recorded.finding.review is Review.OPEN
    assert recorded.finding.outcome is Outcome.BREACH_PUBLICATION


async def test_listings_are_matched_anew(watch: Watch) -> None:
    """A directory seen before names files that become known later: a claim, no content."""
    texts = [note(f"listed/{n}") for n in range(4)]
    seen = [PlainReader().read(text.encode(), name="x")[0] for text in texts]
    entries = tuple(ListingEntry(f"{n}.txt", a.size_bytes, a.crc32) for n, a in enumerate(seen))
    await watch.see("an index", known(watch.home, "old"), listing=Listing("zip", entries))
    (recorded,) = (await watch.rematch(known(watch.home, "new", *texts))).recorded
    assert recorded.finding.documents == 4
    assert recorded.finding.outcome is Outcome.CLAIM_UNVERIFIED
    async with watch.store.read() as tx:
        matches = await tx.findings.matches(recorded.finding.id)
    assert {m.match.method for m in matches} == {Method.LISTING}


async def test_what_cannot_be_compared_is_counted_and_left(watch: Watch) -> None:
    """Kept under another key, or damaged: said, never taken for no match, never in the way."""
    await watch.see(LATER, known(watch.home, "other", key=OTHER_KEY), number=1)
    await watch.see(LATER, known(watch.home, "old"), number=2, place=f"{PLACE}2")
    await watch.see(LATER, known(watch.home, "old2"), number=3, place=f"{PLACE}3")
    async with watch.store._writing.begin() as connection:
        kept = tables.sighted_artefacts
        bent = update(kept).where(kept.c.capture_id == "c-2")
        await connection.execute(bent.values(sketches=b"\4\0\0\0\1\2\3", raw_hmac=""))
    report = await watch.rematch(known(watch.home, "new", LATER))
    assert (report.looked_at, report.incomparable, report.damaged) == (3, 1, 1)
    assert [r.finding.location for r in report.recorded] == [f"{PLACE}3"]
    assert await watch.rematcher.pending(MATTER.id, known(watch.home, "new2", LATER)) == 0


async def test_one_corpus_alone_is_matched_without_a_stamp(watch: Watch) -> None:
    """A look at some corpora of a matter leaves the rest to be done by a whole one."""
    await watch.see(LATER, known(watch.home, "old"))
    new = known(watch.home, "new", LATER)
    report = await watch.rematch(new, is_whole=False)
    assert len(report.recorded) == 1
    assert await watch.rematcher.pending(MATTER.id, new) == 1


async def test_the_store_holds_no_word_of_what_was_seen(watch: Watch, store_url: str) -> None:
    """Every byte of the database, after seeing and recognising: no word of text, no name."""
    if not store_url.startswith("sqlite"):
        pytest.skip("the bytes of a server's files are its own")
    entry = ListingEntry("letters/SMITH_JOHN_1960.txt", 5000, 17)
    await watch.see(LATER, known(watch.home, "old"), listing=Listing("zip", (entry,)))
    await watch.rematch(known(watch.home, "new", LATER))
    await watch.store.aclose()
    file = Path(store_url.removeprefix("sqlite:///"))
    kept = b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*")).lower()
    words = {w.lower().strip(".") for w in LATER.split() if len(w) > 5} | {"smith", "john_"}
    assert len(words) > 100
    assert not [word for word in words if word.encode() in kept]
