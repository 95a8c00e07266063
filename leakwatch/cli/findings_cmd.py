"""``leakwatch findings``: list, show, explain, confirm, reject (``rematch_cmd``: rematch)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from leakwatch.cli.invocation import reading, writing
from leakwatch.cli.matches import show_matches, stored_fields
from leakwatch.cli.render import Output, iso
from leakwatch.match.wording import told
from leakwatch.model.finding import Finding, FindingEvent, Outcome, Review
from leakwatch.model.location import defanged
from leakwatch.ports import FindingQuery, StoredMatch

findings = typer.Typer(help="Query and triage findings.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
FindingId = Annotated[str, typer.Argument(help="Finding id, or a unique start of one.")]
Who = Annotated[str, typer.Option("--by", help="Your name, for the history.")]
Why = Annotated[str, typer.Option("--reason", help="Why, in one line, for the history.")]


def register(app: typer.Typer) -> None:
    # It uses what stands here.
    from leakwatch.cli import rematch_cmd

    rematch_cmd.register(findings)
    app.add_typer(findings, name="findings")


@findings.command("list")
def list_findings(
    context: typer.Context,
    matter: Annotated[str | None, typer.Option(help="Only this matter.")] = None,
    outcome: Annotated[
        str | None, typer.Option(help="Only this outcome, or its part before the dot.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Seen since: 2026-01-31, an ISO time, or 12h, 7d.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 200,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit 1 when there is nothing to list.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List findings, worst outcome first, then newest.

    Example: leakwatch findings list --outcome apparent_breach --since 24h
    """
    query = FindingQuery(matter, outcome, source, since_time(since), limit)
    _check_outcome(outcome)

    async def fetch() -> Sequence[Finding]:
        async with reading(context) as tx:
            return await tx.findings.query(query)

    found = asyncio.run(fetch())
    output = Output(as_json=as_json)
    if as_json:
        for finding in found:
            output.record(_summary(finding))
    elif found:
        output.table(
            ("finding", "outcome", "files", "grade", "source", "last seen (UTC)"),
            [
                (
                    f.id,
                    _outcome_text(f),
                    f.documents,
                    f.grade,
                    f.source,
                    f"{f.last_seen_at:%Y-%m-%d %H:%M}",
                )
                for f in found
            ],
        )
        output.notice(f"{len(found)} findings. Next: leakwatch findings explain {found[0].id}")
    else:
        output.notice("no findings")
    if exit_code and not found:
        raise typer.Exit(1)


@findings.command()
def show(context: typer.Context, finding: FindingId, as_json: AsJson = False) -> None:
    """Show one finding: where, when, how sure, and its history.

    Example: leakwatch findings show f-k3q
    """

    async def fetch() -> tuple[Finding, Sequence[FindingEvent], Sequence[StoredMatch], list[Any]]:
        async with reading(context) as tx:
            found = await tx.findings.get(finding)
            return (
                found,
                await tx.findings.events(found.id),
                await tx.findings.matches(found.id),
                list(await tx.evidence.of_finding(found.id)),
            )

    found, events, matches, records = asyncio.run(fetch())
    output = Output(as_json=as_json)
    if as_json:
        output.record(
            {
                **_summary(found),
                "history": [_event(event) for event in events],
                "matches": [stored_fields(stored) for stored in matches],
                "evidence": [{"seq": r.seq, "id": r.draft.id, "sha256": r.sha256} for r in records],
            }
        )
        return
    output.fields(_facts(found, len(records)))
    output.text()
    output.table(
        ("when (UTC)", "who", "what", "why"),
        [
            (f"{e.at:%m-%d %H:%M:%S}", e.actor, f"{e.action}: {e.outcome.value}", e.reason)
            for e in events
        ],
        title="History",
    )


@findings.command()
def explain(context: typer.Context, finding: FindingId, as_json: AsJson = False) -> None:
    """Say why a finding has its outcome, and what each match rests on.

    Known files appear by opaque id: the custodian alone can name them.

    Example: leakwatch findings explain f-k3q
    """

    async def fetch() -> tuple[Finding, Sequence[StoredMatch]]:
        async with reading(context) as tx:
            found = await tx.findings.get(finding)
            return found, await tx.findings.matches(found.id)

    found, matches = asyncio.run(fetch())
    output = Output(as_json=as_json)
    if as_json:
        told_of = [{**stored_fields(s), "in_words": _in_words(s)} for s in matches]
        output.record({**_summary(found), "matches": told_of})
        return
    output.text(f"{found.id}: {found.outcome.value}")
    output.text(f"Order: {found.assessment.order or 'none in force'}")
    if found.assessment.paragraph:
        output.text(f"Paragraph: {found.assessment.paragraph}")
    output.text()
    for number, reason in enumerate(found.assessment.reasons, start=1):
        output.text(f"{number}. {reason}")
    output.text()
    output.table(
        ("", "element", "because"),
        [(e.code, e.state.value, e.because) for e in found.assessment.elements],
        title="Elements",
    )
    if matches:
        output.text()
        show_matches(output, matches)


