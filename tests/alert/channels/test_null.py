"""Silence is never silent."""

from __future__ import annotations

from structlog.testing import capture_logs

from leakwatch.alert.channels.null import NullChannel
from tests.support.alerts import ANALYST, an_alert, messages


async def test_it_warns_when_built_and_each_time() -> None:
    """Nobody can run without alerts and not be told."""
    (message,) = messages(an_alert(), ANALYST)
    with capture_logs() as logs:
        await NullChannel().send(message)
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [
        ("null_channel", "warning"),
        ("alert_dropped", "warning"),
    ]
