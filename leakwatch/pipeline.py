"""The flow, in order, on one page.

    source -> fetch -> (listing | artefact) -> unpack -> extract
           -> fingerprint -> match -> assess -> evidence -> alert

A poll turns batches of a source into observations; ``recording.py`` turns an
observation into finding, evidence and alert. Before a match, a bad artefact or
source is noted and skipped. After a match nothing may be lost: content is
sealed first, then the observation is journalled, then all that follows from it
is committed with its outbox rows in one transaction, then channels are called.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

import structlog

from leakwatch.accounting import Account
from leakwatch.assess.claims import read_claims
from leakwatch.clock import Clock
from leakwatch.errors import FetchError, SandboxError, SealFailed, SourceError, StoreError
from leakwatch.inspection import Errand, Inspection, Inspector, Part, Seen
from leakwatch.listening import Listening
from leakwatch.model.capture import Capture, Poll
from leakwatch.model.evidence import SealedContent
from leakwatch.model.finding import Claims
from leakwatch.model.ids import derived_id
from leakwatch.model.listing import Listing
from leakwatch.model.matter import Matter
from leakwatch.model.post import Post, SourceBatch
from leakwatch.model.sighting import Sighting
from leakwatch.model.source import Lease, SourceSpec
from leakwatch.model.taking import Taken, Taking
from leakwatch.observation import Observation
from leakwatch.ports import (
    Fetcher,
    Matcher,
    PageParser,
    Sealer,
    Source,
    Store,
)
from leakwatch.presence import note_presence
from leakwatch.progress import Progress
from leakwatch.recognition import sighting_of
from leakwatch.recording import Recorded, Recorder
from leakwatch.redaction import Redactor
from leakwatch.tally import Tally, poll_of

log = structlog.get_logger(__name__)

MARK_S = 2.0
"""How long a file waits for the row that says that it is about to be fetched."""


@dataclass(frozen=True, slots=True)
class PollReport:
    """What one poll came to."""

    poll: Poll
    recorded: tuple[Recorded, ...]


class Kept:
    """Which bytes were sealed for which finding: the same ones are not sealed at every look.

    In memory, for the database may refuse just then; after a restart they are
    sealed once more.
    """

    def __init__(self, size: int = 100_000) -> None:
        self._size = size
        self._keys: OrderedDict[tuple[str, str, str], None] = OrderedDict()

    def __contains__(self, key: tuple[str, str, str]) -> bool:
        return key in self._keys

    def add(self, keys: Iterable[tuple[str, str, str]]) -> None:
        """Remember keys (matter, location, digest); the oldest are forgotten first."""
        self._keys.update(dict.fromkeys(keys))
        while len(self._keys) > self._size:
            self._keys.popitem(last=False)


@dataclass(frozen=True, slots=True)
class _Look:
    """One post at one poll."""

    post: Post
    source: SourceSpec
    poll_id: str
    listening: Listening
    tally: Tally
    vault: dict[tuple[str, ...], SealedContent]
    """What was sealed of the batch so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """Polls sources and makes known what they show. Built by ``wiring/``."""

    store: Store
    fetcher: Fetcher
    parser: PageParser
    inspector: Inspector
    matchers: Mapping[str, Matcher]
    """By matter: each knows the corpora of its matter."""
    sealer: Sealer
    recorder: Recorder
    matters: Mapping[str, Matter]
    executor: Executor
    """Where blocking work runs."""
    clock: Clock
    redactor: Redactor
    kept: Kept = field(default_factory=Kept)

    async def poll(self, source: SourceSpec, adapter: Source, lease: Lease) -> PollReport:
        """Poll one source once, from its checkpoint, and record what it shows.

        Never raises for what a source does: that is in the report. A store
        that fails raises, with everything observed so far in the journal.

        Raises:
            StoreError: the database refused.
        """
        started = self.clock.now()
        poll_id = derived_id("p", source.name, started.isoformat(), lease.owner)
        async with self.store.begin() as tx:
            state = await tx.sources.state(source.name)
        progress = Progress.from_checkpoint(state.checkpoint)
        account = Account(
            poll_id=poll_id,
            source=source,
            matters=[self.matters[m] for m in source.matters or self.matters],
            redactor=self.redactor,
            clock=self.clock,
        )
        tally, failure = Tally(account), None
        try:
            fetcher = account.fetcher(self.fetcher)
            async for batch in adapter.poll(fetcher, self.parser, progress.adapter):
                tally.add(batch)
                progress = await self._take(batch, source, poll_id, progress, tally)
                await self._save(batch, source, lease, poll_id, tally, progress)
        except (SourceError, FetchError, SandboxError) as error:
            failure = error
        poll = poll_of(source, poll_id, tally, failure, started=started, ended=self.clock.now())
        async with self.store.begin() as tx:
            await tx.sources.record_poll(poll, state.after(poll))
            await tx.takings.put(account.settle())
            await note_presence(
                tx,
                source,
                poll,
                present=None
                if tally.present is None
                else frozenset(self.redactor.place(url, source) for url in tally.present),
                is_unchanged=tally.is_unchanged,
                circumstances=self.recorder.circumstances,
            )
        return PollReport(poll, tuple(tally.recorded))

    async def _take(
        self,
        batch: SourceBatch,
        source: SourceSpec,
        poll_id: str,
        progress: Progress,
        tally: Tally,
    ) -> Progress:
        """Observe every post of a batch for every matter; return where we stand."""
        fetched: set[str] = set()
        listed: dict[str, str] = {}
        missed, is_full = 0, False
        vault: dict[tuple[str, ...], SealedContent] = {}
        for post in batch.posts:
            listening = Listening(tally.account, self.matchers, self.clock)
            look = _Look(post, source, poll_id, listening, tally, vault)
            errand = Errand(
                leave_until=listening.leave_until(),
                done=progress.done,
                hear=listening.hear,
                note=partial(self._note, tally),
                names=partial(self._names, tally.account.matters),
                so_far=partial(self._tell, look),
                is_wanted=listening.is_wanted,
                listed=progress.listed,
            )
            inspection = await self.inspector.inspect(post, batch, source, errand)
            with closing(inspection):
                fetched |= inspection.fetched
                listed |= inspection.listed
                missed += inspection.missed
                is_full |= inspection.is_full
                tally.sighted += await self._tell(look, inspection)
        if missed:
            tally.problem = tally.problem or "files_missed"
            tally.detail = tally.detail or f"{missed} linked files could not be fetched yet"
        return progress.after(
            batch.checkpoint,
            fetched=frozenset(fetched),
            missed=missed,
            listed=listed,
            is_full=is_full,
        )

    async def _names(self, matters: Collection[Matter], listing: Listing) -> bool:
        """Tell whether a listing names known files of any of these matters."""

        def named() -> bool:
            return any(self.matchers[m.id].match_listing(listing).matches for m in matters)

        return await asyncio.get_running_loop().run_in_executor(self.executor, named)

    async def _note(self, tally: Tally, taken: Taken) -> None:
        """Take something into account; a file before the first byte of it is asked for.

        What a killed daemon had begun is then known to have been begun. A database
        that refuses just then holds up no look: the row follows with the batch.
        """
        taking = tally.account.note(taken)
        if taken.ended_at is None:
            patience_s = 0.0 if tally.marking else MARK_S
            task = asyncio.create_task(self._mark(taking))
            tally.marking.add(task)
            task.add_done_callback(tally.marking.discard)
            await asyncio.wait({task}, timeout=patience_s)

    async def _mark(self, taking: Taking) -> None:
        try:
            async with self.store.begin() as tx:
                await tx.takings.put([taking])
        except StoreError as error:
            log.warning("taking_unmarked", taking=taking.id, error=error.slug)

    async def _tell(
        self, look: _Look, inspection: Inspection
    ) -> list[tuple[Sighting, tuple[Capture, ...]]]:
        """Record what a post shows, for every matter; return what is kept to match it anew."""
        tally, sighted = look.tally, []
        for matter in tally.account.matters:
            sighting, observation = await self._observe(look, matter, inspection)
            sighted.append((sighting, observation.captures))
            if observation.matches or observation.claims.names_victim:
                tally.recorded.append(await self.recorder.record(observation))
                tally.evidenced |= {(c.id, matter.id) for c in observation.captures}
        return sighted

    async def _observe(
        self, look: _Look, matter: Matter, inspection: Inspection
    ) -> tuple[Sighting, Observation]:
        """Return what a post shows for one matter, and what is kept of it."""
        now, post, source, listening = self.clock.now(), look.post, look.source, look.listening
        if not matter.may_fetch_payload(now):
            # Another matter's leave to fetch is not this one's.
            inspection = inspection.without_files()
        for seen in inspection.seen:
            listening.account.heard(seen.capture.id, matter.id)
        loop = asyncio.get_running_loop()
        matcher = self.matchers[matter.id]
        found = await loop.run_in_executor(self.executor, listening.result, matter.id, inspection)
        claims = await loop.run_in_executor(self.executor, _claims, post, matter)
        location = self.redactor.place(post.location, source)
        observation = Observation(
            id=derived_id("o", matter.id, location, *(s.capture.id for s in inspection.seen)),
            poll_id=look.poll_id,
            matter=matter.id,
            source=source.name,
            role=source.role,
            location=location,
            observed_at=max(s.capture.completed_at for s in inspection.seen),
            post_state=post.state,
            claims=claims,
            captures=tuple(self.redactor.capture(s, source) for s in inspection.seen),
            artefacts=tuple(found.artefacts),
            matches=tuple(found.matches),
            is_content_reachable=bool(found.matched),
            unread_files=inspection.unread_files,
            claimed_posted_at=post.stated_at,
        )
        sighting = sighting_of(observation, post, found, corpora=matcher.corpora)
        if observation.matches or claims.names_victim:
            to_seal = [
                seen.capture
                for seen in inspection.seen
                if _may_seal(seen, found.matched, matter, now=now)
                and (matter.id, location, seen.capture.sha256) not in self.kept
            ]
            observation = await self._with_sealed(observation, matter, to_seal, look.vault)
        for capture_id in observation.sealed_captures:
            listening.account.sealed(capture_id, matter.id)
        return sighting, observation

    async def _with_sealed(
        self,
        observation: Observation,
        matter: Matter,
        captures: list[Capture],
        vault: dict[tuple[str, ...], SealedContent],
    ) -> Observation:
        """Return the observation with the content that is kept for it."""
        sealed = await self._sealed(matter, captures, vault)
        if sealed is None:
            return observation
        self.kept.add((matter.id, observation.location, capture.sha256) for capture in captures)
        ids = tuple(capture.id for capture in captures)
        return replace(observation, sealed=sealed, sealed_captures=ids)

    async def _sealed(
        self, matter: Matter, captures: list[Capture], vault: dict[tuple[str, ...], SealedContent]
    ) -> SealedContent | None:
        """Seal captures; the same ones once, however many posts of a page rest on them."""
        name = (matter.id, *(capture.id for capture in captures))
        if captures and name not in vault:
            try:
                vault[name] = await asyncio.get_running_loop().run_in_executor(
                    self.executor, self.sealer.seal, matter, captures
                )
            except SealFailed as error:
                # To be told without sealed content is better than not to be told.
                log.error("seal_failed", matter=matter.id, message=error.what)
        return vault.get(name)

    async def _save(
        self,
        batch: SourceBatch,
        source: SourceSpec,
        lease: Lease,
        poll_id: str,
        tally: Tally,
        progress: Progress,
    ) -> None:
        """Commit what is kept of a batch with the checkpoint that resumes after it."""
        async with self.store.begin() as tx:
            for capture in batch.captures:
                for matter in source.matters or self.matters:
                    if (capture.id, matter) not in tally.evidenced:
                        kept = self.redactor.capture(Seen(capture, (), Part.PAGE), source)
                        await self.recorder.note_capture(tx, kept, poll_id, matter=matter)
            for sighting, captures in tally.sighted:
                for capture in captures:
                    await tx.captures.add(capture, poll_id=poll_id, url=capture.url)
                await tx.sightings.add(sighting, self.clock.now())
            await tx.takings.put(tally.account.settle())
            await tx.sources.save_checkpoint(lease, progress.to_checkpoint())
        tally.sighted.clear()


def _claims(post: Post, matter: Matter) -> Claims:
    return read_claims(
        post.title, post.text, victim_names=matter.victim_names, actor_names=matter.actor_names
    )


def _may_seal(seen: Seen, matched: Collection[str], matter: Matter, *, now: datetime) -> bool:
    """Whether a capture's bytes may be kept, sealed to the legal team.

    What only speaks of the files is kept; what matched is kept under a live
    authorisation to seal; a linked file that did not match is dropped.
    """
    if seen.capture.id in matched:
        return matter.may_seal_payload(now)
    return seen.part is not Part.FILE
