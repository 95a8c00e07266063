"""What a matter's payload policy and leave let happen to linked files, end to end in one process."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from leakwatch.clock import SystemClock
from leakwatch.evidence.journal import IntakeJournal
from leakwatch.evidence.record import Circumstances
from leakwatch.fetch.client import HttpFetcher
from leakwatch.inspection import Inspector
from leakwatch.model.capture import Capture
from leakwatch.model.evidence import SealedContent
from leakwatch.model.finding import Finding
from leakwatch.model.matter import Authorisation, Matter, PayloadPolicy
from leakwatch.model.source import Via
from leakwatch.model.taking import Fate, Purpose, Taking
from leakwatch.payload import LEAVE_ENDED, PayloadFetcher, PayloadLimits
from leakwatch.pipeline import Pipeline, PollReport
from leakwatch.ports import FindingQuery, Store
from leakwatch.recording import Recorder
from leakwatch.redaction import Redactor
from leakwatch.sources.registry import build_source
from leakwatch.spool import Spool
from tests.support.fetching import loopback, policy_for
from tests.support.http_site import Asked, HangUp, Route, Site, reply, serve
from tests.support.readers import PlainReader
from tests.support.socks_proxy import socks_proxy
from tests.support.source_pages import Blog, InProcess
from tests.support.store import a_matter, an_order
from tests.test_pipeline import KnowsOne

CLOCK = SystemClock()
DAY = timedelta(days=1)
NAME = "smith_john_hiv_result.pdf"
"""A name that must appear nowhere."""
STOLEN = b"here are the stolen words of one file"


def leave(*, begins: timedelta = -DAY, ends: timedelta = DAY) -> Authorisation:
    now = CLOCK.now()
    return Authorisation("the clinic", "letter 7", now + begins, now + ends)


LIVE: Mapping[str, timedelta] = {}
EXPIRED = {"begins": -2 * DAY, "ends": -timedelta(seconds=1)}
FUTURE = {"begins": DAY, "ends": 2 * DAY}


def matter(name: str, policy: PayloadPolicy, **span: timedelta) -> Matter:
    """Return a matter with one leave of that span."""
    return a_matter(an_order(), id=name, payload=policy, authorisations=(leave(**span),))


@dataclass
class Vault:
    """A ``ports.Sealer`` that remembers what bytes it was given."""

    sealed: list[tuple[str, str]] = field(default_factory=list)
    """(matter, SHA-256 of the bytes)."""

    def seal(self, matter: Matter, captures: Sequence[Capture]) -> SealedContent:
        for capture in captures:
            digest = hashlib.sha256(b"".join(capture.chunks())).hexdigest()
            assert digest == capture.sha256
            self.sealed.append((matter.id, digest))
        name = f"{len(self.sealed):064x}"
        return SealedContent(f"{matter.id}/00/{name}.age", name, 1, ())

    def of(self, body: bytes) -> set[str]:
        """Return the matters for which these bytes were sealed."""
        digest = hashlib.sha256(body).hexdigest()
        return {matter for matter, sealed in self.sealed if sealed == digest}


@dataclass
class Watch:
    """A leak site with one post that links to one file, and who looks at it."""

    store: Store
    folder: Path
    site: Site
    fetcher: HttpFetcher
    spool: Spool
    vault: Vault = field(default_factory=Vault)
    limits: PayloadLimits = field(default_factory=PayloadLimits)

    def links_to(self, *paths: str, text: str = "Harbour Clinic files") -> None:
        links = "".join(f'<a href="{path}">file</a>' for path in paths)
        page = f"<main class=list><div class=card><h2>Harbour Clinic</h2><p>{text} {links}</p></div></main>"
        self.site.routes["/"] = reply(page.encode())

    async def poll(self, *matters: Matter) -> PollReport:
        """Poll the site once, from the beginning."""
        spec = replace(
            Blog().spec(),
            locations=(self.site.url(),),
            via=Via.DIRECT,
            allow_private=True,
            options={**Blog.options, "files": "p a"},
        )
        async with self.store.begin() as tx:
            await tx.matters.sync(matters, CLOCK.now())
            await tx.sources.sync([spec], CLOCK.now())
            until = CLOCK.now() + timedelta(minutes=5)
            lease = await tx.sources.claim(spec.name, "test", now=CLOCK.now(), until=until)
        by_id = {m.id: m for m in matters}
        with ThreadPoolExecutor(2) as executor:
            pipeline = Pipeline(
                store=self.store,
                fetcher=self.fetcher,
                parser=InProcess(),
                inspector=Inspector(
                    payloads=PayloadFetcher(self.fetcher, self.limits, clock=CLOCK),
                    reader=PlainReader(),
                    executor=executor,
                    limits=self.limits,
                    blind=_blind,
                ),
                matchers={m.id: KnowsOne() for m in matters},
                sealer=self.vault,
                recorder=Recorder(
                    store=self.store,
                    journal=IntakeJournal(self.folder / "journal"),
                    matters=by_id,
                    circumstances=lambda: Circumstances(CLOCK.now(), "0" * 32, "0" * 64),
                    clock=CLOCK,
                ),
                matters=by_id,
                executor=executor,
                clock=CLOCK,
                redactor=Redactor(blind=_blind),
            )
            return await pipeline.poll(spec, build_source(spec), lease)

    async def findings(self) -> Sequence[Finding]:
        async with self.store.read() as tx:
            return await tx.findings.query(FindingQuery())

    async def takings(self, purpose: Purpose = Purpose.PAYLOAD) -> list[Taking]:
        async with self.store.read() as tx:
            return [t for t in await tx.takings.query() if t.purpose is purpose]


def _blind(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


@pytest.fixture
async def watch(store: Store, tmp_path: Path) -> AsyncIterator[Watch]:
    async with _watching(store, tmp_path) as found:
        yield found


@asynccontextmanager
async def _watching(
    store: Store, folder: Path, *, spool_bytes: int = 1 << 30, **policy: Any
) -> AsyncIterator[Watch]:
    spool = Spool(folder / "spool", max_bytes=spool_bytes, keep_free_bytes=0)
    async with serve() as site, socks_proxy(site.port) as proxy:
        fetcher = HttpFetcher(
            policy_for(proxy, **policy), clock=CLOCK, resolve=loopback, spool=spool
        )
        found = Watch(store, folder, site, fetcher, spool)
        found.links_to(f"/{NAME}")
        found.site.routes[f"/{NAME}"] = reply(STOLEN)
        try:
            yield found
            assert spool.reserved_bytes == 0, "something still lies on the spool"
        finally:
            await fetcher.aclose()


def fates(taking: Taking) -> Mapping[str, Fate]:
    return {ground.matter: ground.fate for ground in taking.grounds}


COMBINATIONS = [
    (PayloadPolicy.METADATA_ONLY, LIVE, Fate.REFUSED_BY_POLICY),
    (PayloadPolicy.METADATA_ONLY, EXPIRED, Fate.REFUSED_BY_POLICY),
    (PayloadPolicy.FINGERPRINT_AND_DROP, LIVE, Fate.FINGERPRINTED),
    (PayloadPolicy.FINGERPRINT_AND_DROP, EXPIRED, Fate.REFUSED_BY_POLICY),
    (PayloadPolicy.FINGERPRINT_AND_DROP, FUTURE, Fate.REFUSED_BY_POLICY),
    (PayloadPolicy.SEAL_MATCHES, LIVE, Fate.SEALED),
    (PayloadPolicy.SEAL_MATCHES, EXPIRED, Fate.REFUSED_BY_POLICY),
    (PayloadPolicy.SEAL_MATCHES, FUTURE, Fate.REFUSED_BY_POLICY),
]


@pytest.mark.parametrize(("policy", "span", "fate"), COMBINATIONS)
async def test_policy_and_leave_decide(
    watch: Watch, policy: PayloadPolicy, span: Mapping[str, timedelta], fate: Fate
) -> None:
    """A file is asked for only under a policy and a live leave, and kept only to be sealed."""
    (recorded,) = (await watch.poll(matter("m", policy, **span))).recorded
    was_fetched = f"/{NAME}" in watch.site.paths()
    assert was_fetched == (fate is not Fate.REFUSED_BY_POLICY)
    assert recorded.finding.documents == int(was_fetched)
    assert watch.vault.of(STOLEN) == ({"m"} if fate is Fate.SEALED else set())
    (taking,) = await watch.takings()
    (ground,) = taking.grounds
    assert (ground.policy, ground.fate) == (policy.value, fate)
    assert ground.authorisation == ("letter 7" if was_fetched else None)
    assert taking.received_bytes == (len(STOLEN) if was_fetched else 0)
    assert (taking.content_hmac is not None) == was_fetched


async def test_no_leave_at_all_is_no_leave(watch: Watch) -> None:
    """A policy that would fetch, without any authorisation written down, fetches nothing."""
    bare = a_matter(an_order(), id="m", payload=PayloadPolicy.SEAL_MATCHES)
    await watch.poll(bare)
    assert f"/{NAME}" not in watch.site.paths()
    (taking,) = await watch.takings()
    assert (taking.fate, taking.requests, taking.things) == (Fate.REFUSED_BY_POLICY, 0, 1)


async def test_each_matter_sees_what_its_own_leave_allows(watch: Watch) -> None:
    """Four matters watch one source: one fetch, and four different views of it."""
    report = await watch.poll(
        matter("blind", PayloadPolicy.METADATA_ONLY),
        matter("late", PayloadPolicy.SEAL_MATCHES, **EXPIRED),
        matter("drops", PayloadPolicy.FINGERPRINT_AND_DROP),
        matter("seals", PayloadPolicy.SEAL_MATCHES),
    )
    assert watch.site.paths().count(f"/{NAME}") == 1
    seen = {r.finding.matter: r.finding for r in report.recorded}
    assert {m: f.documents for m, f in seen.items()} == {
        "blind": 0,
        "late": 0,
        "drops": 1,
        "seals": 1,
    }
    unread = {m: f.facts.unread_files for m, f in seen.items() if f.facts is not None}
    assert unread == {"blind": 1, "late": 1, "drops": 0, "seals": 0}
    assert watch.vault.of(STOLEN) == {"seals"}
    (taking,) = await watch.takings()
    assert fates(taking) == {
        "blind": Fate.REFUSED_BY_POLICY,
        "late": Fate.REFUSED_BY_POLICY,
        "drops": Fate.FINGERPRINTED,
        "seals": Fate.SEALED,
    }
    assert taking.fate is Fate.SEALED
    assert [(a.kind, a.outcome, a.artefacts) for a in taking.artefacts] == [("text", "text", 1)]


async def test_what_does_not_match_is_never_sealed(watch: Watch) -> None:
    """A stranger's file beside a stolen one is fingerprinted and dropped."""
    harmless = b"somebody else's shopping list"
    watch.links_to(f"/{NAME}", "/other.txt")
    watch.site.routes["/other.txt"] = reply(harmless)
    await watch.poll(matter("m", PayloadPolicy.SEAL_MATCHES))
    assert watch.vault.of(STOLEN) == {"m"}
    assert watch.vault.of(harmless) == set()
    assert sorted(t.fate for t in await watch.takings()) == [Fate.FINGERPRINTED, Fate.SEALED]


