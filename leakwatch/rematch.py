"""Matching what was seen before against the corpora as they are now.

A sighting is stamped with the state of the corpora that it was last matched
against. A run takes those with an older stamp, in the order they were seen,
batch by batch, so it goes on where it was cut off. What it recognises is
recorded like a fresh look (``recording.py``): journalled, then committed with
evidence and alert in one transaction, by ids that make repeating it harmless.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from leakwatch.clock import Clock
from leakwatch.errors import FingerprintError, IncompatibleParams, WrongKey
from leakwatch.model.ids import finding_id
from leakwatch.model.sighting import Sighting
from leakwatch.observation import Observation
from leakwatch.ports import Matcher, SightingQuery, Store
from leakwatch.recognition import look_again
from leakwatch.recording import Recorded, Recorder, unheard

SIGHTINGS = 100
"""Sightings a batch, and transactions between which others get their turn."""
ARTEFACTS = 2_000
"""Artefacts a batch: some megabytes of sketches."""
LEASE = timedelta(minutes=2)
"""How long a turn outlives its daemon; each batch renews it."""


@dataclass(slots=True)
class RematchReport:
    """What one run over what was seen came to."""

    matter: str
    looked_at: int = 0
    incomparable: int = 0
    """Sightings that were kept under another key or recipe: they cannot be matched."""
    damaged: int = 0
    """Sightings whose row cannot be read."""
    recorded: list[Recorded] = field(default_factory=list)
    """Findings in which something was recognised that was not known of them."""
    is_finished: bool = True
    """False when it was told to stop before the end."""

    @property
    def alerts(self) -> int:
        return sum(one.alert is not None for one in self.recorded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rematcher:
    """Matches stored sightings anew."""

    store: Store
    recorder: Recorder
    executor: Executor
    """Where matching runs; one of its own, so that no poll waits for it."""
    clock: Clock
    owner: str
    """This process's name in lease columns."""

    async def pending(self, matter: str, matcher: Matcher) -> int:
        """Return how many sightings were last matched against an older state of the corpora."""
        generation = await self._generation(matter, matcher)
        async with self.store.read() as tx:
            return await tx.sightings.count(SightingQuery(matter, below=generation))

    async def run(
        self,
        matter: str,
        matcher: Matcher,
        *,
        everything: bool = False,
        since: datetime | None = None,
        is_whole: bool = True,
        stop: Callable[[], bool] = lambda: False,
        progress: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> RematchReport:
        """Match a matter's sightings against the matcher's corpora and record what is new.

        Args:
            matter: id.
            matcher: of the matter, or of some of its corpora.
            everything: those too that were matched against this state before.
            since: only what was seen at or after.
            is_whole: the matcher knows all corpora of the matter; else nothing is stamped.
            stop: asked between sightings; True ends the run early.
            progress: called with sightings done and their total.

        Raises:
            Conflict: another daemon or command is at it.
            StoreError: the database refused; the next run goes on from there.
        """
        report = RematchReport(matter)
        generation = await self._generation(matter, matcher) if is_whole else 0
        below = generation if is_whole and not everything else None
        query = SightingQuery(matter, below=below, since=since)
        async with self.store.read() as tx:
            total = await tx.sightings.count(query)
        try:
            while report.is_finished and total:
                await self._claim(matter, generation)
                async with self.store.read() as tx:
                    batch = await tx.sightings.batch(query, limit=SIGHTINGS, artefacts=ARTEFACTS)
                if not batch:
                    break
                done = await self._match(batch, matcher, report, stop)
                if generation:
                    async with self.store.begin() as tx:
                        await tx.sightings.stamp([one.id for one in done], generation)
                query = replace(query, after=(batch[-1].observed_at, batch[-1].id))
                progress(report.looked_at, total)
        finally:
            if generation and total:
                async with self.store.begin() as tx:
                    await tx.sightings.release(matter, generation, self.owner)
        return report

    async def _generation(self, matter: str, matcher: Matcher) -> int:
        async with self.store.begin() as tx:
            return await tx.sightings.generation(matter, matcher.corpora, self.clock.now())

    async def _claim(self, matter: str, generation: int) -> None:
        if not generation:
            return
        now = self.clock.now()
        async with self.store.begin() as tx:
            await tx.sightings.claim(matter, generation, self.owner, now=now, until=now + LEASE)

    async def _match(
        self,
        batch: Sequence[Sighting],
        matcher: Matcher,
        report: RematchReport,
        stop: Callable[[], bool],
    ) -> Sequence[Sighting]:
        """Match a batch and record what is new; return the sightings done with."""
        loop = asyncio.get_running_loop()
        for number, sighting in enumerate(batch):
            if stop():
                report.is_finished = False
                return batch[:number]
            report.looked_at += 1
            try:
                seen = await loop.run_in_executor(self.executor, look_again, sighting, matcher)
            except (WrongKey, IncompatibleParams):
                report.incomparable += 1
                continue
            except (FingerprintError, ValueError):
                report.damaged += 1
                continue
            if await self._is_news(seen):
                report.recorded.append(await self.recorder.record(seen))
        return batch

    async def _is_news(self, seen: Observation) -> bool:
        if not seen.matches:
            return False
        async with self.store.read() as tx:
            known = await tx.findings.matches(finding_id(seen.matter, seen.location))
        return bool(unheard(seen.matches, known))
