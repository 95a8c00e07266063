"""From settings to built objects: the only place that picks implementations."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from leakwatch.alert.channels.console import ConsoleChannel
from leakwatch.alert.channels.email import EmailChannel, SmtpTarget
from leakwatch.alert.channels.webhook import WebhookChannel, WebhookTarget
from leakwatch.alert.trial import trial_messages
from leakwatch.clock import Clock, SystemClock
from leakwatch.corpus.bundle import Corpus, open_corpus
from leakwatch.errors import ConfigError, EntityUnknown, LeakwatchError, SandboxError
from leakwatch.evidence.journal import IntakeJournal
from leakwatch.evidence.record import Circumstances, record_sha256
from leakwatch.evidence.seal import AgeSealer
from leakwatch.fetch.client import HttpFetcher
from leakwatch.fetch.policy import FetchPolicy
from leakwatch.fingerprint import golden
from leakwatch.fingerprint.key import FingerprintKey
from leakwatch.inspection import Inspector, PayloadLimits
from leakwatch.match.matcher import CorpusMatcher
from leakwatch.model.alert import Message
from leakwatch.model.matter import Matter
from leakwatch.model.post import SourceBatch
from leakwatch.model.source import SourceSpec, Via
from leakwatch.pipeline import Pipeline
from leakwatch.places import load_places
from leakwatch.ports import Channel, Source
from leakwatch.recording import Recorder
from leakwatch.sandbox.limits import ReadLimits
from leakwatch.sandbox.pool import SandboxPool
from leakwatch.settings import Settings, read_secret
from leakwatch.sources.preview import preview
from leakwatch.sources.registry import build_source
from leakwatch.store import schema
from leakwatch.store.session import SqlStore
from leakwatch.unpack.budget import BudgetLimits

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
    corpora: Mapping[str, Corpus]

    async def start(self) -> None:
        """Make what is configured known to the store.

        Raises:
            Conflict: an order version that was recorded has been changed.
            StoreError: the database is not there or not current.
        """
        now = self.clock.now()
        async with self.store.begin() as tx:
            await tx.matters.sync(tuple(self.matters.values()), now)
            await tx.sources.sync([spec for spec, _ in self.sources.values()], now)
            for name, corpus in self.corpora.items():
                await tx.corpora.sync(name, corpus.manifest_sha256, corpus.info(), now)


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
    sources = build_sources(places.sources)
    channels = build_channels(settings, clock)
    key = await asyncio.to_thread(load_key, settings)
    corpora = await asyncio.to_thread(open_corpora, settings)
    matters = {matter.id: matter for matter in places.matters}
    async with AsyncExitStack() as stack:
        # The sandbox starts first: its zygotes must not inherit what comes later.
        sandbox = stack.enter_context(SandboxPool(_limits(settings), workers=os.cpu_count() or 1))
        executor = stack.enter_context(ThreadPoolExecutor(THREADS, thread_name_prefix="work"))
        store = await stack.enter_async_context(open_store(settings))
        fetcher = HttpFetcher(fetch_policy(settings, places.sources), clock=clock)
        stack.push_async_callback(fetcher.aclose)
        journal = IntakeJournal(settings.state_dir / "journal")
        recorder = Recorder(
            store=store,
            journal=journal,
            matters=matters,
            circumstances=_circumstances(settings, corpora, clock),
            clock=clock,
        )
        pipeline = Pipeline(
            store=store,
            fetcher=fetcher,
            parser=sandbox,
            inspector=Inspector(
                fetcher=fetcher,
                reader=sandbox,
                executor=executor,
                limits=PayloadLimits(
                    settings.fetch.max_files_per_post, settings.fetch.max_payload_bytes
                ),
                blind=_blinder(key),
            ),
            matchers={
                m.id: CorpusMatcher([corpora[name] for name in m.corpora], key)
                for m in places.matters
            },
            sealer=AgeSealer(settings.state_dir / "vault"),
            recorder=recorder,
            matters=matters,
            executor=executor,
            clock=clock,
        )
        yield Service(
            settings=settings,
            clock=clock,
            owner=f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(3)}",
            store=store,
            fetcher=fetcher,
            journal=journal,
            recorder=recorder,
            pipeline=pipeline,
            sources=sources,
            matters=matters,
            channels=channels,
            corpora=corpora,
        )


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[SqlStore]:
    """Open the database.

    Raises:
        StoreError: not reached, not created yet, or of another version.
    """
    store = SqlStore(store_url(settings), chain=record_sha256)
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


def load_key(settings: Settings) -> FingerprintKey:
    """Test the fingerprints against their golden vector, then load the key.

    Raises:
        SelfTestFailed, KeyUnusable, MissingFile: as they say.
    """
    golden.check()
    return FingerprintKey.load(settings.fingerprint.key_file)


def open_corpora(settings: Settings) -> dict[str, Corpus]:
    """Open and verify every configured corpus; check that the key is theirs.

    Raises:
        CorpusError, WrongKey: a bundle cannot be used; the message names it.
    """
    corpora = {
        name: open_corpus(path, name=name) for name, path in settings.fingerprint.corpora.items()
    }
    CorpusMatcher(tuple(corpora.values()), FingerprintKey.load(settings.fingerprint.key_file))
    return corpora


def build_sources(specs: Sequence[SourceSpec]) -> dict[str, tuple[SourceSpec, Source]]:
    """Build every source's adapter.

    Raises:
        ConfigError: an adapter refuses its options.
        UnknownSourceKind: no adapter of that kind is installed.
    """
    return {spec.name: (spec, build_source(spec)) for spec in specs}


def build_channels(settings: Settings, clock: Clock | None = None) -> dict[str, Channel]:
    """Build every configured channel; secrets are read when they are used."""
    channels: dict[str, Channel] = {}
    if settings.channels.console.enabled:
        channels["console"] = ConsoleChannel()
    if (smtp := settings.channels.email) is not None:
        target = SmtpTarget(
            host=smtp.host,
            port=smtp.port,
            security=smtp.security,
            sender=smtp.sender,
            username=smtp.username,
            ca_file=smtp.ca_file,
            timeout_s=smtp.timeout_s,
        )
        password = _secret(smtp.password_file, "SMTP password") if smtp.password_file else None
        channels["email"] = EmailChannel(target, password)
    for name, hook in settings.channels.webhook.items():
        channels[f"webhook.{name}"] = WebhookChannel(
            WebhookTarget(hook.url, timeout_s=hook.timeout_s, allow_private=hook.allow_private),
            _secret(hook.secret_file, f"secret of webhook {name}"),
            name=f"webhook.{name}",
            clock=clock or SystemClock(),
        )
    return channels


def fetch_policy(settings: Settings, specs: Sequence[SourceSpec] = ()) -> FetchPolicy:
    """Return what the fetcher may do: Tor for all but the hosts of direct sources."""
    fetch = settings.fetch
    direct = {
        urlsplit(url).hostname or "" for s in specs if s.via is Via.DIRECT for url in s.locations
    }
    return FetchPolicy(
        tor_proxy=fetch.tor_proxy,
        connect_timeout_s=fetch.connect_timeout_s,
        read_timeout_s=fetch.read_timeout_s,
        total_timeout_s=fetch.total_timeout_s,
        max_page_bytes=fetch.max_page_bytes,
        max_redirects=fetch.max_redirects,
        requests_per_host_per_minute=fetch.requests_per_host_per_minute,
        attempts=fetch.attempts,
        user_agent=fetch.user_agent,
        direct_hosts=frozenset(direct),
    )


def _secret(path: Path, purpose: str) -> Callable[[], str]:
    return partial(read_secret, path, purpose=purpose)


def _blinder(key: FingerprintKey) -> Callable[[str], str]:
    subkey = key.subkey("fetched-addresses")

    def blind(url: str) -> str:
        return hmac.new(subkey, url.encode(), hashlib.sha256).hexdigest()[:24]

    return blind


def _circumstances(
    settings: Settings, corpora: Mapping[str, Corpus], clock: Clock
) -> Callable[[], Circumstances]:
    """Bind this deployment's facts to the evidence records."""
    config_sha256 = hashlib.sha256(settings.model_dump_json().encode()).hexdigest()
    digests = {name: corpus.manifest_sha256 for name, corpus in corpora.items()}

    def now() -> Circumstances:
        return Circumstances(
            recorded_at=clock.now(),
            nonce=secrets.token_hex(16),
            config_sha256=config_sha256,
            corpora=digests,
        )

    return now


