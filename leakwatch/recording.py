"""From an observation to all that follows from it, in one transaction.

The finding's new revision, its matches, its evidence records and the outbox
rows of its alert are committed together or not at all. Recording the same
observation twice changes nothing: every id is derived from what it names.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from leakwatch.alert.compose import compose
from leakwatch.alert.routing import deliveries
from leakwatch.assess.assessor import assess
from leakwatch.assess.escalation import combine
from leakwatch.clock import Clock
from leakwatch.errors import StoreUnavailable
from leakwatch.evidence.journal import IntakeJournal
from leakwatch.evidence.record import Circumstances, capture_draft, hindsight_draft
from leakwatch.model.alert import Alert
from leakwatch.model.capture import Capture
from leakwatch.model.evidence import EvidenceRecord
from leakwatch.model.finding import Facts, Finding, FindingEvent, Review
from leakwatch.model.ids import finding_id
from leakwatch.model.match import Match, best_grade
from leakwatch.model.matter import Matter
from leakwatch.observation import Observation, decode, encode
from leakwatch.ports import FindingQuery, Store, StoredMatch, UnitOfWork
from leakwatch.revision import in_hindsight, revised, standing_review

log = structlog.get_logger(__name__)

ALL = 1_000_000
"""More findings than a matter will have."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of one observation."""

    finding: Finding
    event: FindingEvent | None
    """None when nothing about the finding changed."""
    alert: Alert | None


@dataclass(frozen=True, slots=True)
class Recovery:
    """What became of the observations that waited in the journal."""

    recorded: tuple[Recorded, ...]
    stuck: Mapping[str, str]
    """Entries that only a person can bring in, each with the reason."""


