"""Through Tor's SOCKS port: names go to the proxy as names, one circuit a user.

httpx over aiohttp over aiohttp-socks. aiohttp-socks' errors are neither
httpx's nor aiohttp's; ``TorTransport`` makes them httpx's and keeps the
original as cause, whose SOCKS reply code ``errors.translate`` reads.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp
import aiohttp_socks
import httpx
import structlog
from httpx_aiohttp import AiohttpTransport

from leakwatch.errors import ConfigError, TorUnavailable

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SocksAddress:
    """Where the proxy listens: with the direct hosts, all that is ever connected to."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Circuit:
    """SOCKS credentials; Tor gives each pair circuits of its own (IsolateSOCKSAuth)."""

    user: str
    password: str


def parse_proxy(url: str) -> SocksAddress:
    """Return the address in ``socks5://HOST:PORT``.

    Raises:
        ConfigError: another scheme, no host or port, or credentials, which
            are ours to choose.
    """
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = None
    is_plain = parts.path in {"", "/"} and "@" not in parts.netloc
    if parts.scheme not in {"socks5", "socks5h"} or not parts.hostname or not port or not is_plain:
        raise ConfigError("tor_proxy must read socks5://HOST:PORT", hint="Tor listens on 9050")
    return SocksAddress(parts.hostname, port)


def session_factory(
    proxy: SocksAddress, circuit: Circuit, *, tls: ssl.SSLContext, limits: httpx.Limits
) -> Callable[[], aiohttp.ClientSession]:
    """Return what makes the session: connectors want a running loop, so it is made late."""

    def make() -> aiohttp.ClientSession:
        connector = aiohttp_socks.ProxyConnector(
            host=proxy.host,
            port=proxy.port,
            username=circuit.user,
            password=circuit.password,
            rdns=True,
            ssl=tls,
            limit=limits.max_connections or 0,
            keepalive_timeout=limits.keepalive_expiry,
            use_dns_cache=False,
        )
        # httpx could neither see nor clear what aiohttp's own jar would keep.
        return aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
        )

    return make


class TorTransport(AiohttpTransport):
    """An httpx transport that raises httpx's errors, whatever fails on the way."""

    def __init__(
        self, proxy: SocksAddress, circuit: Circuit, *, tls: ssl.SSLContext, limits: httpx.Limits
    ) -> None:
        super().__init__(
            verify=tls,
            trust_env=False,
            client=session_factory(proxy, circuit, tls=tls, limits=limits),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await super().handle_async_request(request)
        except aiohttp_socks.ProxyTimeoutError as exc:
            raise httpx.ConnectTimeout("through the proxy", request=request) from exc
        except aiohttp_socks.ProxyConnectionError as exc:
            raise httpx.ConnectError("to the proxy", request=request) from exc
        except (aiohttp_socks.ProxyError, EOFError) as exc:
            # EOFError: the proxy hung up in the middle of its handshake.
            raise httpx.ProxyError("at the proxy", request=request) from exc
        except aiohttp.ClientError as exc:  # those that httpx-aiohttp does not know
            raise httpx.RemoteProtocolError("not HTTP", request=request) from exc
        except OSError as exc:
            raise httpx.ConnectError("on the way", request=request) from exc


async def check_socks5(proxy: SocksAddress, *, timeout_s: float) -> None:
    """Return if a SOCKS5 proxy answers (RFC 1928, 3); says nothing about the Tor network.

    Raises:
        TorUnavailable: nobody listens, or not with SOCKS5.
    """
    try:
        async with asyncio.timeout(timeout_s):
            answer = await _greet(proxy)
    except (OSError, EOFError):  # with TimeoutError
        raise TorUnavailable(
            f"no SOCKS5 proxy answers at {proxy}", hint="is tor running, and SocksPort set?"
        ) from None
    if answer not in {b"\x05\x00", b"\x05\x02"}:
        raise TorUnavailable(f"what listens at {proxy} is no SOCKS5 proxy for us")
    if answer == b"\x05\x00":
        _log.warning("tor.no_isolation", proxy=str(proxy))


async def _greet(proxy: SocksAddress) -> bytes:
    reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
    try:
        writer.write(b"\x05\x02\x00\x02")  # no authentication, or user and password
        await writer.drain()
        return await reader.readexactly(2)
    finally:
        writer.transport.abort()
