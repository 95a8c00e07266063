"""Ways to tell somebody, and trying them out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from leakwatch.alert.channels.console import ConsoleChannel
from leakwatch.alert.channels.email import EmailChannel, SmtpTarget
from leakwatch.alert.channels.webhook import WebhookChannel, WebhookTarget
from leakwatch.alert.trial import trial_messages
from leakwatch.clock import Clock, SystemClock
from leakwatch.errors import EntityUnknown, LeakwatchError
from leakwatch.model.alert import Message
from leakwatch.places import load_places
from leakwatch.ports import Channel
from leakwatch.settings import Settings, read_secret


def build_channels(settings: Settings, clock: Clock | None = None) -> dict[str, Channel]:
    """Build every configured channel; secrets are read when they are used."""
    channels: dict[str, Channel] = {}
    if settings.channels.console.enabled:
        channels["console"] = ConsoleChannel()
    if (smtp := settings.channels.email) is not None:
        target = SmtpTarget(
            host=smtp.host,
            port=smtp.port,
            security=smtp.security,
            sender=smtp.sender,
            username=smtp.username,
            ca_file=smtp.ca_file,
            timeout_s=smtp.timeout_s,
        )
        password = _secret(smtp.password_file, "SMTP password") if smtp.password_file else None
        channels["email"] = EmailChannel(target, password)
    for name, hook in settings.channels.webhook.items():
        channels[f"webhook.{name}"] = WebhookChannel(
            WebhookTarget(hook.url, timeout_s=hook.timeout_s, allow_private=hook.allow_private),
            _secret(hook.secret_file, f"secret of webhook {name}"),
            name=f"webhook.{name}",
            clock=clock or SystemClock(),
        )
    return channels


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one test message."""

    recipient: str
    channel: str
    error: LeakwatchError | None


async def send_trial(settings: Settings, matter: str | None) -> Sequence[Trial]:
    """Send a test message to every recipient of one matter, or of all.

    Raises:
        EntityUnknown: no matter of that id.
    """
    matters = load_places(settings).matters
    chosen = [m for m in matters if matter in (None, m.id)]
    if not chosen:
        known = ", ".join(m.id for m in matters) or "none"
        raise EntityUnknown(f"no matter {matter!r}; configured: {known}")
    clock = SystemClock()
    channels = build_channels(settings, clock)

    async def attempt(message: Message) -> Trial:
        delivery = message.delivery
        try:
            await channels[delivery.channel].send(message)
        except LeakwatchError as error:
            return Trial(delivery.recipient, delivery.channel, error)
        return Trial(delivery.recipient, delivery.channel, None)

    messages = [m for one in chosen for m in trial_messages(one, at=clock.now())]
    return await asyncio.gather(*map(attempt, messages))


def _secret(path: Path, purpose: str) -> Callable[[], str]:
    return partial(read_secret, path, purpose=purpose)
