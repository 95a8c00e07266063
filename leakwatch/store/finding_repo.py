"""Findings, their history and their matches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import func, insert, or_, select

from leakwatch.errors import Conflict
from leakwatch.model.finding import (
    Assessment,
    Element,
    ElementState,
    Facts,
    Finding,
    FindingEvent,
    Outcome,
    Review,
)
from leakwatch.model.match import Grade, Match, Method, Passage
from leakwatch.ports import FindingQuery, StoredMatch
from leakwatch.store import tables
from leakwatch.store.columns import as_utc
from leakwatch.store.tables import finding_events, findings
from leakwatch.store.transaction import Row, Transaction

_NO_ARTEFACT = "-"
_FACTS = TypeAdapter(Facts)


class SqlFindings:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def get(self, finding_id: str) -> Finding:
        """Raises NotFound. A unique prefix of the id will do."""
        return _finding(await self._tx.by_id_prefix(findings, finding_id, noun="finding"))

    async def find(self, finding_id: str) -> Finding | None:
        """Return the finding by its exact id, locked until the transaction ends.

        One that is not there is locked too: of two workers that both find it missing,
        the second would overwrite what the first then saves.
        """
        await self._tx.take_turn(f"finding {finding_id}")
        row = await self._tx.first(select(findings).where(findings.c.id == finding_id))
        return None if row is None else _finding(row)

    async def save(self, finding: Finding, event: FindingEvent | None) -> None:
        """Insert or update, with one line of history when something changed.

        Raises:
            Conflict: the stored revision is higher than ``finding.revision``.
        """
        row = _finding_row(finding)
        upsert = self._tx.insert(findings).values(**row)
        saved = await self._tx.run(
            upsert.on_conflict_do_update(
                index_elements=["id"],
                set_={key: upsert.excluded[key] for key in row if key != "id"},
                where=findings.c.revision <= upsert.excluded.revision,
            )
        )
        if not saved:
            raise Conflict(f"finding {finding.id} was changed by somebody else meanwhile")
        if event is not None:
            line = {**asdict(event), "outcome": event.outcome.value}
            await self._tx.run(insert(finding_events).values(**line))

    async def query(self, query: FindingQuery) -> Sequence[Finding]:
        """Return findings, worst outcome first, then newest."""
        wanted = select(findings)
        columns = findings.c
        if query.matter is not None:
            wanted = wanted.where(columns.matter == query.matter)
        if query.source is not None:
            wanted = wanted.where(columns.source == query.source)
        if query.since is not None:
            wanted = wanted.where(columns.last_seen_at >= query.since)
        if query.outcome is not None:
            group = columns.outcome.startswith(f"{query.outcome}.", autoescape=True)
            wanted = wanted.where(or_(columns.outcome == query.outcome, group))
        worst = columns.severity.desc(), columns.last_seen_at.desc(), columns.id
        rows = await self._tx.all(wanted.order_by(*worst).limit(query.limit))
        return [_finding(row) for row in rows]

    async def of_source(self, source: str) -> Sequence[Finding]:
        """Return findings of a source that are not rejected, by id."""
        rows = await self._tx.all(
            select(findings)
            .where(findings.c.source == source)
            .where(findings.c.review != Review.REJECTED.value)
            .order_by(findings.c.id)
        )
        return [_finding(row) for row in rows]

    async def events(self, finding_id: str) -> Sequence[FindingEvent]:
        """Return the history in the order it was written."""
        rows = await self._tx.all(
            select(finding_events)
            .where(finding_events.c.finding_id == finding_id)
            .order_by(finding_events.c.id)
        )
        return [_event(row) for row in rows]

    async def add_matches(self, finding_id: str, matches: Sequence[StoredMatch]) -> int:
        """Record matches; return how many distinct known files the finding now has.

        Idempotent by (finding, capture, artefact, corpus, file, method): the first stays.
        """
        known = tables.matches
        insert = self._tx.insert(known)
        key = [column.name for column in known.primary_key]
        await self._tx.run_many(
            insert.on_conflict_do_nothing(index_elements=key),
            [_match_row(finding_id, stored) for stored in matches],
        )
        files = select(known.c.corpus, known.c.file).distinct()
        files = files.where(known.c.finding_id == finding_id)
        return int(await self._tx.scalar(select(func.count()).select_from(files.subquery())))

    async def matches(self, finding_id: str) -> Sequence[StoredMatch]:
        """Return the matches in the order they were seen, then by file."""
        columns = tables.matches.c
        order = columns.seen_at, columns.capture_id, columns.artefact_ordinal, columns.file
        rows = await self._tx.all(
            select(tables.matches)
            .where(columns.finding_id == finding_id)
            .order_by(*order, columns.corpus, columns.method)
        )
        return [_match(row) for row in rows]


def _finding_row(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "matter": finding.matter,
        "source": finding.source,
        "location": finding.location,
        "revision": finding.revision,
        "outcome": finding.outcome.value,
        "severity": finding.outcome.severity,
        "assessment": _assessment_json(finding.assessment),
        "first_seen_at": finding.first_seen_at,
        "last_seen_at": finding.last_seen_at,
        "documents": finding.documents,
        "documents_told": finding.documents_told,
        "grade": None if finding.grade is None else finding.grade.value,
        "last_absent_at": finding.last_absent_at,
        "claimed_posted_at": finding.claimed_posted_at,
        "gone_since": finding.gone_since,
        "review": finding.review.value,
        "facts": None if finding.facts is None else _FACTS.dump_python(finding.facts, mode="json"),
    }


def _finding(row: Row) -> Finding:
    fields = {key: value for key, value in row.items() if key != "severity"}
    fields |= {
        "outcome": Outcome(row["outcome"]),
        "assessment": _assessment(row["assessment"]),
        "grade": None if row["grade"] is None else Grade(row["grade"]),
        "review": Review(row["review"]),
        "facts": None if row["facts"] is None else _FACTS.validate_python(row["facts"]),
    }
    return Finding(**fields)


def _assessment_json(assessment: Assessment) -> dict[str, Any]:
    return {**asdict(assessment), "assessed_at": as_utc(assessment.assessed_at).isoformat()}


def _assessment(fields: Row) -> Assessment:
    elements = (Element(**{**e, "state": ElementState(e["state"])}) for e in fields["elements"])
    typed = {
        "outcome": Outcome(fields["outcome"]),
        "reasons": tuple(fields["reasons"]),
        "elements": tuple(elements),
        "assessed_at": datetime.fromisoformat(fields["assessed_at"]),
    }
    return Assessment(**{**fields, **typed})


def _event(row: Row) -> FindingEvent:
    fields = {key: value for key, value in row.items() if key != "id"}
    return FindingEvent(**{**fields, "outcome": Outcome(row["outcome"])})


def _match_row(finding_id: str, stored: StoredMatch) -> Row:
    ordinal = stored.artefact_ordinal
    match = stored.match
    return {
        "finding_id": finding_id,
        "corpus": match.corpus,
        "file": match.file,
        "capture_id": stored.capture_id,
        "artefact_ordinal": _NO_ARTEFACT if ordinal is None else ordinal,
        "method": match.method.value,
        "grade": match.grade.value,
        "stolen_in_leak": match.stolen_in_leak,
        "leak_in_stolen": match.leak_in_stolen,
        "jaccard": match.jaccard,
        "passage_chars": match.passage_chars,
        "passages": [(passage.start, passage.end) for passage in match.passages],
        "passage_count": match.passage_count,
        "passage_total_chars": match.passage_total_chars,
        "shared_unique": match.shared_unique,
        "chance": match.chance,
        "chance_basis": match.chance_basis,
        "artefact_letters": stored.artefact_letters,
        "reasons": match.reasons,
        "seen_at": stored.seen_at,
    }


def _match(row: Row) -> StoredMatch:
    match = Match(
        file=row["file"],
        corpus=row["corpus"],
        method=Method(row["method"]),
        grade=Grade(row["grade"]),
        stolen_in_leak=row["stolen_in_leak"],
        leak_in_stolen=row["leak_in_stolen"],
        jaccard=row["jaccard"],
        passage_chars=row["passage_chars"],
        # None in rows that are older than the column.
        passages=tuple(Passage(*ends) for ends in row["passages"] or ()),
        passage_count=row["passage_count"],
        passage_total_chars=row["passage_total_chars"],
        shared_unique=row["shared_unique"],
        chance=row["chance"],
        chance_basis=row["chance_basis"],
        reasons=tuple(row["reasons"]),
    )
    ordinal = row["artefact_ordinal"]
    return StoredMatch(
        match=match,
        artefact_ordinal=None if ordinal == _NO_ARTEFACT else ordinal,
        capture_id=row["capture_id"],
        seen_at=row["seen_at"],
        artefact_letters=row["artefact_letters"],
    )
