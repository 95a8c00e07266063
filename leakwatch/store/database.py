"""A URL -> an engine that loses nothing: SQLite in WAL mode or PostgreSQL by asyncpg."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from sqlalchemy import URL, event, make_url
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from leakwatch.errors import ConfigError

_CONNECT_TIMEOUT_S = 10.0
_STATEMENT_TIMEOUT_S = 300.0
_SYSTEMS = {"sqlite": "sqlite", "postgresql": "postgresql", "postgres": "postgresql"}


@dataclass(frozen=True, slots=True)
class Database:
    """Which database is meant."""

    url: URL
    file: Path | None
    """The SQLite file; None for PostgreSQL."""

    def __str__(self) -> str:
        """Name it for a person; never with the password or the query."""
        if self.file is not None:
            return f"database {self.file}"
        user = f"{self.url.username}@" if self.url.username else ""
        port = f":{self.url.port}" if self.url.port else ""
        return f"database postgresql://{user}{self.url.host or ''}{port}/{self.url.database or ''}"

    __repr__ = __str__


def parse_url(url: str) -> Database:
    """Read a store URL; the driver may be left out.

    Raises:
        ConfigError: not a URL, another database system, or SQLite without a file.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigError("store.url: not a database URL") from None
    system, _, driver = parsed.drivername.partition("+")
    if _SYSTEMS.get(system) == "postgresql" and driver in ("", "asyncpg"):
        return Database(parsed.set(drivername="postgresql+asyncpg"), None)
    if system == "sqlite" and driver in ("", "aiosqlite"):
        return _sqlite_database(parsed.database)
    raise ConfigError(
        f"store.url: {parsed.drivername} is not supported",
        hint="sqlite:///FILE or postgresql://USER@HOST/NAME",
    )


def _sqlite_database(name: str | None) -> Database:
    if not name or name.startswith((":memory:", "file:")):
        raise ConfigError("store.url: SQLite needs a file to remember anything")
    file = Path(name).absolute()
    # mode=rw opens and never creates: a wrong path must not start an empty watch.
    url = URL.create(
        "sqlite+aiosqlite", database=f"file:{quote(str(file))}", query={"mode": "rw", "uri": "true"}
    )
    return Database(url, file)


def open_engine(
    database: Database,
    *,
    lock_timeout_s: float,
    pool_size: int = 1,
    foreign_keys: Literal["ON", "OFF"] = "ON",
) -> AsyncEngine:
    """Return an engine; connects at first use.

    Args:
        database: as ``parse_url`` gives it.
        lock_timeout_s: how long to wait for another process's lock.
        pool_size: connections at once; who wants one more queues as long as for a lock.
        foreign_keys: of SQLite; OFF for migrations, which rebuild tables.
    """
    if database.file is None:
        milliseconds = str(round(lock_timeout_s * 1000))
        return create_async_engine(
            database.url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=lock_timeout_s,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={
                "timeout": _CONNECT_TIMEOUT_S,
                "command_timeout": _STATEMENT_TIMEOUT_S,
                "server_settings": {
                    "application_name": "leakwatch",
                    "lock_timeout": milliseconds,
                    "timezone": "UTC",
                },
            },
        )
    engine = create_async_engine(
        database.url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=lock_timeout_s,
        hide_parameters=True,
        connect_args={"timeout": lock_timeout_s},
    )
    event.listen(engine.sync_engine, "connect", partial(_set_up_sqlite, foreign_keys))
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def read_only(engine: AsyncEngine) -> AsyncEngine:
    """Return the engine with transactions that see one snapshot and block nobody."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return engine.execution_options(leakwatch_read_only=True)


def _set_up_sqlite(foreign_keys: str, connection: Any, record: object) -> None:
    del record
    # The sqlite3 module would open transactions by itself, too late and never
    # before a SELECT or DDL; ours are opened by _begin_sqlite.
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", f"foreign_keys={foreign_keys}"):
            cursor.execute(f"PRAGMA {pragma}")
    finally:
        cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    is_read = connection.get_execution_options().get("leakwatch_read_only", False)
    connection.exec_driver_sql(f"PRAGMA query_only={'ON' if is_read else 'OFF'}")
    # A transaction that reads first and writes later can fail half-way with
    # "locked" whatever its timeout; taking the write lock at once cannot.
    connection.exec_driver_sql("BEGIN" if is_read else "BEGIN IMMEDIATE")
