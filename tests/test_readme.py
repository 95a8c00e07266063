"""The README's commands exist, with the options it gives them."""

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from leakwatch.cli.main import app

README = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line.split("#")[0].strip()
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
]


def is_ours(command: str) -> bool:
    return command.startswith("leakwatch ")


@pytest.mark.parametrize("command", filter(is_ours, COMMANDS))
def test_every_command_of_the_readme_parses(command: str) -> None:
    """A reader who types what the README says meets no usage error."""
    words = shlex.split(command)[1:]
    node = typer.main.get_command(app)
    context = node.make_context("leakwatch", list(words), resilient_parsing=False)
    while subcommands := getattr(node, "commands", None):
        rest = [*context.protected_args, *context.args] if hasattr(
            context, "protected_args"
        ) else list(context.args)
        name = rest.pop(0)
        assert name in subcommands, f"no command {name}"
        node = subcommands[name]
        context = node.make_context(name, rest, parent=context)


def test_the_readme_shows_the_make_targets() -> None:
    """Both commands that it opens with are targets of the Makefile."""
    makefile = (Path(__file__).resolve().parents[1] / "Makefile").read_text(encoding="utf-8")
    for command in filter(lambda c: c.startswith("make "), COMMANDS):
        assert re.search(rf"^{command.split()[1]}:", makefile, re.MULTILINE)
