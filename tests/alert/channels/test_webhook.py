"""A webhook is signed, goes only where it may, and its answers are understood."""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from email.utils import format_datetime

import httpx
import pytest
import trustme
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.alert.channels.signature import is_signed, signature
from leakwatch.alert.channels.webhook import WebhookChannel, WebhookTarget, retry_after_s
from leakwatch.errors import (
    AlertError,
    ChannelMisconfigured,
    DeliveryFailed,
    DeliveryRefused,
    KeyUnusable,
)
from leakwatch.model.alert import Message
from tests.support.alerts import NOON, OPERATOR, StoppedClock, an_alert, messages
from tests.support.webhook import SECRET, Receiver, webhook_receiver


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with webhook_receiver(Receiver()) as running:
        yield running


def channel(receiver: Receiver, **changes: object) -> WebhookChannel:
    options = {"timeout_s": 5.0, "allow_private": True} | changes
    return WebhookChannel(
        WebhookTarget(receiver.url, **options),  # type: ignore[arg-type]
        lambda: SECRET,
        name="webhook.desk",
        clock=StoppedClock(),
    )


def a_message() -> Message:
    (message,) = messages(an_alert(), OPERATOR)
    return message


async def test_the_alert_arrives_signed(receiver: Receiver) -> None:
    """The receiver verifies the signature and finds the alert and its idempotency key."""
    message = a_message()
    await channel(receiver).send(message)
    (got,) = receiver.accepted
    assert receiver.keys == [message.delivery.id] == [got["delivery"]]
    assert got["schema"] == "leakwatch.alert/1"
    assert got["outcome"] == "apparent_breach.publication"
    assert (got["subject"], got["body"]) == (message.alert.subject, message.alert.body)
    assert receiver.hosts[0].startswith("localhost:")


async def test_a_wrong_secret_waits_for_the_operator(receiver: Receiver) -> None:
    """The receiver's 401 is ours to mend; the message is not lost."""
    wrong = WebhookChannel(
        WebhookTarget(receiver.url, allow_private=True),
        lambda: "another secret",
        name="webhook.desk",
        clock=StoppedClock(),
    )
    with pytest.raises(ChannelMisconfigured) as caught:
        await wrong.send(a_message())
    assert not receiver.accepted
    assert "secret" not in repr(wrong)
    assert "token-in-path" not in f"{caught.value} {wrong!r}"


@settings(max_examples=50, deadline=None)
@given(body=st.binary(max_size=100), other=st.binary(max_size=100), stamp=st.integers(0, 2**40))
def test_signature_covers_body_and_time(body: bytes, other: bytes, stamp: int) -> None:
    """Another body, another time or another secret is not signed."""
    claimed = signature(SECRET, str(stamp), body)
    assert is_signed(SECRET, str(stamp), body, claimed=claimed)
    assert is_signed(SECRET, str(stamp), other, claimed=claimed) is (body == other)
    assert not is_signed(SECRET, str(stamp + 1), body, claimed=claimed)
    assert not is_signed("other", str(stamp), body, claimed=claimed)
    assert not is_signed(SECRET, str(stamp), body, claimed="v1=\udcff")


def test_signature_is_the_documented_one() -> None:
    """Receivers are written against this vector: HMAC-SHA256 over ``timestamp.body``."""
    assert signature("key", "1795320303", b"{}") == (
        "v1=4d96ad71968c8568ce0b70b93a76d4b08507fde804dee17d8551abeeb74c9e6a"
    )


STATUSES: list[tuple[int, type[AlertError] | None]] = [
    (200, None),
    (202, None),
    (302, ChannelMisconfigured),
    (400, DeliveryRefused),
    (401, ChannelMisconfigured),
    (403, ChannelMisconfigured),
    (404, DeliveryRefused),
    (408, DeliveryFailed),
    (410, DeliveryRefused),
    (429, DeliveryFailed),
    (500, DeliveryFailed),
    (503, DeliveryFailed),
]


@pytest.mark.parametrize(("status", "expected"), STATUSES)
async def test_what_a_status_means(
    receiver: Receiver, status: int, expected: type[AlertError] | None
) -> None:
    """2xx is done, 429 and 5xx pass, login and redirects are ours to mend, the rest is final."""
    receiver.answers.append(
        web.Response(status=status, headers={"Location": "http://127.0.0.1:1/elsewhere"})
    )
    if expected is None:
        await channel(receiver).send(a_message())
    else:
        with pytest.raises(expected, match=str(status)):
            await channel(receiver).send(a_message())
    assert receiver.methods == ["POST"]


