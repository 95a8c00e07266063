"""From an observation to finding, evidence and alert: once, whole, and repeatable."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from leakwatch.clock import SystemClock
from leakwatch.errors import StoreUnavailable
from leakwatch.evidence.journal import IntakeJournal
from leakwatch.evidence.ledger import check_ledger
from leakwatch.evidence.record import Circumstances, record_sha256
from leakwatch.model.finding import Claims, Outcome, Review
from leakwatch.model.fingerprint import ExactDigests
from leakwatch.model.match import Grade, Match, Method
from leakwatch.model.matter import Matter, OrderVersion, PayloadPolicy, Recipient, RecipientRole
from leakwatch.model.post import PostState
from leakwatch.model.source import Role
from leakwatch.observation import Observation, decode, encode
from leakwatch.ports import SeenArtefact, StoredMatch
from leakwatch.recording import Recorder
from leakwatch.store.session import SqlStore
from leakwatch.triage import reviewed
from tests.support.facts import EFFECTIVE, HOUR, ORDER, UNVERIFIED
from tests.support.store import NOW, a_capture, a_spec

SEEN_AT = EFFECTIVE + 5 * HOUR
MakeRecorder = Callable[..., Recorder]


def a_matter(*orders: OrderVersion) -> Matter:
    return Matter(
        id="fiction",
        title="Fictional Clinic v Persons Unknown",
        case_ref="F-1",
        corpora=("clinic",),
        victim_names=("Fictional Clinic",),
        actor_names=(),
        orders=orders,
        recipients=(Recipient("Legal", RecipientRole.LEGAL, "email", "l@clinic.example"),),
        evidence_keys=("age1fictional",),
        payload=PayloadPolicy.SEAL_MATCHES,
    )


def an_observation(files: int = 3, number: int = 1, **changes: object) -> Observation:
    capture = replace(
        a_capture(number),
        body=b"",
        requested_at=SEEN_AT,
        first_byte_at=SEEN_AT,
        completed_at=SEEN_AT,
    )
    found = tuple(
        StoredMatch(
            Match(f"k-{n}", "clinic", Method.EXACT, Grade.CONCLUSIVE, reasons=("same bytes",)),
            str(n),
            capture.id,
            SEEN_AT,
        )
        for n in range(files)
    )
    digests = ExactDigests("0" * 32, None, 0)
    observation = Observation(
        id=f"o-{number}",
        poll_id="p-1",
        matter="fiction",
        source=a_spec().name,
        role=Role.LEAK_SITE,
        location="http://leaks.example/post/1",
        observed_at=SEEN_AT,
        post_state=PostState.PUBLISHED if files else PostState.UNKNOWN,
        claims=Claims(names_victim=True, threatens=not files),
        captures=(capture,),
        artefacts=(SeenArtefact(capture.id, "0", "text", 9, digests),),
        matches=found,
        is_content_reachable=bool(files),
        unread_files=0,
    )
    return replace(observation, **changes)  # type: ignore[arg-type]


@pytest.fixture
async def store(sqlite_url: str) -> AsyncIterator[SqlStore]:
    opened = SqlStore(sqlite_url, chain=record_sha256)
    yield opened
    await opened.aclose()


@pytest.fixture
def journal(tmp_path: Path) -> IntakeJournal:
    return IntakeJournal(tmp_path / "journal")


@pytest.fixture
async def recorder(store: SqlStore, journal: IntakeJournal) -> MakeRecorder:
    """Make a recorder of one matter with the given orders, and record both in the store."""

    async def sync(matter: Matter) -> None:
        async with store.begin() as tx:
            await tx.matters.sync([matter], NOW)
            await tx.sources.sync([a_spec()], NOW)

    def make(*orders: OrderVersion) -> Recorder:
        return Recorder(
            store=store,
            journal=journal,
            matters={"fiction": a_matter(*orders)},
            circumstances=lambda: Circumstances(NOW, "0" * 32, "0" * 64),
            clock=SystemClock(),
        )

    await sync(a_matter(ORDER))
    return make


async def told(store: SqlStore) -> list[str]:
    async with store.begin() as tx:
        return [alert.outcome.value for alert in await tx.alerts.query()]


async def test_an_observation_becomes_finding_evidence_and_alert(
    store: SqlStore, journal: IntakeJournal, recorder: MakeRecorder
) -> None:
    """All of it is there after one call, and the journal is empty."""
    recorded = await recorder(ORDER).record(an_observation())
    assert recorded.finding.outcome is Outcome.BREACH_PUBLICATION
    assert recorded.finding.documents == 3
    assert recorded.alert is not None
    assert not journal.pending()
    async with store.begin() as tx:
        assert len(await tx.evidence.of_finding(recorded.finding.id)) == 1
        check = check_ledger([record async for record in tx.evidence.ledger()])
        assert not check.problems
    assert await told(store) == ["apparent_breach.publication"]


async def test_recording_again_changes_nothing(store: SqlStore, recorder: MakeRecorder) -> None:
    """After a crash the same observation comes again: one finding, one record, one alert."""
    first = await recorder(ORDER).record(an_observation())
    again = await recorder(ORDER).record(an_observation())
    assert (again.event, again.alert) == (None, None)
    assert again.finding.revision == first.finding.revision
    async with store.begin() as tx:
        assert len(await tx.evidence.of_finding(first.finding.id)) == 1
    assert len(await told(store)) == 1


async def test_what_the_database_refused_is_brought_in_later(
    store: SqlStore, journal: IntakeJournal, recorder: MakeRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refusing database loses nothing: the journal has it, and recovering delivers it."""

    def refuse() -> None:
        raise StoreUnavailable("locked")

    one = recorder(ORDER)
    with monkeypatch.context() as patch:
        patch.setattr(store, "begin", refuse)
        with pytest.raises(StoreUnavailable):
            await one.record(an_observation())
    assert [name for name, _ in journal.pending()] == ["o-1"]
    (recovered,) = (await one.recover()).recorded
    assert recovered.alert is not None
    assert not journal.pending()
    assert not (await one.recover()).recorded


