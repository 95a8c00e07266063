"""What a whole look at a place says of its known findings: still there, gone, or back.

Only a poll that saw the whole place says anything. Silence of the network is
no absence, and a post that left a feed or a list of recent pastes is not gone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from leakwatch.evidence.record import Circumstances, absence_draft
from leakwatch.model.capture import Absence, Poll
from leakwatch.model.finding import Finding, FindingEvent
from leakwatch.model.location import host_of
from leakwatch.model.source import Role, SourceSpec
from leakwatch.ports import UnitOfWork

ABSENCES_EVIDENCED = 3
"""Looks in a row that each get a record; later ones stand in the polls alone."""
_ROLLING = frozenset({Role.NEWS, Role.PASTE})
"""Places whose lists drop what is old though it is still there."""


async def note_presence(
    tx: UnitOfWork,
    source: SourceSpec,
    poll: Poll,
    *,
    present: frozenset[str] | None,
    is_unchanged: bool,
    circumstances: Callable[[], Circumstances],
) -> None:
    """Bring the source's findings up to date with a look at the whole place.

    Args:
        tx: the transaction that records the poll.
        source: where was looked.
        poll: the look.
        present: locations that were shown; None when not all were looked at.
        is_unchanged: the place shows what it showed before.
        circumstances: of an evidence record.
    """
    if source.role in _ROLLING or poll.is_failure or poll.is_degraded:
        return
    if present is None and not is_unchanged:
        return
    if present is not None:
        await _note_sightings(tx, source, poll, present)
    for finding in await tx.findings.of_source(source.name):
        if poll.location is not None and host_of(finding.location) != host_of(poll.location):
            continue  # seen on another mirror, of which this look says nothing
        is_there = finding.gone_since is None if present is None else finding.location in present
        if is_there:
            await _still_there(tx, finding, poll)
        elif poll.is_complete:
            await _not_there(tx, source, finding, poll, circumstances)


async def _note_sightings(
    tx: UnitOfWork, source: SourceSpec, poll: Poll, present: frozenset[str]
) -> None:
    """Keep since when what was sighted is gone: it may be recognised only later."""
    known = await tx.sightings.shown(source.name)
    if poll.location is not None:
        known = {at: since for at, since in known.items() if host_of(at) == host_of(poll.location)}
    back = [at for at, since in known.items() if since is not None and at in present]
    gone = [at for at, since in known.items() if since is None and at not in present]
    await tx.sightings.mark_gone(source.name, back, None)
    if poll.is_complete:
        await tx.sightings.mark_gone(source.name, gone, poll.started_at)


async def _still_there(tx: UnitOfWork, finding: Finding, poll: Poll) -> None:
    seen = replace(
        finding, last_seen_at=max(finding.last_seen_at, poll.finished_at), gone_since=None
    )
    event = None
    if finding.gone_since is not None:
        event = _event(finding, poll, "returned", "it is shown again at the same place")
    await tx.findings.save(seen, event)


async def _not_there(
    tx: UnitOfWork,
    source: SourceSpec,
    finding: Finding,
    poll: Poll,
    circumstances: Callable[[], Circumstances],
) -> None:
    since = finding.gone_since or poll.started_at
    earlier = [a for a in await tx.captures.absences(finding.id) if a.looked_at >= since]
    if len(earlier) < ABSENCES_EVIDENCED:
        absence = Absence(poll.id, finding.id, poll.finished_at, source.via)
        await tx.captures.add_absence(absence)
        await tx.evidence.append(
            absence_draft(absence, poll, matter=finding.matter, circumstances=circumstances())
        )
    if finding.gone_since is None:
        says = "a look at the whole place did not show it; it stays watched"
        await tx.findings.save(
            replace(finding, gone_since=since), _event(finding, poll, "gone", says)
        )


def _event(finding: Finding, poll: Poll, action: str, reason: str) -> FindingEvent:
    return FindingEvent(
        finding_id=finding.id,
        revision=finding.revision,
        at=poll.finished_at,
        actor="leakwatch",
        action=action,
        outcome=finding.outcome,
        reason=reason,
    )
