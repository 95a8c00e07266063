"""Which revision a database is at, and the way to the newest. Alembic is loaded late.

Only ``upgrade`` creates anything. A store that finds no tables stops: an empty
watch that believes it has seen everything is the worst way to lose findings.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

import leakwatch
from leakwatch.errors import SchemaOutdated, SchemaUnknown, StoreUnavailable
from leakwatch.store.database import Database, open_engine, parse_url, read_only
from leakwatch.store.failures import UPGRADE_HINT, translated

if TYPE_CHECKING:
    from alembic.config import Config

HEAD_REVISION = "leakwatch_0003"
"""What this code is written for; spares every start the import of Alembic."""

_VERSION_TABLE = "alembic_version"
_UPGRADE_LOCK = 0x6C77_6D69_6772_6174
"""Name of the turn that upgrades take on PostgreSQL."""


async def upgrade(url: str, *, lock_timeout_s: float = 30.0) -> str:
    """Bring a database to the newest revision, creating it if need be; return the revision.

    All in one transaction: it is done or not begun. Daemons that call it at once take turns.

    Raises:
        SchemaUnknown: made by a newer leakwatch, or not ours.
        StoreUnavailable: locked, full or unreachable.
    """
    database = parse_url(url)
    _create_file(database)
    engine = open_engine(database, lock_timeout_s=lock_timeout_s, foreign_keys="OFF")
    try:
        with translated(str(database)):
            async with engine.begin() as connection:
                await connection.run_sync(_upgrade, str(database))
    finally:
        await engine.dispose()
    return HEAD_REVISION


async def current_revision(url: str) -> str | None:
    """Return the revision a database is at; None if it is not there or empty.

    Raises:
        SchemaUnknown: it holds tables that are not ours.
        StoreUnavailable: not reached.
    """
    database = parse_url(url)
    if not _is_there(database):
        return None
    engine = open_engine(database, lock_timeout_s=5.0)
    try:
        return await _read_revision(engine, database)
    finally:
        await engine.dispose()


def head_revision() -> str:
    """Return the newest revision among the migrations."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - 250 ms

    return ScriptDirectory.from_config(migrations()).get_current_head() or ""


async def check_revision(engine: AsyncEngine, database: Database) -> None:
    """Raise unless the database is exactly at the revision this code is written for.

    Raises:
        SchemaOutdated: not created yet, or behind.
        SchemaUnknown: ahead of us, or not ours.
        StoreUnavailable: not reached.
    """
    if not _is_there(database):
        raise SchemaOutdated(f"{database}: it does not exist", hint=UPGRADE_HINT)
    revision = await _read_revision(engine, database)
    if revision == HEAD_REVISION:
        return
    if revision is None:
        raise SchemaOutdated(f"{database}: it is empty", hint=UPGRADE_HINT)
    _require_known(revision, str(database))
    raise SchemaOutdated(
        f"{database}: at revision {revision}, needs {HEAD_REVISION}", hint=UPGRADE_HINT
    )


def migrations() -> Config:
    """Return Alembic's configuration; the migrations ship in the package or lie beside it."""
    from alembic.config import Config  # noqa: PLC0415 - 250 ms

    package = Path(leakwatch.__file__).parent
    shipped = package / "migrations"
    config = Config()
    folder = shipped if shipped.is_dir() else package.parent / "migrations"
    # Alembic interpolates % in options.
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _upgrade(connection: Connection, database: str) -> None:
    from alembic import command  # noqa: PLC0415 - 250 ms

    if connection.dialect.name == "postgresql":
        # SQLite's writers take turns as it is.
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _UPGRADE_LOCK})
    revision = _revision(connection, database)
    if revision is not None:
        _require_known(revision, database)
    config = migrations()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


async def _read_revision(engine: AsyncEngine, database: Database) -> str | None:
    with translated(str(database)):
        async with read_only(engine).connect() as connection:
            return await connection.run_sync(_revision, str(database))


def _revision(connection: Connection, database: str) -> str | None:
    names = inspect(connection).get_table_names()
    if _VERSION_TABLE not in names:
        if names:
            raise SchemaUnknown(f"{database}: holds tables of another program")
        return None
    # S608: the name is the constant above.
    revision = connection.scalar(text(f"SELECT version_num FROM {_VERSION_TABLE}"))  # noqa: S608
    return None if revision is None else str(revision)


def _require_known(revision: str, database: str) -> None:
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - 250 ms

    known = {s.revision for s in ScriptDirectory.from_config(migrations()).walk_revisions()}
    if revision not in known:
        raise SchemaUnknown(
            f"{database}: revision {revision!r} is not known here",
            hint="it was made by a newer leakwatch, or is not ours",
        )


def _is_there(database: Database) -> bool:
    """Whether there is a file; always where the database is none."""
    try:
        return database.file is None or database.file.exists()
    except OSError as error:
        raise StoreUnavailable(
            f"{database}: cannot be looked at ({error.strerror})",
            hint="check who owns it and its directory",
        ) from None


def _create_file(database: Database) -> None:
    """Make an empty SQLite file nobody else may read; its journals take over the mode."""
    if database.file is None:
        return
    try:
        database.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(database.file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError as error:
        if database.file.is_file():
            return
        raise StoreUnavailable(f"{database}: cannot be created ({error.strerror})") from None