async def test_a_threat_that_becomes_a_publication_is_raised_and_dated_anew(
    store: SqlStore, recorder: MakeRecorder
) -> None:
    """The same place, worse: a new revision, a second alert, its own interval."""
    one = recorder(ORDER)
    threat = await one.record(an_observation(files=0))
    later = SEEN_AT + HOUR
    raised = await one.record(an_observation(number=2, observed_at=later))
    assert (threat.finding.outcome, raised.finding.outcome) == (
        Outcome.THREAT,
        Outcome.BREACH_PUBLICATION,
    )
    assert raised.finding.revision == 2
    assert raised.finding.first_seen_at == later
    assert raised.event is not None
    assert raised.event.action == "raised"
    assert sorted(await told(store)) == ["apparent_breach.publication", "threat"]


async def test_a_few_more_files_are_no_news_many_are(
    store: SqlStore, recorder: MakeRecorder
) -> None:
    """Growth by less than a tenth is kept and not told; by more it is."""
    one = recorder(ORDER)
    await one.record(an_observation(files=20))
    few = await one.record(an_observation(files=21, number=2))
    many = await one.record(an_observation(files=30, number=3))
    assert (few.event, few.finding.documents) == (None, 21)
    assert many.event is not None
    assert many.event.action == "updated"
    assert len(await told(store)) == 2


async def test_what_a_person_rejected_stays_until_new_files_appear(
    store: SqlStore, recorder: MakeRecorder
) -> None:
    """A rejection covers what was seen then, not what comes after."""
    one = recorder(ORDER)
    found = (await one.record(an_observation())).finding
    rejected, event = reviewed(found, Review.REJECTED, by="A", reason="forms", at=SEEN_AT)
    async with store.begin() as tx:
        await tx.findings.save(rejected, event)
    same = await one.record(an_observation(number=2))
    assert same.finding.outcome is Outcome.FALSE_POSITIVE
    more = await one.record(an_observation(files=9, number=3))
    assert more.finding.outcome is Outcome.BREACH_PUBLICATION
    assert more.finding.review is Review.OPEN


async def test_verifying_an_order_reassesses_what_was_found(
    store: SqlStore, recorder: MakeRecorder
) -> None:
    """Found under an unverified order, told as such; raised when a lawyer verifies it."""
    before = await recorder(UNVERIFIED).record(an_observation())
    assert before.finding.outcome is Outcome.REVIEW_ORDER
    (after,) = await recorder(ORDER).reassess("fiction")
    assert after.finding.outcome is Outcome.BREACH_PUBLICATION
    assert after.alert is not None
    assert await recorder(ORDER).reassess("fiction") == []
    async with store.begin() as tx:
        events = await tx.findings.events(after.finding.id)
    assert [e.outcome for e in events] == [Outcome.REVIEW_ORDER, Outcome.BREACH_PUBLICATION]


def test_an_observation_survives_the_journal() -> None:
    """What comes out is what went in, and holds no content."""
    observation = an_observation()
    assert decode(encode(observation)) == observation
    with pytest.raises(ValueError, match=r"."):
        decode(b"{}")
