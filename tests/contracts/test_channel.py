"""What every channel promises, whatever it talks to."""

from __future__ import annotations

import asyncio
import io
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes

import pytest

from leakwatch.alert.channels.console import ConsoleChannel
from leakwatch.alert.channels.email import EmailChannel, SmtpTarget
from leakwatch.alert.channels.null import NullChannel
from leakwatch.alert.channels.webhook import WebhookChannel, WebhookTarget
from leakwatch.errors import DeliveryFailed
from leakwatch.model.alert import Message
from leakwatch.model.matter import Recipient, RecipientRole
from leakwatch.ports import Channel
from tests.support.alerts import StoppedClock, an_alert, messages
from tests.support.smtp import PASSWORD, USER, Script, mail_server
from tests.support.webhook import SECRET, Receiver, webhook_receiver

TO = Recipient("Ana Counsel", RecipientRole.LEGAL, "any", "ana@chambers.example")


class Far(ABC):
    """A channel with the far side it talks to."""

    channel: Channel

    @abstractmethod
    def received(self) -> Sequence[str]:
        """Return the delivery ids that arrived, in order."""


class ChannelContract(ABC):
    """Rules of ``ports.Channel``."""

    is_lossy = False

    @abstractmethod
    def far(self) -> object:
        """Return an async context manager of a working ``Far``."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Far]:
        async with self.far() as far:  # type: ignore[attr-defined]
            yield far

    async def test_has_a_name(self) -> None:
        """Recipients choose a channel by its name."""
        async with self.running() as far:
            assert far.channel.name

    async def test_delivery_id_arrives(self) -> None:
        """When send returns, the far side has the message under its delivery id."""
        (message,) = messages(an_alert(), TO)
        async with self.running() as far:
            await far.channel.send(message)
            if not self.is_lossy:
                assert far.received() == [message.delivery.id]

    async def test_a_repeat_can_be_known(self) -> None:
        """At least once: the same message twice carries the same id twice."""
        (message,) = messages(an_alert(), TO)
        async with self.running() as far:
            await far.channel.send(message)
            await far.channel.send(message)
            if not self.is_lossy:
                assert far.received() == [message.delivery.id] * 2

    async def test_messages_may_go_at_once(self) -> None:
        """Concurrent sends do not disturb each other."""
        many: list[Message] = [m for n in range(5) for m in messages(an_alert(revision=n + 1), TO)]
        async with self.running() as far:
            await asyncio.gather(*(far.channel.send(message) for message in many))
            if not self.is_lossy:
                assert sorted(far.received()) == sorted(m.delivery.id for m in many)

    async def test_check_delivers_nothing(self) -> None:
        """A check returns one line and sends no message."""
        async with self.running() as far:
            said = await far.channel.check()
            assert len(said.splitlines()) == 1
            assert not far.received()

    async def test_secrets_are_not_shown(self) -> None:
        """A channel that ends up in a log line or a traceback shows no secret."""
        async with self.running() as far:
            shown = repr(far.channel)
        for secret in (PASSWORD, SECRET, "token-in-path"):
            assert secret not in shown


class NetworkContract(ChannelContract):
    """Further rules of channels with a far side that can be away."""

    async def test_an_absent_far_side_passes(self) -> None:
        """Nobody there is a failure to try again, for send and for check."""
        (message,) = messages(an_alert(), TO)
        async with self.running() as far:
            channel = far.channel
        with pytest.raises(DeliveryFailed):
            await channel.send(message)
        with pytest.raises(DeliveryFailed):
            await channel.check()


@dataclass
class EmailFar(Far):
    channel: Channel
    script: Script

    def received(self) -> Sequence[str]:
        return [message_from_bytes(raw)["X-Leakwatch-Delivery"] for raw in self.script.accepted]


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
class TestEmail(NetworkContract):
    """Over a real SMTP server that wants a login."""

    @asynccontextmanager
    async def far(self) -> AsyncIterator[Far]:
        script = Script()
        with mail_server(script, login=True) as server:
            target = SmtpTarget("127.0.0.1", server.port, "none", "lw@clinic.example", USER)
            yield EmailFar(EmailChannel(target, lambda: PASSWORD), script)


@dataclass
class WebhookFar(Far):
    channel: Channel
    receiver: Receiver

    def received(self) -> Sequence[str]:
        return self.receiver.keys


class TestWebhook(NetworkContract):
    """Over a real HTTP server that verifies signatures."""

    @asynccontextmanager
    async def far(self) -> AsyncIterator[Far]:
        async with webhook_receiver(Receiver()) as receiver:
            channel = WebhookChannel(
                WebhookTarget(receiver.url, allow_private=True),
                lambda: SECRET,
                name="webhook.desk",
                clock=StoppedClock(),
            )
            yield WebhookFar(channel, receiver)


@dataclass
class ConsoleFar(Far):
    channel: Channel
    stream: io.StringIO

    def received(self) -> Sequence[str]:
        lines = self.stream.getvalue().splitlines()
        return [line.rsplit(maxsplit=1)[1] for line in lines if line.startswith("to ")]


class TestConsole(ChannelContract):
    """Over a stream in memory."""

    @asynccontextmanager
    async def far(self) -> AsyncIterator[Far]:
        stream = io.StringIO()
        yield ConsoleFar(ConsoleChannel(stream=stream), stream)


@dataclass
class NullFar(Far):
    channel: Channel

    def received(self) -> Sequence[str]:
        return []


class TestNull(ChannelContract):
    """Over nothing: it keeps the rules except the one that matters."""

    is_lossy = True

    @asynccontextmanager
    async def far(self) -> AsyncIterator[Far]:
        yield NullFar(NullChannel())
