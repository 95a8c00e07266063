"""Alerts as signed JSON to a URL of the legal team's own.

One POST a message, no redirects followed, the answer's body not read. A URL
may hold a token, so nothing shows more of it than its host. Unless a client is
handed in (for Tor, where names belong to the proxy), the host is resolved here
and the connection goes to the very address that was checked: a name that
answers differently a moment later leads nowhere else.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from ipaddress import ip_address

import httpx

from leakwatch import __version__
from leakwatch.alert.channels.base import Secret, is_loopback, read_late
from leakwatch.alert.channels.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, signature
from leakwatch.clock import Clock
from leakwatch.errors import AlertError, ChannelMisconfigured, DeliveryFailed, DeliveryRefused
from leakwatch.model.alert import Message

SCHEMA = "leakwatch.alert/1"
_PASSES = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)
_OURS = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED}
)

ClientFactory = Callable[[], httpx.AsyncClient]


@dataclass(frozen=True, slots=True)
class WebhookTarget:
    """Where to post."""

    url: str = field(repr=False)
    timeout_s: float = 30.0
    """Of the whole delivery."""
    allow_private: bool = False
    """Loopback, private and link-local addresses, and plain http, are accepted."""


class WebhookChannel:
    """Posts to one URL.

    Args:
        target: the URL and its limits.
        secret: the shared secret of the signature, read before each message.
        name: as recipients name it: ``webhook.NAME``.
        clock: for the timestamp that is signed.
        client: makes the client of one delivery, e.g. through Tor; None means
            a direct connection to a checked address.

    Raises:
        ChannelMisconfigured: not an http(s) URL, or plain http where that is not accepted.
    """

    def __init__(
        self,
        target: WebhookTarget,
        secret: Secret,
        *,
        name: str,
        clock: Clock,
        client: ClientFactory | None = None,
    ) -> None:
        self.name = name
        self._target = target
        self._secret = secret
        self._clock = clock
        self._client = client
        self._url = _checked_url(target, name)

    async def send(self, message: Message) -> None:
        body = payload(message)
        timestamp = str(int(self._clock.now().timestamp()))
        secret = read_late(self._secret, channel=self.name)
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": message.delivery.id,
            TIMESTAMP_HEADER: timestamp,
            SIGNATURE_HEADER: signature(secret, timestamp, body),
        }
        error = await self._request("POST", headers, body)
        if error is not None:
            raise error

    async def check(self) -> str:
        """Ask for the headers of the URL; any answer below 500 shows it is there."""
        read_late(self._secret, channel=self.name)
        error = await self._request("HEAD", {}, b"")
        if isinstance(error, DeliveryFailed):
            raise error
        return f"{self.name}: {self._where} answers"

    @property
    def _where(self) -> str:
        return self._url.netloc.decode("ascii")

    async def _request(
        self, method: str, headers: dict[str, str], body: bytes
    ) -> AlertError | None:
        """Return what the status means, None for success; raises for no answer."""
        headers = {"User-Agent": f"leakwatch/{__version__}", **headers}
        try:
            async with asyncio.timeout(self._target.timeout_s):
                url, extensions = self._url, {}
                if self._client is None:
                    url = self._url.copy_with(host=await self._resolve())
                    headers["Host"] = self._where
                    extensions = {"sni_hostname": self._url.host}
                async with (
                    self._new_client() as client,
                    client.stream(
                        method, url, headers=headers, content=body, extensions=extensions
                    ) as response,
                ):
                    return self._meaning(response)
        except (httpx.HTTPError, OSError) as error:
            raise self._mapped(error) from error

    def _new_client(self) -> httpx.AsyncClient:
        if self._client is not None:
            return self._client()
        return httpx.AsyncClient(
            verify=ssl.create_default_context(),
            timeout=self._target.timeout_s,
            follow_redirects=False,
            trust_env=False,
        )

    async def _resolve(self) -> str:
        """Return the address to connect to.

        Raises:
            ChannelMisconfigured: the host has only addresses that are not allowed.
        """
        host = self._url.host
        port = self._url.port or (443 if self._url.scheme == "https" else 80)
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(entry[4][0]) for entry in found]
        for address in addresses:
            if self._target.allow_private or ip_address(address.partition("%")[0]).is_global:
                return address
        raise ChannelMisconfigured(
            f"{self.name}: {self._where} is at a private address",
            hint="set allow_private = true for this webhook if that is meant",
        )

    def _meaning(self, response: httpx.Response) -> AlertError | None:
        status = response.status_code
        said = f"{self.name}: {self._where} answered {status}"
        if response.is_success:
            return None
        if response.is_server_error or status in _PASSES:
            wait_s = retry_after_s(response.headers.get("retry-after"), now=self._clock.now())
            return DeliveryFailed(said, retry_after_s=wait_s)
        if status in _OURS or not response.is_client_error:
            return ChannelMisconfigured(said, hint="check the URL and the shared secret")
        return DeliveryRefused(said)

    def _mapped(self, error: Exception) -> AlertError:
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, ssl.SSLCertVerificationError):
                return ChannelMisconfigured(
                    f"{self.name}: the certificate of {self._where} is not trusted"
                )
            cause = cause.__cause__ or cause.__context__
        if isinstance(error, TimeoutError | httpx.TimeoutException):
            return DeliveryFailed(f"{self.name}: no answer from {self._where} in time")
        return DeliveryFailed(
            f"{self.name}: no connection to {self._where} ({type(error).__name__})"
        )


def payload(message: Message) -> bytes:
    """Return the JSON body; the same bytes for every attempt of a delivery."""
    alert = message.alert
    return json.dumps(
        {
            "schema": SCHEMA,
            "delivery": message.delivery.id,
            "recipient": message.delivery.recipient,
            "alert": alert.id,
            "finding": alert.finding_id,
            "revision": alert.revision,
            "matter": alert.matter,
            "outcome": alert.outcome.value,
            "thread": message.thread,
            "subject": alert.subject,
            "body": alert.body,
            "composed_at": alert.composed_at.isoformat(),
        },
        ensure_ascii=False,
    ).encode("utf-8")


def retry_after_s(value: str | None, *, now: datetime) -> float | None:
    """Return the seconds of a Retry-After header (RFC 9110, 10.2.3), None if it has none."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=now.tzinfo)
    return max(0.0, (until - now).total_seconds())


def _checked_url(target: WebhookTarget, name: str) -> httpx.URL:
    try:
        url = httpx.URL(target.url)
    except httpx.InvalidURL:
        raise ChannelMisconfigured(f"{name}: the URL cannot be read") from None
    if url.scheme not in {"http", "https"} or not url.host:
        raise ChannelMisconfigured(f"{name}: not an http or https URL")
    stays_inside = target.allow_private or url.host.endswith(".onion") or is_loopback(url.host)
    if url.scheme == "http" and not stays_inside:
        raise ChannelMisconfigured(f"{name}: plain http shows the case to everybody on the way")
    return url
