"""A channel that tells nobody: for a machine that must stay silent, never by accident."""

from __future__ import annotations

import structlog

from leakwatch.model.alert import Message

_log = structlog.get_logger(__name__)


class NullChannel:
    """Accepts every message and drops it; says so when built and each time."""

    def __init__(self, name: str = "null") -> None:
        self.name = name
        _log.warning("null_channel", channel=name, detail="alerts to it reach nobody")

    async def send(self, message: Message) -> None:
        _log.warning("alert_dropped", channel=self.name, delivery=message.delivery.id)

    async def check(self) -> str:
        return f"{self.name}: drops every message; nobody is told"
