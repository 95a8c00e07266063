"""What is left when a process is killed, or the disk is full, mid-transaction."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from leakwatch.errors import StoreUnavailable
from leakwatch.store.schema import upgrade
from leakwatch.store.session import SqlStore
from tests.support.postgres import PostgresServer
from tests.support.store import (
    NOW,
    a_draft,
    a_finding,
    a_spec,
    an_alert,
    put_parents,
    stand_in_chain,
)

_ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def _child(what: str, url: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(  # noqa: S603 - our own command line
        [sys.executable, "-m", "tests.support.store_child", what, url],
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        with process:
            yield process
            process.kill()
    finally:
        process.kill()


def _first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


async def test_killed_before_the_commit_nothing_is_half_written(store_url: str) -> None:
    """The finding, its evidence and its alert are all missing, and can be written again."""
    with _child("hang", store_url) as process:
        assert _first_line(process) == "written"
    store = SqlStore(store_url, chain=stand_in_chain)
    async with store.begin() as uow:
        assert await uow.sources.states() == []
        assert await uow.findings.find(a_finding().id) is None
        assert [record async for record in uow.evidence.ledger()] == []
        await put_parents(uow)
        assert (await uow.evidence.append(a_draft())).seq == 1
    await store.aclose()


async def test_killed_after_the_commit_nothing_is_lost(store_url: str) -> None:
    """What ``begin`` has let go of survives the process."""
    with _child("commit", store_url) as process:
        assert _first_line(process) == "committed"
    store = SqlStore(store_url, chain=stand_in_chain)
    async with store.begin() as uow:
        assert (await uow.findings.get(a_finding().id)) == a_finding()
        assert len([record async for record in uow.evidence.ledger()]) == 1
        assert len(await uow.alerts.deliveries(an_alert().id)) == 1
    await store.aclose()


def test_a_full_disk_is_unavailable_and_the_same_store_works_after(sqlite_url: str) -> None:
    """Nothing of the failed transaction is kept, and space is all it takes to go on."""
    with _child("full", sqlite_url) as process:
        out, _ = process.communicate(timeout=60)
    refused, after = out.splitlines()
    assert refused.startswith("store_unavailable database /")
    assert ": the disk " in refused
    assert after == "seq 1"


async def test_tasks_of_one_process_wait_a_bounded_time(sqlite_url: str) -> None:
    """A worker that hangs inside a transaction does not hang the others silently."""
    store = SqlStore(sqlite_url, chain=stand_in_chain, lock_timeout_s=0.1)
    async with store.begin():
        with pytest.raises(StoreUnavailable, match="busy"):
            await store.begin().__aenter__()
    async with store.begin() as uow:
        assert [record async for record in uow.evidence.ledger()] == []
    await store.aclose()


async def test_sqlites_own_word_for_full_is_unavailable(sqlite_url: str) -> None:
    """``database or disk is full`` becomes a retryable error, at the statement or the commit."""
    store = SqlStore(sqlite_url, chain=stand_in_chain)
    async with store._writing.connect() as connection:
        await connection.exec_driver_sql("PRAGMA max_page_count = 1")
    with pytest.raises(StoreUnavailable, match="disk is full"):
        async with store.begin() as uow:
            await uow.sources.sync([a_spec(options={"long": "x"}, name="x" * 9_000_000)], NOW)
    async with store.begin() as uow:
        assert [record async for record in uow.evidence.ledger()] == []
    await store.aclose()


@pytest.mark.postgres
async def test_a_broken_connection_is_unavailable_and_the_next_is_new(
    postgres_server: PostgresServer,
) -> None:
    """A restart of the server costs one transaction, not the daemon."""
    url = postgres_server.new_schema()
    await upgrade(url)
    store = SqlStore(url, chain=stand_in_chain)

    async def write() -> None:
        async with store.begin() as uow:
            await put_parents(uow)
            postgres_server.end_connections(url)
            await uow.evidence.append(a_draft())

    with pytest.raises(StoreUnavailable, match="database postgresql://"):
        await write()
    async with store.begin() as uow:
        assert await uow.sources.states() == []
    await store.aclose()
