"""What every kind of source must do, whatever it reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from leakwatch.errors import AccessRefused, BadStatus, ConnectFailed, RateLimited, TimedOut
from leakwatch.model.post import SourceBatch
from leakwatch.sources.registry import build_source
from tests.support.source_pages import (
    LOGIN,
    MIRROR,
    REDESIGN,
    ROOT,
    WAITING_ROOM,
    Api,
    Blog,
    Directory,
    Feed,
    InProcess,
    Pastes,
    ScriptList,
    Site,
    Thing,
    Web,
    poll,
    posts_of,
    unreachable,
)

THINGS = tuple(Thing(f"Victim{n}", f"words of number {n}") for n in range(3))


class SourceContract:
    """Subclass it with a ``site`` to run it on a kind."""

    site: Site

    def web(
        self, things: tuple[Thing, ...] = THINGS, *, root: str = ROOT, per_page: int = 100
    ) -> Web:
        return Web(dict(self.site.draw(things, root, per_page=per_page)))

    @property
    def first(self) -> str:
        return ROOT + self.site.path

    def told(self, batches: list[SourceBatch]) -> list[str]:
        return sorted(self.site.names(posts_of(batches)))

    async def test_first_poll_tells_everything(self) -> None:
        """The first poll gives every thing once, with a location, a key and its page."""
        batches = await poll(build_source(self.site.spec()), self.web())
        assert self.told(batches) == ["Victim0", "Victim1", "Victim2"]
        assert batches[0].location == self.first
        for batch in batches:
            assert batch.problem is None
            assert batch.captures or not batch.posts
        posts = posts_of(batches)
        assert all(p.location.startswith(ROOT) for p in posts)
        assert len({p.key for p in posts}) == len(posts) == len({p.location for p in posts})

    async def test_unchanged_place_is_one_unchanged_batch(self) -> None:
        """A second look at the same pages is one batch that says so."""
        source, web = build_source(self.site.spec()), self.web()
        checkpoint = (await poll(source, web))[-1].checkpoint
        for _ in range(3):
            batches = await poll(source, web, checkpoint)
            assert [(b.is_unchanged, b.posts, b.problem) for b in batches] == [(True, (), None)]
            assert batches[0].captures
            checkpoint = batches[0].checkpoint

    async def test_new_thing_is_told_alone(self) -> None:
        """Of a page that grew by one thing, one thing is told."""
        source = build_source(self.site.spec())
        checkpoint = (await poll(source, self.web()))[-1].checkpoint
        grown = (Thing("Newcomer", "fresh words, and more of them"), *THINGS)
        batches = await poll(source, self.web(grown), checkpoint)
        told = self.told(batches)
        assert "Newcomer" in told
        # A directory tells small groups of files, for it keeps no name to tell one apart.
        assert told == ["Newcomer"] or self.site.kind == "open_directory"
        assert not any(b.is_unchanged for b in batches)

    async def test_changed_thing_is_told_again(self) -> None:
        """A thing whose words changed under the same name is told again."""
        if not self.site.can_change:
            pytest.skip("these never change")
        source = build_source(self.site.spec())
        checkpoint = (await poll(source, self.web()))[-1].checkpoint
        changed = (THINGS[0], Thing("Victim1", "now published in full"), THINGS[2])
        told = self.told(await poll(source, self.web(changed), checkpoint))
        assert "Victim1" in told
        assert told == ["Victim1"] or self.site.kind == "open_directory"

    async def test_removed_thing_is_no_news_but_no_longer_present(self) -> None:
        """What is taken down is not told; it is missing from what is present."""
        source = build_source(self.site.spec())
        before = await poll(source, self.web())
        after = await poll(source, self.web(THINGS[:2]), before[-1].checkpoint)
        assert all(b.problem is None for b in after)
        if self.site.kind == "paste_archive":
            return  # an archive shows what is new, not what is there
        if self.site.kind != "open_directory":
            assert posts_of(after) == []
            gone = {p.location for p in posts_of(before) if p.title == "Victim2"}
            assert gone
            assert after[-1].present is not None
            assert not gone & set(after[-1].present)
        assert before[-1].present is not None

    async def test_redesign_is_degraded_and_still_read(self) -> None:
        """A page of another shape is a problem, and its words are told once, whole."""
        source = build_source(self.site.spec())
        checkpoint = (await poll(source, self.web()))[-1].checkpoint
        broken = Web({self.first: REDESIGN})
        for is_first in (True, False):
            batches = await poll(source, broken, checkpoint)
            assert [b.problem for b in batches if b.problem] == ["layout_changed"]
            assert not any(b.is_complete for b in batches if b.problem)
            assert not any(b.is_unchanged for b in batches)
            texts = [p.text for p in posts_of(batches)]
            assert [("Harbour Clinic" in t) for t in texts] == [True] * is_first
            checkpoint = batches[-1].checkpoint
        back = await poll(source, self.web(), checkpoint)
        assert posts_of(back) == []
        assert all(b.problem is None for b in back)

    async def test_first_poll_of_a_strange_page_is_degraded(self) -> None:
        """A page that never had the expected shape is a problem too."""
        batches = await poll(build_source(self.site.spec()), Web({self.first: REDESIGN}))
        assert [b.problem for b in batches if b.problem] == ["layout_changed"]
        assert any("Harbour Clinic" in p.text for p in posts_of(batches))

    @pytest.mark.parametrize(
        ("page", "slug"), [(WAITING_ROOM, "challenged"), (LOGIN, "access_refused")]
    )
    async def test_page_in_front_is_named_and_forgets_nothing(self, page: bytes, slug: str) -> None:
        """A waiting room or login is its own problem, and what was known stays known."""
        source = build_source(self.site.spec())
        checkpoint = (await poll(source, self.web()))[-1].checkpoint
        batches = await poll(source, Web({self.first: page}), checkpoint)
        assert [(b.problem, b.posts, b.is_unchanged) for b in batches] == [(slug, (), False)]
        assert posts_of(await poll(source, self.web(), batches[-1].checkpoint)) == []

    async def test_missing_page_is_a_problem(self) -> None:
        """A listing that answers 404 is a gone source, not an empty one."""
        batches = await poll(build_source(self.site.spec()), Web())
        assert [(b.problem, b.posts) for b in batches] == [("gone", ())]

    @pytest.mark.parametrize("obstacle", [unreachable(ROOT), WAITING_ROOM, None])
    async def test_next_mirror_is_asked(self, obstacle: bytes | Exception | None) -> None:
        """Where the first location has no page of its own, the mirror's counts."""
        web = self.web(root=MIRROR)
        if obstacle is not None:
            web.pages[self.first] = obstacle
        batches = await poll(build_source(self.site.spec(mirrors=(MIRROR,))), web)
        assert {b.location for b in batches} == {MIRROR + self.site.path}
        assert self.told(batches) == ["Victim0", "Victim1", "Victim2"]

    async def test_mirror_tells_nothing_twice(self) -> None:
        """What one location told is known on its mirror."""
        source = build_source(self.site.spec(mirrors=(MIRROR,)))
        checkpoint = (await poll(source, self.web()))[-1].checkpoint
        web = self.web(root=MIRROR)
        web.pages[self.first] = unreachable(ROOT)
        assert posts_of(await poll(source, web, checkpoint)) == []

    async def test_no_location_answers(self) -> None:
        """Where none answers the poll raises; a plea to wait is what is told."""
        source = build_source(self.site.spec(mirrors=(MIRROR,)))
        web = Web({self.first: unreachable(ROOT), MIRROR + self.site.path: TimedOut("too late")})
        with pytest.raises(ConnectFailed):
            await poll(source, web)
        web.pages[MIRROR + self.site.path] = RateLimited("slow down", retry_after_s=60)
        with pytest.raises(RateLimited):
            await poll(source, web)

    async def test_forbidden_everywhere_is_refused_access(self) -> None:
        """403 says that we may not look: that is no network error."""
        web = Web({self.first: BadStatus("HTTP 403", status=403)})
        with pytest.raises(AccessRefused, match="source board"):
            await poll(build_source(self.site.spec()), web)

    async def test_page_cap_is_told_and_made_up_for(self) -> None:
        """A cap leaves the poll incomplete; the next polls go on behind it, until all is told."""
        if not self.site.has_pages:
            pytest.skip("these have one page")
        things = tuple(Thing(f"Victim{n}") for n in range(12))
        source, web = build_source(self.site.spec(max_pages=2)), self.web(things, per_page=2)
        told: list[str] = []
        checkpoint: Mapping[str, Any] = {}
        complete = []
        for _ in range(8):
            before = len(web.requests)
            batches = await poll(source, web, checkpoint)
            assert len(web.requests) - before <= 2
            told += self.told(batches)
            checkpoint = batches[-1].checkpoint
            complete.append(batches[-1].is_complete)
            assert batches[-1].present is None
        assert sorted(told) == sorted(t.name for t in things)
        assert not complete[0]
        assert any(complete)
        assert batches[-1].is_unchanged

    async def test_every_checkpoint_resumes(self) -> None:
        """Whichever batch was the last one saved, the next polls tell all the rest."""
        things = tuple(Thing(f"Victim{n}") for n in range(8))
        per_page = 2 if self.site.has_pages else 100
        source, web = (
            build_source(self.site.spec(max_pages=10)),
            self.web(things, per_page=per_page),
        )
        batches = await poll(source, web)
        for stop in range(len(batches)):
            saved = self.told(batches[: stop + 1])
            rest = await poll(source, web, batches[stop].checkpoint)
            assert set(saved) | set(self.told(rest)) == {t.name for t in things}

    async def test_checkpoint_is_small_json_without_words(self) -> None:
        """A checkpoint round-trips through JSON, stays small, and holds no name and no text."""
        things = tuple(Thing(f"Zebedee{n} Quux", f"secretword{n} told here") for n in range(300))
        source = build_source(self.site.spec())
        checkpoint: Mapping[str, Any] = {}
        for _ in range(7):
            batches = await poll(source, self.web(things), checkpoint)
            checkpoint = batches[-1].checkpoint
        raw = json.dumps(checkpoint)
        assert len(raw) < 30_000
        assert json.loads(raw) == checkpoint
        for word in ("Zebedee", "Quux", "secretword"):
            assert word not in raw

    async def test_strange_checkpoint_is_a_first_poll(self) -> None:
        """A checkpoint of another version or kind is not trusted and not fatal."""
        batches = await poll(build_source(self.site.spec()), self.web(), {"v": 99, "known": 7})
        assert self.told(batches) == ["Victim0", "Victim1", "Victim2"]

    async def test_page_that_kills_its_parser_is_still_read(self) -> None:
        """When the child dies on a page, its words are told by the plainest means."""
        wire = f"leakwatch.sources.wire.{'autoindex' if self.site.kind == 'open_directory' else self.site.kind}:parse"
        parser = InProcess(killed=(wire, "leakwatch.sources.wire.page:parse"))
        web = Web({self.first: REDESIGN})
        batches = await poll(build_source(self.site.spec()), web, parser=parser)
        assert [b.problem for b in batches if b.problem] == ["child_killed"]
        assert any("Harbour Clinic" in p.text for p in posts_of(batches))


class TestBlog(SourceContract):
    site = Blog()


class TestScriptList(SourceContract):
    site = ScriptList()


class TestApi(SourceContract):
    site = Api()


class TestFeed(SourceContract):
    site = Feed()


class FewPastes(Pastes):
    options: ClassVar[Mapping[str, Any]] = {**Pastes.options, "max_per_poll": 3}


class TestPastes(SourceContract):
    site = Pastes()

    async def test_page_cap_is_told_and_made_up_for(self) -> None:
        """Not all pastes at once: the rest waits in the checkpoint for the next poll."""
        site = FewPastes()
        things = tuple(Thing(f"Victim{n}") for n in range(7))
        source, web = build_source(site.spec()), self.web(things)
        told, complete = [], []
        checkpoint: Mapping[str, Any] = {}
        for _ in range(3):
            batches = await poll(source, web, checkpoint)
            told.append(len(posts_of(batches)))
            complete.append(batches[-1].is_complete)
            checkpoint = batches[-1].checkpoint
        assert told == [3, 3, 1]
        assert complete == [False, False, True]


class TestDirectory(SourceContract):
    site = Directory()
