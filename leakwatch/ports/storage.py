"""What the pipeline and the commands ask of a store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from leakwatch.model.alert import Alert, Delivery, DeliveryState, Message
from leakwatch.model.capture import Absence, Capture, Poll
from leakwatch.model.evidence import EvidenceRecord, RecordDraft
from leakwatch.model.finding import Finding, FindingEvent
from leakwatch.model.fingerprint import ExactDigests
from leakwatch.model.match import Match
from leakwatch.model.matter import Matter, OrderVersion
from leakwatch.model.source import Lease, SourceSpec, SourceState
from leakwatch.model.taking import Taking
from leakwatch.ports.sightings import SightingRepository


@dataclass(frozen=True, slots=True)
class FindingQuery:
    """Filters of ``findings list``; None means any."""

    matter: str | None = None
    outcome: str | None = None
    """An outcome, or the part before its dot (``apparent_breach``)."""
    source: str | None = None
    since: datetime | None = None
    """Last seen at or after."""
    limit: int = 200


@dataclass(frozen=True, slots=True)
class StoredMatch:
    """A match with where it was seen."""

    match: Match
    artefact_ordinal: str | None
    capture_id: str
    seen_at: datetime
    artefact_letters: int | None = None
    """Letters of the artefact's normalised text: what passages are a share of."""


@dataclass(frozen=True, slots=True)
class SeenArtefact:
    """What the store keeps of an artefact: digests and origin, never content."""

    capture_id: str
    ordinal: str
    kind: str
    size_bytes: int
    digests: ExactDigests
    error: str | None = None


class SourceRepository(Protocol):
    async def sync(self, specs: Sequence[SourceSpec], now: datetime) -> None:
        """Make the enabled sources exactly these; new ones are due at once.

        A source no longer configured is disabled, never deleted.
        """
        ...

    async def claim_due(
        self, owner: str, *, now: datetime, until: datetime, limit: int
    ) -> Sequence[Lease]:
        """Lease up to ``limit`` due, unleased (or lease-expired) sources.

        Atomic: two daemons never hold the same source.
        """
        ...

    async def claim(self, name: str, owner: str, *, now: datetime, until: datetime) -> Lease:
        """Lease one source, due or not.

        Raises:
            NotFound: no such source.
            Conflict: another owner's lease is live.
        """
        ...

    async def renew(self, lease: Lease, until: datetime) -> Lease:
        """Raises Conflict if the lease was lost."""
        ...

    async def release(self, lease: Lease, next_poll_at: datetime) -> None:
        """Give the lease back; harmless if it was lost."""
        ...

    async def state(self, name: str) -> SourceState: ...

    async def states(self) -> Sequence[SourceState]:
        """Return every enabled source's state, by name."""
        ...

    async def save_checkpoint(self, lease: Lease, checkpoint: Mapping[str, Any]) -> None:
        """Raises Conflict if the lease was lost."""
        ...

    async def record_poll(self, poll: Poll, state: SourceState) -> None: ...

    async def polls(self, source: str, *, limit: int = 50) -> Sequence[Poll]:
        """Return the latest polls, newest first."""
        ...

    async def polls_since(self, source: str, since: datetime) -> Sequence[Poll]:
        """Return the polls that ended at ``since`` or later, oldest first."""
        ...

    async def last_good_poll_before(self, source: str, at: datetime) -> Poll | None:
        """Return the latest good poll that ended before ``at``, or None."""
        ...

    async def first_poll_at(self, source: str) -> datetime | None:
        """Return when a source was first polled, however that went, or None."""
        ...

    async def last_look_before(self, source: str, at: datetime) -> datetime | None:
        """Return when the last good poll before ``at`` started, or None."""
        ...


class CaptureRepository(Protocol):
    async def add(self, capture: Capture, *, poll_id: str, url: str) -> None:
        """Record a capture's metadata and digest under a redacted ``url``; never the body."""
        ...

    async def add_artefacts(self, artefacts: Sequence[SeenArtefact]) -> None: ...

    async def add_absence(self, absence: Absence) -> None: ...

    async def absences(self, finding_id: str) -> Sequence[Absence]: ...


class TakingRepository(Protocol):
    async def put(self, takings: Sequence[Taking]) -> None:
        """Record what was taken; one of the same id is replaced.

        What has ended is never replaced by its beginning.
        """
        ...

    async def query(
        self, *, source: str | None = None, since: datetime | None = None
    ) -> Sequence[Taking]:
        """Return what was taken, oldest first, as far as it began at ``since`` or later."""
        ...


