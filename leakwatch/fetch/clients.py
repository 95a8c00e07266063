"""Transports, one a source and host and way, kept while they are of use.

Apart, so that nothing of one source (circuit, connection, TLS session) serves
another. Bounded: the longest unused is closed when there are too many; one in
use is never closed under its user.
"""

from __future__ import annotations

import hashlib
import ssl
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from leakwatch.fetch.clearnet import ClearnetTransport, Resolve
from leakwatch.fetch.policy import is_onion_name
from leakwatch.fetch.tor import Circuit, SocksAddress, TorTransport
from leakwatch.model.source import Via

LIMITS = httpx.Limits(max_connections=4, max_keepalive_connections=2, keepalive_expiry=30.0)
"""For one source at one host."""


@dataclass(frozen=True, slots=True)
class ClientKey:
    """What two requests must share to share connections."""

    via: Via
    source: str
    host: str
    allow_private: bool


@dataclass(slots=True)
class _Client:
    transport: httpx.AsyncBaseTransport
    users: int = 0
    is_retired: bool = False


@dataclass(slots=True)
class ClientPool:
    """Makes, lends and closes transports; belongs to one event loop."""

    proxy: SocksAddress
    tls: ssl.SSLContext
    resolve: Resolve
    max_clients: int
    _clients: OrderedDict[ClientKey, _Client] = field(default_factory=OrderedDict, init=False)
    _generations: Counter[str] = field(default_factory=Counter, init=False)
    _onion_tls: ssl.SSLContext | None = field(default=None, init=False)

    @asynccontextmanager
    async def lend(self, key: ClientKey) -> AsyncIterator[httpx.AsyncBaseTransport]:
        """Give the transport of the key for the time of the block."""
        client = self._clients.get(key)
        if client is None:
            client = self._clients[key] = _Client(self._make(key))
        self._clients.move_to_end(key)
        client.users += 1
        try:
            yield client.transport
        finally:
            client.users -= 1
            if client.is_retired and not client.users:
                await client.transport.aclose()
            await self._shrink()

    async def renew(self, source: str) -> None:
        """Let the source's next requests start on fresh circuits and connections."""
        self._generations[source] += 1
        for key in [k for k in self._clients if k.source == source]:
            await self._retire(key)

    async def aclose(self) -> None:
        """Close every transport, in use or not."""
        while self._clients:
            _, client = self._clients.popitem()
            await client.transport.aclose()

    async def _shrink(self) -> None:
        idle = [key for key, client in self._clients.items() if not client.users]
        for key in idle[: max(0, len(self._clients) - self.max_clients)]:
            await self._retire(key)

    async def _retire(self, key: ClientKey) -> None:
        client = self._clients.pop(key, None)
        if client is None:
            return
        client.is_retired = True
        if not client.users:
            await client.transport.aclose()

    def _make(self, key: ClientKey) -> httpx.AsyncBaseTransport:
        if key.via is Via.DIRECT:
            return ClearnetTransport(
                tls=self.tls,
                allow_private=key.allow_private,
                resolve=self.resolve,
                limits=LIMITS,
            )
        tls = self._tls_of_onions() if is_onion_name(key.host) else self.tls
        circuit = circuit_of(key.source, key.host, self._generations[key.source])
        return TorTransport(self.proxy, circuit, tls=tls, limits=LIMITS)

    def _tls_of_onions(self) -> ssl.SSLContext:
        """An onion name is its service's key: a certificate, mostly self-made, adds nothing."""
        if self._onion_tls is None:
            self._onion_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            self._onion_tls.check_hostname = False
            self._onion_tls.verify_mode = ssl.CERT_NONE
        return self._onion_tls


def circuit_of(source: str, host: str, generation: int) -> Circuit:
    """Return the credentials of a source (user) at a location (password).

    Digests, since SOCKS takes ASCII of at most 255 bytes (RFC 1929) and names may be neither.
    """
    return Circuit(_digest(source), f"{_digest(host)}-{generation}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
