"""``leakwatch errors``: every error's stable name and exit code."""

from __future__ import annotations

from typing import Annotated

import typer

from leakwatch.cli.render import Output
from leakwatch.errors import error_classes


def register(app: typer.Typer) -> None:
    app.command("errors")(list_errors)


def list_errors(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List every error's exit code, stable name and meaning.

    Example: leakwatch errors
    """
    output = Output(as_json=as_json)
    classes = sorted(error_classes(), key=lambda c: c.exit_code)
    rows = [(c.exit_code, c.slug, "yes" if c.retryable else "no", c.__doc__ or "") for c in classes]
    if as_json:
        for code, slug, retryable, meaning in rows:
            output.record(
                {
                    "exit_code": code,
                    "slug": slug,
                    "retryable": retryable == "yes",
                    "meaning": meaning,
                }
            )
        return
    output.table(("exit", "name", "retried", "meaning"), rows)
