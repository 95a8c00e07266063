"""Commands that documents show, and whether a reader could type them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import typer.main

from leakwatch.cli.main import commands

_BLOCK = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)
_ELSEWHERE = frozenset({"|", ">", ">>", "&", "&&", ";"})
"""What ends a command's own words on a shell's line."""


class NoSuchCommand(Exception):
    """A document shows a command that does not exist."""


def console_lines(markdown: str) -> list[str]:
    """Return the lines of all ```console blocks; comments dropped, continued lines joined."""
    blocks = (block.replace("\\\n", " ") for block in _BLOCK.findall(markdown))
    lines = (line.split(" #")[0].strip() for block in blocks for line in block.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def our_commands(markdown: str) -> list[str]:
    """Return the lines that call leakwatch."""
    return [line for line in console_lines(markdown) if line.startswith("leakwatch ")]


def check_command(line: str) -> None:
    """Parse a line as the command line would, and run nothing.

    Raises:
        NoSuchCommand: a noun or verb that is not there.
        typer.TyperException: an option or argument that is not, or one that is missing.
    """
    node = typer.main.get_command(commands())
    context = node.make_context("leakwatch", list(_words(line))[1:])
    while subcommands := getattr(node, "commands", None):
        # The first word left over is held apart from the rest.
        rest = [*getattr(context, "_protected_args", ()), *context.args]
        if not rest or rest[0] not in subcommands:
            raise NoSuchCommand(line)
        node = subcommands[rest[0]]
        context = node.make_context(rest[0], rest[1:], parent=context)


def _words(line: str) -> Iterator[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|>&;")
    lexer.whitespace_split = True
    for word in lexer:
        if word in _ELSEWHERE:
            return
        yield word
