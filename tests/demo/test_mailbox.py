"""The demo's mailbox receives what is sent to it and leaves nothing behind."""

from __future__ import annotations

import asyncio
import socket
import threading

import pytest

from leakwatch.alert.channels.email import EmailChannel, SmtpTarget
from leakwatch.clock import SystemClock
from leakwatch.demo.mailbox import Mailbox
from tests.support.alerts import LEGAL, NOON, StoppedClock, an_alert, messages


def channel(mailbox: Mailbox) -> EmailChannel:
    return EmailChannel(SmtpTarget(mailbox.host, mailbox.port, "none", "leakwatch@clinic.example"))


async def test_mail_is_kept_with_its_time() -> None:
    """What a channel hands over can be waited for and read, with the moment it came."""
    (message,) = messages(an_alert(), LEGAL)
    async with Mailbox(StoppedClock()) as mailbox:
        waiting = asyncio.create_task(mailbox.wait_for(timeout_s=10))
        await channel(mailbox).send(message)
        (got,) = await waiting
    assert got.received_at == NOON
    assert got.sender == "leakwatch@clinic.example"
    assert got.recipients == ("ana@chambers.example",)
    assert got.mail["Subject"] == message.alert.subject
    assert got.mail["X-Leakwatch-Delivery"] == message.delivery.id
    assert message.alert.subject not in repr(got)
    assert mailbox.messages == (got,)


async def test_waiting_can_choose() -> None:
    """Mail that was already there counts; mail of another kind does not."""
    first, second = an_alert(), an_alert(revision=2)
    async with Mailbox(StoppedClock()) as mailbox:
        for alert in (first, second):
            for message in messages(alert, LEGAL):
                await channel(mailbox).send(message)
        (got,) = await mailbox.wait_for(
            timeout_s=10, accept=lambda r: r.mail["X-Leakwatch-Alert"] == second.id
        )
        assert got.mail["X-Leakwatch-Alert"] == second.id
        assert len(await mailbox.wait_for(2, timeout_s=10)) == 2
        with pytest.raises(TimeoutError):
            await mailbox.wait_for(3, timeout_s=0.05)


async def test_nothing_is_left() -> None:
    """After stop there is no thread and no listener; stopping again is harmless."""
    before = set(threading.enumerate())
    mailbox = Mailbox(SystemClock())
    await mailbox.start()
    port = mailbox.port
    idle = socket.create_connection((mailbox.host, port), timeout=5)
    await mailbox.stop()
    await mailbox.stop()
    idle.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((mailbox.host, port), timeout=5)
    left = {t for t in threading.enumerate() if t.is_alive()} - before
    assert not [t for t in left if "asyncio" not in t.name]  # to_thread keeps its worker
    assert mailbox.port == 0
