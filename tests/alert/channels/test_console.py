"""The terminal shows the alert and obeys nothing in it."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from leakwatch.alert.channels.console import ConsoleChannel
from leakwatch.errors import DeliveryFailed
from leakwatch.model.alert import Message
from tests.support.alerts import ANALYST, an_alert, messages


def a_message() -> Message:
    (message,) = messages(an_alert(), ANALYST)
    return message


async def test_it_prints_to_standard_error_only(capsys: pytest.CaptureFixture[str]) -> None:
    """Standard output belongs to scripts; the alert stands between rules on the other."""
    message = a_message()
    await ConsoleChannel().send(message)
    out, err = capsys.readouterr()
    assert not out
    lines = err.splitlines()
    assert lines[0] == lines[-1] == "=" * 72
    assert message.alert.subject in lines
    assert lines[4:-1] == message.alert.body.splitlines()


async def test_terminal_escapes_are_not_passed_on() -> None:
    """A body that came from the store altered cannot drive the terminal."""
    message = a_message()
    alert = replace(message.alert, body="\x1b[2Jclear\x07\u202e", subject="\x1b]0;title")
    stream = io.StringIO()
    await ConsoleChannel(stream=stream).send(replace(message, alert=alert))
    assert all(c.isprintable() or c == "\n" for c in stream.getvalue())
    assert "clear" in stream.getvalue()


async def test_a_stream_that_cannot_be_written_passes() -> None:
    """A closed or broken stream keeps the alert for later."""

    class Broken(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    closed = io.StringIO()
    closed.close()
    for stream in (Broken(), closed):
        with pytest.raises(DeliveryFailed):
            await ConsoleChannel(stream=stream).send(a_message())
    with pytest.raises(DeliveryFailed):
        await ConsoleChannel(stream=closed).check()


async def test_no_standard_error_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon started without one keeps the alert for later."""
    monkeypatch.setattr("sys.stderr", None)
    with pytest.raises(DeliveryFailed):
        await ConsoleChannel().send(a_message())
