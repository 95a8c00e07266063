"""Everything that a daemon or a poll by hand works with, built and closed in order."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from leakwatch.clock import Clock, SystemClock
from leakwatch.evidence.journal import IntakeJournal
from leakwatch.evidence.record import Circumstances
from leakwatch.evidence.seal import AgeSealer
from leakwatch.fetch.client import HttpFetcher
from leakwatch.fingerprint.key import FingerprintKey
from leakwatch.model.matter import Matter
from leakwatch.model.source import SourceSpec
from leakwatch.pipeline import Pipeline
from leakwatch.places import load_places
from leakwatch.ports import Channel, Source
from leakwatch.recording import Recorder
from leakwatch.redaction import Redactor
from leakwatch.rematch import Rematcher
from leakwatch.sandbox.pool import SandboxPool
from leakwatch.settings import Settings
from leakwatch.store.session import SqlStore
from leakwatch.wiring.channels import build_channels
from leakwatch.wiring.corpora import CorporaInUse, load_key
from leakwatch.wiring.inspecting import Threads, build_inspector
from leakwatch.wiring.looking import (
    build_sources,
    fetch_policy,
    open_sandbox,
    read_limits,
)
from leakwatch.wiring.storage import open_spool, open_store, prepare_state_dir

THREADS = 4
"""For matching, sealing and waiting on the sandbox."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Everything that a daemon or a poll by hand works with."""

    settings: Settings
    clock: Clock
    owner: str
    """This process's name in lease columns, unique even after a restart."""
    store: SqlStore
    fetcher: HttpFetcher
    journal: IntakeJournal
    recorder: Recorder
    pipeline: Pipeline
    sources: Mapping[str, tuple[SourceSpec, Source]]
    matters: Mapping[str, Matter]
    channels: Mapping[str, Channel]
    corpora: CorporaInUse
    rematcher: Rematcher

    async def start(self) -> None:
        """Make what is configured known to the store.

        Raises:
            Conflict: an order version that was recorded has been changed.
            StoreError: the database is not there or not current.
        """
        now = self.clock.now()
        async with self.store.begin() as tx:
            news = await tx.matters.sync(tuple(self.matters.values()), now)
            await tx.sources.sync([spec for spec, _ in self.sources.values()], now)
        await self.note_corpora()
        if news:
            # An order was added or verified: what was found before is seen in its light.
            for matter in self.matters:
                await self.recorder.reassess(matter)

    async def note_corpora(self) -> None:
        """Record which corpora are in use, and the state of each matter's.

        Raises:
            StoreError: the database refused.
        """
        now = self.clock.now()
        async with self.store.begin() as tx:
            for name, corpus in self.corpora.corpora.items():
                await tx.corpora.sync(name, corpus.manifest_sha256, corpus.info(), now)
            for matter, matcher in self.corpora.matchers.items():
                await tx.sightings.generation(matter, matcher.corpora, now)


@asynccontextmanager
async def build_service(
    settings: Settings, *, clock: Clock | None = None
) -> AsyncIterator[Service]:
    """Build everything, and close it in the opposite order.

    Raises:
        LeakwatchError: something configured cannot be used.
    """
    clock = clock or SystemClock()
    prepare_state_dir(settings)
    places = load_places(settings)
    key = await asyncio.to_thread(load_key, settings)
    corpora = await asyncio.to_thread(CorporaInUse, settings, places.matters, key)
    matters = {matter.id: matter for matter in places.matters}
    async with AsyncExitStack() as stack:
        # The sandbox starts first: its zygotes must not inherit what comes later.
        sandbox = await _started_sandbox(stack, settings, images=corpora.have_pictures)
        threads = _threads(stack)
        # Closed before the executor, which waits for what it runs: a read of a nasty file.
        stack.callback(sandbox.close)
        store = await stack.enter_async_context(open_store(settings))
        policy = fetch_policy(settings, places.sources)
        fetcher = HttpFetcher(policy, clock=clock, spool=open_spool(settings))
        stack.push_async_callback(fetcher.aclose)
        blind = _blinder(key)
        inspector = build_inspector(settings, fetcher, sandbox, threads, blind=blind, clock=clock)
        journal = IntakeJournal(settings.state_dir / "journal")
        circumstances = _circumstances(settings, corpora, clock)
        recorder = _recorder(store, journal, matters, circumstances=circumstances, clock=clock)
        yield Service(
            settings=settings,
            clock=clock,
            owner=(owner := _owner()),
            store=store,
            fetcher=fetcher,
            journal=journal,
            recorder=recorder,
            pipeline=Pipeline(
                store=store,
                fetcher=fetcher,
                parser=sandbox,
                inspector=inspector,
                matchers=corpora.matchers,
                sealer=AgeSealer(settings.state_dir / "vault"),
                recorder=recorder,
                matters=matters,
                executor=threads.work,
                clock=clock,
                redactor=Redactor(blind),
            ),
            sources=build_sources(places.sources),
            matters=matters,
            channels=build_channels(settings, clock),
            corpora=corpora,
            rematcher=Rematcher(
                store=store, recorder=recorder, executor=threads.aside, clock=clock, owner=owner
            ),
        )


async def _started_sandbox(
    stack: AsyncExitStack, settings: Settings, *, images: bool
) -> SandboxPool:
    """Return a sandbox, one process of it at work: what is missing is known before the first poll.

    Raises:
        SandboxError: it does not start, or lacks a layer that the settings require.
    """
    # One more than cores: a long file never keeps the pages waiting.
    workers = (os.cpu_count() or 1) + 1
    limits = read_limits(settings, images=images)
    sandbox = stack.enter_context(open_sandbox(settings, limits, workers=workers))
    await asyncio.to_thread(sandbox.start)
    return sandbox


def _threads(stack: AsyncExitStack) -> Threads:
    def pool(threads: int, name: str) -> ThreadPoolExecutor:
        return stack.enter_context(ThreadPoolExecutor(threads, thread_name_prefix=name))

    return Threads(work=pool(THREADS, "work"), files=pool(1, "files"), aside=pool(1, "rematch"))


def _recorder(
    store: SqlStore,
    journal: IntakeJournal,
    matters: Mapping[str, Matter],
    *,
    circumstances: Callable[[], Circumstances],
    clock: Clock,
) -> Recorder:
    return Recorder(
        store=store, journal=journal, matters=matters, circumstances=circumstances, clock=clock
    )


def _owner() -> str:
    return f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(3)}"


def _blinder(key: FingerprintKey) -> Callable[[str], str]:
    subkey = key.subkey("fetched-addresses")

    def blind(url: str) -> str:
        return hmac.new(subkey, url.encode(), hashlib.sha256).hexdigest()[:24]

    return blind


def _circumstances(
    settings: Settings, corpora: CorporaInUse, clock: Clock
) -> Callable[[], Circumstances]:
    """Bind this deployment's facts to the evidence records."""
    config_sha256 = hashlib.sha256(settings.model_dump_json().encode()).hexdigest()

    def now() -> Circumstances:
        return Circumstances(
            recorded_at=clock.now(),
            nonce=secrets.token_hex(16),
            config_sha256=config_sha256,
            corpora={n: corpus.manifest_sha256 for n, corpus in corpora.corpora.items()},
        )

    return now
