"""A mail server that can be told to misbehave in the ways real ones do."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from leakwatch.demo.mailbox import LoopbackController

USER, PASSWORD = "alerts", "correct horse"
OK = "250 OK"
HANG = "hang"
DROP = "drop"


@dataclass
class Script:
    """What the server says, and what it was given; one entry an attempt, then OK."""

    rcpt: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    accepted: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    sessions: int = 0
    logins: int = 0

    async def handle_EHLO(  # noqa: N802 - the name that aiosmtpd calls
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        self.sessions += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: Sequence[str],
    ) -> str:
        reply = await _reply(self.rcpt, server)
        if reply == OK:
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the name that aiosmtpd calls
        reply = await _reply(self.data, server)
        if reply == OK:
            assert isinstance(envelope.content, bytes)
            self.accepted.append(envelope.content)
            self.recipients.extend(envelope.rcpt_tos)
        return reply

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        self.logins += right
        return AuthResult(success=right, handled=False)


@dataclass
class MailServer:
    """A running server."""

    script: Script
    port: int
    host: str = "localhost"


@contextmanager
def mail_server(
    script: Script,
    *,
    ca: trustme.CA | None = None,
    security: Literal["starttls", "tls", "none"] = "none",
    login: bool = False,
) -> Iterator[MailServer]:
    """Run a server on loopback in a thread until the block ends."""
    options: dict[str, Any] = {}
    if login:
        options |= {"authenticator": script.authenticate, "auth_required": True}
        options["auth_require_tls"] = security != "none"
    if ca is not None and security != "none":
        context = _server_context(ca)
        if security == "tls":
            options |= {"ssl_context": context, "auth_require_tls": False}
        else:
            options |= {"tls_context": context, "require_starttls": True}
    controller = LoopbackController(script, **options)
    controller.start()
    try:
        yield MailServer(script, port=controller.port)
    finally:
        controller.stop()


def _server_context(ca: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


async def _reply(script: list[str], server: SMTP) -> str:
    reply = script.pop(0) if script else OK
    if reply == HANG:
        await asyncio.sleep(3600)
    if reply == DROP:
        assert isinstance(server.transport, asyncio.WriteTransport)
        server.transport.abort()
    return reply
