"""Straight to a configured host: resolve once, check, connect to just that address.

The check sits where httpcore opens its sockets, so no second look-up can
answer otherwise (DNS rebinding), while Host, SNI and the certificate check
keep the name.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence

import httpcore
import httpx

from leakwatch.errors import EgressRefused
from leakwatch.fetch.address import is_public_address, literal_address
from leakwatch.fetch.policy import is_onion_name

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""(host, port) -> addresses, best first; raises OSError."""

MAX_ADDRESSES = 4
"""Tried one after another; a name with more does not get more time."""


async def system_resolve(host: str, port: int) -> Sequence[str]:
    """Ask the machine's resolver; addresses in its order (RFC 6724)."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Opens sockets to addresses that passed the check, and to no others."""

    def __init__(self, *, allow_private: bool, resolve: Resolve) -> None:
        self._allow_private = allow_private
        self._resolve = resolve
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  (httpcore's signature)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address that answers.

        Raises:
            EgressRefused: an onion name, or any of its addresses is private.
            httpcore.ConnectError: no such name, or no address answers.
            httpcore.ConnectTimeout: neither within ``timeout``.
        """
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._checked_addresses(host, port)
        except TimeoutError:
            raise httpcore.ConnectTimeout("no answer from the resolver") from None
        share_s = None if timeout is None else timeout / len(addresses)
        failure: Exception = httpcore.ConnectError("no address")
        for address in addresses:
            try:
                return await self._inner.connect_tcp(
                    address, port, share_s, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as exc:
                failure = exc
        raise failure

    async def _checked_addresses(self, host: str, port: int) -> Sequence[str]:
        if is_onion_name(host):
            raise EgressRefused("an onion name is never looked up outside Tor")
        try:
            addresses = list(await self._resolve(host, port))[:MAX_ADDRESSES]
        except OSError as exc:
            raise httpcore.ConnectError("the name does not resolve") from exc
        if not addresses:
            raise httpcore.ConnectError("the name has no address")
        if not self._allow_private and not all(map(_is_public, addresses)):
            raise EgressRefused(
                f"{host} resolves to a private address", hint="allow_private = true permits it"
            )
        return addresses

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


def _is_public(address: str) -> bool:
    literal = literal_address(address)
    return literal is not None and is_public_address(literal)


class ClearnetTransport(httpx.AsyncHTTPTransport):
    """httpx's own transport over ``CheckedBackend``; HTTP/1.1, no proxy, nothing from the environment."""

    def __init__(
        self,
        *,
        tls: ssl.SSLContext,
        allow_private: bool,
        resolve: Resolve,
        limits: httpx.Limits,
    ) -> None:
        super().__init__(verify=tls, trust_env=False, limits=limits)
        # httpx takes no network backend; its pool, still empty, is replaced.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=CheckedBackend(allow_private=allow_private, resolve=resolve),
        )
