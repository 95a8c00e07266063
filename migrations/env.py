"""Runs the revisions on the connection it is handed, inside that connection's transaction.

``leakwatch.store.schema.upgrade`` hands one over, from a sync or an async
engine alike. Nothing else is read: no ini file, no environment, no URL.
"""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, text


def run(connection: Connection) -> None:
    """Run them all or none; the caller holds the lock that makes upgrades take turns.

    A migration that waits for a table makes every daemon behind it wait, so both
    the waiting and the work are bounded.
    """
    is_postgres = connection.dialect.name == "postgresql"
    context.configure(connection=connection, transaction_per_migration=False)
    with context.begin_transaction():
        if is_postgres:
            connection.execute(text("SET LOCAL lock_timeout = '10s'"))
            connection.execute(text("SET LOCAL statement_timeout = '15min'"))
        context.run_migrations()
        if not is_postgres:
            _require_whole_references(connection)


def _require_whole_references(connection: Connection) -> None:
    # Foreign keys are off while SQLite's tables are rebuilt; look before the commit.
    broken = connection.execute(text("PRAGMA foreign_key_check")).first()
    if broken is not None:
        raise RuntimeError(f"a row of {broken[0]} refers to nothing in {broken[2]}")


run(context.config.attributes["connection"])
