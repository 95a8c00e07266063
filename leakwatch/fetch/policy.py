"""Which address may be asked, which way, and when to ask again. Pure.

No IO, no clock, no randomness: callers hand in what they measured. URLs are
read once, here, by the same parser that later writes the request.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from leakwatch.errors import (
    BadStatus,
    BrokenResponse,
    Challenged,
    EgressRefused,
    FetchError,
    LeakwatchError,
    RateLimited,
)
from leakwatch.fetch.address import is_local_name, is_public_address, literal_address
from leakwatch.model.source import Via

MAX_RETRY_AFTER_S = 7 * 86400.0
"""A site that asks for longer is heard as asking for a week."""
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_FOLLOWED = frozenset({301, 302, 303, 307, 308})
_KEPT_ACROSS_ORIGINS = frozenset({"accept", "accept-encoding", "accept-language", "range"})


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """What the fetcher may do; the operator's ``[fetch]`` table and the sources' hosts."""

    tor_proxy: str = "socks5://127.0.0.1:9050"
    connect_timeout_s: float = 60.0
    read_timeout_s: float = 60.0
    total_timeout_s: float = 300.0
    """Of one attempt with its redirects; no attempt starts later than this."""
    max_page_bytes: int = 16 * 1024 * 1024
    max_redirects: int = 5
    requests_per_host_per_minute: float = 30.0
    attempts: int = 3
    max_wait_s: float = 30.0
    """Longest pause between two attempts, whoever asks for it."""
    user_agent: str = "Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0"
    direct_hosts: frozenset[str] = field(default_factory=frozenset)
    """Hosts that may be reached without Tor; names or addresses, no port."""
    max_clients: int = 64
    """Idle connections are kept for so many pairs of source and host."""


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that is well formed and of a kind we fetch."""

    url: str = field(repr=False)
    """Normalised; no fragment."""
    scheme: str
    host: str
    """ASCII, lower case, no trailing dot; an IPv6 address without brackets."""
    port: int

    @property
    def is_onion(self) -> bool:
        return is_onion_name(self.host)

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port (RFC 6454, 4)."""
        return self.scheme, self.host, self.port


def is_onion_name(host: str) -> bool:
    """Whether only Tor can resolve the name (RFC 7686)."""
    return host.rstrip(".").lower().rpartition(".")[2] == "onion"


def parse_target(url: str) -> Target:
    """Return what the URL names.

    Raises:
        EgressRefused: not an absolute http(s) URL, carries a user name or
            password, or its host could not stand in a DNS query.
    """
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        raise EgressRefused("not an address that can be fetched: malformed URL") from None
    if parsed.scheme not in {"http", "https"}:
        raise EgressRefused("not an address that can be fetched: only http and https are")
    if parsed.userinfo:
        raise EgressRefused("an address with a user name or password in it is not fetched")
    host = parsed.raw_host.decode("ascii").lower().removesuffix(".")
    if not _is_host(host):
        raise EgressRefused("not an address that can be fetched: malformed host name")
    port = {"http": 80, "https": 443}[parsed.scheme] if parsed.port is None else parsed.port
    if not 0 < port < 65536:
        raise EgressRefused("not an address that can be fetched: no such port")
    plain = parsed.copy_with(host=host, fragment=None)
    return Target(url=str(plain), scheme=parsed.scheme, host=host, port=port)


def normal_hosts(hosts: Iterable[str]) -> frozenset[str]:
    """Return configured hosts as ``Target.host`` spells them; what could be no host is dropped."""
    found = set()
    for host in hosts:
        with suppress(EgressRefused):
            found.add(parse_target(f"http://[{host}]/" if ":" in host else f"http://{host}/").host)
    return frozenset(found)


def _is_host(host: str) -> bool:
    if literal_address(host) is not None:
        return True
    return len(host) <= 253 and all(_LABEL.fullmatch(label) for label in host.split("."))


def choose_way(target: Target, via: Via) -> Via:
    """Return how to get there. Chosen once a request: a redirect never changes it."""
    return Via.TOR if target.is_onion else via


def check_target(
    target: Target, via: Via, *, direct_hosts: frozenset[str], allow_private: bool
) -> None:
    """Refuse what must not be connected to.

    Resolved addresses are checked again where they are resolved.

    Raises:
        EgressRefused: a private address, or without Tor a host nobody configured.
    """
    if via is Via.DIRECT and (target.is_onion or target.host not in direct_hosts):
        raise EgressRefused(
            f"{target.host} is not a host that may be reached without Tor",
            hint='only the hosts of sources with via = "direct" are; use via = "tor"',
        )
    if allow_private:
        return
    address = literal_address(target.host)
    if is_local_name(target.host) or (address is not None and not is_public_address(address)):
        raise EgressRefused(
            f"{target.host} is a private address", hint="allow_private = true permits it"
        )


def redirect_location(status: int, headers: httpx.Headers) -> str | None:
    """Return where the answer points, or None when it is no redirect to follow."""
    return headers.get("location") if status in _FOLLOWED else None


def next_hop(target: Target, location: str) -> Target:
    """Return the target of a redirect (RFC 9110, 10.2.2).

    https never falls back to http, which anybody on the way (a Tor exit, say)
    could rewrite; towards an onion name it may, whose name is its key.

    Raises:
        EgressRefused: as ``parse_target``, or the redirect leaves https.
        BrokenResponse: the Location is no URL reference.
    """
    try:
        joined = str(httpx.URL(target.url).join(location))
    except (httpx.InvalidURL, ValueError):
        raise BrokenResponse(f"{target.host} redirects to a malformed address") from None
    hop = parse_target(joined)
    if target.scheme == "https" and hop.scheme == "http" and not hop.is_onion:
        raise EgressRefused(f"{target.host} redirects from https to http; not followed")
    return hop


def headers_for_hop(headers: Mapping[str, str], first: Target, hop: Target) -> dict[str, str]:
    """Return the caller's headers as far as the hop's origin may see them."""
    if hop.origin == first.origin:
        return dict(headers)
    return {k: v for k, v in headers.items() if k.lower() in _KEPT_ACROSS_ORIGINS}


def retry_after_s(value: str | None, now: datetime) -> float | None:
    """Return the seconds a Retry-After asks for (RFC 9110, 10.2.3), or None if it says nothing.

    Args:
        value: delay-seconds, or an HTTP date in any of its three forms (5.6.7).
        now: aware, for the date form; a date that has passed means 0.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:12]), MAX_RETRY_AFTER_S)
    try:
        when = parsedate_to_datetime(text)
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        wait = (when - now).total_seconds()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return min(max(wait, 0.0), MAX_RETRY_AFTER_S)


