"""Revisions: the same tables as the code, up and down, with rows in them."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Constraint, Engine, Index, create_engine, inspect

import leakwatch
from leakwatch.model.match import Match
from leakwatch.store.database import open_engine, parse_url
from leakwatch.store.schema import HEAD_REVISION, current_revision, migrations, upgrade
from leakwatch.store.session import SqlStore
from leakwatch.store.tables import metadata
from tests.support.store import (
    NOW,
    SOURCE,
    a_capture,
    a_draft,
    a_finding,
    a_match,
    a_sighting,
    put_parents,
    stand_in_chain,
)
from tests.support.store_child import write_everything

_ROOT = Path(__file__).resolve().parents[2]


async def _on(url: str, work: Callable[[Connection], Any]) -> Any:
    """Run sync work in one transaction of the database."""
    engine = open_engine(parse_url(url), lock_timeout_s=5.0, foreign_keys="OFF")
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


def _downgrade(connection: Connection, revision: str = "base") -> None:
    config = migrations()
    config.attributes["connection"] = connection
    command.downgrade(config, revision)


def _table_names(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


async def test_the_tables_are_those_of_the_newest_revision(store_url: str) -> None:
    """Code and migrations never drift apart: columns, types, keys and indexes."""

    def differences(connection: Connection) -> Any:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return compare_metadata(context, metadata)

    assert await _on(store_url, differences) == []


async def test_every_constraint_and_index_has_the_name_the_code_gives_it(store_url: str) -> None:
    """A later revision must be able to name what it drops, on both engines alike."""

    def names(connection: Connection) -> set[str | None]:
        found: set[str | None] = set()
        inspector = inspect(connection)
        for table in metadata.tables:
            found.add(inspector.get_pk_constraint(table)["name"])
            found |= {key["name"] for key in inspector.get_foreign_keys(table)}
            found |= {key["name"] for key in inspector.get_unique_constraints(table)}
            found |= {index["name"] for index in inspector.get_indexes(table)}
        return found

    expected = {
        part.name
        for table in metadata.tables.values()
        for part in (*table.constraints, *table.indexes)
        if isinstance(part, (Constraint, Index))
    }
    assert await _on(store_url, names) >= expected


async def test_the_late_references_are_late_on_the_database_too(store_url: str) -> None:
    """Matches are written before their finding: the check must wait for the commit."""

    def late(connection: Connection) -> set[str]:
        inspector = inspect(connection)
        return {
            str(key["name"])
            for table in metadata.tables
            for key in inspector.get_foreign_keys(table)
            if key["options"].get("initially") == "DEFERRED"
        }

    expected = {
        str(key.name)
        for table in metadata.tables.values()
        for key in table.foreign_key_constraints
        if key.initially == "DEFERRED"
    }
    assert await _on(store_url, late) == expected


async def test_down_and_up_again_with_rows_in_it(store_url: str) -> None:
    """Going back takes every table, whatever is in it, and the way forward is open again."""
    store = SqlStore(store_url, chain=stand_in_chain)
    async with store.begin() as uow:
        await write_everything(uow)
        await uow.captures.add(a_capture(), poll_id="p-1", url="http://x.example/")
        await uow.sightings.add(a_sighting(), NOW)
    await store.aclose()
    await _on(store_url, _downgrade)
    assert await _on(store_url, _table_names) == {"alembic_version"}
    assert await current_revision(store_url) is None
    await upgrade(store_url)
    assert await _on(store_url, _table_names) == {*metadata.tables, "alembic_version"}
    store = SqlStore(store_url, chain=stand_in_chain)
    async with store.begin() as uow:
        assert [record async for record in uow.evidence.ledger()] == []
        await put_parents(uow)
        assert (await uow.evidence.append(a_draft())).seq == 1
    await store.aclose()


async def test_matches_of_the_first_schema_are_kept_up_and_down(store_url: str) -> None:
    """Going back loses what the old schema has no room for, and no match; the way up is open."""
    store = SqlStore(store_url, chain=stand_in_chain)
    async with store.begin() as uow:
        await write_everything(uow)
        await uow.findings.add_matches(a_finding().id, [a_match()])
        await uow.captures.add(a_capture(), poll_id="p-1", url="http://x.example/")
        await uow.sightings.add(a_sighting(), NOW)
    await store.aclose()
    await _on(store_url, lambda connection: _downgrade(connection, "leakwatch_0001"))
    assert await current_revision(store_url) == "leakwatch_0001"
    left = await _on(store_url, _table_names)
    assert {t for t in metadata.tables if t not in left} == {
        "corpus_generations", "sighted_artefacts", "sighted_listings", "sightings", "takings",
    }  # fmt: skip
    await upgrade(store_url)
    store = SqlStore(store_url, chain=stand_in_chain)
    async with store.begin() as uow:
        (kept,) = await uow.findings.matches(a_finding().id)
        assert await uow.sightings.shown(SOURCE) == {}
    await store.aclose()
    full = a_match()
    bare = Match(
        full.match.file, full.match.corpus, full.match.method, full.match.grade,
        full.match.stolen_in_leak, full.match.leak_in_stolen, full.match.jaccard,
        full.match.passage_chars, reasons=full.match.reasons,
    )  # fmt: skip
    assert kept == replace(full, match=bare, artefact_letters=None)


async def test_upgrading_what_is_up_to_date_keeps_the_rows(store_url: str) -> None:
    """An operator may run it at every start."""
    store = SqlStore(store_url, chain=stand_in_chain)
    async with store.begin() as uow:
        await put_parents(uow)
    await upgrade(store_url)
    async with store.begin() as uow:
        assert (await uow.sources.state(SOURCE)).next_poll_at == NOW
    await store.aclose()


def test_a_sync_connection_is_migrated_as_well(tmp_path: Path) -> None:
    """The environment takes the connection it is handed, whoever made it."""
    engine: Engine = create_engine(f"sqlite:///{tmp_path / 'plain.db'}")
    config = migrations()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        assert _table_names(connection) == {*metadata.tables, "alembic_version"}
    engine.dispose()


def test_a_failed_upgrade_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a schema would be neither outdated nor usable."""
    package = tmp_path / "leakwatch"
    shutil.copytree(_ROOT / "migrations", package / "migrations")
    (package / "migrations" / "versions" / "r9999_broken.py").write_text(
        'revision = "leakwatch_9999"\n'
        f'down_revision = "{HEAD_REVISION}"\n'
        "def upgrade():\n"
        "    raise ZeroDivisionError\n"
    )
    monkeypatch.setattr(leakwatch, "__file__", str(package / "__init__.py"))
    url = f"sqlite:///{tmp_path / 'leakwatch.db'}"
    with pytest.raises(ZeroDivisionError):
        asyncio.run(upgrade(url))
    assert asyncio.run(current_revision(url)) is None
    assert asyncio.run(_on(url, _table_names)) == set()


