"""``leakwatch doctor``: looks at everything it can reach and says what to do next.

Each check stands alone: a broken one does not hide the others.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from leakwatch.clock import SystemClock
from leakwatch.errors import LeakwatchError
from leakwatch.fetch.client import HttpFetcher
from leakwatch.model.source import Via
from leakwatch.places import load_places
from leakwatch.settings import Settings
from leakwatch.unpack import libarchive
from leakwatch.wiring.channels import build_channels
from leakwatch.wiring.corpora import load_key, open_corpora
from leakwatch.wiring.looking import build_sources, fetch_policy, try_sandbox
from leakwatch.wiring.storage import open_store, prepare_state_dir

LOW_DISK_BYTES = 1024**3


class Verdict(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """What one look came to."""

    name: str
    verdict: Verdict
    says: str
    next: str | None = None
    """What to do about it; None when there is nothing to do."""
    error: LeakwatchError | None = None


async def examine(settings: Settings) -> AsyncIterator[Check]:
    """Yield one check after the other, cheapest first."""
    looks: list[tuple[str, Callable[[Settings], Awaitable[str | Check]]]] = [
        ("state directory", _state_dir),
        ("fingerprints", _fingerprints),
        ("matters, sources", _places),
        ("corpora", _corpora),
        ("sandbox", _sandbox),
        ("database", _database),
        ("tor", _tor),
    ]
    for name, look in looks:
        yield await _looked(name, look, settings)
    yield _archives()
    try:
        places = load_places(settings)
        channels = build_channels(settings)
    except LeakwatchError as error:
        yield _failed("channels", error)
        return
    for name, channel in channels.items():
        try:
            yield Check(f"channel {name}", Verdict.OK, await channel.check())
        except LeakwatchError as error:
            yield _failed(f"channel {name}", error)
    now = datetime.now(UTC)
    for matter in places.matters:
        for warning in matter.gaps(now):
            yield Check(
                f"matter {matter.id}",
                Verdict.WARNING,
                warning,
                f"edit its file in {settings.matters_dir}",
            )


async def _looked(
    name: str, look: Callable[[Settings], Awaitable[str | Check]], s: Settings
) -> Check:
    try:
        says = await look(s)
        return says if isinstance(says, Check) else Check(name, Verdict.OK, says)
    except LeakwatchError as error:
        return _failed(name, error)
    except OSError as error:
        return Check(name, Verdict.FAILED, f"{error.filename}: {error.strerror}")


def _failed(name: str, error: LeakwatchError) -> Check:
    return Check(name, Verdict.FAILED, error.what, error.hint, error)


async def _state_dir(settings: Settings) -> str:
    prepare_state_dir(settings)
    free = shutil.disk_usage(settings.state_dir).free
    if not os.access(settings.state_dir, os.W_OK):
        raise PermissionError(13, "not writable", str(settings.state_dir))
    note = "; this is little" if free < LOW_DISK_BYTES else ""
    return f"{settings.state_dir}: writable, {free / 1024**3:.1f} GiB free{note}"


async def _fingerprints(settings: Settings) -> str:
    key = await asyncio.to_thread(load_key, settings)
    return f"golden vector comes out; key id {key.key_id}"


async def _places(settings: Settings) -> str:
    places = load_places(settings)
    build_sources(places.sources)
    onions = sum(any(".onion" in url for url in spec.locations) for spec in places.sources)
    direct = sum(spec.via is Via.DIRECT for spec in places.sources)
    return (
        f"{len(places.matters)} matters; {len(places.sources)} sources "
        f"({onions} onion, {direct} direct)"
    )


async def _corpora(settings: Settings) -> str:
    corpora = await asyncio.to_thread(open_corpora, settings)
    if not corpora:
        return "none configured: only claims and mentions will be seen"
    return "; ".join(f"{name}: {corpus.files} known files" for name, corpus in corpora.items())


async def _sandbox(settings: Settings) -> str | Check:
    says, warning = await asyncio.to_thread(try_sandbox, settings)
    if warning is None:
        return says
    next_ = 'use a newer kernel; sandbox.require = ["landlock", "seccomp"] refuses to go on without'
    return Check("sandbox", Verdict.WARNING, f"{says}; {warning}", next_)


def _archives() -> Check:
    version = libarchive.version()
    if version is None:
        says = "no libarchive: CD images, cabinets, cpio, LHA, LZ4 and the like stay unread"
        return Check("archives", Verdict.WARNING, says, "apt-get install libarchive13")
    major, minor, patch = version // 1_000_000, version // 1_000 % 1_000, version % 1_000
    return Check(
        "archives", Verdict.OK, f"libarchive {major}.{minor}.{patch} opens the rarer kinds"
    )


async def _database(settings: Settings) -> str:
    async with open_store(settings) as store, store.read() as tx:
        states = await tx.sources.states()
    return f"reachable, schema current, {len(states)} sources known"


async def _tor(settings: Settings) -> str:
    places = load_places(settings)
    if all(spec.via is Via.DIRECT for spec in places.sources):
        return "not needed: no source goes through it"
    fetcher = HttpFetcher(fetch_policy(settings), clock=SystemClock())
    try:
        await fetcher.check_tor()
    finally:
        await fetcher.aclose()
    return f"a SOCKS5 proxy answers at {settings.fetch.tor_proxy.rpartition('@')[2]}"
