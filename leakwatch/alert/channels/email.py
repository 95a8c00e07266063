"""Alerts by e-mail (SMTP: RFC 5321; STARTTLS: RFC 3207; form: RFC 5322).

The Message-ID comes from the delivery id, so that every attempt is the same
mail to the byte; References and In-Reply-To name a root made from the finding
id, so that all revisions stand in one thread even where the first got lost.
``Auto-Submitted`` (RFC 3834) keeps holiday notices away.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import parseaddr
from pathlib import Path
from typing import Literal

import aiosmtplib

from leakwatch.alert.channels.base import Secret, is_loopback, read_late
from leakwatch.alert.channels.smtp_errors import mapped, reply_error
from leakwatch.errors import ChannelMisconfigured, DeliveryRefused
from leakwatch.model.alert import Message


@dataclass(frozen=True, slots=True)
class SmtpTarget:
    """Where mail is handed in, and how."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    sender: str
    """``name@domain`` or ``Display Name <name@domain>``."""
    username: str | None = None
    ca_file: Path | None = None
    """Trusted instead of the system's certificates, where given."""
    timeout_s: float = 30.0
    """Of one answer of the server; a whole delivery may take four times as long."""


class EmailChannel:
    """Hands mail to one server; a connection a message.

    Args:
        target: the server.
        password: read before each login; needed with ``target.username``.
        name: as recipients name it.

    Raises:
        ChannelMisconfigured: clear text to another machine, a sender without a
            domain, or a user name without a password.
    """

    def __init__(
        self, target: SmtpTarget, password: Secret | None = None, *, name: str = "email"
    ) -> None:
        if target.security == "none" and not is_loopback(target.host):
            raise ChannelMisconfigured(f"{name}: clear text is for a loopback server only")
        if target.username is not None and password is None:
            raise ChannelMisconfigured(f"{name}: a user name needs a password")
        self.name = name
        self._target = target
        self._password = password
        try:
            self._sender = _mailbox(target.sender)
        except ValueError:
            raise ChannelMisconfigured(f"{name}: the sender is not a mail address") from None

    async def send(self, message: Message) -> None:
        mail = self.mail(message)
        client = self._client()
        try:
            async with asyncio.timeout(4 * self._target.timeout_s):
                await client.connect()
                refused, _ = await client.sendmail(
                    self._sender.addr_spec, mail["To"].addresses[0].addr_spec, flattened(mail)
                )
            # A refusal of some recipients does not raise (aiosmtplib).
            for reply in refused.values():
                raise reply_error(self._where, reply.code, about="the recipient")
            await self._part(client)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise mapped(self._where, error) from error
        finally:
            client.close()

    async def check(self) -> str:
        client = self._client()
        try:
            async with asyncio.timeout(4 * self._target.timeout_s):
                await client.connect()
                await client.noop()
            await self._part(client)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise mapped(self._where, error) from error
        finally:
            client.close()
        login = "logged in" if self._target.username else "no login"
        return f"{self.name}: {self._where} answers ({self._target.security}, {login})"

    def mail(self, message: Message) -> EmailMessage:
        """Return the mail of a message; the same bytes for every attempt.

        Raises:
            DeliveryRefused: the recipient's address is none.
        """
        delivery, alert = message.delivery, message.alert
        domain = self._sender.domain
        try:
            to = _mailbox(delivery.address, display_name=delivery.recipient)
        except ValueError:
            raise DeliveryRefused(
                f"{self.name}: the address of recipient {delivery.recipient!r} is not valid",
                hint="correct it in the matter's file",
            ) from None
        mail = EmailMessage(policy=SMTP_POLICY)
        root = f"<{_one_line(message.thread)}@{domain}>"
        mail["From"] = self._sender
        mail["To"] = to
        mail["Subject"] = _one_line(alert.subject)
        mail["Date"] = alert.composed_at
        mail["Message-ID"] = f"<{_one_line(delivery.id)}@{domain}>"
        mail["In-Reply-To"] = root
        mail["References"] = root
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
        mail["X-Leakwatch-Alert"] = _one_line(alert.id)
        mail["X-Leakwatch-Delivery"] = _one_line(delivery.id)
        # Not every server on the way takes 8-bit text.
        mail.set_content(alert.body, cte="7bit" if alert.body.isascii() else "quoted-printable")
        return mail

    @property
    def _where(self) -> str:
        return f"{self._target.host}:{self._target.port}"

    def _client(self) -> aiosmtplib.SMTP:
        target = self._target
        password = None
        if target.username is not None and self._password is not None:
            password = read_late(self._password, channel=self.name)
        return aiosmtplib.SMTP(
            hostname=target.host,
            port=target.port,
            username=target.username,
            password=password,
            local_hostname=self._sender.domain,
            timeout=target.timeout_s,
            use_tls=target.security == "tls",
            start_tls=target.security == "starttls",
            tls_context=self._tls_context(),
        )

    def _tls_context(self) -> ssl.SSLContext | None:
        """Return a context made anew, so that a mended CA file is seen without a restart."""
        if self._target.security == "none":
            return None
        try:
            context = ssl.create_default_context(cafile=self._target.ca_file)
        except OSError:
            raise ChannelMisconfigured(
                f"{self.name}: the CA file {self._target.ca_file} cannot be used"
            ) from None
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    async def _part(self, client: aiosmtplib.SMTP) -> None:
        """Say goodbye; what the server did before stands, however it answers."""
        try:
            await client.quit(timeout=min(5.0, self._target.timeout_s))
        except (aiosmtplib.SMTPException, OSError):
            return


def flattened(mail: EmailMessage) -> bytes:
    """Return the bytes of the mail, with long headers folded only where they must be.

    Python folds a subject of 69 to 77 letters right after its name, which some
    readers take for a subject that begins with a space. Encoded words may not
    be longer than 75 letters (RFC 2047), so headers that need them are folded.
    """
    is_plain = all(str(value).isascii() for value in mail.values())
    policy = SMTP_POLICY.clone(max_line_length=998) if is_plain else SMTP_POLICY
    return mail.as_bytes(policy=policy)


def _mailbox(text: str, *, display_name: str | None = None) -> Address:
    """Return the address; raises ValueError when it is none or needs SMTPUTF8 (RFC 6531)."""
    shown, bare = parseaddr(text)
    if not text.isprintable() or "@" not in bare or not bare.isascii():
        raise ValueError("not a mail address")
    name = shown if display_name is None else display_name
    try:
        return Address(display_name=_one_line(name), addr_spec=bare)
    except (MessageError, IndexError) as error:
        raise ValueError("not a mail address") from error


def _one_line(value: str) -> str:
    """Return the value as header text: a line end in it would start another header."""
    return " ".join("".join(c if c.isprintable() else " " for c in value).split())