def is_challenge(status: int, headers: httpx.Headers) -> bool:
    """Whether a waiting room or captcha answers for the site; told by headers alone."""
    if headers.get("cf-mitigated", "").lower() == "challenge":
        return True
    if headers.get("x-amzn-waf-action", "").lower() in {"challenge", "captcha"}:
        return True
    server = headers.get("server", "").lower()
    return status in {403, 429, 503} and server.startswith("ddos-guard")


def status_error(
    status: int, headers: httpx.Headers, *, host: str, now: datetime
) -> LeakwatchError | None:
    """Return why this status is no answer, or None for 2xx, 304, 404 and 410."""
    if is_challenge(status, headers):
        return Challenged(
            f"{host} puts a waiting room or captcha in front ({status})",
            hint="a person must look; leakwatch does not solve these",
        )
    wait_s = retry_after_s(headers.get("retry-after"), now)
    if status == 429 or (status == 503 and wait_s is not None):
        return RateLimited(f"{host} asks us to wait ({status})", retry_after_s=wait_s)
    if 200 <= status < 300 or status in {304, 404, 410}:
        return None
    return BadStatus(f"{host} answered {status}", status=status)


def pause_s(
    error: LeakwatchError, policy: FetchPolicy, *, attempt: int, left_s: float, jitter: float
) -> float | None:
    """Return how long to wait before the next attempt, or None to give up.

    Doubling from one second, of which ``jitter`` takes away up to half; a
    Retry-After is kept to the second. A pause past ``max_wait_s`` is the
    scheduler's business, so is one that ends after the total deadline.

    Args:
        error: what this attempt came to.
        policy: its ``attempts`` and ``max_wait_s``.
        attempt: number of the attempt that failed, from 1.
        left_s: until the total deadline, counted from the first attempt.
        jitter: in [0, 1].
    """
    if not isinstance(error, FetchError) or not error.retryable or attempt >= policy.attempts:
        return None
    asked_s = error.retry_after_s if isinstance(error, RateLimited) else None
    own_s = min(2.0 ** (attempt - 1), policy.max_wait_s) * (1.0 - jitter / 2.0)
    wait_s = own_s if asked_s is None else asked_s
    if wait_s > policy.max_wait_s or wait_s >= left_s:
        return None
    return wait_s
