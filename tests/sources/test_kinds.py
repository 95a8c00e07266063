"""What is particular to the kinds that list posts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from leakwatch.errors import RateLimited, SourceError
from leakwatch.model.post import Post, PostState
from leakwatch.model.source import SourceSpec
from leakwatch.sources.preview import preview
from leakwatch.sources.registry import build_source
from tests.support.source_pages import (
    ROOT,
    Api,
    Blog,
    Feed,
    InProcess,
    ScriptList,
    Thing,
    Web,
    poll,
    posts_of,
)


def spec(kind: str, **options: Any) -> SourceSpec:
    return replace(Blog().spec(), kind=kind, options=options)


async def read(kind: str, body: str | bytes, **options: Any) -> list[Post]:
    raw = body.encode() if isinstance(body, str) else body
    batches = await poll(build_source(spec(kind, **options)), Web({ROOT: raw}))
    assert [b.problem for b in batches] == [None]
    return posts_of(batches)


CARDS = """<div id=posts>
<a class="post-block good" onclick="viewpost('/post/1')" data-id=9><div class=t>Harbour Clinic</div>
<p>All <b>files</b> out</p><time datetime="2026-02-01T10:00:00Z">Feb 1</time><span class=m>magnet:?xt=urn:btih:01234567</span>
<a class=f href="part1.7z">part 1</a></a>
<div class="post-block bad" onclick="viewpost('/post/2')" data-id=8><div class=t>Mill Dental</div>
<p>3 days</p><span class=timer>72h</span></div></div>"""
SELECTORS = {
    "item": ".post-block",
    "title": ".t",
    "text": "p",
    "key": "@onclick",
    "key_pattern": r"'/post/(\d+)'",
    "date": "time@datetime",
    "files": "a.f, span.m",
    "link_template": "/post/{key}",
    "states": {"published": [".good"], "countdown": [".timer", "text:days left"]},
}


async def test_blog_reads_every_place() -> None:
    """Attributes, patterns, templates, state rules and several kinds of file links."""
    body = CARDS.replace('<a class="post-block', '<div class="post-block').replace(
        "</a></a>", "</a></div>"
    )
    first, second = await read("html_blog", body, **SELECTORS)
    assert (first.key, first.title, first.text) == ("1", "Harbour Clinic", "All files out")
    assert first.location == ROOT + "post/1"
    assert first.state is PostState.PUBLISHED
    assert first.stated_at == datetime(2026, 2, 1, 10, tzinfo=UTC)
    assert [(x.url, x.is_magnet) for x in first.links] == [
        ("magnet:?xt=urn:btih:01234567", True),
        (ROOT + "part1.7z", False),
    ]
    assert second.state is PostState.COUNTDOWN
    assert second.stated_at is None


async def test_claimed_to_published_is_told() -> None:
    """A post whose mark alone changed, same title, same words, is told again."""
    source = build_source(spec("html_blog", **SELECTORS))
    before = await poll(source, Web({ROOT: CARDS.encode()}))
    page = CARDS.replace('"post-block bad"', '"post-block good"').replace("class=timer", "class=x")
    after = await poll(source, Web({ROOT: page.encode()}), before[-1].checkpoint)
    assert [(p.title, p.state) for p in posts_of(after)] == [("Mill Dental", PostState.PUBLISHED)]


async def test_change_behind_the_front_is_told_by_a_sweep() -> None:
    """A post that changes on the last page, with the front as it was, is told within a sweep."""
    site = Blog()
    things = [Thing(f"Victim{n}") for n in range(9)]
    options = {**site.options, "sweep_every": 4}
    source = build_source(replace(site.spec(max_pages=10), options=options))
    checkpoint = (await poll(source, Web(site.draw(things, per_page=2))))[-1].checkpoint
    things[8] = Thing("Victim8", "now published in full")
    web, told = Web(site.draw(things, per_page=2)), []
    for _ in range(4):
        batches = await poll(source, web, checkpoint)
        told += [p.title for p in posts_of(batches)]
        checkpoint = batches[-1].checkpoint
    assert told == ["Victim8"]
    assert len(web.requests) < 4 * 5


async def test_explicitly_empty_list_is_no_problem() -> None:
    """A container without posts, or the words for it, is an empty list; losing all is a problem once."""
    source = build_source(Blog().spec())
    empty = Web({ROOT: b"<main class=list></main>"})
    assert [b.problem for b in await poll(source, empty)] == [None]
    words = build_source(spec("html_blog", item=".x", empty_texts=["No leaks"]))
    assert [b.problem for b in await poll(words, Web({ROOT: b"<p>no LEAKS yet"}))] == [None]
    checkpoint = (await poll(source, Web(Blog().draw([Thing("A")]))))[-1].checkpoint
    problems = []
    for _ in range(2):
        batches = await poll(source, empty, checkpoint)
        problems += [b.problem for b in batches]
        checkpoint = batches[-1].checkpoint
    assert problems == ["layout_changed", None]


async def test_lost_titles_are_a_changed_layout() -> None:
    """Items that all lost their title are told, and the page is called changed."""
    body = Blog().draw([Thing("A", "1"), Thing("B", "2")])[ROOT].replace(b"h2", b"h3")
    batches = await poll(build_source(Blog().spec()), Web({ROOT: body}))
    assert batches[0].problem == "layout_changed"
    assert len(batches[0].posts) == 3


async def test_bad_selector_is_named() -> None:
    """A selector that is none is named as the option it stands in; only the parser can tell."""
    source = build_source(spec("html_blog", item="div", title="h2["))
    with pytest.raises(SourceError, match=r"source board: options\.title"):
        await poll(source, Web({ROOT: b"<div>x</div>"}))


async def test_paging_stays_on_the_host_and_ends() -> None:
    """A next link to another host, or back, is not followed."""
    for href in ("http://evil.example/2", "/", "?", "javascript:x", "#", "http://[x/"):
        body = Blog().draw([Thing("A")])[ROOT] + f'<a class=next href="{href}">n</a>'.encode()
        web = Web({ROOT: body, "http://evil.example/2": body})
        batches = await poll(build_source(Blog().spec()), web)
        assert web.asked == [ROOT]
        assert batches[-1].is_complete


async def test_broken_page_in_the_middle_is_read_next_time() -> None:
    """A page that fails ends the poll with what was read; the next poll goes on there."""
    site, things = Blog(), [Thing(f"Victim{n}") for n in range(6)]
    web = Web(site.draw(things, per_page=2))
    whole = dict(web.pages)
    web.pages[ROOT + "?page=2"] = RateLimited("slow down")
    source = build_source(site.spec())
    batches = await poll(source, web)
    assert [p.title for p in posts_of(batches)] == ["Victim0", "Victim1"]
    assert (batches[-1].problem, batches[-1].is_complete) == ("rate_limited", False)
    web.pages = whole
    rest = await poll(source, web, batches[-1].checkpoint)
    assert [p.title for p in posts_of(rest)] == [f"Victim{n}" for n in range(2, 6)]


async def test_conditional_requests() -> None:
    """Validators go with the next request; a 304 is an unchanged place with nothing parsed."""
    site = Blog()
    web = Web(site.draw([Thing("A")]), etags={ROOT: '"one"'})
    source, parser = build_source(site.spec()), InProcess()
    checkpoint = (await poll(source, web, parser=parser))[-1].checkpoint
    batches = await poll(source, web, checkpoint, parser)
    assert web.requests[-1].etag == '"one"'
    assert [(b.is_unchanged, b.captures) for b in batches] == [(True, ())]
    assert len(parser.calls) == 1


async def test_page_over_the_caps_is_incomplete() -> None:
    """A page with more posts than are read of one page is told as far as it goes, and says so."""
    site = ScriptList()
    web = Web(site.draw([Thing(f"Victim{n}", "") for n in range(5_010)]))
    source = build_source(site.spec())
    (batch,) = await poll(source, web)
    assert (len(batch.posts), batch.problem) == (5_000, "page_cut")
    assert (batch.is_complete, batch.present) == (False, None)
    # Unchanged it still holds what was never seen: the source stays degraded.
    (again,) = await poll(source, web, batch.checkpoint)
    assert (again.posts, again.problem, again.is_complete) == ((), "page_cut", False)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"items": 7},
        {"problem": "a slug with the page's words", "detail": None},
        {"problem": "layout_changed", "detail": "line\nline"},
        {"problem": None, "detail": None, "items": [{"title": 1}], "next": None},
    ],
)
async def test_answer_of_another_shape_is_not_understood(answer: dict[str, Any]) -> None:
    """A parser taken over may answer anything: then the page was not understood, no more."""

    class Lying(InProcess):
        async def parse(
            self, parser: str, body: bytes, options: Mapping[str, Any]
        ) -> Mapping[str, Any]:
            return answer

    (batch,) = await poll(build_source(Blog().spec()), Web({ROOT: b"x"}), parser=Lying())
    assert (batch.problem, batch.posts) == ("layout_changed", ())
    assert batch.detail == "the parser gave no usable answer"


async def test_state_word_in_a_title_changes_the_same_post() -> None:
    """A post without an address of its own keeps its location when its title gains a state."""
    site, source = ScriptList(), build_source(ScriptList().spec())
    before = await poll(source, Web(site.draw([Thing("Harbour Clinic")])))
    page = Web(site.draw([Thing("Harbour Clinic [DISCLOSED]")]))
    after = await poll(source, page, before[-1].checkpoint)
    (old,), (new,) = posts_of(before), posts_of(after)
    assert (new.location, new.key) == (old.location, old.key)
    assert (old.state, new.state) == (PostState.UNKNOWN, PostState.PUBLISHED)


async def test_files_linked_in_markup_of_a_field_are_links() -> None:
    """A description that holds HTML loses its tags, not the files it points to."""
    said = 'See <a href="/about">us</a> and <a href="dump.7z">all of it</a>'
    for kind, body, options in (
        ("js_list", f"companies = /* now */ [{{name: 'A', description: '{said}'}}]", {}),
        (
            "json_api",
            json.dumps([{"t": "A", "d": said}]),
            {"items": "@", "title": "t", "text": "d"},
        ),
        ("html_blog", f"<div class=c><h2>A</h2>{said}</div>", {"item": ".c", "title": "h2"}),
    ):
        (post,) = await read(kind, body, **options)
        assert [(x.url, x.name) for x in post.links] == [(ROOT + "dump.7z", "all of it")]
        assert "all of it" in post.text


async def test_new_selectors_read_an_unchanged_page_again() -> None:
    """When the operator mends the options, a page that did not change is read anew."""
    web = Web(Blog().draw([Thing("A")]), etags={ROOT: '"one"'})
    before = await poll(build_source(spec("html_blog", item="div.card")), web)
    after = await poll(build_source(Blog().spec()), web, before[-1].checkpoint)
    assert [p.title for p in posts_of(after)] == ["A"]


KAZU = """<html><script>
// const companies = [ { name: "old", } ];
const companies = [
  { name: "Harbour Clinic", url: 'https://harbour.example', /* ]; */ description: `First <b>line</b>
second`, pubdate: "2026-02-01", ransom: "5 BTC", size: "108 GB", files: ["/f/a.7z", {name: "b", url: "/f/b.zip"}],},
  { name: 'Mill "Dental" [DISCLOSED]', description: "raw\tcontrol </script> ];", contact: {tox: "ABCDEF",}, },
];
render(companies);</script></html>"""


async def test_script_list_defaults_read_kazu() -> None:
    """Literals as people type them; unmapped fields are text; the victim's site is no address."""
    first, second = await read("js_list", KAZU)
    assert first.title == "Harbour Clinic"
    assert first.text.split("\n")[:2] == ["First line", "second"]
    assert "ransom: 5 BTC" in first.text
    assert "size: 108 GB" in first.text
    assert first.location.startswith(ROOT + "#")
    assert first.stated_at is None
    assert [x.url for x in first.links] == [ROOT + "f/a.7z", ROOT + "f/b.zip"]
    assert second.state is PostState.PUBLISHED
    assert "raw control" in second.text
    assert "];" in second.text
    assert "contact.tox: ABCDEF" in second.text


