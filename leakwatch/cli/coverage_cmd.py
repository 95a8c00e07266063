"""``leakwatch sources coverage``: proof that we were looking, and an account of every byte."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leakwatch.cli.findings_cmd import since_time
from leakwatch.cli.invocation import settings_of
from leakwatch.cli.render import Output
from leakwatch.clock import SystemClock
from leakwatch.errors import EntityUnknown
from leakwatch.model.coverage import is_missing
from leakwatch.model.location import defanged
from leakwatch.model.taking import Fate, Taking

if TYPE_CHECKING:
    from leakwatch.coverage import Coverage
    from leakwatch.model.source import SourceSpec
    from leakwatch.settings import Settings

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def register(sources: typer.Typer) -> None:
    sources.command()(coverage)


def coverage(
    context: typer.Context,
    source: Annotated[str | None, typer.Argument(help="Only this source.")] = None,
    since: Annotated[
        str, typer.Option(help="Since when: 2026-01-31, an ISO time, or 12h, 7d.")
    ] = "24h",
    matter: Annotated[str | None, typer.Option(help="Only what was taken for it.")] = None,
    each: Annotated[bool, typer.Option("--each", help="List every single taking.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show when each source was looked at, what was read, why, and what became of it.

    Examples: leakwatch sources coverage kazu --since 7d
              leakwatch sources coverage --since 24h --matter clinic --json
    """
    settings, start = settings_of(context), since_time(since)
    now = SystemClock().now()
    start = now - timedelta(days=1) if start is None else start
    found = asyncio.run(_covered(settings, source, start, now, matter=matter))
    output = Output(as_json=as_json)
    for number, (covered, takings) in enumerate(found):
        if as_json:
            for taking in takings if each else ():
                output.record(_taking_fields(taking))
            if not each:
                output.record(_fields(covered))
            continue
        if number:
            output.text()
        _show(output, covered)
        if each and takings:
            output.text()
            output.table(("began (UTC)", "taken", "bytes", "became"), map(_row, takings))


async def _covered(
    settings: Settings, source: str | None, since: datetime, until: datetime, *, matter: str | None
) -> list[tuple[Coverage, list[Taking]]]:
    from leakwatch.coverage import Watched, cover
    from leakwatch.places import load_places
    from leakwatch.wiring.storage import open_store

    places = load_places(settings)
    if matter is not None and matter not in {m.id for m in places.matters}:
        raise EntityUnknown(f"no matter {matter!r}")
    found = []
    async with open_store(settings) as store, store.read() as tx:
        for spec in _chosen(places.sources, source, matter):
            takings = [
                taking
                for taking in await tx.takings.query(source=spec.name, since=since)
                if matter is None or matter in {g.matter for g in taking.grounds}
            ]
            watched = Watched(
                spec.name,
                spec.interval_s,
                first_poll_at=await tx.sources.first_poll_at(spec.name),
                last_look=await tx.sources.last_good_poll_before(spec.name, since),
            )
            polls = await tx.sources.polls_since(spec.name, since)
            covered = cover(watched, polls, takings, since=since, until=until, matter=matter)
            found.append((covered, takings))
    return found


def _chosen(
    specs: Iterable[SourceSpec], source: str | None, matter: str | None
) -> list[SourceSpec]:
    specs = list(specs)
    if source is not None and source not in {spec.name for spec in specs}:
        raise EntityUnknown(f"no source {source!r} is configured")
    return [
        spec
        for spec in specs
        if source in {None, spec.name}
        and (matter is None or not spec.matters or matter in spec.matters)
    ]


def _show(output: Output, covered: Coverage) -> None:
    polls = ", ".join(f"{n} {outcome}" for outcome, n in sorted(covered.polls.items())) or "none"
    output.fields(
        [
            ("source", f"{covered.source}, polled every {_span(covered.interval_s)}"),
            ("from", covered.since),
            ("to", covered.until),
            ("polls", polls),
            ("watched", f"{_percent(covered.covered)} of the time"),
            ("longest gap", _span(covered.longest_gap.total_seconds()) if covered.gaps else "none"),
            ("requests", covered.requests),
            ("received", _size(covered.received_bytes)),
        ]
    )
    if covered.gaps:
        output.text()
        output.table(
            ("gap from", "to", "lasted"),
            [(gap.start, gap.end, _span(gap.length.total_seconds())) for gap in covered.gaps],
        )
        poor = [(hour, _percent(share)) for hour, share in covered.hours if share < 1]
        output.text()
        output.table(("hour (UTC)", "watched"), poor)
    if covered.read:
        output.text()
        output.table(
            ("read", "things", "requests", "received", "what became of it"),
            [
                (purpose, r.things, r.requests, _size(r.received_bytes), _told(r.fates, r.errors))
                for purpose, r in covered.read.items()
            ],
        )
    if covered.reasons:
        output.text()
        output.table(
            ("payload for", "policy", "under", "files"),
            [(w.matter, w.policy, w.authorisation, n) for w, n in covered.reasons.items()],
        )
    _show_unread(output, covered)


