"""One poll from its page to what is recorded, over a real store and a made-up web."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from leakwatch.clock import SystemClock
from leakwatch.errors import SealFailed
from leakwatch.evidence.journal import IntakeJournal
from leakwatch.evidence.record import Circumstances
from leakwatch.inspection import Inspector
from leakwatch.match.matcher import CorpusMatcher
from leakwatch.model.artefact import Artefact
from leakwatch.model.capture import Capture
from leakwatch.model.evidence import SealedContent
from leakwatch.model.listing import Listing
from leakwatch.model.matter import Authorisation, Matter, PayloadPolicy
from leakwatch.model.sighting import Sighting, StoredArtefact, StoredListing
from leakwatch.payload import PayloadFetcher, PayloadLimits
from leakwatch.pipeline import Kept, Pipeline, PollReport
from leakwatch.ports import Matcher, Reading, SightingQuery, Store
from leakwatch.recording import Recorder
from leakwatch.redaction import Redactor
from leakwatch.sources.registry import build_source
from tests.support.corpora import KEY, note
from tests.support.readers import PlainReader
from tests.support.source_pages import Blog, InProcess, Thing, Web
from tests.support.store import MATTER, a_match, a_matter, an_order

CLOCK = SystemClock()
SPEC = replace(Blog().spec(), options={**Blog.options, "files": "p a"})


class KnowsNothing:
    """A ``ports.Matcher`` with an empty corpus."""

    corpora = "0" * 64
    scheme = "0:0"

    def match_artefact(self, artefact: Artefact, *, keep: bool = False) -> Reading:
        return Reading(None, ())

    def match_listing(self, listing: Listing, *, keep: bool = False) -> Reading:
        return Reading(None, ())

    def match_stored(self, artefact: StoredArtefact) -> Reading:
        return Reading(None, ())

    def match_stored_listing(self, listing: StoredListing) -> Reading:
        return Reading(None, ())


class KnowsOne(KnowsNothing):
    """A ``ports.Matcher`` that sees the one known file wherever a page says so."""

    def match_artefact(self, artefact: Artefact, *, keep: bool = False) -> Reading:
        is_seen = "stolen words" in (artefact.text or "")
        return Reading(None, (a_match().match,) if is_seen else ())


@dataclass
class Remembers:
    """A ``ports.Sealer`` that keeps the ids of what it was given."""

    sealed: list[tuple[str, ...]] = field(default_factory=list)

    def seal(self, matter: Matter, captures: Sequence[Capture]) -> SealedContent:
        self.sealed.append(tuple(capture.id for capture in captures))
        name = f"{len(self.sealed):064x}"
        return SealedContent(f"{matter.id}/00/{name}.age", name, 1, ())


class HasNoRoom:
    """A ``ports.Sealer`` with a full disk."""

    def seal(self, matter: Matter, captures: Sequence[Capture]) -> SealedContent:
        raise SealFailed("the vault cannot be written")


def may_fetch() -> Matter:
    """Return a matter under which linked files are fetched."""
    now, day = CLOCK.now(), timedelta(days=1)
    leave = Authorisation("the clinic", "letter", effective_from=now - day, expires_at=now + day)
    return a_matter(an_order(), payload=PayloadPolicy.FINGERPRINT_AND_DROP, authorisations=(leave,))


async def poll(
    store: Store,
    folder: Path,
    web: Web,
    *,
    matcher: Matcher | None = None,
    sealer: Any = None,
    kept: Kept | None = None,
    afresh: bool = False,
) -> PollReport:
    """Poll a blog once for one matter; ``afresh`` forgets what it showed before."""
    spec, matter = SPEC, may_fetch()
    matters = {matter.id: matter}
    async with store.begin() as tx:
        await tx.matters.sync((matter,), CLOCK.now())
        await tx.sources.sync([spec], CLOCK.now())
        lease = await tx.sources.claim(
            spec.name, "test", now=CLOCK.now(), until=CLOCK.now() + timedelta(minutes=5)
        )
        if afresh:
            await tx.sources.save_checkpoint(lease, {})
    with ThreadPoolExecutor(1) as executor:
        pipeline = Pipeline(
            store=store,
            fetcher=web,
            parser=InProcess(),
            inspector=Inspector(
                payloads=PayloadFetcher(web, PayloadLimits(), clock=CLOCK),
                reader=PlainReader(),
                executor=executor,
                limits=PayloadLimits(),
                blind=lambda url: url,
            ),
            matchers={matter.id: matcher or KnowsNothing()},
            sealer=sealer or Remembers(),
            recorder=Recorder(
                store=store,
                journal=IntakeJournal(folder / "journal"),
                matters=matters,
                circumstances=lambda: Circumstances(CLOCK.now(), "0" * 32, "0" * 64),
                clock=CLOCK,
            ),
            matters=matters,
            executor=executor,
            clock=CLOCK,
            redactor=Redactor(blind=lambda url: url),
            kept=kept or Kept(),
        )
        return await pipeline.poll(spec, build_source(spec), lease)


async def test_a_page_is_sealed_once_for_all_its_posts(store: Store, tmp_path: Path) -> None:
    """A page with many posts about the victim fills the vault once, not once a post."""
    things = [Thing(f"Harbour Clinic {n}") for n in range(5)]
    sealer = Remembers()
    report = await poll(store, tmp_path, Web(Blog().draw(things)), sealer=sealer)
    assert len({r.finding.id for r in report.recorded}) == 5
    assert len(sealer.sealed) == 1
    async with store.begin() as tx:
        records = [await tx.evidence.of_finding(r.finding.id) for r in report.recorded]
    assert all(of and of[0].draft.sealed is not None for of in records)


async def test_a_file_linked_twice_is_fetched_once(store: Store, tmp_path: Path) -> None:
    """A post may name one file many times over: one fetch, and one file counted."""
    page = b"""<main class=list><div class=card><h2>Harbour Clinic</h2>
    <p><a href="/a.zip">1</a> <a href="/a.zip">2</a> <a href="/a.zip">3</a></p></div></main>"""
    web = Web({SPEC.locations[0]: page, "http://board.example/a.zip": b"some words"})
    await poll(store, tmp_path, web)
    assert web.asked.count("http://board.example/a.zip") == 1


async def test_what_cannot_be_sealed_is_told_all_the_same(store: Store, tmp_path: Path) -> None:
    """A full vault costs the copy, not the finding."""
    web = Web(Blog().draw([Thing("Harbour Clinic")]))
    (recorded,) = (await poll(store, tmp_path, web, sealer=HasNoRoom())).recorded
    async with store.begin() as tx:
        (record,) = await tx.evidence.of_finding(recorded.finding.id)
    assert record.draft.sealed is None


async def test_a_place_that_always_changes_adds_no_match_twice(
    store: Store, tmp_path: Path
) -> None:
    """Each look has its own evidence record; the finding keeps one match a file and method."""
    for visits in range(3):
        web = Web(Blog().draw([Thing("Harbour Clinic", f"stolen words, {visits} visits")]))
        (recorded,) = (await poll(store, tmp_path, web, matcher=KnowsOne())).recorded
    async with store.begin() as tx:
        kept = await tx.findings.matches(recorded.finding.id)
        records = await tx.evidence.of_finding(recorded.finding.id)
    assert (len(kept), recorded.finding.documents, len(records)) == (1, 1, 3)


def test_what_was_kept_is_remembered_within_bounds() -> None:
    """The oldest is forgotten first; forgetting costs a second copy, never a first."""
    kept = Kept(size=2)
    for digest in "abc":
        kept.add([("m", "http://x/", digest)])
    assert [("m", "http://x/", digest) in kept for digest in "abc"] == [False, True, True]


async def test_the_same_bytes_are_sealed_once_for_a_finding(store: Store, tmp_path: Path) -> None:
    """A page that is told again unchanged does not fill the vault."""
    sealer, kept = Remembers(), Kept()
    web = Web(Blog().draw([Thing("Harbour Clinic")]))
    for folder in ("a", "b"):
        await poll(store, tmp_path / folder, web, sealer=sealer, kept=kept, afresh=True)
    assert len(sealer.sealed) == 1


async def kept(store: Store) -> Sequence[Sighting]:
    async with store.read() as tx:
        return await tx.sightings.batch(SightingQuery(MATTER), limit=99, artefacts=999)


async def test_all_that_is_seen_is_kept_as_fingerprints(store: Store, tmp_path: Path) -> None:
    """Posts and files that nothing is known of: their sketches stay, to be matched later."""
    page = b"""<main class=list><div class=card><h2>Somebody</h2>
    <p>announced <a href="/smith.pdf">1</a></p></div></main>"""
    web = Web({SPEC.locations[0]: page, "http://board.example/smith.pdf": note(1).encode()})
    nothing = CorpusMatcher([], KEY)
    report = await poll(store, tmp_path, web, matcher=nothing)
    assert report.recorded == ()
    (sighting,) = await kept(store)
    assert (sighting.corpora, len(sighting.artefacts)) == (nothing.corpora, 2)
    assert sighting.artefacts[1].digests.letters == sum(c.isalnum() for c in note(1))
    assert len(sighting.artefacts[1].sketches) == 1
    assert "smith" not in str(sighting.observation)


async def test_the_same_content_at_the_same_place_is_kept_once(
    store: Store, tmp_path: Path
) -> None:
    """Seeing it again adds nothing; seeing it changed does."""
    for folder, text in (("a", "some words"), ("b", "some words"), ("c", "other words")):
        web = Web(Blog().draw([Thing("Somebody", text)]))
        await poll(store, tmp_path / folder, web, matcher=CorpusMatcher([], KEY), afresh=True)
    assert len(await kept(store)) == 2
