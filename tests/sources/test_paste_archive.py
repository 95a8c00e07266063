"""Pastes: each fetched once, none lost, refusals named."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from leakwatch.errors import AccessRefused, RateLimited, TimedOut, TorUnavailable
from leakwatch.ports import Source
from leakwatch.sources.paste_archive import MAX_PENDING, MAX_SEEN
from leakwatch.sources.registry import build_source
from tests.support.source_pages import ROOT, Pastes, Thing, Web, poll, posts_of

SITE = Pastes()
THINGS = [Thing(f"Paste{n}", f"body {n}") for n in range(4)]


def source(**options: Any) -> Source:
    return build_source(replace(SITE.spec(), options={**SITE.options, **options}))


def raw_url(thing: Thing) -> str:
    return f"{ROOT}raw/{SITE.id_of(thing)}"


async def test_paste_is_its_raw_text() -> None:
    """A paste's content is the raw capture, beside the listing that names it; oldest first."""
    batches = await poll(source(), Web(SITE.draw(THINGS)))
    posts = posts_of(batches)
    assert [p.title for p in posts] == ["Paste3", "Paste2", "Paste1", "Paste0"]
    for post, batch in zip(posts, batches, strict=True):
        assert post.content is not None
        assert [c.url for c in batch.captures] == [ROOT + "archive", post.content.url]
        assert post.text == ""
        assert post.location == ROOT + post.key
    assert sum(b.pages for b in batches) == 5


async def test_location_is_the_raw_address_without_a_page() -> None:
    """Where the site has no page for people, the raw text is the location."""
    options = {k: v for k, v in SITE.options.items() if k != "page_url"}
    found = await poll(
        build_source(replace(SITE.spec(), options=options)), Web(SITE.draw(THINGS[:1]))
    )
    assert posts_of(found)[0].location == raw_url(THINGS[0])


async def test_nothing_is_fetched_twice() -> None:
    """A paste that was fetched, or is gone, is not asked for again."""
    web = Web(SITE.draw(THINGS))
    del web.pages[raw_url(THINGS[1])]
    first = await poll(source(), web)
    assert len(posts_of(first)) == 3
    before = len(web.requests)
    second = await poll(source(), web, first[-1].checkpoint)
    assert web.asked[before:] == [ROOT + "archive"]
    assert second[-1].is_unchanged


async def test_failed_paste_is_tried_again_then_given_up() -> None:
    """A failure keeps the paste pending, though the listing moves on; after N tries it is told."""
    web = Web(SITE.draw(THINGS))
    web.pages[raw_url(THINGS[0])] = TimedOut("too late")
    adapter = source(max_attempts=3)
    batches = await poll(adapter, web)
    assert len(posts_of(batches)) == 3
    assert not batches[-1].is_complete
    web.pages[ROOT + "archive"] = SITE.draw(THINGS[1:])[ROOT + "archive"]
    batches = await poll(adapter, web, batches[-1].checkpoint)
    assert (batches[-1].problem, batches[-1].is_complete) == (None, False)
    batches = await poll(adapter, web, batches[-1].checkpoint)
    assert (batches[-1].problem, batches[-1].detail) == ("pastes_missed", "1 pastes given up")
    web.pages[raw_url(THINGS[0])] = b"body"
    batches = await poll(adapter, web, batches[-1].checkpoint)
    assert [b.is_unchanged for b in batches] == [True]


async def test_failed_paste_that_recovers_is_told() -> None:
    """A pending paste is fetched at the next poll, in its old place."""
    web = Web(SITE.draw(THINGS))
    web.pages[raw_url(THINGS[2])] = b"File is not ready for scraping yet. Try again in 1 minute."
    batches = await poll(source(), web)
    assert "Paste2" not in [p.title for p in posts_of(batches)]
    web.pages[raw_url(THINGS[2])] = b"body"
    after = await poll(source(), web, batches[-1].checkpoint)
    assert [p.title for p in posts_of(after)] == ["Paste2"]


@pytest.mark.parametrize("error", [RateLimited("slow down"), TorUnavailable("no proxy")])
async def test_plea_to_wait_stops_the_poll_and_blames_no_paste(error: Exception) -> None:
    """A rate limit or a dead proxy ends the fetching; no attempt is counted."""
    web = Web(SITE.draw(THINGS))
    web.pages[raw_url(THINGS[2])] = error
    batches = await poll(source(), web)
    assert [p.title for p in posts_of(batches)] == ["Paste3"]
    assert [tries for _, tries in batches[-1].checkpoint["pending"]] == [0, 0, 0]
    assert not batches[-1].is_complete


@pytest.mark.parametrize("where", [ROOT + "archive", raw_url(THINGS[1])])
async def test_refusal_with_status_200_is_named(where: str) -> None:
    """The service's word that we may not look is an access error, not an empty archive."""
    web = Web(SITE.draw(THINGS))
    web.pages[where] = b"YOUR IP: 192.0.2.1 DOES NOT HAVE ACCESS. VISIT: our site"
    with pytest.raises(AccessRefused):
        await poll(source(), web)


async def test_long_paste_that_quotes_a_refusal_is_a_paste() -> None:
    """The words of a refusal inside a real paste are content."""
    web = Web(SITE.draw([Thing("A", "DOES NOT HAVE ACCESS " * 100)]))
    assert len(posts_of(await poll(source(), web))) == 1


async def test_memory_is_bounded() -> None:
    """However many pastes come by, the checkpoint stays within its caps."""
    adapter = source(max_per_poll=1)
    checkpoint: Mapping[str, Any] = {}
    for start in (0, 3_000, 6_000):
        things = [Thing(f"P{n}") for n in range(start, start + 3_000)]
        batches = await poll(adapter, Web(SITE.draw(things)), checkpoint)
        checkpoint = batches[-1].checkpoint
        assert len(checkpoint["pending"]) <= MAX_PENDING
        assert len(checkpoint["seen"]) <= MAX_SEEN
    assert len(json.dumps(checkpoint)) < 150_000
    assert batches[-1].problem == "pastes_missed"


async def test_id_patterns_without_names() -> None:
    """The first group is the id where no group is called so; JSON listings do as well."""
    rows: Mapping[str, bytes] = {
        ROOT + "archive": b'[{"key": "abc123"}, {"key": "def456"}]',
        ROOT + "raw/abc123": b"a",
        ROOT + "raw/def456": b"b",
    }
    batches = await poll(source(id_pattern=r'"key": "(\w+)"'), Web(dict(rows)))
    assert [p.key for p in posts_of(batches)] == ["def456", "abc123"]
