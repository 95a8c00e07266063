"""Mail goes to real servers, threads, and every way they refuse is understood."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
import trustme

from leakwatch.alert.channels.email import EmailChannel, SmtpTarget
from leakwatch.errors import (
    AlertError,
    ChannelMisconfigured,
    DeliveryFailed,
    DeliveryRefused,
    MissingFile,
)
from leakwatch.model.alert import Message
from leakwatch.model.matter import Recipient, RecipientRole
from tests.support.alerts import LEGAL, NOON, an_alert, messages
from tests.support.smtp import DROP, HANG, PASSWORD, USER, MailServer, Script, mail_server

SENDER = "leakwatch <leakwatch@clinic.example>"


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def server(script: Script) -> Iterator[MailServer]:
    with mail_server(script) as running:
        yield running


@pytest.fixture
def ca(tmp_path: Path) -> trustme.CA:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return authority


def channel(server: MailServer, *, timeout_s: float = 5.0) -> EmailChannel:
    return EmailChannel(SmtpTarget(server.host, server.port, "none", SENDER, timeout_s=timeout_s))


def a_message(**changes: object) -> Message:
    (message,) = messages(an_alert(**changes), LEGAL)  # type: ignore[arg-type]
    return message


def parsed(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=default)


async def test_the_mail_arrives_whole(server: MailServer, script: Script) -> None:
    """Subject and body arrive as composed, macrons included, with the marks machines need."""
    message = a_message()
    await channel(server).send(message)
    (raw,) = script.accepted
    mail = parsed(raw)
    assert script.recipients == ["ana@chambers.example"]
    assert mail["Subject"] == message.alert.subject
    assert mail["To"] == "Ana Counsel <ana@chambers.example>"
    assert mail["From"] == SENDER
    assert mail["Date"].datetime == NOON
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Leakwatch-Alert"] == message.alert.id
    assert mail["X-Leakwatch-Delivery"] == message.delivery.id
    assert mail.get_content().replace("\r\n", "\n") == message.alert.body
    assert "Kererū" in mail.get_content()
    assert raw.isascii()


@pytest.mark.parametrize("length", [0, 10, 30, 60])
async def test_the_subject_arrives_letter_for_letter(
    server: MailServer, script: Script, length: int
) -> None:
    """Mail filters match subjects from their first letter, whatever their length."""
    alert = replace(an_alert(), subject="[TLP:RED] " + "K-2026 " * length + "end")
    (message,) = messages(alert, LEGAL)
    await channel(server).send(message)
    assert parsed(script.accepted[0])["Subject"] == alert.subject


async def test_revisions_stand_in_one_thread(server: MailServer, script: Script) -> None:
    """Every revision has its own Message-ID and the finding's root; a retry has the same bytes."""
    mails = channel(server)
    first, second = a_message(), a_message(revision=2)
    for message in (first, first, second):
        await mails.send(message)
    one, again, two = script.accepted
    assert one == again
    a, b = parsed(one), parsed(two)
    assert a["Message-ID"] == f"<{first.delivery.id}@clinic.example>"
    assert b["Message-ID"] == f"<{second.delivery.id}@clinic.example>"
    root = f"<{first.alert.finding_id}@clinic.example>"
    assert {a["References"], b["References"], a["In-Reply-To"], b["In-Reply-To"]} == {root}


@pytest.mark.parametrize("field", ["subject", "recipient", "thread", "id"])
async def test_no_value_can_add_a_header(server: MailServer, script: Script, field: str) -> None:
    """A line end in any value, even past the composer, stays inside its header."""
    bad = "x\r\nBcc: everybody@example.com\r\n\r\nbody"
    message = a_message()
    if field == "subject":
        message = replace(message, alert=replace(message.alert, subject=bad))
    elif field == "thread":
        message = replace(message, thread=bad)
    else:
        changed = replace(message.delivery, **{field: bad})  # type: ignore[arg-type]
        message = replace(message, delivery=changed)
    await channel(server).send(message)
    mail = parsed(script.accepted[0])
    assert "Bcc" not in mail
    assert script.recipients == ["ana@chambers.example"]
    assert mail.get_content().replace("\r\n", "\n") == message.alert.body


@pytest.mark.parametrize(
    "address", ["", "nobody", "a@b@c d", "ā@x.example", "a@x.example\r\nRCPT TO:<b@x.example>"]
)
async def test_an_address_that_is_none_is_refused_here(
    server: MailServer, script: Script, address: str
) -> None:
    """A recipient without a usable address is dead at once, and never reaches a server."""
    bad = Recipient("Ana", RecipientRole.LEGAL, "email", address)
    (message,) = messages(an_alert(), bad)
    with pytest.raises(DeliveryRefused, match="address of recipient 'Ana'"):
        await channel(server).send(message)
    assert not script.accepted
    assert not script.recipients


REPLIES: list[tuple[str, str, type[AlertError]]] = [
    ("rcpt", "451 4.7.1 Greylisted, come back", DeliveryFailed),
    ("rcpt", "550 5.1.1 No such user", DeliveryRefused),
    ("data", "452 4.3.1 Insufficient system storage", DeliveryFailed),
    ("data", "554 5.7.1 Message rejected", DeliveryRefused),
    ("data", DROP, DeliveryFailed),
    ("data", HANG, DeliveryFailed),
]


