"""``leakwatch findings rematch``."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leakwatch.cli.findings_cmd import AsJson, since_time
from leakwatch.cli.invocation import settings_of
from leakwatch.cli.render import Output

if TYPE_CHECKING:
    from leakwatch.rematch import RematchReport


def register(findings: typer.Typer) -> None:
    findings.command()(rematch)


def rematch(
    context: typer.Context,
    since: Annotated[
        str | None, typer.Option(help="Only what was seen since: 2026-01-31, 12h, 7d.")
    ] = None,
    corpus: Annotated[
        str | None, typer.Option(help="Only against this corpus, whatever was matched before.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what was matched against these corpora before.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Match all that was seen before against the corpora as they are now.

    Uses the keyed sketches kept of everything seen: nothing is fetched. What is
    recognised becomes a match of its finding, with evidence and alert as after a
    poll; running it again tells nothing twice. A daemon does the same by itself
    when a corpus changes. Cut off, it goes on where it was.

    Example: leakwatch findings rematch --since 90d
    """
    from leakwatch.daemon.rematch_by_hand import rematch_by_hand

    output = Output(as_json=as_json)
    settings, at = settings_of(context), since_time(since)
    with output.progress("matched anew") as bar:

        def advance(done: int, total: int) -> None:
            bar.update(bar.task_ids[0], completed=done, total=total)

        reports = asyncio.run(
            rematch_by_hand(
                settings, corpus=corpus, since=at, everything=everything, progress=advance
            )
        )
    for report in reports:
        if as_json:
            output.record(_fields(report))
        else:
            _show(output, report)


def _show(output: Output, report: RematchReport) -> None:
    for one in report.recorded:
        change = one.event.action if one.event else "no news"
        told = f", alert {one.alert.id}" if one.alert else ""
        found = one.finding
        output.text(f"{found.id}  {found.outcome.value}  {found.documents} files  {change}{told}")
    output.notice(
        f"{report.matter}: {report.looked_at} things seen before were matched anew, "
        f"{len({one.finding.id for one in report.recorded})} findings have more known files"
    )
    if report.incomparable:
        output.notice(
            f"{report.incomparable} were kept under another key or by another recipe and cannot "
            "be matched"
        )
    if report.damaged:
        output.notice(f"{report.damaged} are damaged in the database and were left out")


def _fields(report: RematchReport) -> dict[str, Any]:
    return {
        "matter": report.matter,
        "looked_at": report.looked_at,
        "incomparable": report.incomparable,
        "damaged": report.damaged,
        "findings": [
            {
                "id": one.finding.id,
                "outcome": one.finding.outcome.value,
                "documents": one.finding.documents,
                "action": one.event.action if one.event else None,
                "alert": one.alert.id if one.alert else None,
            }
            for one in report.recorded
        ],
    }