async def test_script_list_that_breaks_off_gives_its_whole_objects() -> None:
    """What can be read is told, with the problem; and the page's words too."""
    body = ScriptList().draw([Thing("A"), Thing("B")])[ROOT].replace(b'"B"', b'"B')
    batches = await poll(build_source(spec("js_list")), Web({ROOT: body}))
    assert batches[0].problem == "layout_changed"
    assert "A" in [p.title for p in batches[0].posts]


async def test_script_list_under_another_name_is_still_seen() -> None:
    """When the variable is renamed, the fallback reads what the script quotes."""
    body = KAZU.replace("companies", "victims").encode()
    batches = await poll(build_source(spec("js_list")), Web({ROOT: body}))
    assert batches[0].problem == "layout_changed"
    assert "Harbour Clinic" in batches[0].posts[0].text


API = {
    "items": "payload.rows",
    "key": "_id",
    "title": "company.name",
    "text": "descr",
    "date": "created",
    "deadline": "leakAt",
    "files": "files",
    "link_template": "/blog/{key}",
    "null_values": ["Not Found"],
    "url_decode": True,
}


async def test_api_reads_every_place() -> None:
    """Epoch dates, deadlines ahead, nulls in words, encoded texts, file objects."""
    rows = [
        {"_id": "a1", "company": {"name": "Harbour <b>Clinic</b>"}, "descr": ["all%20files", "now"],
         "created": 1709373660, "leakAt": 1790000000000, "files": [{"path": "/f/a.7z", "title": "a"}]},
        {"_id": 2, "company": {"name": "Mill"}, "descr": "Not Found", "created": "Not Found", "files": None},
        None,
    ]  # fmt: skip
    first, second = await read("json_api", json.dumps({"payload": {"rows": rows}}), **API)
    assert (first.key, first.title, first.text) == ("a1", "Harbour Clinic", "all files\nnow")
    assert first.location == ROOT + "blog/a1"
    assert first.state is PostState.COUNTDOWN
    assert first.stated_at == datetime(2024, 3, 2, 10, 1, tzinfo=UTC)
    assert [(x.url, x.name) for x in first.links] == [(ROOT + "f/a.7z", "a")]
    assert (second.key, second.text, second.stated_at) == ("2", "", None)


