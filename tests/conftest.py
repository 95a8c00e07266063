"""Fixtures that more than one folder of tests needs."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog

from leakwatch.store.schema import upgrade
from leakwatch.store.session import SqlStore
from tests.support.postgres import NoPostgres, PostgresServer, running_postgres
from tests.support.store import stand_in_chain


@pytest.fixture(autouse=True)
def _usual_logs() -> Iterator[None]:
    """A command under test sets the logs of its process; the next test must not inherit that."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this test process; skips where there is none."""
    try:
        with running_postgres() as server:
            yield server
    except NoPostgres as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An upgraded, empty SQLite database to copy from."""
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    asyncio.run(upgrade(f"sqlite:///{file}"))
    return file


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A URL of each engine where nothing is yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'leakwatch.db'}"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.new_schema()


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A URL of an upgraded, empty SQLite database."""
    shutil.copy(sqlite_template, tmp_path / "leakwatch.db")
    return f"sqlite:///{tmp_path / 'leakwatch.db'}"


@pytest.fixture
def store_url(empty_url: str, request: pytest.FixtureRequest) -> str:
    """A URL of each engine with an upgraded, empty database."""
    if empty_url.startswith("sqlite"):
        request.getfixturevalue("sqlite_url")
    else:
        asyncio.run(upgrade(empty_url))
    return empty_url


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[SqlStore]:
    """A store on each engine, its ledger chained by a stand-in."""
    opened = SqlStore(store_url, chain=stand_in_chain, lock_timeout_s=5.0)
    yield opened
    await opened.aclose()
