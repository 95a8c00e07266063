"""From settings to built objects: the only place that picks implementations."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from leakwatch.alert.channels.console import ConsoleChannel
from leakwatch.clock import Clock, SystemClock
from leakwatch.errors import EntityUnknown, LeakwatchError
from leakwatch.evidence.journal import IntakeJournal
from leakwatch.inspection import Inspector, PayloadLimits
from leakwatch.model.matter import Matter
from leakwatch.model.post import SourceBatch
from leakwatch.model.source import SourceSpec, Via
from leakwatch.pipeline import Pipeline
from leakwatch.ports import Channel, Fetcher, Matcher, Source
from leakwatch.recording import Recorder
from leakwatch.settings import Settings, load_matters, load_sources, read_secret

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Places:
    """The matters and sources beside the settings file."""

    matters: tuple[Matter, ...]
    sources: tuple[SourceSpec, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Everything a daemon or a poll by hand works with."""

    settings: Settings
    clock: Clock
    owner: str
    """This process's name in lease columns, unique even after a restart."""
    store: SqlStore
    journal: IntakeJournal
    recorder: Recorder
    pipeline: Pipeline
    sources: Mapping[str, tuple[SourceSpec, Source]]
    matters: Mapping[str, Matter]
    channels: Mapping[str, Channel]
    corpora: Mapping[str, Corpus]

    async def start(self) -> None:
        """Test ourselves and make the configuration known to the store.

        Raises:
            SelfTestFailed: fingerprints do not come out as they must.
            Conflict: a recorded order version was changed.
        """
        await asyncio.to_thread(golden.check)
        now = self.clock.now()
        async with self.store.begin() as tx:
            await tx.matters.sync(tuple(self.matters.values()), now)
            await tx.sources.sync([spec for spec, _ in self.sources.values()], now)
            for name, corpus in self.corpora.items():
                await tx.corpora.sync(name, corpus.manifest_sha256, corpus.info(), now)


def load_places(settings: Settings) -> Places:
    """Read the matter and source files.

    Raises:
        ConfigError: one of them is wrong, or names what is not configured.
    """
    matters = load_matters(
        settings.matters_dir,
        corpora=frozenset(settings.fingerprint.corpora),
        channels=frozenset(channel_names(settings)),
    )
    sources = load_sources(settings.sources_dir, matters=frozenset(m.id for m in matters))
    return Places(matters, sources)


def channel_names(settings: Settings) -> tuple[str, ...]:
    """Return the names a recipient may use."""
    channels = settings.channels
    return (
        *(["email"] if channels.email else []),
        *(["console"] if channels.console.enabled else []),
        *(f"webhook.{name}" for name in channels.webhook),
    )
