"""The fetcher on a real Tor network: directory, circuits, onion service and all."""

from __future__ import annotations

import random
import socket
from base64 import b32encode
from collections.abc import AsyncIterator
from hashlib import sha3_256, sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from leakwatch.clock import SystemClock
from leakwatch.errors import OnionUnreachable
from leakwatch.fetch.client import HttpFetcher
from leakwatch.fetch.policy import FetchPolicy
from leakwatch.model.capture import Capture, FetchRequest
from leakwatch.remote import RemoteLister
from leakwatch.sandbox.limits import ReadLimits
from leakwatch.sandbox.pool import SandboxPool
from tests.support.http_site import reply, serve
from tests.support.range_site import ranged
from tests.support.tor_network import TorNetwork
from tests.support.virtual_zip import Line, virtual_zip

# One network for all of them, so one worker.
pytestmark = pytest.mark.tor


@pytest.fixture
async def fetcher(tor_network: TorNetwork) -> AsyncIterator[HttpFetcher]:
    """A fetcher that knows the network's SOCKS port and nothing else."""
    policy = FetchPolicy(
        tor_proxy=tor_network.proxy_url(), attempts=2, requests_per_host_per_minute=6000.0
    )
    fetcher = HttpFetcher(policy, clock=SystemClock())
    yield fetcher
    await fetcher.aclose()


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names that this process asked its own resolver for."""
    names: list[str] = []
    resolve = socket.getaddrinfo

    def spy(host: object, *rest: object, **options: object) -> object:
        names.append(str(host))
        return resolve(host, *rest, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", spy)
    return names


def _unannounced_onion() -> str:
    """Return a valid v3 name (rend-spec-v3, 6) of a key that runs no service."""
    key = Ed25519PrivateKey.from_private_bytes(b"nobody runs a service with this.").public_key()
    raw, version = key.public_bytes_raw(), b"\x03"
    checksum = sha3_256(b".onion checksum" + raw + version).digest()[:2]
    return b32encode(raw + checksum + version).decode().lower() + ".onion"


async def test_page_comes_through_the_onion(
    tor_network: TorNetwork, fetcher: HttpFetcher, looked_up: list[str]
) -> None:
    """A page of some cells' length arrives whole, and its name was asked of Tor alone."""
    body = random.Random(1).randbytes(300_000)
    url = f"http://{tor_network.onion}/leaks?page=1"
    async with serve({"/leaks": reply(body)}, port=tor_network.web_port) as site:
        capture = await fetcher.fetch(FetchRequest(url=url, source="kazu"))
    assert isinstance(capture, Capture)
    assert (capture.status, capture.sha256) == (200, sha256(body).hexdigest())
    assert [(a.path, a.headers["host"]) for a in site.asked] == [
        ("/leaks?page=1", tor_network.onion)
    ]
    assert [name for name in looked_up if name.endswith(".onion")] == []


async def test_a_large_archive_is_judged_through_the_onion(
    tor_network: TorNetwork, fetcher: HttpFetcher
) -> None:
    """A sample and the whole directory come by parts over one circuit, and cost what they should."""
    lines = [Line(f"export/{n:08}.txt", 1000 + n, n + 1) for n in range(30_000)]
    archive = virtual_zip(lines, size_bytes=108 * 10**9)
    request = FetchRequest(url=f"http://{tor_network.onion}/d.zip", source="kazu")
    async with serve({"/d.zip": ranged(archive)}, port=tor_network.web_port) as site:
        with SandboxPool(ReadLimits(), workers=1) as sandbox:
            lister = RemoteLister(fetcher, sandbox)
            sample = await lister.list(request, is_full=False)
            whole = await lister.list(request, is_full=True)
        assert site.connections == 1
    assert sample.is_sample
    assert sample.received_bytes <= 1_500_000
    assert len(whole.listing.entries) == len(lines)
    assert whole.received_bytes <= 1.05 * archive.directory_bytes + 65_536


async def test_sources_do_not_share_a_connection(
    tor_network: TorNetwork, fetcher: HttpFetcher
) -> None:
    """Two sources at one onion come over two streams; the same source keeps its own."""
    url = f"http://{tor_network.onion}/"
    async with serve({"/": reply(b"hello")}, port=tor_network.web_port) as site:
        for source in ("kazu", "mirror", "kazu"):
            await fetcher.fetch(FetchRequest(url=url, source=source))
        assert len(site.asked) == 3
        assert site.connections == 2
        assert site.asked[0].client == site.asked[2].client != site.asked[1].client


async def test_service_without_its_web_server(
    tor_network: TorNetwork, fetcher: HttpFetcher
) -> None:
    """An onion whose web server is down is a fault of the onion, to be tried again."""
    with pytest.raises(OnionUnreachable) as caught:
        await fetcher.fetch(FetchRequest(url=f"http://{tor_network.onion}/", source="kazu"))
    assert caught.value.retryable


async def test_onion_that_is_not_there(fetcher: HttpFetcher) -> None:
    """A well-formed name that nobody announces is a fault of the onion, not of Tor."""
    url = f"http://{_unannounced_onion()}/"
    with pytest.raises(OnionUnreachable):
        await fetcher.fetch(FetchRequest(url=url, source="kazu"))
