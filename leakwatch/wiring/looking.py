"""Looking at places: sources, the fetcher's policy, the sandbox."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from leakwatch.clock import SystemClock
from leakwatch.errors import EntityUnknown, SandboxError
from leakwatch.extract.base import PictureLimits
from leakwatch.fetch.client import HttpFetcher
from leakwatch.fetch.policy import FetchPolicy
from leakwatch.model.post import SourceBatch
from leakwatch.model.source import SourceSpec, Via
from leakwatch.places import load_places
from leakwatch.ports import Source
from leakwatch.remote_file import ListingLimits
from leakwatch.sandbox.layers import missing_of, warning_of
from leakwatch.sandbox.limits import ReadLimits
from leakwatch.sandbox.pool import SandboxPool
from leakwatch.settings import Settings
from leakwatch.settings.tree import FetchSettings
from leakwatch.sources.preview import preview
from leakwatch.sources.registry import build_source
from leakwatch.unpack.budget import BudgetLimits
from leakwatch.wiring.ocr import ocr_limits


def build_sources(specs: Sequence[SourceSpec]) -> dict[str, tuple[SourceSpec, Source]]:
    """Build every source's adapter.

    Raises:
        ConfigError: an adapter refuses its options.
        UnknownSourceKind: no adapter of that kind is installed.
    """
    return {spec.name: (spec, build_source(spec)) for spec in specs}


def fetch_policy(settings: Settings, specs: Sequence[SourceSpec] = ()) -> FetchPolicy:
    """Return what the fetcher may do: Tor for all but the hosts of direct sources."""
    direct = {
        urlsplit(url).hostname or "" for s in specs if s.via is Via.DIRECT for url in s.locations
    }
    fetch = settings.fetch
    return url_policy(fetch, tor_proxy=fetch.tor_proxy, direct_hosts=frozenset(direct))


def url_policy(
    fetch: FetchSettings, *, tor_proxy: str, direct_hosts: frozenset[str]
) -> FetchPolicy:
    """Return what a fetcher may do that reaches these hosts without Tor."""
    return FetchPolicy(
        tor_proxy=tor_proxy,
        connect_timeout_s=fetch.connect_timeout_s,
        read_timeout_s=fetch.read_timeout_s,
        total_timeout_s=fetch.total_timeout_s,
        max_page_bytes=fetch.max_page_bytes,
        max_redirects=fetch.max_redirects,
        requests_per_host_per_minute=fetch.requests_per_host_per_minute,
        attempts=fetch.attempts,
        user_agent=fetch.user_agent,
        direct_hosts=direct_hosts,
    )


def listing_limits(fetch: FetchSettings) -> ListingLimits:
    """Return what the directory of a remote archive may cost."""
    return ListingLimits(
        max_bytes=fetch.max_listing_bytes,
        max_requests=fetch.max_listing_requests,
        max_s=fetch.max_listing_s,
    )


def read_limits(settings: Settings, *, images: bool = False) -> ReadLimits:
    """Return the budget of one artefact and of the child that reads it.

    Args:
        settings: the whole tree.
        images: look for pictures: a corpus has some.

    Raises:
        ConfigError: OCR is asked for and not installed.
    """
    limits = settings.limits
    return ReadLimits(
        pictures=PictureLimits() if images else None,
        ocr=ocr_limits(wanted=settings.extract.ocr),
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


def open_sandbox(settings: Settings, limits: ReadLimits, *, workers: int) -> SandboxPool:
    """Return the processes that read hostile bytes, confined as the settings ask; not started."""
    return SandboxPool(limits, workers=workers, required_layers=settings.sandbox.require)


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
    with open_sandbox(settings, read_limits(settings), workers=1) as sandbox:
        if body is not None:
            return await preview(source, sandbox, body=body, url=spec.locations[0])
        fetcher = HttpFetcher(fetch_policy(settings, specs), clock=SystemClock())
        try:
            async for batch in source.poll(fetcher, sandbox, {}):
                return batch
        finally:
            await fetcher.aclose()
    raise EntityUnknown(f"source {name!r} gave nothing")


def try_sandbox(settings: Settings) -> tuple[str, str | None]:
    """Read one small text in the sandbox.

    Returns:
        Which layers confine it, and a warning where one is missing.

    Raises:
        SandboxError: the child could not be started, or not confined as is required.
    """
    with open_sandbox(settings, read_limits(settings), workers=1) as sandbox:
        (artefact,) = sandbox.read(b"a line of text", name="self-test")
        if artefact.text is None:
            raise SandboxError("the sandbox read nothing from a plain text")
        layers = sandbox.start()
    named = ", ".join(f"{name} {level}" for name, level in layers.items() if level)
    missing = missing_of(layers)
    says = f"a child read a text, confined by rlimits, {named or 'and by nothing more'}"
    return says, warning_of(missing) if missing else None