@findings.command()
def confirm(context: typer.Context, finding: FindingId, by: Who, reason: Why) -> None:
    """Record that a named person checked a finding and agrees.

    Example: leakwatch findings confirm f-k3q --by "A. Analyst" --reason "compared 3 files"
    """
    asyncio.run(_review(context, finding, Review.CONFIRMED, by=by, reason=reason))


@findings.command()
def reject(context: typer.Context, finding: FindingId, by: Who, reason: Why) -> None:
    """Record that a named person finds it a false positive; this lowers its outcome.

    Example: leakwatch findings reject f-k3q --by "A. Analyst" --reason "blank form"
    """
    asyncio.run(_review(context, finding, Review.REJECTED, by=by, reason=reason))


async def _review(
    context: typer.Context, finding: str, review: Review, *, by: str, reason: str
) -> None:
    from leakwatch.triage import reviewed

    async with writing(context) as tx:
        found = await tx.findings.get(finding)
        after, event = reviewed(found, review, by=by, reason=reason, at=datetime.now(UTC))
        await tx.findings.save(after, event)
    Output().notice(f"{after.id}: {event.action} by {by}; outcome {after.outcome.value}")


def since_time(text: str | None) -> datetime | None:
    """Return the time that ``--since`` gives; raises BadParameter."""
    if text is None:
        return None
    units = {"m": "minutes", "h": "hours", "d": "days"}
    if text[:-1].isdigit() and text[-1:] in units:
        return datetime.now(UTC) - timedelta(**{units[text[-1]]: int(text[:-1])})
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no time: expected 2026-01-31, 2026-01-31T09:00+13:00, 12h or 7d",
            param_hint="--since",
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _check_outcome(text: str | None) -> None:
    known = {o.value for o in Outcome} | {o.value.partition(".")[0] for o in Outcome}
    if text is not None and text not in known:
        raise typer.BadParameter(
            f"{text!r} is no outcome: expected one of {', '.join(sorted(known))}",
            param_hint="--outcome",
        )


def _outcome_text(finding: Finding) -> str:
    mark = "" if finding.review is Review.OPEN else f" ({finding.review.value})"
    return finding.outcome.value + mark


def _summary(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "matter": finding.matter,
        "source": finding.source,
        "location": finding.location,
        "outcome": finding.outcome,
        "revision": finding.revision,
        "review": finding.review,
        "documents": finding.documents,
        "grade": finding.grade,
        "first_seen_at": finding.first_seen_at,
        "last_seen_at": finding.last_seen_at,
        "last_absent_at": finding.last_absent_at,
        "claimed_posted_at": finding.claimed_posted_at,
        "gone_since": finding.gone_since,
        "order": finding.assessment.order,
        "paragraph": finding.assessment.paragraph,
        "reasons": finding.assessment.reasons,
        "elements": [
            {"code": e.code, "state": e.state.value, "because": e.because}
            for e in finding.assessment.elements
        ],
    }


def _event(event: FindingEvent) -> dict[str, Any]:
    return {
        "at": iso(event.at),
        "revision": event.revision,
        "actor": event.actor,
        "action": event.action,
        "outcome": event.outcome.value,
        "reason": event.reason,
    }


def _in_words(stored: StoredMatch) -> str:
    return told(stored.match, letters=stored.artefact_letters)


def _facts(finding: Finding, records: int) -> list[tuple[str, Any]]:
    absent = finding.last_absent_at
    return [
        ("finding", finding.id),
        ("matter", finding.matter),
        ("outcome", f"{_outcome_text(finding)}, revision {finding.revision}"),
        ("where", defanged(finding.location)),
        ("source", finding.source),
        ("appeared", f"after {iso(absent)}" if absent else "unknown: no earlier look"),
        ("first seen", finding.first_seen_at),
        ("last seen", finding.last_seen_at),
        ("site's date", finding.claimed_posted_at),
        ("known files", f"{finding.documents}, best grade {finding.grade or '-'}"),
        ("order", finding.assessment.order or "none in force"),
        ("paragraph", finding.assessment.paragraph),
        ("evidence", f"{records} records (leakwatch evidence list)"),
    ]