async def test_retry_after_is_passed_on(receiver: Receiver) -> None:
    """The receiver's own waiting time reaches the outbox."""
    receiver.answers.append(web.Response(status=429, headers={"Retry-After": "120"}))
    with pytest.raises(DeliveryFailed) as caught:
        await channel(receiver).send(a_message())
    assert caught.value.retry_after_s == 120.0


def test_forms_of_retry_after() -> None:
    """Seconds and dates are read, dates in the past mean now, anything else is ignored."""
    later = format_datetime(NOON + timedelta(seconds=90), usegmt=True)
    assert retry_after_s("90", now=NOON) == retry_after_s(later, now=NOON) == 90.0
    assert retry_after_s(format_datetime(NOON - timedelta(days=1)), now=NOON) == 0.0
    for odd in (None, "", "soon", "-5", "1e9", "²"):
        assert retry_after_s(odd, now=NOON) is None


async def test_a_receiver_that_hangs_is_left(receiver: Receiver) -> None:
    """Silence costs the timeout and passes."""
    receiver.hangs = True
    with pytest.raises(DeliveryFailed, match="in time"):
        await channel(receiver, timeout_s=0.2).send(a_message())


async def test_nobody_there_is_a_failure_that_passes() -> None:
    """A receiver that is down is tried again."""
    async with webhook_receiver(Receiver()) as receiver:
        gone = channel(receiver)
    with pytest.raises(DeliveryFailed, match="no connection"):
        await gone.send(a_message())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.0.0.1", "[::1]", "169.254.1.1"])
async def test_private_addresses_need_leave(receiver: Receiver, host: str) -> None:
    """Neither a private address nor a name that resolves to one is contacted by default."""
    port = httpx.URL(receiver.url).port
    target = WebhookTarget(f"https://{host}:{port}/x")
    strict = WebhookChannel(target, lambda: SECRET, name="w", clock=StoppedClock())
    with pytest.raises(ChannelMisconfigured, match="private address"):
        await strict.send(a_message())
    assert not receiver.methods


async def test_the_checked_address_is_the_one_contacted(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that changes its address between check and connection leads nowhere else."""
    asked = []
    real = socket.getaddrinfo

    def once(host: str, *args: object, **options: object) -> object:
        asked.append(host)
        return real(host, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", once)
    await channel(receiver).send(a_message())
    assert [h for h in asked if h == "localhost"] == ["localhost"]
    assert len(receiver.accepted) == 1


@pytest.mark.parametrize(
    "url", ["ftp://x.example/", "x.example/hook", "http://x.example/", "http://["]
)
def test_urls_that_would_leak_are_refused_at_once(url: str) -> None:
    """Plain http to the world, other schemes and no host are settings errors."""
    with pytest.raises(ChannelMisconfigured):
        WebhookChannel(WebhookTarget(url), lambda: SECRET, name="w", clock=StoppedClock())


async def test_tls_is_verified_for_the_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    """Though the connection goes to an address, the certificate must be the name's."""
    ca = trustme.CA()
    for name, works in (("localhost", True), ("other.example", False)):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        ca.issue_cert(name).configure_cert(context)
        async with webhook_receiver(Receiver(), tls=context) as receiver:
            with ca.cert_pem.tempfile() as bundle:
                monkeypatch.setenv("SSL_CERT_FILE", bundle)
                if works:
                    await channel(receiver).send(a_message())
                else:
                    with pytest.raises(ChannelMisconfigured, match="certificate"):
                        await channel(receiver).send(a_message())
        assert len(receiver.accepted) == works


async def test_a_client_handed_in_does_the_resolving() -> None:
    """With a client of its own (Tor) no name is looked up here and the URL is left as it is."""
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(200)

    url = "http://deskexample.onion/hook"
    tor = WebhookChannel(
        WebhookTarget(url),
        lambda: SECRET,
        name="webhook.desk",
        clock=StoppedClock(),
        client=lambda: httpx.AsyncClient(transport=httpx.MockTransport(answer)),
    )
    await tor.send(a_message())
    assert seen == [url]


async def test_an_unreadable_secret_waits_for_the_operator(receiver: Receiver) -> None:
    """Nothing is sent unsigned."""

    def unreadable() -> str:
        raise KeyUnusable("webhook secret: empty")

    target = WebhookTarget(receiver.url, allow_private=True)
    unsigned = WebhookChannel(target, unreadable, name="w", clock=StoppedClock())
    with pytest.raises(ChannelMisconfigured):
        await unsigned.send(a_message())
    assert not receiver.methods
