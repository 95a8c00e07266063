"""A remote ZIP of 428,000 members judged by its directory: bytes, requests, seconds; run by ``make bench``.

Usage: python -m tests.bench.remote [--members N] [--known N] [--tor]

The archive claims 108 GB and is nowhere: a server on this machine makes it up as
it is read. --known is how many of its members a corpus is built of (428000 takes
minutes); the others are strangers. --tor repeats it through a private Tor network.
Turns are not waited for; at the default of 30 requests a minute they would be
most of the time, and are told.
"""

# ruff: noqa: T201 - a bench prints
from __future__ import annotations

import argparse
import asyncio
import http.client
import io
import random
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from leakwatch.clock import SystemClock
from leakwatch.corpus.bundle import Corpus, open_corpus
from leakwatch.fetch.client import HttpFetcher
from leakwatch.fetch.policy import FetchPolicy
from leakwatch.match.matcher import CorpusMatcher
from leakwatch.model.capture import FetchRequest
from leakwatch.model.source import Via
from leakwatch.remote import RemoteLister, RemoteListing
from leakwatch.remote_file import ListingLimits
from leakwatch.sandbox.limits import ReadLimits
from leakwatch.sandbox.pool import SandboxPool
from tests.bench.scale import build_corpus
from tests.support.corpora import KEY
from tests.support.http_site import serve
from tests.support.range_site import ranged
from tests.support.tor_network import running_network
from tests.support.virtual_zip import Line, VirtualZip, virtual_zip

MEMBERS = 428_000
KNOWN = 20_000
CLAIMED_BYTES = 108 * 10**9
BLOCK_BYTES = 64 * 1024
TURNS_A_MINUTE = 30
BURST = 5


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=MEMBERS)
    parser.add_argument("--known", type=int, default=KNOWN)
    parser.add_argument("--tor", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        matcher = CorpusMatcher([_corpus(Path(home), given.known)], KEY)
        archive = virtual_zip(_lines(given.members, given.known), size_bytes=CLAIMED_BYTES)
        print(
            f"ZIP of {given.members} members, {archive.size_bytes / 1e9:.0f} GB, directory "
            f"{archive.directory_bytes / 1e6:.1f} MB; {given.known} of them are known"
        )
        with _served(archive, 0) as port:
            _measure("HTTP on loopback", f"http://127.0.0.1:{port}/d.zip", matcher, archive, None)
            _peer(port, archive)
        if given.tor:
            folder = Path(home) / "tor"
            folder.mkdir()
            with running_network(folder) as network, _served(archive, network.web_port):
                url = f"http://{network.onion}/d.zip"
                _measure("private Tor", url, matcher, archive, network.proxy_url())


def text(n: int) -> str:
    """Return the words of the n-th file: made up, and its own."""
    rng = random.Random(n)
    return " ".join(f"{rng.getrandbits(40):x}" for _ in range(40))


def path(n: int) -> str:
    """Return where the n-th file lies, in folders of a person each."""
    return f"export/{n // 4000:04}/patient-{n // 4:07}/{n % 4}-consultation-{n:08}.txt"


def _lines(members: int, known: int) -> Iterator[Line]:
    order = list(range(members))
    # The known ones are anywhere among the others.
    random.Random(2).shuffle(order)
    for n in order:
        if n < known:
            raw = text(n).encode()
            yield Line(path(n), len(raw), zlib.crc32(raw))
        else:
            rng = random.Random(-n)
            yield Line(path(n), rng.randrange(2_000, 500_000), rng.getrandbits(32))


def _corpus(home: Path, known: int) -> Corpus:
    began = time.monotonic()
    for n in range(known):
        file = home / "known" / path(n)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text(n))
    build_corpus([home / "known"], home / "clinic.corpus")
    corpus = open_corpus(home / "clinic.corpus", verify=False)
    print(f"corpus of {corpus.files} files written and built in {time.monotonic() - began:.0f} s")
    return corpus