def trickle(head: bytes, piece: bytes, sent: Callable[[int], None]) -> Route:
    """Return a route that sends pieces until nobody listens."""

    async def route(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        number = 0
        while not writer.is_closing():
            writer.write(piece)
            await writer.drain()
            number += 1
            sent(number)
            await asyncio.sleep(0.01)
        raise HangUp

    return route


async def test_a_leave_that_ends_stops_a_download(watch: Watch) -> None:
    """In the middle of a long file: broken off, dropped, accounted for, and not tried again."""
    size = 10 * 1024 * 1024
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size
    watch.site.routes[f"/{NAME}"] = trickle(head, STOLEN, lambda number: None)
    short = matter("m", PayloadPolicy.SEAL_MATCHES, ends=timedelta(seconds=1.0))
    report = await watch.poll(short)
    assert report.poll.error is None, "it is no trouble of the source"
    (taking,) = await watch.takings()
    assert (taking.error, fates(taking)) == (LEAVE_ENDED, {"m": Fate.REFUSED_BY_POLICY})
    assert 0 < taking.received_bytes < size
    assert taking.content_hmac is None
    assert watch.vault.of(STOLEN) == set()
    await watch.poll(short)
    assert watch.site.paths().count(f"/{NAME}") == 1


async def test_a_download_goes_on_for_whom_the_leave_lasts(watch: Watch) -> None:
    """One leave ends while the file comes in, another lasts: only the latter's matter sees it."""
    short_s = 0.6
    watch.site.routes[f"/{NAME}"] = _slow(STOLEN, 3 * short_s)
    report = await watch.poll(
        matter("short", PayloadPolicy.SEAL_MATCHES, ends=timedelta(seconds=short_s)),
        matter("long", PayloadPolicy.SEAL_MATCHES),
    )
    documents = {r.finding.matter: r.finding.documents for r in report.recorded}
    assert documents == {"short": 0, "long": 1}
    (taking,) = await watch.takings()
    assert fates(taking) == {"short": Fate.REFUSED_BY_POLICY, "long": Fate.SEALED}
    assert watch.vault.of(STOLEN) == {"long"}


def _slow(body: bytes, seconds: float) -> Route:
    async def route(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
        await writer.drain()
        await asyncio.sleep(seconds)
        writer.write(body)

    return route


async def test_what_a_post_says_is_told_while_its_files_come_in(watch: Watch) -> None:
    """A long download keeps nobody waiting: the claim is recorded first, the files after it."""
    go_on = asyncio.Event()

    async def waits(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(STOLEN))
        await writer.drain()
        await go_on.wait()
        writer.write(STOLEN)

    watch.site.routes[f"/{NAME}"] = waits
    watch.limits = PayloadLimits(head_start_s=0.05)
    polling = asyncio.create_task(watch.poll(matter("m", PayloadPolicy.SEAL_MATCHES)))
    while not (early := await watch.findings()):
        assert not polling.done()
        await asyncio.sleep(0.02)
    assert [(f.documents, f.facts and f.facts.unread_files) for f in early] == [(0, 1)]
    go_on.set()
    await polling
    (late,) = await watch.findings()
    assert (late.id, late.documents, late.revision) == (early[0].id, 1, early[0].revision + 1)
    assert late.facts is not None
    assert late.facts.unread_files == 0


async def test_what_nobody_seals_is_dropped_as_soon_as_it_was_read(watch: Watch) -> None:
    """Ten harmless files need room for one: none of them waits for the others."""
    size, held = 100_000, []
    watch.links_to(*(f"/{n}.txt" for n in range(10)))

    def route(number: int) -> Route:
        async def answers(asked: Asked, writer: asyncio.StreamWriter) -> None:
            held.append(watch.spool.reserved_bytes)
            await reply(b"%d" % number * size)(asked, writer)

        return answers

    for number in range(10):
        watch.site.routes[f"/{number}.txt"] = route(number)
    await watch.poll(matter("m", PayloadPolicy.SEAL_MATCHES))
    assert held == [0] * 10


async def test_a_file_over_the_cap_is_refused_by_its_announcement(watch: Watch) -> None:
    """Not a byte of a file that says it is too large is read; it counts as unread."""
    watch.limits = PayloadLimits(max_file_bytes=10)
    (recorded,) = (await watch.poll(matter("m", PayloadPolicy.SEAL_MATCHES))).recorded
    (taking,) = await watch.takings()
    assert (taking.fate, taking.received_bytes) == (Fate.REFUSED_TOO_LARGE, 0)
    assert recorded.finding.facts is not None
    assert recorded.finding.facts.unread_files == 1


async def test_files_over_the_number_a_post_may_have_are_counted(watch: Watch) -> None:
    """A post with a thousand links costs a hundred fetches; the others are refused in one row."""
    watch.links_to(*(f"/{n}.txt" for n in range(7)))
    watch.limits = PayloadLimits(max_files_per_post=2)
    await watch.poll(matter("m", PayloadPolicy.FINGERPRINT_AND_DROP))
    told = sorted((t.things, t.fate.value, t.error) for t in await watch.takings())
    assert told == [
        (1, "failed", "gone"),
        (1, "failed", "gone"),
        (5, "refused_too_large", "too_many_files"),
    ]


async def test_a_full_spool_loses_nothing(store: Store, tmp_path: Path) -> None:
    """No room now: recorded, the source degraded, and fetched when there is room again."""
    seals = matter("m", PayloadPolicy.SEAL_MATCHES)
    async with _watching(store, tmp_path / "full", spool_bytes=10) as watch:
        report = await watch.poll(seals)
        assert report.poll.error == "files_missed"
        (taking,) = await watch.takings()
        assert (taking.fate, taking.error, taking.requests) == (Fate.FAILED, "spool_full", 1)
        watch.spool._max_bytes = 1 << 20
        await watch.poll(seals)
        assert watch.vault.of(STOLEN) == {"m"}
        assert [t.fate for t in await watch.takings()] == [Fate.FAILED, Fate.SEALED]


async def test_every_byte_that_was_sent_is_accounted_for(store: Store, tmp_path: Path) -> None:
    """Redirects, retries, broken bodies, pages: the rows add up to what the site was asked and sent."""
    sent = 0

    async def breaks(asked: Asked, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n" + b"x" * 5000)
        await writer.drain()
        sent += 5000
        raise HangUp

    async with _watching(store, tmp_path, attempts=2, max_wait_s=2.0) as watch:
        watch.links_to("/moved", "/broken", "/gone")
        watch.site.routes["/moved"] = reply(status=302, headers={"Location": f"/{NAME}"})
        watch.site.routes["/broken"] = breaks
        await watch.poll(matter("m", PayloadPolicy.FINGERPRINT_AND_DROP))
        payloads, pages = await watch.takings(), await watch.takings(Purpose.PAGE)
        assert sum(t.requests for t in (*payloads, *pages)) == len(watch.site.asked) == 6
        assert [t.received_bytes for t in payloads] == [len(STOLEN), sent, 0]
        assert [t.error for t in payloads] == [None, "broken_response", "gone"]
        assert sent == 10_000
        assert [t.received_bytes > 100 for t in pages] == [True]


async def test_a_file_that_was_begun_is_known_to_have_been(watch: Watch) -> None:
    """A killed daemon leaves a row that says what it was about to fetch, and that it never ended."""
    watch.site.routes[f"/{NAME}"] = _slow(STOLEN, 60)
    polling = asyncio.create_task(watch.poll(matter("m", PayloadPolicy.SEAL_MATCHES)))
    await watch.site.until(lambda: f"/{NAME}" in watch.site.paths())
    (taking,) = await watch.takings()
    assert (taking.ended_at, taking.fate) == (None, Fate.CUT_OFF)
    polling.cancel()
    await asyncio.gather(polling, return_exceptions=True)
    watch.site.routes[f"/{NAME}"] = reply(STOLEN)
    await watch.poll(matter("m", PayloadPolicy.SEAL_MATCHES))
    assert [t.fate for t in await watch.takings()] == [Fate.CUT_OFF, Fate.SEALED]


async def test_names_and_bytes_are_in_no_row(watch: Watch, tmp_path: Path) -> None:
    """A file's name and content reach neither takings nor any other table, nor the disk in clear."""
    await watch.poll(matter("m", PayloadPolicy.SEAL_MATCHES))
    (taking,) = await watch.takings()
    assert taking.location.endswith("/(document)")
    told = repr(await watch.takings()) + repr(await watch.takings(Purpose.PAGE))
    assert "smith" not in told
    assert hashlib.sha256(STOLEN).hexdigest() not in told
    for folder, _, names in os.walk(tmp_path):
        for name in names:
            data = (Path(folder) / name).read_bytes()
            assert b"smith_john" not in data
            assert STOLEN not in data