def test_the_revisions_are_one_line_without_branches() -> None:
    """Two heads would leave the order of two changes to chance."""
    script = ScriptDirectory.from_config(migrations())
    assert script.get_heads() == [HEAD_REVISION]
    assert len(script.get_bases()) == 1


def test_migrations_are_found_from_any_directory(tmp_path: Path) -> None:
    """An installed wheel holds them in the package; a checkout beside it. Neither is the cwd."""
    site = tmp_path / "site-packages"
    shutil.copytree(_ROOT / "leakwatch", site / "leakwatch")
    shutil.copytree(_ROOT / "migrations", site / "leakwatch" / "migrations")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    code = (
        "import asyncio, sys, leakwatch; from leakwatch.store.schema import upgrade\n"
        "assert leakwatch.__file__.startswith(sys.argv[2]), leakwatch.__file__\n"
        "print(asyncio.run(upgrade(sys.argv[1])))\n"
    )
    for python_path in (site, _ROOT):
        url = f"sqlite:///{tmp_path / python_path.name}.db"
        done = subprocess.run(  # noqa: S603 - our own command line
            [sys.executable, "-P", "-c", code, url, str(python_path)],
            cwd=elsewhere,
            env={**os.environ, "PYTHONPATH": str(python_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.strip() == HEAD_REVISION, done.stderr
    assert list(elsewhere.iterdir()) == []
