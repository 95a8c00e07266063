"""Proof that we were looking: when, what was read, why, and what became of it. Pure.

A look is a poll that got an answer and understood it. What lies between two
looks counts as watched while they are no more than ``GAP_INTERVALS`` intervals
of the source apart; longer, all of it is a gap. So the gaps are exactly what is
not covered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from leakwatch.model.capture import Poll
from leakwatch.model.taking import Fate, Purpose, Taking

GAP_INTERVALS = 2
_HOUR = timedelta(hours=1)
_REFUSED = frozenset({Fate.REFUSED_BY_POLICY})


@dataclass(frozen=True, slots=True)
class Watched:
    """A source as far as it matters here."""

    source: str
    interval_s: float
    first_poll_at: datetime | None
    """When it was first polled at all, however that went; None: never."""
    last_look: Poll | None = None
    """The last good poll before the span, or None."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A time without a look that was too long."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Read:
    """What was read for one purpose."""

    things: int
    requests: int
    received_bytes: int
    content_bytes: int
    fates: Mapping[Fate, int]
    """Things by what became of them."""
    errors: Mapping[str, int]
    """Slugs of what failed or was broken off, by number."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something was read: a matter, its policy, its leave."""

    matter: str
    policy: str
    authorisation: str | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """One source over one span of time."""

    source: str
    since: datetime
    """Start of the span, or the first poll where that came later."""
    until: datetime
    interval_s: float
    polls: Mapping[str, int]
    """Number by outcome."""
    looks: int
    gaps: tuple[Gap, ...]
    covered: float
    """Share of the span without a gap."""
    hours: tuple[tuple[datetime, float], ...]
    """Start of each hour (UTC) and the share of it, within the span, that was covered."""
    read: Mapping[Purpose, Read]
    reasons: Mapping[Reason, int]
    """Linked files fetched, or tried to be, by why."""
    artefacts: Mapping[tuple[str, str], int]
    """Artefacts in what was read, by kind and how far."""

    @property
    def longest_gap(self) -> timedelta:
        return max((gap.length for gap in self.gaps), default=timedelta())

    @property
    def requests(self) -> int:
        return sum(read.requests for read in self.read.values())

    @property
    def received_bytes(self) -> int:
        return sum(read.received_bytes for read in self.read.values())

    def things(self, fate: Fate) -> int:
        """Return how many things came to this."""
        return sum(read.fates.get(fate, 0) for read in self.read.values())


def cover(
    watched: Watched,
    polls: Sequence[Poll],
    takings: Iterable[Taking],
    *,
    since: datetime,
    until: datetime,
    matter: str | None = None,
) -> Coverage:
    """Return how a source was covered.

    Args:
        watched: the source.
        polls: those that ended within the span, oldest first.
        takings: those that began within it.
        since: start of the span.
        until: its end: now, as a rule.
        matter: counts only what was taken for it.
    """
    if watched.first_poll_at is not None:
        since = min(max(since, watched.first_poll_at), until)
    looks = [p for p in polls if not p.is_failure and not p.is_degraded]
    gaps = [Gap(since, until)]
    if watched.first_poll_at is not None:
        gaps = _gaps(watched, looks, since=since, until=until)
    missing = sum((gap.length for gap in gaps), timedelta())
    mine = [taking for taking in takings if _fate(taking, matter) is not None]
    return Coverage(
        source=watched.source,
        since=since,
        until=until,
        interval_s=watched.interval_s,
        polls=Counter(poll.outcome.value for poll in polls),
        looks=len(looks),
        gaps=tuple(gaps),
        covered=_share(missing, until - since),
        hours=tuple(_hours(gaps, since, until)),
        read={p: _read([t for t in mine if t.purpose is p], matter) for p in _purposes(mine)},
        reasons=_reasons(mine, matter),
        artefacts=_artefacts(mine, matter),
    )


def _gaps(
    watched: Watched, looks: Sequence[Poll], *, since: datetime, until: datetime
) -> list[Gap]:
    most = timedelta(seconds=GAP_INTERVALS * watched.interval_s)
    found = []
    last = watched.last_look.finished_at if watched.last_look is not None else since
    for started_at, finished_at in [
        *((p.started_at, p.finished_at) for p in looks),
        (until, until),
    ]:
        if started_at - last > most:
            found.append(Gap(max(last, since), started_at))
        last = max(last, finished_at)
    return [gap for gap in found if gap.length > timedelta()]


def _hours(
    gaps: Sequence[Gap], since: datetime, until: datetime
) -> Iterable[tuple[datetime, float]]:
    hour = since.replace(minute=0, second=0, microsecond=0)
    while hour < until:
        start, end = max(hour, since), min(hour + _HOUR, until)
        missing = sum(
            (max(min(g.end, end) - max(g.start, start), timedelta()) for g in gaps), timedelta()
        )
        yield hour, _share(missing, end - start)
        hour += _HOUR


def _share(missing: timedelta, span: timedelta) -> float:
    return 1.0 - missing / span if span > timedelta() else 1.0


def _fate(taking: Taking, matter: str | None) -> Fate | None:
    """Return what became of it, for one matter or for all; None: it is not the matter's."""
    if matter is None:
        return taking.fate
    return next((ground.fate for ground in taking.grounds if ground.matter == matter), None)


def _purposes(takings: Iterable[Taking]) -> list[Purpose]:
    there = {taking.purpose for taking in takings}
    return [purpose for purpose in Purpose if purpose in there]


def _is_taken(taking: Taking, matter: str | None) -> bool:
    """Whether its bytes count: what another matter's leave fetched is not this one's."""
    return (
        matter is None or _fate(taking, matter) not in _REFUSED or _is_own_refusal(taking, matter)
    )


def _is_own_refusal(taking: Taking, matter: str) -> bool:
    """Whether it was begun under this matter's leave, which then ended."""
    return any(g.matter == matter and g.authorisation is not None for g in taking.grounds)


def _read(takings: Sequence[Taking], matter: str | None) -> Read:
    fates: Counter[Fate] = Counter()
    for taking in takings:
        fate = _fate(taking, matter)
        if fate is not None:
            fates[fate] += taking.things
    mine = [taking for taking in takings if _is_taken(taking, matter)]
    errors: Counter[str] = Counter()
    for taking in mine:
        if taking.error is not None:
            errors[taking.error] += taking.things
    return Read(
        things=sum(fates.values()),
        requests=sum(taking.requests for taking in mine),
        received_bytes=sum(taking.received_bytes for taking in mine),
        content_bytes=sum(taking.size_bytes or 0 for taking in mine),
        fates=fates,
        errors=errors,
    )


def _reasons(takings: Iterable[Taking], matter: str | None) -> Mapping[Reason, int]:
    found: Counter[Reason] = Counter()
    for taking in takings:
        for ground in taking.grounds:
            is_asked_for = matter in {None, ground.matter}
            if taking.purpose is Purpose.PAYLOAD and taking.requests and is_asked_for:
                reason = Reason(ground.matter, ground.policy, ground.authorisation)
                found[reason] += ground.authorisation is not None
    return {reason: number for reason, number in found.items() if number}


def _artefacts(takings: Iterable[Taking], matter: str | None) -> Mapping[tuple[str, str], int]:
    found: Counter[tuple[str, str]] = Counter()
    for taking in takings:
        if _is_taken(taking, matter):
            for count in taking.artefacts:
                found[count.kind, count.outcome] += count.artefacts
    return found
