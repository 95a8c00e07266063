"""What the libraries below raise, as errors of our own tree.

Third-party exceptions stop here. Their texts do not come along: they can hold
header lines, chunk bytes and whole URLs. Their class names and the host say
enough, which is why what is built here is raised ``from None``.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import aiohttp
import aiohttp_socks
import httpx
import python_socks

from leakwatch.errors import (
    BrokenResponse,
    ConnectFailed,
    EgressRefused,
    FetchError,
    LeakwatchError,
    OnionUnreachable,
    TimedOut,
    TooManyRedirects,
    TorUnavailable,
)
from leakwatch.fetch.policy import Target

ERROR_MAP: dict[type[Exception], type[FetchError]] = {
    httpx.TimeoutException: TimedOut,
    httpx.ConnectTimeout: TimedOut,
    httpx.ReadTimeout: TimedOut,
    httpx.WriteTimeout: TimedOut,
    httpx.PoolTimeout: TimedOut,
    httpx.ConnectError: ConnectFailed,
    httpx.ReadError: BrokenResponse,
    httpx.WriteError: BrokenResponse,
    httpx.CloseError: BrokenResponse,
    httpx.NetworkError: ConnectFailed,
    httpx.ProxyError: TorUnavailable,
    httpx.UnsupportedProtocol: EgressRefused,
    httpx.LocalProtocolError: BrokenResponse,
    httpx.RemoteProtocolError: BrokenResponse,
    httpx.ProtocolError: BrokenResponse,
    httpx.TransportError: ConnectFailed,
    httpx.DecodingError: BrokenResponse,
    httpx.TooManyRedirects: TooManyRedirects,
    httpx.RequestError: BrokenResponse,
    httpx.HTTPError: BrokenResponse,
    httpx.InvalidURL: EgressRefused,
    aiohttp.ServerTimeoutError: TimedOut,
    aiohttp.ClientConnectorError: ConnectFailed,
    aiohttp.InvalidURL: EgressRefused,
    # A server that hangs up, resets or answers nonsense after the connection stood.
    aiohttp.ClientError: BrokenResponse,
    aiohttp_socks.ProxyTimeoutError: TimedOut,
    aiohttp_socks.ProxyConnectionError: TorUnavailable,
    aiohttp_socks.ProxyError: TorUnavailable,
    python_socks.ProxyTimeoutError: TimedOut,
    python_socks.ProxyConnectionError: TorUnavailable,
    python_socks.ProxyError: TorUnavailable,
    ssl.SSLError: ConnectFailed,
    TimeoutError: TimedOut,
    OSError: BrokenResponse,
    EOFError: BrokenResponse,
}
"""By class; what is not listed takes its nearest ancestor's."""

LIBRARY_ERRORS = tuple(ERROR_MAP)
"""What may come up through a transport; anything else is a bug of ours."""

_SOCKS_ERRORS = (
    aiohttp_socks.ProxyTimeoutError,
    aiohttp_socks.ProxyConnectionError,
    aiohttp_socks.ProxyError,
)
_NOT_REACHED = frozenset({1, 2, 3, 4, 5, 6})
"""SOCKS replies about the destination (RFC 1928, 6); Tor says 1 for a malformed
onion name, 4 for an unknown or dead one, 5 for a closed port. The others are
about the proxy itself."""

_SAYING: dict[type[FetchError], str] = {
    ConnectFailed: "nobody answers at {host}",
    OnionUnreachable: "Tor finds no way to {host}",
    TorUnavailable: "the Tor proxy did not do its part on the way to {host}",
    TimedOut: "{host} took too long",
    BrokenResponse: "the answer of {host} is cut short or is not HTTP",
    EgressRefused: "{host} is not asked over that protocol",
    TooManyRedirects: "{host} redirects too often",
}


def translate(exc: Exception, target: Target) -> FetchError:
    """Return our error for one of ``LIBRARY_ERRORS``; raise it ``from None``."""
    judged = _most_telling(exc)
    ours = next(ERROR_MAP[cls] for cls in type(judged).__mro__ if cls in ERROR_MAP)
    if isinstance(judged, aiohttp_socks.ProxyError) and judged.error_code in _NOT_REACHED:
        ours = OnionUnreachable if target.is_onion else ConnectFailed
    saying = _SAYING[ours]
    if isinstance(judged, ssl.SSLError):
        saying = "no trusted TLS connection to {host}"
    names = " < ".join(dict.fromkeys(type(e).__name__ for e in _chain(exc)))
    return ours(f"{saying.format(host=target.host)} ({names})")


def _chain(exc: BaseException | None) -> Iterator[BaseException]:
    """Yield the exception and what led to it, as far as it was raised below us.

    The context is followed too: httpcore's pool raises ``from None`` what its
    TLS failed with. An error of ours is where the caller's own past begins.
    """
    while exc is not None and not isinstance(exc, LeakwatchError):
        yield exc
        exc = exc.__cause__ or exc.__context__


def _most_telling(exc: Exception) -> BaseException:
    """Return the exception of the chain to go by.

    httpx-aiohttp calls any lost connection a connect timeout, and aiohttp
    hides TLS failures of aiohttp-socks in an OSError: so TLS comes first, then
    SOCKS, then aiohttp, then what was caught.
    """
    chain = list(_chain(exc))
    for wanted in (ssl.SSLError, _SOCKS_ERRORS, aiohttp.ClientError):
        for candidate in chain:
            if isinstance(candidate, wanted):
                return candidate
    return exc
