"""How every command ends."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import typer

from leakwatch.cli import main as command

LEAKWATCH: Sequence[str] = (sys.executable, "-m", "leakwatch")


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    """With ``| head`` a command ends quietly and well: 1 would say that nothing was found."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = subprocess.run(  # noqa: S603 - ourselves
            [*LEAKWATCH, "errors", "--json"], stdout=writing, stderr=subprocess.PIPE, check=False
        )
    finally:
        os.close(writing)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_a_full_disk_is_told_in_words() -> None:
    """What the system says is shown, and no traceback."""
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(  # noqa: S603 - ourselves
            [*LEAKWATCH, "errors", "--json"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert ended.returncode == 99
    assert (
        ended.stderr.decode().splitlines()[0]
        == "error: the system refused: No space left on device"
    )


def test_an_interrupted_command_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C ends a command with a word and the code that shells give it."""

    def interrupted(**_: object) -> None:
        raise typer.Abort

    monkeypatch.setattr(command, "commands", lambda _: interrupted)
    assert command.main(["errors"]) == 130
    assert capsys.readouterr().err == "interrupted\n"
