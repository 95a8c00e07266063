"""The walk of an open directory: all of it, nothing else, and no name kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from leakwatch.errors import RateLimited, TimedOut
from leakwatch.model.post import SourceBatch
from leakwatch.sources.frontier import Frontier
from leakwatch.sources.registry import build_source
from tests.support.source_pages import Directory, InProcess, Web, autoindex, poll, posts_of

TOP = "http://board.example/files/"
SITE = Directory()


def tree(width: int, depth: int, at: str = TOP) -> dict[str, bytes]:
    """Return listings of a tree: each directory has one file and, above the leaves, subdirectories."""
    below = [f"Patient {n}/" for n in range(width)] if depth else []
    pages = {at: autoindex([("scan.pdf", 10), *((name, None) for name in below)])}
    for name in below:
        pages |= tree(width, depth - 1, f"{at}{name.replace(' ', '%20')}")
    return pages


async def polls(web: Web, *, max_pages: int, times: int) -> list[list[SourceBatch]]:
    source = build_source(SITE.spec(max_pages=max_pages))
    done: list[list[SourceBatch]] = []
    for _ in range(times):
        done.append(await poll(source, web, done[-1][-1].checkpoint if done else {}))
    return done


def locations(batches: list[SourceBatch]) -> list[str]:
    return [post.location for post in posts_of(batches)]


async def test_rounded_sizes_reach_the_listing() -> None:
    """An interval that a server's rounding leaves is handed on with the entry."""
    page = autoindex([("a.pdf", 7)]).replace(b"   7\n", b"   2.4M\n")
    [post] = posts_of(await poll(build_source(SITE.spec()), Web({TOP: page})))
    assert post.listing is not None
    [entry] = post.listing.entries
    assert (entry.size_bytes, entry.size_range) == (None, (2_300_000, 2_621_440))


async def test_directory_is_a_post_with_its_listing() -> None:
    """All entries are listed with path, exact size and address; files are links."""
    pages = {
        TOP: autoindex([("a b.pdf", 7), ("sub/", None)]),
        TOP + "sub/": autoindex([("c.7z", 9)]),
    }
    top, sub = posts_of(await poll(build_source(SITE.spec()), Web(dict(pages))))
    assert top.listing is not None
    assert sub.listing is not None
    assert (top.listing.origin, top.listing.is_complete) == ("autoindex", True)
    assert [(e.path, e.size_bytes, e.is_directory, e.url) for e in top.listing.entries] == [
        ("a b.pdf", 7, False, TOP + "a%20b.pdf"),
        ("sub", None, True, TOP + "sub/"),
    ]
    assert [(e.path, e.url) for e in sub.listing.entries] == [("sub/c.7z", TOP + "sub/c.7z")]
    assert [(x.url, x.name, x.size_bytes) for x in top.links] == [(TOP + "a%20b.pdf", "a b.pdf", 7)]
    assert (top.location, sub.location) == (TOP, TOP + "sub/")


@pytest.mark.parametrize(
    ("width", "depth", "max_pages"), [(3, 2, 4), (2, 4, 2), (12, 1, 5), (1, 9, 2)]
)
async def test_walk_goes_on_over_polls_until_all_is_seen(
    width: int, depth: int, max_pages: int
) -> None:
    """Poll by poll every directory is told exactly once, breadth first, and then none."""
    pages = tree(width, depth)
    web = Web(dict(pages))
    done = await polls(web, max_pages=max_pages, times=2 * len(pages))
    told = [location for batches in done for location in locations(batches)]
    assert sorted(told) == sorted(pages)
    assert [at.count("/") for at in told] == sorted(at.count("/") for at in told)
    assert not done[0][-1].is_complete
    assert done[-1][-1].is_unchanged


async def test_whole_tree_in_one_poll_says_what_is_present() -> None:
    """With room for all, one poll is complete and lists every directory as present."""
    pages = tree(3, 2)
    (batches,) = await polls(Web(dict(pages)), max_pages=100, times=1)
    assert batches[-1].is_complete
    assert batches[-1].present is not None
    assert sorted(batches[-1].present) == sorted(pages)


async def test_no_name_is_kept() -> None:
    """In the middle of a walk the checkpoint holds neither names nor addresses, and stays small."""
    web = Web(tree(12, 2))
    for batches in await polls(web, max_pages=5, times=6):
        raw = json.dumps(batches[-1].checkpoint)
        assert "atient" not in raw
        assert "scan" not in raw
        assert "/" not in json.dumps(batches[-1].checkpoint["queue"])
        assert len(raw) < 5_000


async def test_changed_file_is_among_few_links() -> None:
    """In a large directory a new file makes a post whose links are a small group, not all."""
    rows: list[tuple[str, int | None]] = [(f"f{n}.pdf", n) for n in range(400)]
    source = build_source(SITE.spec())
    checkpoint = (await poll(source, Web({TOP: autoindex(rows)})))[-1].checkpoint
    rows[7] = ("f7.pdf", 99)
    (post,) = posts_of(await poll(source, Web({TOP: autoindex(rows)}), checkpoint))
    assert post.listing is not None
    assert len(post.listing.entries) == 400
    assert "f7.pdf" in {x.name for x in post.links}
    assert len(post.links) < 40


async def test_same_size_new_date_is_a_change() -> None:
    """A file replaced by one of the same size is told by its date."""
    source = build_source(SITE.spec())
    checkpoint = (await poll(source, Web({TOP: autoindex([("a", 1)])})))[-1].checkpoint
    page = autoindex([("a", 1)], date="02-Mar-2026 10:00")
    assert len(posts_of(await poll(source, Web({TOP: page}), checkpoint))) == 1


