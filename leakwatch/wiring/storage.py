"""The state directory and the database."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from leakwatch.errors import ConfigError
from leakwatch.evidence.record import record_sha256
from leakwatch.settings import Settings, read_secret
from leakwatch.spool import Spool
from leakwatch.store import schema
from leakwatch.store.session import SqlStore


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[SqlStore]:
    """Open the database.

    Raises:
        StoreError: not reached, not created yet, or of another version.
    """
    store = SqlStore(
        store_url(settings),
        chain=record_sha256,
        lock_timeout_s=settings.store.lock_timeout_s,
    )
    try:
        await store.check_schema()
        yield store
    finally:
        await store.aclose()


async def upgrade_store(settings: Settings) -> tuple[str | None, str]:
    """Create or upgrade the database; return the revisions before and after."""
    prepare_state_dir(settings)
    url = store_url(settings)
    before = await schema.current_revision(url)
    return before, await schema.upgrade(url)


def store_url(settings: Settings) -> str:
    """Return the database's URL; from its file where one is named."""
    store = settings.store
    if store.url_file is not None:
        return read_secret(store.url_file, purpose="store.url_file")
    return store.url or f"sqlite:///{settings.state_dir / 'leakwatch.db'}"


def open_spool(settings: Settings) -> Spool:
    """Open the place where linked files lie encrypted for a while.

    Raises:
        ConfigError: it cannot be made or written to.
    """
    path = settings.state_dir / "spool"
    try:
        return Spool(path, max_bytes=settings.fetch.max_spool_bytes)
    except OSError as error:
        raise ConfigError(f"state_dir: {path}: {error.strerror}") from None


def prepare_state_dir(settings: Settings) -> None:
    """Make the state directory, for us alone.

    Raises:
        ConfigError: it cannot be made or written to.
    """
    path = settings.state_dir
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"state_dir: {path}: {error.strerror}") from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise ConfigError(f"state_dir: {path}: not writable by this user")