class Recorder:
    """Makes observations durable, and everything that follows from them.

    Args:
        store: the database.
        journal: where an observation waits until the database has it.
        matters: by id.
        circumstances: what holds for each record: time, nonce, configuration.
        clock: for the times of assessment and alert.
    """

    def __init__(
        self,
        *,
        store: Store,
        journal: IntakeJournal,
        matters: Mapping[str, Matter],
        circumstances: Callable[[], Circumstances],
        clock: Clock,
    ) -> None:
        self._store = store
        self._journal = journal
        self._matters = matters
        self.circumstances = circumstances
        self._clock = clock
        self._in_hand: set[str] = set()
        """Entries that ``record`` is committing: not for ``recover`` to take up."""

    async def record(self, observation: Observation) -> Recorded:
        """Journal an observation, commit what follows from it, and strike it off.

        Raises:
            StoreError: the database refused; the observation stays journalled
                and ``recover`` brings it in.
            EvidenceError: the journal could not be written.
        """
        self._in_hand.add(observation.id)
        try:
            await asyncio.to_thread(self._journal.put, observation.id, encode(observation))
            recorded = await self._commit(observation)
            await asyncio.to_thread(self._journal.remove, observation.id)
        finally:
            self._in_hand.discard(observation.id)
        return recorded

    async def recover(self) -> Recovery:
        """Commit what a crash or a refusing database left in the journal.

        An entry that cannot be brought in stays, and holds up no other.

        Raises:
            StoreUnavailable: the database still refuses.
            EvidenceError: the journal cannot be read.
        """
        recorded, stuck = [], {}
        for entry, raw in await asyncio.to_thread(self._journal.pending):
            if entry in self._in_hand:
                continue
            try:
                observation = decode(raw)
                if observation.matter not in self._matters:
                    stuck[entry] = f"its matter {observation.matter} is not configured"
                    continue
                recorded.append(await self._commit(observation))
            except StoreUnavailable:
                raise
            except Exception as error:  # noqa: BLE001 - a fault of ours must not hide the others
                stuck[entry] = type(error).__name__
                continue
            await asyncio.to_thread(self._journal.remove, entry)
        return Recovery(tuple(recorded), stuck)

    async def note_capture(
        self, tx: UnitOfWork, capture: Capture, poll_id: str, *, matter: str
    ) -> None:
        """Record a capture that belongs to no finding: proof of what was there."""
        await tx.captures.add(capture, poll_id=poll_id, url=capture.url)
        await tx.evidence.append(
            capture_draft(
                capture, poll_id=poll_id, circumstances=self.circumstances(), matter=matter
            )
        )

    async def _commit(self, observation: Observation) -> Recorded:
        matter = self._matters[observation.matter]
        async with self._store.begin() as tx:
            for capture in observation.captures:
                await tx.captures.add(capture, poll_id=observation.poll_id, url=capture.url)
            name = finding_id(matter.id, observation.location)
            seen = {_body(record) for record in await tx.evidence.of_finding(name)}
            fresh = {c.id for c in observation.captures if c.sha256 not in seen}
            await tx.captures.add_artefacts(
                [a for a in observation.artefacts if a.capture_id in fresh]
            )
            previous = await tx.findings.find(name)
            known = await tx.findings.matches(name) if previous else ()
            finding, event = await self._finding(tx, observation, matter, previous, known=known)
            await tx.findings.save(finding, event)
            await tx.findings.add_matches(name, unheard(observation.matches, known))
            records = await self._evidence(tx, observation, finding)
            alert = None
            if event is not None:
                alert = await self._alert(
                    tx, finding, records, previous=previous, unread=observation.unread_files
                )
        if event is not None:
            log.info(
                "finding",
                finding=finding.id,
                matter=matter.id,
                outcome=finding.outcome.value,
                revision=finding.revision,
                documents=finding.documents,
            )
        return Recorded(finding, event, alert)

    async def _finding(
        self,
        tx: UnitOfWork,
        observation: Observation,
        matter: Matter,
        previous: Finding | None,
        *,
        known: Sequence[StoredMatch],
    ) -> tuple[Finding, FindingEvent | None]:
        now = self._clock.now()
        matches = tuple(stored.match for stored in (*known, *observation.matches))
        documents = len({(m.corpus, m.file) for m in matches})
        first_seen, last_absent = await _interval(tx, observation, previous, documents)
        facts = Facts(
            role=observation.role,
            claims=observation.claims,
            post_state=observation.post_state,
            matches=matches,
            observed_at=observation.observed_at,
            first_seen_at=first_seen,
            last_absent_at=last_absent,
            claimed_posted_at=observation.claimed_posted_at,
            is_content_reachable=observation.is_content_reachable,
            unread_files=observation.unread_files,
            is_listing_only=observation.is_listing_only,
        )
        gone_since = None
        if observation.is_hindsight:
            gone_since = previous.gone_since if previous else observation.gone_since
            facts = in_hindsight(facts, previous.facts if previous else None, gone_since)
        review = standing_review(previous, documents)
        assessment = combine(
            previous.assessment if previous else None,
            assess(facts, matter.orders, now=now),
            review,
        )
        finding = Finding(
            id=finding_id(matter.id, observation.location),
            matter=matter.id,
            # The first to see it keeps it: its own looks say whether it is still there.
            source=previous.source if previous else observation.source,
            location=observation.location,
            revision=previous.revision if previous else 1,
            outcome=assessment.outcome,
            assessment=assessment,
            first_seen_at=first_seen,
            last_seen_at=max(observation.observed_at, previous.last_seen_at)
            if previous
            else observation.observed_at,
            documents=documents,
            documents_told=previous.documents_told if previous else documents,
            grade=best_grade(matches),
            last_absent_at=last_absent,
            claimed_posted_at=facts.claimed_posted_at,
            gone_since=gone_since,
            review=review,
            facts=replace(facts, matches=()),
        )
        return revised(finding, previous, now=now, seen_at=_seen_at(observation))

    async def reassess(self, matter: str) -> Sequence[Recorded]:
        """Assess a matter's findings anew: an order version was added or verified.

        The old assessment stays in the history; who was told of a lower outcome
        is told of a higher one. One transaction a finding.

        Raises:
            StoreError: the database refused; repeating it does no harm.
        """
        async with self._store.begin() as tx:
            known = await tx.findings.query(FindingQuery(matter=matter, limit=ALL))
        changed = []
        for finding in known:
            if finding.facts is not None and finding.review is not Review.REJECTED:
                recorded = await self._reassess(finding.id)
                changed += [recorded] if recorded.event is not None else []
        return changed

    async def _reassess(self, name: str) -> Recorded:
        now = self._clock.now()
        async with self._store.begin() as tx:
            previous = await tx.findings.get(name)
            matches = tuple(stored.match for stored in await tx.findings.matches(name))
            facts = previous.facts
            if facts is None:
                return Recorded(previous, None, None)
            seen_at = max(facts.observed_at, previous.last_seen_at)
            facts = replace(facts, matches=matches, observed_at=seen_at)
            orders = self._matters[previous.matter].orders
            assessment = combine(
                previous.assessment, assess(facts, orders, now=now), previous.review
            )
            after = replace(previous, assessment=assessment, outcome=assessment.outcome)
            finding, event = revised(after, previous, now=now)
            if event is None:
                return Recorded(previous, None, None)
            await tx.findings.save(finding, event)
            records = await tx.evidence.of_finding(name)
            alert = await self._alert(
                tx, finding, records, previous=previous, unread=facts.unread_files
            )
        return Recorded(finding, event, alert)

    async def _evidence(
        self, tx: UnitOfWork, observation: Observation, finding: Finding
    ) -> Sequence[EvidenceRecord]:
        for capture in observation.captures:
            is_sealed = capture.id in observation.sealed_captures
            draft = capture_draft(
                capture,
                poll_id=observation.poll_id,
                circumstances=self.circumstances(),
                finding=finding,
                matches=[m.match for m in observation.matches if m.capture_id == capture.id],
                examined=sum(a.capture_id == capture.id for a in observation.artefacts),
                sealed=observation.sealed if is_sealed else None,
            )
            if observation.is_hindsight:
                draft = hindsight_draft(draft, observation.id)
            await tx.evidence.append(draft)
        return await tx.evidence.of_finding(finding.id)

    async def _alert(
        self,
        tx: UnitOfWork,
        finding: Finding,
        records: Sequence[EvidenceRecord],
        *,
        previous: Finding | None,
        unread: int = 0,
    ) -> Alert | None:
        matter = self._matters[finding.matter]
        now = self._clock.now()
        alert = compose(
            finding,
            matter,
            records=records,
            composed_at=now,
            previous=previous.outcome if previous else None,
            unread_files=unread,
        )
        rows = deliveries(alert, matter, now)
        if not rows:
            return None
        await tx.alerts.add(alert, rows)
        return alert


