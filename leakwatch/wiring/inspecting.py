"""What looks at a post: its files, and what links say of files without them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

from leakwatch.clock import Clock, SystemClock
from leakwatch.directories import DirectoryLimits, DirectoryReader
from leakwatch.fetch.client import HttpFetcher
from leakwatch.inspection import Inspector
from leakwatch.payload import PayloadFetcher, PayloadLimits
from leakwatch.remote import RemoteLister
from leakwatch.sandbox.pool import SandboxPool
from leakwatch.settings import Settings
from leakwatch.wiring.looking import listing_limits


@dataclass(frozen=True, slots=True)
class Threads:
    """Where blocking work runs."""

    work: Executor
    files: Executor
    """Of one thread: linked files are read one after another, and no poll of pages waits."""
    aside: Executor
    """Of one thread: no poll waits for what was seen long ago."""


def build_inspector(
    settings: Settings,
    fetcher: HttpFetcher,
    sandbox: SandboxPool,
    threads: Threads,
    *,
    blind: Callable[[str], str],
    clock: Clock | None = None,
) -> Inspector:
    """Build what looks at a post.

    Args:
        settings: the whole tree.
        fetcher: gets bytes.
        sandbox: reads them.
        threads: where blocking work runs.
        blind: keyed digest of an address.
        clock: the system's, unless given.
    """
    clock = clock or SystemClock()
    fetch = settings.fetch
    limits = PayloadLimits(
        max_files_per_post=fetch.max_files_per_post,
        max_file_bytes=fetch.max_payload_bytes,
        timeout_s=fetch.payload_timeout_s,
    )
    directories = DirectoryReader(
        lister=RemoteLister(fetcher, sandbox, listing_limits(fetch)),
        fetcher=fetcher,
        reader=sandbox,
        executor=threads.work,
        limits=DirectoryLimits(
            max_links=fetch.max_files_per_post, max_whole_bytes=fetch.max_listing_bytes
        ),
        blind=blind,
        clock=clock,
    )
    return Inspector(
        directories=directories,
        payloads=PayloadFetcher(fetcher, limits, clock=clock),
        reader=sandbox,
        executor=threads.work,
        aside=threads.files,
        limits=limits,
        blind=blind,
    )
