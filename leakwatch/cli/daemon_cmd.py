"""``leakwatch run`` and ``leakwatch poll``."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Annotated

import typer

from leakwatch.cli.invocation import settings_of
from leakwatch.cli.logs import configure_logs
from leakwatch.cli.render import Output
from leakwatch.errors import error_classes
from leakwatch.model.location import defanged

if TYPE_CHECKING:
    from leakwatch.pipeline import PollReport


def register(app: typer.Typer) -> None:
    app.command()(run)
    app.command()(poll)


def run(context: typer.Context) -> None:
    """Run the daemon until SIGTERM or Ctrl-C; running polls are finished first.

    Example: leakwatch --config /etc/leakwatch/leakwatch.toml run
    """
    from leakwatch.daemon.main import serve

    configure_logs(logging.DEBUG if context.obj.debug else logging.INFO)
    asyncio.run(serve(settings_of(context)))


def poll(
    context: typer.Context,
    source: Annotated[
        str | None, typer.Argument(help="Name of a source; all of them when left out.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Poll once by hand, now, and show what was seen; alerts go out as usual.

    Exits with the code of the first poll that failed.

    Example: leakwatch poll kazu
    """
    from leakwatch.daemon.by_hand import poll_by_hand

    reports = asyncio.run(poll_by_hand(settings_of(context), source))
    output = Output(as_json=as_json)
    for report in reports:
        if as_json:
            output.record(_summary(report))
        else:
            _show(output, report)
    failed = [report.poll.error for report in reports if report.poll.is_failure]
    if failed:
        raise typer.Exit(exit_code_of(failed[0]))


def exit_code_of(slug: str | None) -> int:
    """Return the exit code of an error by its stable name; 1 for one that is not ours."""
    return next((cls.exit_code for cls in error_classes() if cls.slug == slug), 1)


def _show(output: Output, report: PollReport) -> None:
    poll = report.poll
    output.fields(
        [
            ("source", poll.source),
            ("outcome", poll.outcome.value),
            ("location", defanged(poll.location) if poll.location else None),
            ("pages", poll.pages),
            ("posts", f"{poll.items} new or changed"),
            ("problem", f"{poll.error}: {poll.detail}" if poll.error else "none"),
        ]
    )
    for recorded in report.recorded:
        change = recorded.event.action if recorded.event else "seen again"
        found = recorded.finding
        told = f", alert {recorded.alert.id}" if recorded.alert else ""
        output.text(f"{found.id}  {found.outcome.value}  {found.documents} files  {change}{told}")
    output.text()


def _summary(report: PollReport) -> dict[str, object]:
    poll = report.poll
    return {
        "source": poll.source,
        "outcome": poll.outcome,
        "location": poll.location,
        "pages": poll.pages,
        "items": poll.items,
        "is_complete": poll.is_complete,
        "error": poll.error,
        "detail": poll.detail,
        "findings": [
            {
                "id": r.finding.id,
                "outcome": r.finding.outcome.value,
                "documents": r.finding.documents,
                "action": r.event.action if r.event else None,
                "alert": r.alert.id if r.alert else None,
            }
            for r in report.recorded
        ],
    }