async def test_api_in_a_browser_view() -> None:
    """JSON that a browser put in a page is JSON; without ``text`` all values count."""
    body = '<html><body><pre>[{"title": "Harbour", "more": {"note": "files &amp; scans", "n": 5}}]</pre>'
    (post,) = await read("json_api", body, items="@", title="title")
    assert post.text.split("\n") == ["Harbour", "files & scans", "5"]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("No victims found", None),
        ('{"error": "invalid key"}', "access_refused"),
        ("Internal trouble", "layout_changed"),
        ('{"payload": {}}', "layout_changed"),
        ('{"payload": {"rows": []}}', None),
        ("<title>502 Bad Gateway</title>", "error_page"),
        ("[" * 200_000, "layout_changed"),
    ],
)
async def test_api_answers_that_are_no_list(body: str, problem: str | None) -> None:
    """Texts with status 200 are told apart: empty, refused, broken."""
    texts = {"empty_texts": ["no victims found"], "refused_texts": ["invalid key"]}
    batches = await poll(build_source(spec("json_api", **API, **texts)), Web({ROOT: body.encode()}))
    assert [b.problem for b in batches] == [problem]


async def test_api_pages_by_template() -> None:
    """Where the answer names no next page, the template does, until a page is empty."""
    site, things = Api(), [Thing(f"Victim{n}") for n in range(5)]
    pages = {
        url: body.replace(b'"next": "/api', b'"was": "/api')
        for url, body in site.draw(things, per_page=2).items()
    }
    options = {**site.options, "page_template": "/api/posts?page={page}"}
    source = build_source(replace(site.spec(max_pages=2), options=options))
    web, told = Web(pages), []
    checkpoint: Mapping[str, Any] = {}
    for _ in range(3):
        batches = await poll(source, web, checkpoint)
        told += [p.title for p in posts_of(batches)]
        checkpoint = batches[-1].checkpoint
    assert sorted(told) == [t.name for t in things]


ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>n</title><entry>
<id>urn:1</id><title type="html">Harbour &lt;b>Clinic&lt;/b></title><link href="https://news.example/1"/>
<updated>2026-02-01T10:00:00Z</updated><summary>short</summary><content type="html">&lt;p>long &amp;amp; wide&lt;script>x&lt;/script></content>
<link rel="enclosure" href="/a.zip"/></entry></feed>"""


async def test_feed_reads_atom() -> None:
    """An entry's own link is its location; summary and content are plain text."""
    (post,) = await read("feed", ATOM)
    assert post.location == "https://news.example/1"
    assert (post.key, post.title) == ("urn:1", "Harbour Clinic")
    assert post.text.split("\n") == ["short", "long & wide"]
    assert post.stated_at == datetime(2026, 2, 1, 10, tzinfo=UTC)
    assert [x.url for x in post.links] == [ROOT + "a.zip"]


async def test_empty_feed_is_no_problem() -> None:
    """A feed without entries is empty; entities that explode are no feed and no crash."""
    empty = Feed().draw([])[ROOT + "feed.xml"]
    assert await read("feed", empty) == []
    bomb = '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><rss version="2.0"><channel><item><title>&b;</title></item></channel></rss>'
    await poll(build_source(spec("feed")), Web({ROOT: bomb.encode()}))


async def test_preview_of_a_saved_page() -> None:
    """A saved page is read as a first poll would, with nothing fetched."""
    site = Blog()
    pages = site.draw([Thing("A"), Thing("B")], per_page=1)
    batch = await preview(build_source(site.spec()), InProcess(), body=pages[ROOT], url=ROOT)
    assert [p.title for p in batch.posts] == ["A"]
    assert batch.location == ROOT
