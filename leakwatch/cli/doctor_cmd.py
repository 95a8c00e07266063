"""``leakwatch doctor``."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from leakwatch.cli.invocation import settings_of
from leakwatch.cli.render import Output, shown

if TYPE_CHECKING:
    from leakwatch.doctor import Check

_STYLE = {"ok": "green", "warning": "yellow", "failed": "bold red"}


def register(app: typer.Typer) -> None:
    app.command()(doctor)


def doctor(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Check everything that can be reached, and say what to do next.

    Exits with the code of the first thing that failed.

    Example: leakwatch --config leakwatch.toml doctor
    """
    from leakwatch.doctor import Verdict, examine

    output = Output(as_json=as_json)
    settings = settings_of(context)

    async def run() -> list[Check]:
        checks = []
        async for check in examine(settings):
            checks.append(check)
            _tell(output, check)
        return checks

    failed = [c for c in asyncio.run(run()) if c.verdict is Verdict.FAILED]
    if failed:
        output.notice(f"{len(failed)} of these need mending before the daemon can do its work")
        raise typer.Exit(failed[0].error.exit_code if failed[0].error else 3)


def _tell(output: Output, check: Check) -> None:
    if output.as_json:
        output.record(
            {
                "check": check.name,
                "verdict": check.verdict,
                "says": check.says,
                "next": check.next,
                "error": check.error.slug if check.error else None,
            }
        )
        return
    mark = Text(f"{check.verdict.value:<8}", _STYLE[check.verdict.value])
    lines = [(f"{check.name:<16}", Text.assemble(mark, shown(check.says)))]
    if check.next:
        lines.append((" " * 16, Text(f"next:   {shown(check.next)}")))
    output.fields(lines)