def _measure(
    way: str, url: str, matcher: CorpusMatcher, archive: VirtualZip, proxy: str | None
) -> None:
    print(f"{way}:")
    with SandboxPool(ReadLimits(), workers=1) as pool:
        pool.start()
        for is_full in (False, True):
            began = time.monotonic()
            found = asyncio.run(_listed(url, pool, proxy, is_full=is_full))
            listed_s = time.monotonic() - began
            matches = matcher.match_listing(found.listing).matches
            _tell(found, archive, matches, listed_s, time.monotonic() - began - listed_s)


async def _listed(
    url: str, pool: SandboxPool, proxy: str | None, *, is_full: bool
) -> RemoteListing:
    policy = FetchPolicy(
        tor_proxy=proxy or "socks5://127.0.0.1:1",
        direct_hosts=frozenset({"127.0.0.1"}) if proxy is None else frozenset(),
        requests_per_host_per_minute=60_000.0,
    )
    fetcher = HttpFetcher(policy, clock=SystemClock())
    via = Via.DIRECT if proxy is None else Via.TOR
    request = FetchRequest(url=url, source="bench", via=via, allow_private=proxy is None)
    try:
        lister = RemoteLister(fetcher, pool, ListingLimits())
        return await lister.list(request, is_full=is_full)
    finally:
        await fetcher.aclose()


def _tell(
    found: RemoteListing,
    archive: VirtualZip,
    matches: Sequence[object],
    listed_s: float,
    matched_s: float,
) -> None:
    what = "sampled" if found.is_sample else "listed whole"
    turns_s = max(0, found.requests - BURST) * 60 / TURNS_A_MINUTE
    print(
        f"  {what:14}{found.received_bytes:>12} bytes "
        f"({found.received_bytes / archive.directory_bytes:.4f} of the directory), "
        f"{found.requests} requests, {listed_s:.2f} s (+ {turns_s:.0f} s of turns), "
        f"{len(found.listing.entries)} entries; "
        f"{len(matches)} known files named in {matched_s:.2f} s"
    )


class RangeFile(io.RawIOBase):
    """What one would write in ten minutes: blocks by Range, each kept."""

    def __init__(self, port: int, size_bytes: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        self._size_bytes = size_bytes
        self._at = 0
        self._blocks: dict[int, bytes] = {}

    @property
    def requests(self) -> int:
        return len(self._blocks)

    @property
    def received_bytes(self) -> int:
        return sum(map(len, self._blocks.values()))

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._size_bytes)[whence]
        return self._at

    def read(self, size: int = -1) -> bytes:
        end = self._size_bytes if size < 0 else min(self._size_bytes, self._at + size)
        first, last = self._at // BLOCK_BYTES, (end - 1) // BLOCK_BYTES
        data = b"".join(self._block(n) for n in range(first, last + 1))
        start = self._at - first * BLOCK_BYTES
        found = data[start : start + end - self._at]
        self._at = end
        return found

    def _block(self, number: int) -> bytes:
        if number not in self._blocks:
            start = number * BLOCK_BYTES
            said = {"Range": f"bytes={start}-{min(start + BLOCK_BYTES, self._size_bytes) - 1}"}
            self._connection.request("GET", "/d.zip", headers=said)
            self._blocks[number] = self._connection.getresponse().read()
        return self._blocks[number]


def _peer(port: int, archive: VirtualZip) -> None:
    began = time.monotonic()
    file = RangeFile(port, archive.size_bytes)
    with zipfile.ZipFile(file) as opened:
        entries = len(opened.infolist())
    print(
        f"zipfile over a file of {BLOCK_BYTES // 1024} KiB blocks, not in a sandbox:\n"
        f"  listed whole  {file.received_bytes:>12} bytes "
        f"({file.received_bytes / archive.directory_bytes:.4f} of the directory), "
        f"{file.requests} requests, {time.monotonic() - began:.2f} s, {entries} entries"
    )


@contextmanager
def _served(archive: VirtualZip, port: int) -> Iterator[int]:
    """Serve the archive from a process of its own."""
    context = get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(archive, port, theirs))
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def _serve(archive: VirtualZip, port: int, theirs: Connection) -> None:
    async def run() -> None:
        async with serve({"/d.zip": ranged(archive)}, port=port) as site:
            theirs.send(site.port)
            await asyncio.Event().wait()

    asyncio.run(run())


if __name__ == "__main__":
    main()
