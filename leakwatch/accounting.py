"""The account of one poll: everything that was taken, why, and what became of it.

Requests of a source's adapter pass through ``Account.fetcher``, so that none is
left out; what an inspection takes, it says itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from leakwatch.clock import Clock
from leakwatch.errors import BodyTooLarge, FetchError, SourceError
from leakwatch.model.artefact import Artefact
from leakwatch.model.capture import Capture, FetchRequest, FetchResult, Gone
from leakwatch.model.coverage import counted_as, outcome_of
from leakwatch.model.ids import derived_id
from leakwatch.model.matter import Matter
from leakwatch.model.source import SourceSpec
from leakwatch.model.taking import (
    ArtefactCount,
    Fate,
    Ground,
    Meter,
    Purpose,
    Taken,
    Taking,
)
from leakwatch.payload import GONE
from leakwatch.ports import Fetcher
from leakwatch.redaction import Redactor

_PAGES = frozenset({Purpose.PAGE, Purpose.CONTENT})


@dataclass(slots=True, kw_only=True)
class Account:
    """What one poll of one source took. Not thread-safe but for ``count``.

    Args:
        poll_id: the poll.
        source: where it looks.
        matters: those it looks for.
        redactor: hides names in addresses and keys digests.
        clock: for times.
    """

    poll_id: str
    source: SourceSpec
    matters: Sequence[Matter]
    redactor: Redactor
    clock: Clock
    _taken: list[Taken] = field(default_factory=list)
    _counts: dict[str, Counter[tuple[str, str]]] = field(default_factory=dict)
    _heard: set[tuple[str, str]] = field(default_factory=set)
    _sealed: set[tuple[str, str]] = field(default_factory=set)
    _kept: dict[str, Taking] = field(default_factory=dict)

    def fetcher(self, inner: Fetcher) -> Fetcher:
        """Return a fetcher that takes every request into account."""
        return _Counted(inner, self._taken.append, self.clock)

    def note(self, taken: Taken) -> Taking:
        """Take something into account; return what is kept of it so far."""
        if taken.ended_at is not None:
            self._taken.append(taken)
        return self._taking(taken)

    def count(self, capture_id: str, artefact: Artefact) -> None:
        """Take one artefact of a capture into account."""
        counter = self._counts.setdefault(capture_id, Counter())
        counter[artefact.kind, counted_as(outcome_of(artefact), artefact.error)] += 1

    def heard(self, capture_id: str, matter: str) -> None:
        """Say that a linked file was read for a matter."""
        self._heard.add((capture_id, matter))

    def sealed(self, capture_id: str, matter: str) -> None:
        """Say that a capture's bytes were sealed for a matter."""
        self._sealed.add((capture_id, matter))

    def settle(self) -> Sequence[Taking]:
        """Return what was taken, to be kept now: what is new, or came to more, since last time."""
        takings = [self._taking(taken) for taken in self._taken]
        news = [taking for taking in takings if self._kept.get(taking.id) != taking]
        self._kept.update((taking.id, taking) for taking in news)
        return news

    def _taking(self, taken: Taken) -> Taking:
        blinded = self.redactor.blind(taken.url)
        name = taken.capture_id or ""
        return Taking(
            id=derived_id("t", self.poll_id, taken.purpose, blinded, taken.began_at.isoformat()),
            poll_id=self.poll_id,
            source=self.source.name,
            purpose=taken.purpose,
            location=self._location(taken),
            address_hmac=blinded,
            began_at=taken.began_at,
            ended_at=taken.ended_at,
            requests=taken.requests,
            received_bytes=taken.received_bytes,
            size_bytes=taken.size_bytes,
            content_hmac=self.redactor.blind(f"content {taken.sha256}") if taken.sha256 else None,
            error=taken.error,
            things=taken.things,
            grounds=tuple(self._ground(matter, taken) for matter in self.matters),
            artefacts=tuple(
                ArtefactCount(kind, outcome, number)
                for (kind, outcome), number in sorted(self._counts.get(name, {}).items())
            ),
        )

    def _location(self, taken: Taken) -> str:
        if taken.purpose in _PAGES or (not taken.requests and taken.refused):
            return self.redactor.place(taken.url, self.source)
        return self.redactor.file(taken.url, self.source)

    def _ground(self, matter: Matter, taken: Taken) -> Ground:
        leave = matter.leave(taken.began_at) if taken.purpose is Purpose.PAYLOAD else None
        return Ground(
            matter=matter.id,
            policy=matter.payload.value,
            authorisation=leave.reference if leave else None,
            fate=self._fate(matter, taken, is_allowed=leave is not None),
        )

    def _fate(self, matter: Matter, taken: Taken, *, is_allowed: bool) -> Fate:
        key = taken.capture_id or "", matter.id
        if taken.purpose is Purpose.PAYLOAD and not is_allowed:
            return Fate.REFUSED_BY_POLICY
        if taken.ended_at is None:
            return Fate.CUT_OFF
        if taken.refused is not None:
            return taken.refused
        if taken.error is not None:
            return Fate.FAILED
        if key in self._sealed:
            return Fate.SEALED
        if taken.purpose is not Purpose.PAYLOAD:
            return Fate.DROPPED
        # A leave that ended before the reading: dropped unread.
        return Fate.FINGERPRINTED if key in self._heard else Fate.REFUSED_BY_POLICY


class _Counted:
    """A ``Fetcher`` that says what each request took."""

    def __init__(self, inner: Fetcher, take: Callable[[Taken], None], clock: Clock) -> None:
        self._inner = inner
        self._take = take
        self._clock = clock

    async def fetch(self, request: FetchRequest) -> FetchResult:
        meter = request.meter or Meter()
        began_at, answer, error = self._clock.now(), None, "cancelled"
        try:
            answer = await self._inner.fetch(replace(request, meter=meter))
        except (FetchError, SourceError) as failure:
            error = failure.slug
            raise
        else:
            return answer
        finally:
            self._take(_taken(request, meter, began_at, self._clock.now(), answer, error))

    async def aclose(self) -> None:
        await self._inner.aclose()


def _taken(
    request: FetchRequest,
    meter: Meter,
    began_at: datetime,
    ended_at: datetime,
    answer: FetchResult | None,
    error: str,
) -> Taken:
    capture = answer if isinstance(answer, Capture) else None
    slug = error if answer is None else GONE if isinstance(answer, Gone) else None
    return Taken(
        purpose=request.purpose,
        url=request.url,
        began_at=began_at,
        ended_at=ended_at,
        requests=meter.requests,
        received_bytes=meter.received_bytes,
        size_bytes=capture.size_bytes if capture else None,
        sha256=capture.sha256 if capture else None,
        capture_id=capture.id if capture else None,
        error=slug,
        refused=Fate.REFUSED_TOO_LARGE if slug == BodyTooLarge.slug else None,
    )
