"""A process that is killed, or runs out of disk, in the middle of a transaction.

python -m tests.support.store_child hang|commit|full URL
"""

from __future__ import annotations

import asyncio
import resource
import sys
from pathlib import Path

from leakwatch.errors import StoreUnavailable
from leakwatch.ports import UnitOfWork
from leakwatch.store.session import SqlStore
from tests.support.store import (
    a_delivery,
    a_draft,
    a_finding,
    an_alert,
    an_event,
    put_parents,
    stand_in_chain,
)


async def write_everything(uow: UnitOfWork) -> None:
    """Write a finding with its evidence and its alert, as after a match."""
    await put_parents(uow)
    await uow.findings.save(a_finding(), an_event(a_finding()))
    await uow.evidence.append(a_draft())
    await uow.alerts.add(an_alert(), [a_delivery(an_alert())])


async def _hang_inside(store: SqlStore) -> None:
    async with store.begin() as uow:
        await write_everything(uow)
        _say("written")
        await asyncio.Event().wait()


async def _hang_after(store: SqlStore) -> None:
    async with store.begin() as uow:
        await write_everything(uow)
    _say("committed")
    await asyncio.Event().wait()


async def _run_out_of_disk(store: SqlStore, size_bytes: int) -> None:
    async with store.begin() as uow:
        await put_parents(uow)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes + 200_000, hard))
    try:
        async with store.begin() as uow:
            for number in range(400):
                await uow.evidence.append(a_draft(number, facts={"long": "x" * 20_000}))
    except StoreUnavailable as error:
        _say(f"{error.slug} {error}")
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    async with store.begin() as uow:
        record = await uow.evidence.append(a_draft(1))
    _say(f"seq {record.seq}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def _main(what: str, url: str, size_bytes: int) -> None:
    store = SqlStore(url, chain=stand_in_chain)
    if what == "hang":
        await _hang_inside(store)
    elif what == "commit":
        await _hang_after(store)
    else:
        await _run_out_of_disk(store, size_bytes)
    await store.aclose()


if __name__ == "__main__":
    _what, _url = sys.argv[1:]
    _file = Path(_url.removeprefix("sqlite:///"))
    asyncio.run(_main(_what, _url, _file.stat().st_size if _what == "full" else 0))
