"""Which databases are refused, and how one is made."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import stat
from pathlib import Path

import pytest

from leakwatch.errors import LeakwatchError, SchemaOutdated, SchemaUnknown, StoreUnavailable
from leakwatch.store.schema import HEAD_REVISION, current_revision, head_revision, upgrade
from leakwatch.store.session import SqlStore
from tests.support.store import stand_in_chain


async def _refusal(url: str) -> LeakwatchError:
    store = SqlStore(url, chain=stand_in_chain, lock_timeout_s=1.0)
    with pytest.raises(LeakwatchError) as caught:
        await store.check_schema()
    await store.aclose()
    return caught.value


async def test_a_database_that_cannot_be_looked_at_is_named(tmp_path: Path) -> None:
    """What the system refuses to say of the file is told in one line, with what to do."""
    url = f"sqlite:///{tmp_path / ('x' * 300)}"
    refused = await _refusal(url)
    assert isinstance(refused, StoreUnavailable)
    assert "cannot be looked at (File name too long)" in refused.what
    with pytest.raises(StoreUnavailable):
        await current_revision(url)


def _set_revision(url: str, revision: str) -> None:
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    connection.close()


def test_the_code_is_written_for_the_newest_migration() -> None:
    """Who adds a revision must raise ``HEAD_REVISION`` with it."""
    assert head_revision() == HEAD_REVISION


async def test_upgrade_makes_a_database_that_opens(empty_url: str) -> None:
    """From nothing to the newest revision, and again without harm."""
    assert await current_revision(empty_url) is None
    assert await upgrade(empty_url) == HEAD_REVISION
    assert await upgrade(empty_url) == HEAD_REVISION
    assert await current_revision(empty_url) == HEAD_REVISION
    store = SqlStore(empty_url, chain=stand_in_chain)
    await store.check_schema()
    async with store.begin() as uow:
        assert await uow.sources.states() == []
    await store.aclose()


async def test_upgrades_at_once_take_turns(empty_url: str) -> None:
    """Two daemons that start together on a new database both come up."""
    assert await asyncio.gather(*(upgrade(empty_url) for _ in range(3))) == [HEAD_REVISION] * 3


async def test_a_new_sqlite_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    """The store says who was robbed of what: neither it nor its journals are readable."""
    file = tmp_path / "state" / "leakwatch.db"
    await upgrade(f"sqlite:///{file}")
    store = SqlStore(f"sqlite:///{file}", chain=stand_in_chain)
    async with store.begin():
        found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}
    await store.aclose()
    assert found["leakwatch.db"] == 0o600
    assert "leakwatch.db-wal" in found
    assert set(found.values()) == {0o600}
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


async def test_sqlite_is_set_to_lose_nothing(sqlite_url: str) -> None:
    """Every commit is synced, and references are enforced."""
    store = SqlStore(sqlite_url, chain=stand_in_chain)
    async with store._writing.connect() as connection:
        values = [
            (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    await store.aclose()
    assert values == ["wal", 2, 1]


async def test_a_missing_file_is_not_made_by_looking(tmp_path: Path) -> None:
    """Only ``db upgrade`` creates."""
    file = tmp_path / "leakwatch.db"
    error = await _refusal(f"sqlite:///{file}")
    assert isinstance(error, SchemaOutdated)
    assert error.hint == "leakwatch db upgrade"
    assert str(file) in str(error)
    assert await current_revision(f"sqlite:///{file}") is None
    assert not file.exists()


async def test_a_newer_or_foreign_revision_is_unknown(sqlite_url: str) -> None:
    """An old program must not write what a newer one laid out."""
    _set_revision(sqlite_url, "leakwatch_9999")
    assert isinstance(await _refusal(sqlite_url), SchemaUnknown)
    with pytest.raises(SchemaUnknown, match="leakwatch_9999"):
        await upgrade(sqlite_url)
    assert await current_revision(sqlite_url) == "leakwatch_9999"


async def test_another_programs_tables_are_left_alone(tmp_path: Path) -> None:
    """A wrong URL must not mix our tables into somebody else's."""
    file = tmp_path / "other.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE recipes (id INTEGER)")
    connection.close()
    assert isinstance(await _refusal(f"sqlite:///{file}"), SchemaUnknown)
    with pytest.raises(SchemaUnknown):
        await upgrade(f"sqlite:///{file}")


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """A text file, or a damaged database, is told apart from an empty one."""
    file = tmp_path / "notes.db"
    file.write_text("just some notes\n" * 100)
    assert isinstance(await _refusal(f"sqlite:///{file}"), SchemaUnknown)
    with pytest.raises(SchemaUnknown):
        await upgrade(f"sqlite:///{file}")
    assert file.read_text().startswith("just some notes")


async def test_a_directory_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    """The operator learns which path and why."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable, match="cannot be created"):
        await upgrade(f"sqlite:///{tmp_path}/file/leakwatch.db")


async def test_nobody_at_the_address_is_unavailable(unused_port: int) -> None:
    """The message names the server and never the password."""
    error = await _refusal(f"postgresql://watch:s3cret@127.0.0.1:{unused_port}/leaks")
    assert isinstance(error, StoreUnavailable)
    assert f"watch@127.0.0.1:{unused_port}/leaks" in str(error)
    assert "s3cret" not in str(error)


@pytest.fixture
def unused_port() -> int:
    """A port where nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
