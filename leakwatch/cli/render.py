"""Everything that is printed passes here.

stdout carries results (tables, or one JSON object a line), stderr the rest.
Hostile text is escaped before it reaches a terminal.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from leakwatch.errors import LeakwatchError

PLAIN_WIDTH = 80
"""Columns of a table that goes to a pipe or a file."""
_ID = re.compile(r"[a-z]-[a-z2-7]+|-")
"""An id of ours, or that there is none."""


class Output:
    """Prints for one command.

    Args:
        as_json: print rows as JSON lines and no tables.
    """

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self.stdout = _console(sys.stdout)
        self.stderr = _console(sys.stderr)

    def record(self, fields: Mapping[str, Any]) -> None:
        """Print one JSON object on a line of its own."""
        sys.stdout.write(_json_line(fields) + "\n")

    def table(
        self, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str | None = None
    ) -> None:
        """Print a table that fits the terminal; cells wrap, nothing is cut.

        Ids stay whole where there is room for them: one in two lines cannot be copied.
        """
        rows = list(rows)
        table = Table(
            title=title, title_justify="left", box=None, pad_edge=False, header_style="bold"
        )
        for number, column in enumerate(columns):
            are_ids = all(_ID.fullmatch(str(row[number])) for row in rows)
            table.add_column(column, overflow="fold", no_wrap=are_ids)
        for row in rows:
            # A name with a line break in it must not draw a row of its own.
            texts = (c if isinstance(c, Text) else shown(c).replace("\n", r"\n") for c in row)
            table.add_row(*(Text(c) if isinstance(c, str) else c for c in texts))
        self.stdout.print(table)

    def fields(self, pairs: Iterable[tuple[str, Any]]) -> None:
        """Print ``name  value`` lines, values wrapped under themselves."""
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="bold", no_wrap=True)
        grid.add_column(overflow="fold")
        for name, value in pairs:
            grid.add_row(name, value if isinstance(value, Text) else Text(shown(value)))
        self.stdout.print(grid)

    def text(self, line: str = "") -> None:
        """Print a line of results."""
        self.stdout.print(Text(shown(line)), soft_wrap=True)

    def notice(self, line: str) -> None:
        """Say something on stderr."""
        self.stderr.print(Text(shown(line)), soft_wrap=True)

    def diagnostic(self, fields: Mapping[str, Any]) -> None:
        """Say something on stderr as one JSON object, where stdout has them too."""
        self.stderr.print(Text(_json_line(fields)), soft_wrap=True)

    def error(self, error: LeakwatchError) -> None:
        """Print an error in one line a problem, with its hint."""
        for line in error.what.splitlines():
            self.stderr.print(Text.assemble(("error: ", "bold red"), shown(line)), soft_wrap=True)
        if error.hint:
            self.stderr.print(Text.assemble(("next: ", "bold"), shown(error.hint)), soft_wrap=True)

    @contextmanager
    def bar(self) -> Iterator[Bar]:
        """Show a progress bar for work of several stages while the block runs."""
        with self.progress("starting") as progress:
            yield Bar(self, progress)

    @contextmanager
    def progress(self, what: str, total: int | None = None) -> Iterator[Progress]:
        """Show a progress bar with an ETA on stderr while the block runs.

        Nothing is drawn when stderr is no terminal. The bar's task id is 0.
        """
        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            _Rate(),
            console=self.stderr,
            transient=True,
            disable=not self.stderr.is_terminal,
        )
        with bar:
            bar.add_task(what, total=total, size_bytes=0)
            yield bar


class _Rate(ProgressColumn):
    """How many steps a second are made, and how many bytes have been read."""

    def render(self, task: Task) -> Text:
        rate = f"{task.speed:,.0f}/s" if task.speed else ""
        size_bytes = task.fields.get("size_bytes") or 0
        return Text(f"{rate} {size_bytes / 1e6:,.0f} MB" if size_bytes else rate)


class Bar:
    """A progress bar that is told of stages; implements ``corpus.stages.Stages``."""

    def __init__(self, output: Output, progress: Progress) -> None:
        self._output = output
        self._progress = progress
        self._task = progress.task_ids[0]

    def begin(self, name: str, total: int | None = None) -> None:
        """Start over, under another name."""
        self._progress.reset(self._task, total=total, description=name, size_bytes=0)

    def advance(self, steps: int, *, size_bytes: int = 0) -> None:
        """Show that so many steps more are done, and so many bytes."""
        done = self._progress.tasks[0].fields["size_bytes"] + size_bytes
        self._progress.update(self._task, advance=steps, size_bytes=done)

    def say(self, line: str) -> None:
        """Say something above the bar."""
        self._output.notice(line)


def _json_line(fields: Mapping[str, Any]) -> str:
    line = json.dumps(fields, ensure_ascii=False, default=plain, separators=(", ", ": "))
    if not (line.isascii() and line.isprintable()):
        line = "".join(map(_in_json, line))
    return line


def shown(value: Any) -> str:
    """Return a value as terminal-safe text: controls escaped, times in UTC."""
    if value is None:
        return "-"
    text = str(plain(value))
    return "".join(_escaped(c) for c in text)


def plain(value: Any) -> Any:
    """Return a JSON-ready form of what our records hold."""
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (Path, str, int, float, bool)):
        return str(value) if isinstance(value, Path) else value
    if isinstance(value, (tuple, set, frozenset)):
        return list(value)
    raise TypeError(f"no JSON form for {type(value).__name__}")


def iso(at: datetime) -> str:
    """Return ISO 8601 in UTC, to the second, with a ``Z``."""
    return at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _console(stream: Any) -> Console:
    width = None if stream.isatty() else PLAIN_WIDTH
    return Console(file=stream, width=width, highlight=False, emoji=False, markup=False)


def _is_plain(char: str) -> bool:
    # Bidirectional overrides can make a name read as another one.
    return char.isprintable() and char not in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068"


def _escaped(char: str) -> str:
    if char == "\n" or _is_plain(char):
        return char
    return char.encode("unicode_escape").decode("ascii")


def _in_json(char: str) -> str:
    """Spell out what could steer a terminal, the way JSON does (RFC 8259, 7)."""
    return char if _is_plain(char) else json.dumps(char)[1:-1]