class MatterRepository(Protocol):
    async def sync(self, matters: Sequence[Matter], now: datetime) -> Sequence[OrderVersion]:
        """Record matters and order versions; return the versions not seen before.

        Raises:
            Conflict: a version already recorded has been changed. Versions are
                immutable: the message names order and version and says to add one.
        """
        ...

    async def order_history(self, matter: str) -> Sequence[OrderVersion]: ...


class CorpusRepository(Protocol):
    async def sync(
        self, name: str, manifest_sha256: str, info: Mapping[str, Any], now: datetime
    ) -> bool:
        """Record a corpus in use; return True when its manifest is new or changed."""
        ...

    async def all(self) -> Sequence[Mapping[str, Any]]: ...


class FindingRepository(Protocol):
    async def get(self, finding_id: str) -> Finding:
        """Raises NotFound. A unique prefix of the id will do."""
        ...

    async def find(self, finding_id: str) -> Finding | None:
        """Return the finding by its exact id, locked for update where the engine can."""
        ...

    async def save(self, finding: Finding, event: FindingEvent | None) -> None:
        """Insert or update, with one line of history when something changed.

        Raises:
            Conflict: the stored revision is higher than ``finding.revision``.
        """
        ...

    async def query(self, query: FindingQuery) -> Sequence[Finding]:
        """Return findings, worst outcome first, then newest."""
        ...

    async def of_source(self, source: str) -> Sequence[Finding]:
        """Return findings of a source that are not rejected, gone ones too."""
        ...

    async def events(self, finding_id: str) -> Sequence[FindingEvent]: ...

    async def add_matches(self, finding_id: str, matches: Sequence[StoredMatch]) -> int:
        """Record matches; return how many distinct known files the finding now has.

        Idempotent by (finding, capture, artefact, file, method).
        """
        ...

    async def matches(self, finding_id: str) -> Sequence[StoredMatch]: ...


class EvidenceRepository(Protocol):
    async def append(self, draft: RecordDraft) -> EvidenceRecord:
        """Chain one record; idempotent by ``draft.id``. Serialised across daemons."""
        ...

    def ledger(self) -> AsyncIterator[EvidenceRecord]:
        """Yield every record by seq."""
        ...

    async def of_finding(self, finding_id: str) -> Sequence[EvidenceRecord]: ...


class AlertRepository(Protocol):
    async def add(self, alert: Alert, deliveries: Sequence[Delivery]) -> None:
        """Queue an alert with its outbox rows; idempotent by their ids."""
        ...

    async def get(self, alert_id: str) -> Alert:
        """Raises NotFound. A unique prefix of the id will do."""
        ...

    async def query(
        self, *, matter: str | None = None, unacknowledged: bool = False, limit: int = 200
    ) -> Sequence[Alert]: ...

    async def acknowledge(self, alert_id: str, *, by: str, at: datetime, note: str | None) -> Alert:
        """First acknowledgement wins; a second returns the alert as it is."""
        ...

    async def deliveries(self, alert_id: str) -> Sequence[Delivery]: ...

    async def claim_due(
        self, owner: str, *, now: datetime, until: datetime, limit: int
    ) -> Sequence[Message]:
        """Lease due outbox rows; a lease that expired is due again."""
        ...

    async def mark(
        self,
        delivery_id: str,
        state: DeliveryState,
        *,
        at: datetime,
        next_attempt_at: datetime | None = None,
        error: str | None = None,
    ) -> None:
        """Record an attempt's end and give its lease back."""
        ...

    async def requeue(self, alert_id: str, now: datetime) -> int:
        """Make every delivery of the alert pending again; return how many."""
        ...

    async def backlog(self) -> Mapping[DeliveryState, int]: ...


class UnitOfWork(Protocol):
    """One transaction: commits when its block ends, rolls back if it raises."""

    sources: SourceRepository
    captures: CaptureRepository
    takings: TakingRepository
    matters: MatterRepository
    corpora: CorpusRepository
    findings: FindingRepository
    sightings: SightingRepository
    evidence: EvidenceRepository
    alerts: AlertRepository


class Store(Protocol):
    def begin(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Open a write transaction.

        Raises:
            StoreUnavailable: locked for too long, full or unreachable (retryable).
        """
        ...

    def read(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Open a transaction that sees one state of the database and holds nobody up.

        Raises:
            StoreUnavailable: as ``begin``; or something in the block would write.
        """
        ...

    async def check_schema(self) -> None:
        """Raises SchemaOutdated or SchemaUnknown; StoreUnavailable if not reached."""
        ...

    async def aclose(self) -> None: ...