def unheard(matches: Sequence[StoredMatch], known: Sequence[StoredMatch]) -> Sequence[StoredMatch]:
    """Return the matches that say more than the known ones.

    A place that changes at every look would otherwise add all its matches at
    each; what each look saw stands in its evidence record.
    """
    heard = {_says(stored.match) for stored in known}
    return [stored for stored in matches if _says(stored.match) not in heard]


def _says(match: Match) -> tuple[str, ...]:
    return match.corpus, match.file, match.method, match.grade


def _seen_at(observation: Observation) -> datetime | None:
    """Return when what was recognised only later was seen; None for a fresh look."""
    return observation.observed_at if observation.is_hindsight else None


async def _interval(
    tx: UnitOfWork, observation: Observation, previous: Finding | None, documents: int
) -> tuple[datetime, datetime | None]:
    """Return when it was first seen, and the last good look before that.

    A claim that turns into a publication begins anew: what a court asks is when
    the files appeared, not when somebody first spoke of them.
    """
    is_new_material = previous is not None and documents and not previous.documents
    if previous is not None and not is_new_material:
        is_earlier = documents > previous.documents and observation.is_hindsight
        if not is_earlier or observation.observed_at >= previous.first_seen_at:
            return previous.first_seen_at, previous.last_absent_at
    look = await tx.sources.last_look_before(observation.source, observation.observed_at)
    return observation.observed_at, look


def _body(record: EvidenceRecord) -> str:
    """Return the digest of the bytes a record is about; empty for an absence."""
    return str(record.draft.facts["what"].get("body_sha256", ""))
