"""A mailbox that receives: a real SMTP server on loopback that keeps mail in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as DEFAULT_POLICY  # noqa: N812 - it is a constant
from types import TracebackType
from typing import Any, Self
from weakref import WeakSet

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from leakwatch.clock import Clock

HOST = "127.0.0.1"


class LoopbackController(Controller):
    """An SMTP server in a thread of its own, on a port that the system picks."""

    def __init__(self, handler: object, **options: Any) -> None:
        super().__init__(handler, hostname=HOST, port=0, **options)
        self._sessions: WeakSet[SMTP] = WeakSet()

    def factory(self) -> SMTP:
        session: SMTP = super().factory()  # type: ignore[no-untyped-call]
        self._sessions.add(session)
        return session

    def stop(self, no_assert: bool = False) -> None:
        """End thread and connections; the parent leaves open ones to the collector."""
        asyncio.run_coroutine_threadsafe(self._hang_up(), self.loop).result()
        super().stop(no_assert)

    async def _hang_up(self) -> None:
        for session in self._sessions:
            if session.transport is not None:
                session.transport.close()
        await asyncio.sleep(0.01)  # for the transports to tell their protocols

    def _trigger_server(self) -> None:
        # The first moment at which the port is known; the parent connects to it.
        if isinstance(self.server, asyncio.Server):
            self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Received:
    """One mail as it arrived."""

    received_at: datetime
    sender: str
    recipients: tuple[str, ...]
    mail: EmailMessage = field(repr=False)


class Mailbox:
    """Accepts every mail; use as ``async with Mailbox(clock) as mailbox``.

    ``start``, ``stop`` and ``wait_for`` belong to one event loop; the server
    has a thread of its own, which is gone when ``stop`` returns.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._received: list[Received] = []
        self._arrived = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._controller: LoopbackController | None = None

    @property
    def host(self) -> str:
        return HOST

    @property
    def port(self) -> int:
        """The port while it runs; 0 before and after."""
        return 0 if self._controller is None else int(self._controller.port)

    @property
    def messages(self) -> tuple[Received, ...]:
        return tuple(self._received)

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        controller = LoopbackController(self)
        await asyncio.to_thread(controller.start)
        self._controller = controller

    async def stop(self) -> None:
        """End the server; what was received stays readable. Harmless when not running."""
        controller, self._controller = self._controller, None
        if controller is not None:
            await asyncio.to_thread(controller.stop)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    async def wait_for(
        self,
        count: int = 1,
        *,
        timeout_s: float,
        accept: Callable[[Received], bool] = lambda _: True,
    ) -> tuple[Received, ...]:
        """Return the first ``count`` accepted mails, once there are as many.

        Raises:
            TimeoutError: there were fewer after ``timeout_s``.
        """
        async with asyncio.timeout(timeout_s):
            while True:
                self._arrived.clear()
                found = tuple(received for received in self.messages if accept(received))
                if len(found) >= count:
                    return found[:count]
                await self._arrived.wait()

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep one mail; runs in the server's thread."""
        content = envelope.content or b""
        raw = content.encode() if isinstance(content, str) else content
        mail = message_from_bytes(raw, policy=DEFAULT_POLICY)
        self._received.append(
            Received(
                received_at=self._clock.now(),
                sender=envelope.mail_from or "",
                recipients=tuple(envelope.rcpt_tos),
                mail=mail,
            )
        )
        if self._loop is not None:
            with suppress(RuntimeError):  # the waiting loop has ended
                self._loop.call_soon_threadsafe(self._arrived.set)
        return "250 Message accepted"
