"""What every command needs from the options before it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from leakwatch.ports import UnitOfWork
    from leakwatch.settings import Settings


@dataclass(frozen=True, slots=True)
class Invocation:
    """What the options before the command said."""

    config: Path | None
    debug: bool


def settings_of(context: typer.Context) -> Settings:
    """Return the settings the command runs under.

    Raises:
        ConfigError: see ``leakwatch.settings``.
    """
    from leakwatch.settings import find_settings_file, load_settings

    invocation: Invocation = context.obj
    return load_settings(find_settings_file(invocation.config))


@asynccontextmanager
async def reading(context: typer.Context) -> AsyncIterator[UnitOfWork]:
    """Open the store for reading; a daemon beside us is not held up.

    Raises:
        StoreError: not reached, or its schema is not ours.
    """
    from leakwatch.wiring.storage import open_store

    async with open_store(settings_of(context)) as store, store.read() as tx:
        yield tx


@asynccontextmanager
async def writing(context: typer.Context) -> AsyncIterator[UnitOfWork]:
    """Open the store for one write transaction; raises as ``reading``."""
    from leakwatch.wiring.storage import open_store

    async with open_store(settings_of(context)) as store, store.begin() as tx:
        yield tx