def _show_unread(output: Output, covered: Coverage) -> None:
    rows = sorted(
        ((kind, outcome, n) for (kind, outcome), n in covered.artefacts.items()),
        key=lambda row: (not is_missing(row[1]), -row[2], row[0]),
    )
    if rows:
        output.text()
        output.table(("kind", "outcome", "artefacts"), rows)


def _told(fates: Mapping[Fate, int], errors: Mapping[str, int]) -> str:
    parts = [f"{n} {fate.value}" for fate, n in sorted(fates.items())]
    if errors:
        parts.append("(" + ", ".join(f"{n} {slug}" for slug, n in sorted(errors.items())) + ")")
    return ", ".join(parts)


def _fields(covered: Coverage) -> dict[str, Any]:
    return {
        "source": covered.source,
        "since": covered.since,
        "until": covered.until,
        "interval_s": covered.interval_s,
        "polls": dict(covered.polls),
        "looks": covered.looks,
        "covered": round(covered.covered, 6),
        "longest_gap_s": covered.longest_gap.total_seconds(),
        "gaps": [{"start": gap.start, "end": gap.end} for gap in covered.gaps],
        "hours": [{"hour": hour, "covered": round(share, 6)} for hour, share in covered.hours],
        "requests": covered.requests,
        "received_bytes": covered.received_bytes,
        "read": {
            purpose.value: {
                "things": read.things,
                "requests": read.requests,
                "received_bytes": read.received_bytes,
                "content_bytes": read.content_bytes,
                "fates": {fate.value: n for fate, n in sorted(read.fates.items())},
                "errors": dict(sorted(read.errors.items())),
            }
            for purpose, read in covered.read.items()
        },
        "payload_refused_by_policy": covered.things(Fate.REFUSED_BY_POLICY),
        "reasons": [
            {"matter": w.matter, "policy": w.policy, "authorisation": w.authorisation, "files": n}
            for w, n in covered.reasons.items()
        ],
        "artefacts": [
            {"kind": kind, "outcome": outcome, "artefacts": n}
            for (kind, outcome), n in sorted(covered.artefacts.items())
        ],
    }


def _taking_fields(taking: Taking) -> dict[str, Any]:
    return {
        "id": taking.id,
        "poll": taking.poll_id,
        "source": taking.source,
        "purpose": taking.purpose,
        "location": defanged(taking.location),
        "address_hmac": taking.address_hmac,
        "began_at": taking.began_at,
        "ended_at": taking.ended_at,
        "requests": taking.requests,
        "received_bytes": taking.received_bytes,
        "size_bytes": taking.size_bytes,
        "content_hmac": taking.content_hmac,
        "error": taking.error,
        "things": taking.things,
        "fate": taking.fate,
        "grounds": [
            {
                "matter": ground.matter,
                "policy": ground.policy,
                "authorisation": ground.authorisation,
                "fate": ground.fate,
            }
            for ground in taking.grounds
        ],
        "artefacts": [
            {"kind": count.kind, "outcome": count.outcome, "artefacts": count.artefacts}
            for count in taking.artefacts
        ],
    }


def _row(taking: Taking) -> tuple[Any, ...]:
    what = f"{taking.purpose.value} {defanged(taking.location)}"
    became = ", ".join(f"{ground.matter}: {ground.fate.value}" for ground in taking.grounds)
    told = f"{became} ({taking.error})" if taking.error else became
    return f"{taking.began_at:%m-%d %H:%M:%S}", what, taking.received_bytes, told


def _percent(share: float) -> str:
    """Return a share that is 100 % only when it is whole."""
    return "100 %" if share >= 1 else f"{min(share * 100, 99.9):.1f} %"


def _span(seconds: float) -> str:
    minutes = int(seconds // 60)
    if minutes < 1:
        return f"{seconds:.0f} s"
    days, hours = divmod(minutes // 60, 24)
    parts = ((days, "d"), (hours, "h"), (minutes % 60, "min"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def _size(size_bytes: int) -> str:
    value, unit = float(size_bytes), 0
    while value >= 1024 and unit < len(_UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{size_bytes} B" if not unit else f"{value:.1f} {_UNITS[unit]}"