async def test_directories_that_shift_are_not_lost() -> None:
    """When siblings come and go in the middle of a walk, all are visited all the same."""
    web = Web(tree(8, 1))
    source = build_source(SITE.spec(max_pages=3))
    first = await poll(source, web)
    web.pages |= {f"{TOP}A%20new/": autoindex([("x.pdf", 5)])}
    names = [("A new/", None), *((f"Patient {n}/", None) for n in range(2, 8))]
    web.pages[TOP] = autoindex([("scan.pdf", 10), *names])
    told = set(locations(first))
    checkpoint: Mapping[str, Any] = first[-1].checkpoint
    for _ in range(6):
        batches = await poll(source, web, checkpoint)
        told |= set(locations(batches))
        checkpoint = batches[-1].checkpoint
    assert {f"{TOP}A%20new/", *(f"{TOP}Patient%20{n}/" for n in range(2, 8))} <= told


async def test_walk_never_leaves_the_root() -> None:
    """Whatever a hostile listing points to, and however deep it loops, requests stay below the root."""
    hostile = autoindex([("a/", None)]) + (
        b'<a href="http://evil.example/x/">x/</a> <a href="//evil.example/">y/</a>'
        b'<a href="/">root/</a> <a href="../../etc/">e/</a> <a href="%2e%2e/">u/</a> <a href="?C=N">s</a>'
    )

    class Endless(Web):
        async def fetch(self, request: Any) -> Any:
            self.pages[request.url] = hostile
            return await super().fetch(request)

    web = Endless()
    done = await polls(web, max_pages=50, times=2)
    assert all(url.startswith(TOP) for url in web.asked)
    assert len(web.asked) < 70
    assert done[0][-1].is_complete


async def test_redirect_out_of_the_root_is_not_followed_as_listing() -> None:
    """A subdirectory that redirects to another host gives no children there."""
    web = Web({TOP: autoindex([("a/", None)]), "http://evil.example/": autoindex([("b/", None)])})
    web.redirects[TOP + "a/"] = "http://evil.example/"
    batches = await poll(build_source(SITE.spec()), web)
    assert web.asked == [TOP, TOP + "a/"]
    assert locations(batches) == [TOP]
    assert not batches[-1].is_complete


async def test_parser_that_lies_leads_nowhere() -> None:
    """A parser taken over may name any address; none outside the root is asked for or linked."""

    class Lying(InProcess):
        async def parse(
            self, parser: str, body: bytes, options: Mapping[str, Any]
        ) -> Mapping[str, Any]:
            urls = [
                "http://evil.example/x/",
                TOP + "../x/",
                TOP + "a/b/",
                TOP,
                TOP + "../",
                TOP + "ok",
            ]
            rows = [
                {
                    "name": f"n{n}",
                    "url": u,
                    "is_directory": u.endswith("/"),
                    "size_bytes": 1,
                    "shown": "",
                }
                for n, u in enumerate(urls)
            ]
            return {"entries": rows, "is_cut": False, "problem": None, "detail": None}

    web = Web({TOP: b"x"})
    (post,) = posts_of(await poll(build_source(SITE.spec()), web, parser=Lying()))
    assert web.asked == [TOP]
    assert [x.url for x in post.links] == [TOP + "ok"]


async def test_missing_and_failing_subdirectories() -> None:
    """One that is gone is passed over; one that fails leaves the look incomplete."""
    web = Web({TOP: autoindex([("a/", None), ("b/", None), ("c/", None)])})
    web.pages[TOP + "b/"] = TimedOut("too late")
    web.pages[TOP + "c/"] = autoindex([("x", 1)])
    batches = await poll(build_source(SITE.spec()), web)
    assert locations(batches) == [TOP, TOP + "c/"]
    assert (batches[-1].problem, batches[-1].is_complete) == ("directories_missed", False)
    assert batches[-1].present is None


async def test_plea_to_wait_keeps_the_place() -> None:
    """A rate limit ends the walk; the next poll asks for the same directory."""
    web = Web(tree(4, 1))
    web.pages[TOP + "Patient%201/"] = RateLimited("slow down")
    source = build_source(SITE.spec())
    batches = await poll(source, web)
    assert not batches[-1].is_complete
    before = len(web.requests)
    await poll(source, web, batches[-1].checkpoint)
    assert web.asked[before:] == [TOP, TOP + "Patient%201/"]


async def test_subdirectory_with_a_page_is_read_as_a_page() -> None:
    """An index page below the root is a post of its words, told once, and no problem."""
    page = b"<title>Proof</title><body><p>Harbour Clinic <a href='all.7z'>everything</a>"
    web = Web({TOP: autoindex([("a/", None)]), TOP + "a/": page})
    done = await polls(web, max_pages=5, times=2)
    post = posts_of(done[0])[1]
    assert "Harbour Clinic" in post.text
    assert [x.url for x in post.links] == [TOP + "a/all.7z"]
    assert [b.problem for b in done[0]] == [None] * len(done[0])
    assert posts_of(done[1]) == []


def test_memory_of_what_was_told_is_bounded() -> None:
    """More groups than the cap push out those longest unseen."""
    frontier = Frontier()
    for n in range(45_000):
        frontier.news(f"{n}/", [])
    checkpoint = frontier.snapshot()
    assert len(json.dumps(checkpoint)) < 280_000
    again = Frontier.load(checkpoint)
    assert again.news("44999/", []) is None
    assert again.news("0/", []) == []