def _limits(settings: Settings) -> ReadLimits:
    limits = settings.limits
    return ReadLimits(
        budget=BudgetLimits(
            max_depth=limits.max_depth,
            max_members=limits.max_members,
            max_total_bytes=limits.max_total_bytes,
            max_member_bytes=limits.max_member_bytes,
            max_ratio=limits.max_ratio,
        ),
        cpu_s=limits.child_cpu_s,
        memory_bytes=limits.child_memory_bytes,
        wall_s=limits.child_wall_s,
        output_bytes=limits.child_output_bytes,
    )


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one test message."""

    recipient: str
    channel: str
    error: LeakwatchError | None


async def send_trial(settings: Settings, matter: str | None) -> Sequence[Trial]:
    """Send a test message to every recipient of one matter, or of all.

    Raises:
        EntityUnknown: no matter of that id.
    """
    matters = load_places(settings).matters
    chosen = [m for m in matters if matter in (None, m.id)]
    if not chosen:
        known = ", ".join(m.id for m in matters) or "none"
        raise EntityUnknown(f"no matter {matter!r}; configured: {known}")
    clock = SystemClock()
    channels = build_channels(settings, clock)

    async def attempt(message: Message) -> Trial:
        delivery = message.delivery
        try:
            await channels[delivery.channel].send(message)
        except LeakwatchError as error:
            return Trial(delivery.recipient, delivery.channel, error)
        return Trial(delivery.recipient, delivery.channel, None)

    messages = [m for one in chosen for m in trial_messages(one, at=clock.now())]
    return await asyncio.gather(*map(attempt, messages))


async def preview_source(settings: Settings, name: str, body: bytes | None) -> SourceBatch:
    """Return what a source's first page is understood as; nothing is recorded.

    Args:
        settings: the whole tree.
        name: of the source.
        body: a saved page; None fetches the live one.

    Raises:
        EntityUnknown: no source of that name.
        SourceError, FetchError: the page was not understood or not reached.
    """
    specs = load_places(settings).sources
    spec = next((s for s in specs if s.name == name), None)
    if spec is None:
        known = ", ".join(s.name for s in specs) or "none"
        raise EntityUnknown(f"no source {name!r}; configured: {known}")
    source = build_source(spec)
    with SandboxPool(_limits(settings), workers=1) as sandbox:
        if body is not None:
            return await preview(source, sandbox, body=body, url=spec.locations[0])
        fetcher = HttpFetcher(fetch_policy(settings, specs), clock=SystemClock())
        try:
            async for batch in source.poll(fetcher, sandbox, {}):
                return batch
        finally:
            await fetcher.aclose()
    raise EntityUnknown(f"source {name!r} gave nothing")


def try_sandbox(settings: Settings) -> str:
    """Read one small text in the sandbox; return which layers confine it.

    Raises:
        SandboxError: the child could not be started.
    """
    with SandboxPool(_limits(settings), workers=1) as sandbox:
        (artefact,) = sandbox.read(b"a line of text", name="self-test")
        if artefact.text is None:
            raise SandboxError("the sandbox read nothing from a plain text")
        return "a child read a text and was confined"
