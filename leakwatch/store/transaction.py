"""What a repository may do with its connection. Every call speaks our errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

from sqlalchemy import CursorResult, Executable, Select, Table, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from leakwatch.errors import NotFound, StoreError
from leakwatch.store.failures import translated

Row = Mapping[str, Any]
Insert = sqlite.Insert | postgresql.Insert

_BATCH_ROWS = 5_000


class Transaction:
    """One open transaction on either engine.

    Args:
        connection: with its transaction begun.
        database: what messages call the database.

    Attributes:
        failure: the first error of the database; such a transaction must not be
            committed. PostgreSQL would quietly roll it back, SQLite keep a part.
    """

    def __init__(self, connection: AsyncConnection, database: str) -> None:
        self._connection = connection
        self._database = database
        self._is_postgres = connection.dialect.name == "postgresql"
        self.failure: StoreError | None = None

    def insert(self, table: Table) -> Insert:
        """Return an insert that knows ON CONFLICT, which both engines spell alike."""
        return postgresql.insert(table) if self._is_postgres else sqlite.insert(table)

    async def run(self, statement: Executable) -> int:
        """Execute; return how many rows it touched."""
        with self._translated():
            result: CursorResult[Any] = await self._connection.execute(statement)
        return result.rowcount

    async def run_many(self, statement: Executable, rows: Sequence[Row]) -> None:
        """Execute once a row, in batches; nothing for no rows."""
        for start in range(0, len(rows), _BATCH_ROWS):
            with self._translated():
                batch = rows[start : start + _BATCH_ROWS]
                await self._connection.execute(statement, [dict(row) for row in batch])

    async def all(self, statement: Select[Any]) -> Sequence[Row]:
        with self._translated():
            result = await self._connection.execute(statement)
            names = tuple(result.keys())
            return [dict(zip(names, row, strict=True)) for row in result]

    async def first(self, statement: Select[Any]) -> Row | None:
        rows = await self.all(statement)
        return rows[0] if rows else None

    async def scalar(self, statement: Select[Any]) -> Any:
        """Return the first column of the first row; None for no row."""
        with self._translated():
            return await self._connection.scalar(statement)

    async def take_turn(self, turn: str) -> None:
        """Wait for every other transaction that took the turn of that name to end.

        SQLite's writers take turns as it is.
        """
        if self._is_postgres:
            lock = int.from_bytes(sha256(turn.encode()).digest()[:8], "big", signed=True)
            with self._translated():
                await self._connection.execute(
                    text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock}
                )

    async def by_id_prefix(self, table: Table, prefix: str, *, noun: str) -> Row:
        """Return the row whose ``id`` is, or alone begins with, ``prefix``.

        Raises:
            NotFound: no row, or several; the message says which.
        """
        column = table.c.id
        exact = await self.first(table.select().where(column == prefix))
        if exact is not None:
            return exact
        alike = table.select().where(column.startswith(prefix, autoescape=True)).limit(2)
        rows = await self.all(alike) if prefix else ()
        if len(rows) > 1:
            raise NotFound(f"several {noun}s begin with {prefix!r}", hint="give more letters")
        if not rows:
            raise NotFound(f"no {noun} {prefix!r}")
        return rows[0]

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            with translated(self._database):
                yield
        except StoreError as error:
            self.failure = self.failure or error
            raise
