"""Every exception of the libraries below has its place in our tree."""

from __future__ import annotations

import inspect
import ssl
import traceback
from types import ModuleType

import aiohttp
import aiohttp_socks
import httpx
import pytest
import python_socks

from leakwatch.errors import (
    BrokenResponse,
    ConnectFailed,
    FetchError,
    OnionUnreachable,
    TimedOut,
    TorUnavailable,
)
from leakwatch.fetch.errors import ERROR_MAP, LIBRARY_ERRORS, translate
from leakwatch.fetch.policy import parse_target
from tests.support.fetching import ONION

SITE = parse_target("https://a.example/smith-john.pdf")
HIDDEN = parse_target(f"http://{ONION}/smith-john.pdf")
NOT_OF_A_TRANSPORT = {
    httpx.HTTPStatusError,  # only raise_for_status raises it
    httpx.CookieConflict,  # only a cookie jar
    httpx.StreamError,  # wrong use of a response, a bug of ours
    httpx.StreamConsumed,
    httpx.StreamClosed,
    httpx.ResponseNotRead,
    httpx.RequestNotRead,
}
_AIOHTTP_CLASSES_THAT_ARE_NOT_CLIENT_ERRORS = {aiohttp.WSMessageTypeError}


def exceptions_of(module: ModuleType) -> set[type[Exception]]:
    found = (value for _, value in inspect.getmembers(module, inspect.isclass))
    return {cls for cls in found if issubclass(cls, Exception)}


@pytest.mark.parametrize("library", [httpx, aiohttp_socks, python_socks])
def test_no_class_is_forgotten(library: ModuleType) -> None:
    """A class that the library grows must be placed here before it can come up."""
    public = exceptions_of(library)
    assert public, "the library has moved its exceptions"
    assert public - set(ERROR_MAP) - NOT_OF_A_TRANSPORT == set()


def test_aiohttp_keeps_one_root() -> None:
    """What aiohttp's client raises is under ClientError, which is placed."""
    classes = exceptions_of(aiohttp.client_exceptions)
    classes = {c for c in classes if c.__module__ == aiohttp.client_exceptions.__name__}
    outside = {c for c in classes if not issubclass(c, aiohttp.ClientError)}
    assert outside == _AIOHTTP_CLASSES_THAT_ARE_NOT_CLIENT_ERRORS


def caused(outer: Exception, *causes: Exception) -> Exception:
    current = outer
    for cause in causes:
        current.__cause__ = cause
        current = cause
    return outer


@pytest.mark.parametrize(
    ("exc", "ours"),
    [
        (httpx.ConnectTimeout("x"), TimedOut),
        (httpx.ReadError("x"), BrokenResponse),
        (httpx.RemoteProtocolError("x"), BrokenResponse),
        (httpx.ConnectError("x"), ConnectFailed),
        (TimeoutError(), TimedOut),
        (ConnectionResetError(), BrokenResponse),
        # httpx-aiohttp gives every lost connection the name of a timeout.
        (caused(httpx.ConnectTimeout("x"), aiohttp.ServerDisconnectedError()), BrokenResponse),
        (caused(httpx.ReadTimeout("x"), aiohttp.SocketTimeoutError()), TimedOut),
        (
            caused(
                httpx.ConnectTimeout("x"),
                aiohttp.ClientOSError(1, "x"),
                ssl.SSLCertVerificationError("x"),
            ),
            ConnectFailed,
        ),
        (caused(httpx.ConnectError("x"), aiohttp_socks.ProxyConnectionError()), TorUnavailable),
        (caused(httpx.ConnectTimeout("x"), aiohttp_socks.ProxyTimeoutError()), TimedOut),
        (caused(httpx.ProxyError("x"), EOFError()), TorUnavailable),
    ],
)
def test_the_most_telling_exception_decides(exc: Exception, ours: type[FetchError]) -> None:
    """The cause is gone by where the name on top misleads."""
    assert isinstance(exc, LIBRARY_ERRORS)
    assert type(translate(exc, SITE)) is ours


@pytest.mark.parametrize(
    ("code", "onion", "clearnet"),
    [(code, OnionUnreachable, ConnectFailed) for code in (1, 2, 3, 4, 5, 6)]
    + [(code, TorUnavailable, TorUnavailable) for code in (7, 8, None)],
)
def test_socks_replies(
    code: int | None, onion: type[FetchError], clearnet: type[FetchError]
) -> None:
    """Replies 1 to 6 speak of the destination, all else of the proxy (RFC 1928, 6)."""
    exc = caused(httpx.ProxyError("x"), aiohttp_socks.ProxyError("x", error_code=code))
    assert type(translate(exc, HIDDEN)) is onion
    assert type(translate(exc, SITE)) is clearnet


def raise_translated(exc: Exception) -> None:
    try:
        raise exc
    except LIBRARY_ERRORS as caught:
        raise translate(caught, SITE) from None


def test_texts_of_libraries_stay_behind() -> None:
    """Neither message nor traceback shows what the server sent or the path asked for."""
    exc = caused(httpx.ReadError("Smith"), aiohttp.ClientPayloadError("Smith"), ValueError("Smith"))
    with pytest.raises(FetchError) as caught:
        raise_translated(exc)
    assert "a.example" in str(caught.value)
    assert "ReadError < ClientPayloadError" in str(caught.value)
    shown = "".join(traceback.format_exception(caught.value)) + str(caught.value)
    assert "smith" not in shown.lower()


def test_the_past_of_the_caller_does_not_count() -> None:
    """Trying a mirror after one failure, the second is not blamed on the first."""
    first = caused(httpx.ConnectError("x"), ssl.SSLError("x"))
    second = httpx.ReadTimeout("x")
    with pytest.raises(FetchError) as caught:
        raise_translated(first)
    second.__context__ = caught.value
    assert type(translate(second, SITE)) is TimedOut
