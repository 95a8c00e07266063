"""Alerts on the operator's terminal: framed text on standard error.

A pipe that nobody reads would stop the whole process, so the writing is done
in a thread; the outbox cuts it off like any other channel that hangs.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TextIO

from leakwatch.errors import DeliveryFailed
from leakwatch.model.alert import Message

_WIDTH = 72


class ConsoleChannel:
    """Prints each message once the stream takes it.

    Args:
        name: as recipients name it.
        stream: where to print; None means standard error as it is at the time.
    """

    def __init__(self, name: str = "console", *, stream: TextIO | None = None) -> None:
        self.name = name
        self._stream = stream

    async def send(self, message: Message) -> None:
        await asyncio.to_thread(self._write, framed(message))

    async def check(self) -> str:
        stream = self._target()
        return f"{self.name}: {getattr(stream, 'name', 'a stream')} is open"

    def _target(self) -> TextIO:
        stream = sys.stderr if self._stream is None else self._stream
        # Without a standard error the interpreter has None there, whatever the type says.
        if getattr(stream, "closed", True):
            raise DeliveryFailed(f"{self.name}: the stream is closed")
        return stream

    def _write(self, text: str) -> None:
        stream = self._target()
        try:
            stream.write(text)
            stream.flush()
        except (OSError, ValueError) as error:
            raise DeliveryFailed(
                f"{self.name}: cannot be written: {type(error).__name__}"
            ) from error


def framed(message: Message) -> str:
    """Return the message between two rules, without anything a terminal would obey."""
    delivery, alert = message.delivery, message.alert
    lines = [
        "=" * _WIDTH,
        alert.subject,
        f"to {delivery.recipient}   alert {alert.id}   delivery {delivery.id}",
        "-" * _WIDTH,
        *alert.body.splitlines(),
        "=" * _WIDTH,
    ]
    return "".join(f"{_visible(line)}\n" for line in lines)


def _visible(line: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)
