"""``SqlStore``: transactions made of repositories, on SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncTransaction

from leakwatch.model.evidence import RecordDraft
from leakwatch.ports import (
    AlertRepository,
    CaptureRepository,
    CorpusRepository,
    EvidenceRepository,
    FindingRepository,
    MatterRepository,
    SightingRepository,
    SourceRepository,
    TakingRepository,
    UnitOfWork,
)
from leakwatch.store.alert_repo import SqlAlerts
from leakwatch.store.capture_repo import SqlCaptures
from leakwatch.store.corpus_repo import SqlCorpora
from leakwatch.store.database import open_engine, parse_url, read_only
from leakwatch.store.evidence_repo import SqlEvidence
from leakwatch.store.failures import translated
from leakwatch.store.finding_repo import SqlFindings
from leakwatch.store.matter_repo import SqlMatters
from leakwatch.store.schema import check_revision
from leakwatch.store.sighting_repo import SqlSightings
from leakwatch.store.source_repo import SqlSources
from leakwatch.store.taking_repo import SqlTakings
from leakwatch.store.transaction import Transaction

Chain = Callable[[int, RecordDraft, str], str]
"""``(seq, draft, previous_sha256)`` -> hex SHA-256 of the record's canonical bytes."""


@dataclass(slots=True)
class SqlUnitOfWork:
    """The repositories of one transaction."""

    sources: SourceRepository
    captures: CaptureRepository
    takings: TakingRepository
    matters: MatterRepository
    corpora: CorpusRepository
    findings: FindingRepository
    sightings: SightingRepository
    evidence: EvidenceRepository
    alerts: AlertRepository


class SqlStore:
    """The store. Belongs to the event loop it is first used in.

    Args:
        url: ``sqlite:///FILE`` or ``postgresql://...``; drivers may be named.
        chain: how a ledger record is hashed; the evidence stage's own function.
        lock_timeout_s: how long to wait for other transactions, of this process or
            another.

    Raises:
        ConfigError: the URL is not one of these.
    """

    def __init__(self, url: str, *, chain: Chain, lock_timeout_s: float = 30.0) -> None:
        self._database = parse_url(url)
        self._chain = chain
        # SQLite has one writer: tasks queue fairly for the one connection, where for a
        # lock they would race. Its readers wait for nobody, so they have their own.
        is_sqlite = self._database.file is not None
        self._writing = open_engine(
            self._database, lock_timeout_s=lock_timeout_s, pool_size=1 if is_sqlite else 10
        )
        self._reading = (
            open_engine(self._database, lock_timeout_s=lock_timeout_s, pool_size=4)
            if is_sqlite
            else self._writing
        )
        self._is_checked = False

    def __repr__(self) -> str:
        return f"SqlStore({self._database})"

    def begin(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Open a write transaction; commit when the block ends, roll back if it raises.

        A block that swallowed an error of the database is rolled back as well, and the
        error raised again: it cannot be known how much of the block was done.

        Raises:
            StoreUnavailable: locked for too long, full or unreachable. After a failed
                commit on PostgreSQL it may have been done: repeat it, ids make that safe.
            SchemaOutdated, SchemaUnknown: the first transaction checks.
        """
        return self._transaction(self._writing)

    def read(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Open a transaction that sees one state of the database and holds nobody up.

        For whoever takes their time: a person who pages through a list, a report.

        Raises:
            StoreUnavailable: as ``begin``; or something in the block would write.
        """
        return self._transaction(read_only(self._reading))

    async def check_schema(self) -> None:
        """Raises SchemaOutdated or SchemaUnknown; StoreUnavailable if not reached."""
        await check_revision(self._reading, self._database)

    async def aclose(self) -> None:
        await self._writing.dispose()
        await self._reading.dispose()

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine) -> AsyncIterator[UnitOfWork]:
        if not self._is_checked:
            await self.check_schema()
            self._is_checked = True
        name = str(self._database)
        connection = engine.connect()
        with translated(name):
            await connection.start()
        try:
            with translated(name):
                transaction = await connection.begin()
            tx = Transaction(connection, name)
            yield self._unit_of_work(tx)
            if tx.failure is not None:
                raise tx.failure
            with translated(name):
                await _commit(connection, transaction)
        finally:
            # Rolls back what was not committed, and is shielded from cancellation.
            await connection.__aexit__(None, None, None)

    def _unit_of_work(self, transaction: Transaction) -> SqlUnitOfWork:
        return SqlUnitOfWork(
            sources=SqlSources(transaction),
            captures=SqlCaptures(transaction),
            takings=SqlTakings(transaction),
            matters=SqlMatters(transaction),
            corpora=SqlCorpora(transaction),
            findings=SqlFindings(transaction),
            sightings=SqlSightings(transaction),
            evidence=SqlEvidence(transaction, self._chain),
            alerts=SqlAlerts(transaction),
        )


async def _commit(connection: AsyncConnection, transaction: AsyncTransaction) -> None:
    try:
        await transaction.commit()
    except BaseException:
        # SQLite keeps a transaction open whose commit failed, and SQLAlchemy takes it
        # for ended: only closing the connection surely undoes it.
        await connection.invalidate()
        raise
