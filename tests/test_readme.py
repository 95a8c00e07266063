"""The README's commands exist, with the options it gives them."""

import re
from pathlib import Path

import pytest

from tests.support.commands import check_command, console_lines, our_commands

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", our_commands(README))
def test_every_command_of_the_readme_parses(command: str) -> None:
    """A reader who types what the README says meets no usage error."""
    check_command(command)


def test_the_readme_shows_the_make_targets() -> None:
    """Both commands that it opens with are targets of the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    shown = [line.split()[1] for line in console_lines(README) if line.startswith("make ")]
    assert {"demo", "test"} <= set(shown)
    for target in shown:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