@pytest.mark.parametrize(("stage", "reply", "expected"), REPLIES)
async def test_what_a_reply_means(
    server: MailServer, script: Script, stage: str, reply: str, expected: type[AlertError]
) -> None:
    """4yz, a cut line and silence pass; 5yz about message or recipient is final; then it works."""
    getattr(script, stage).append(reply)
    mails = channel(server, timeout_s=0.5 if reply == HANG else 5.0)
    with pytest.raises(expected) as caught:
        await mails.send(a_message())
    assert "Greylisted" not in str(caught.value)
    await mails.send(a_message())
    assert len(script.accepted) == 1


async def test_nobody_there_is_a_failure_that_passes() -> None:
    """A server that is down is no reason to give up."""
    with mail_server(Script()) as server:
        mails = channel(server)
    with pytest.raises(DeliveryFailed, match="connection failed"):
        await mails.send(a_message())
    with pytest.raises(DeliveryFailed):
        await mails.check()


async def test_a_server_that_never_greets_is_left(unused_tcp_port: int) -> None:
    """A port that accepts and stays silent costs the timeout, no more."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()
        parted.set()

    parted = asyncio.Event()
    server = await asyncio.start_server(silent, "127.0.0.1", unused_tcp_port)
    async with server:
        target = SmtpTarget("localhost", unused_tcp_port, "none", SENDER, timeout_s=0.2)
        with pytest.raises(DeliveryFailed, match="no answer in time"):
            await EmailChannel(target).send(a_message())
        await parted.wait()


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_secure_delivery_with_login(
    script: Script, ca: trustme.CA, tmp_path: Path, security: str
) -> None:
    """STARTTLS and implicit TLS both work with a private authority and a password read late."""
    with mail_server(script, ca=ca, security=security, login=True) as server:  # type: ignore[arg-type]
        target = SmtpTarget(
            server.host,
            server.port,
            security,  # type: ignore[arg-type]
            SENDER,
            username=USER,
            ca_file=tmp_path / "ca.pem",
        )
        mails = EmailChannel(target, lambda: PASSWORD)
        await mails.send(a_message())
        assert "logged in" in await mails.check()
    assert len(script.accepted) == 1
    assert script.logins == 2


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_an_untrusted_certificate_waits_for_the_operator(
    script: Script, ca: trustme.CA, security: str
) -> None:
    """Nothing is said to a server whose certificate is not trusted, and nothing is lost."""
    with mail_server(script, ca=ca, security=security) as server:  # type: ignore[arg-type]
        target = SmtpTarget(server.host, server.port, security, SENDER)  # type: ignore[arg-type]
        with pytest.raises(ChannelMisconfigured, match="certificate is not trusted"):
            await EmailChannel(target).send(a_message())
    assert not script.accepted


async def test_a_server_without_starttls_gets_no_mail(
    server: MailServer, script: Script, ca: trustme.CA, tmp_path: Path
) -> None:
    """A downgrade to clear text is refused, whoever stripped the offer."""
    target = SmtpTarget(server.host, server.port, "starttls", SENDER, ca_file=tmp_path / "ca.pem")
    with pytest.raises(ChannelMisconfigured, match="STARTTLS"):
        await EmailChannel(target).send(a_message())
    assert not script.accepted


async def test_login_faults_wait_for_the_operator(
    script: Script, ca: trustme.CA, tmp_path: Path
) -> None:
    """A wrong, missing or unreadable password is mended by a person, not by giving up."""

    def unreadable() -> str:
        raise MissingFile("smtp password: no such file")

    with mail_server(script, ca=ca, security="starttls", login=True) as server:
        target = SmtpTarget(server.host, server.port, "starttls", SENDER, USER, tmp_path / "ca.pem")
        for attempt in (
            EmailChannel(target, lambda: "wrong password"),
            EmailChannel(target, unreadable),
            EmailChannel(replace(target, username=None)),
            EmailChannel(replace(target, ca_file=tmp_path / "missing.pem"), lambda: PASSWORD),
        ):
            with pytest.raises(ChannelMisconfigured) as caught:
                await attempt.send(a_message())
            assert "wrong password" not in f"{caught.value} {caught.value!r} {attempt!r}"
    assert not script.accepted


def test_settings_that_would_leak_or_fail_are_refused_at_once() -> None:
    """Clear text to another machine, a login without password, a sender without domain."""
    good = SmtpTarget("localhost", 25, "none", SENDER)
    for bad in (
        replace(good, host="mail.example"),
        replace(good, host="192.0.2.1"),
        replace(good, username="alerts"),
        replace(good, sender="leakwatch"),
    ):
        with pytest.raises(ChannelMisconfigured):
            EmailChannel(bad)


async def test_a_cancelled_send_closes_its_connection(server: MailServer, script: Script) -> None:
    """Cancelling leaves no connection behind and the next send works."""
    script.data.append(HANG)
    mails = channel(server, timeout_s=30.0)
    work = asyncio.create_task(mails.send(a_message()))
    async with asyncio.timeout(10):
        while script.data:  # noqa: ASYNC110 - the server runs in another thread
            await asyncio.sleep(0.01)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    await mails.send(a_message())
    assert len(script.accepted) == 1
