"""What declarative definitions can express of captured leak-site pages."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from leakwatch.sources.preview import preview
from leakwatch.sources.registry import build_source
from tests.support.source_pages import ROOT, Blog, InProcess

EVAL = Path(__file__).resolve().parents[3] / "shared/eval/leak-pages"
TELEGRAM = EVAL.parent / "telegram-shape"
FOLDER = Path(__file__).resolve().parents[2] / "config/sources"
pytestmark = pytest.mark.skipif(not EVAL.is_dir(), reason="no shared evaluation data here")

WORDPRESS = {
    "item": "article",
    "title": ".entry-title",
    "link": ".entry-title a",
    "date": "time@datetime",
}
CARD_POST = {"item": ".card-post", "title": ".post-announce-name", "link": "a.btn-site"}
LOCKBIT = {
    "item": ".post-block",
    "title": ".post-title",
    "text": ".post-block-text",
    "link": "a.post-more-link",
    "states": {"countdown": [".bad"], "published": [".good"]},
}

BLOGS: dict[str, tuple[dict[str, Any], int]] = {
    "0mega__01": ({"item": "tr.trow", "title": "td", "link": "a"}, 2),
    "54bb47h__01": (WORDPRESS, 6),
    "arvinclub__01": (WORDPRESS, 6),
    "atomsilo__01": (CARD_POST, 4),
    "avaddon__01": ({"item": "div.border-top.border-light", "title": "h3", "link": "h3 a"}, 10),
    "babuk__01": ({"item": "a.leak-card", "title": "h5", "link": "@href", "date": ".published"}, 6),
    "bianlian__01": ({"item": "li.post", "title": "a", "link": "a", "date": ".meta"}, 23),
    "blackbasta__02": ({"item": "div.card", "title": ".title", "link": ".title a"}, 10),
    "blackbyte__01": ({"item": "div.bg-tar", "title": "h1.h_font"}, 27),
    "blackmatter__01": (CARD_POST, 18),
    "cheers__02": ({"item": "div.post", "title": ".excerpt-title", "link": ".excerpt-title a"}, 6),
    "cuba__01": ({"item": "div.list-text", "title": "a", "link": "a"}, 6),
    "daixin__02": ({"item": "div.border-warning", "title": "h4", "files": "a"}, 4),
    "everest__01": (WORDPRESS, 10),
    "icefire__01": ({"item": "tr.fw-normal", "title": "td", "link": "a"}, 44),
    "karma__01": (
        {"item": "div.post-content", "title": ".entry-title", "link": ".entry-title a"},
        7,
    ),
    "lockbit2__07": (LOCKBIT, 112),
    "lockbit3__02": (LOCKBIT, 199),
    "lockdata__01": ({"item": ".auction-item-left", "title": ".auction-item-info__title"}, 5),
    "lorenz__01": ({"item": "div.panel-primary", "title": "h3", "files": "a.btn-info"}, 43),
    "medusa__01": (WORDPRESS, 10),
    "mindware__01": ({"item": "div.card.border-info", "title": ".card-header"}, 13),
    "mount__01": ({"item": ".blog-one__single", "title": "h3", "link": "h3 a"}, 18),
    "nefilim__01": (WORDPRESS, 10),
    "onyx__01": ({"item": "article", "title": "h6"}, 12),
    "pandora__01": ({"item": "div.post", "title": ".post-title", "link": "a", "date": "time"}, 5),
    "payloadbin__01": (
        {
            "item": "div.tab--news",
            "title": ".news--heading",
            "link": ".news--heading a",
            "states": {"published": [".category__dot--disclosed"]},
        },
        24,
    ),
    "pysa__01": ({"item": "section", "title": "div.page-header"}, 305),
    "quantum__01": ({"item": "section.blog-post", "title": "h2", "link": "h2 a"}, 51),
    "ransomexx__01": ({"item": "div.card", "title": "h5", "link": "a.btn"}, 20),
    "ransomhouse__01": ({"item": "div.cls_record", "title": ".cls_recordTop", "link": "a"}, 10),
    "redalert__01": ({"item": "div.company", "title": "h3"}, 4),
    "revil__02": (
        {
            "item": "div.card",
            "title": ".card-header",
            "next": 'a.page-link:lexbor-contains("Next")',
        },
        10,
    ),
    "snatch__01": ({"item": "div.ann-block", "title": ".a-b-n-name", "link": "a.a-b-b-r-link"}, 10),
    "sparta__01": ({"item": "div.card", "title": "h2"}, 12),
    "spook__01": (WORDPRESS, 10),
    "suncrypt__01": ({"item": "div.card.mb-5", "title": "p.title", "link": "a.mr-7"}, 10),
    "xinglocker__01": ({"item": "div.row.g-0", "title": "h3", "link": "a.stretched-link"}, 21),
    "yanluowang__01": ({"item": "div.post.on-list", "title": ".post-title", "link": "a"}, 5),
}
LISTS: dict[str, tuple[str, dict[str, Any], int]] = {
    "ragnarlocker__01.html": (
        "js_list",
        {"variable": "post_links", "title": "title", "date": "timestamp", "link": "link"},
        72,
    ),
    "ragnarlocker__02.json": (
        "json_api",
        {"items": "@", "title": "title", "date": "timestamp", "key": "link"},
        72,
    ),
    "alphv__02.html": (
        "json_api",
        {"items": "items", "key": "id", "title": "title", "text": "publication.description"},
        6,
    ),
    "hiveleak__01.html": ("json_api", {"items": "@", "key": "id", "title": "title"}, 156),
    "lv__02.html": (
        "json_api",
        {"items": "posts", "key": "link", "title": "title", "text": "post"},
        3,
    ),
    "lockbit3_fs__02.html": ("open_directory", {}, 1),
}


async def read(name: str, kind: str, options: dict[str, Any]) -> Any:
    spec = replace(Blog().spec(), kind=kind, options=options)
    body = (EVAL / name).read_bytes()
    return await preview(build_source(spec), InProcess(), body=body, url=ROOT)


@pytest.mark.parametrize("name", BLOGS)
async def test_blog_pages(name: str) -> None:
    """A few selectors read every post of the page, each with a title and words."""
    options, count = BLOGS[name]
    batch = await read(f"{name}.html", "html_blog", options)
    assert batch.problem is None
    assert len(batch.posts) == count
    assert sum(bool(p.title) for p in batch.posts) >= 0.9 * count


@pytest.mark.parametrize("name", LISTS)
async def test_pages_that_are_data(name: str) -> None:
    """Script lists, JSON and themed directory listings are read as such."""
    kind, options, count = LISTS[name]
    batch = await read(name, kind, options)
    assert batch.problem is None
    assert len(batch.posts) == count
    if kind == "open_directory":
        assert len(batch.posts[0].listing.entries) > 690


@pytest.mark.skipif(not TELEGRAM.is_dir(), reason="no shared evaluation data here")
async def test_telegram_preview_by_the_shipped_example() -> None:
    """Messages are keyed by their own id; documents keep their names; older pages are followed."""
    example = FOLDER / "telegram_preview.example.toml"
    options = tomllib.loads(example.read_text(encoding="utf-8"))["options"]
    source = build_source(replace(Blog().spec(), kind="html_blog", options=options))
    body = (TELEGRAM / "channel.html").read_bytes()
    batch = await preview(source, InProcess(), body=body, url=ROOT)
    assert batch.problem is None
    posts = {post.key: post for post in batch.posts}
    assert list(posts)[:2] == ["example_leaks/101", "example_leaks/102"]
    first, second = posts["example_leaks/101"], posts["example_leaks/102"]
    assert first.location == "https://t.me/example_leaks/101"
    assert first.stated_at == datetime(2024, 3, 2, 10, 1, tzinfo=UTC)
    assert [x.url for x in first.links] == ["https://h1.example/files/part1.7z"]
    assert [x.name for x in second.links] == ["patients_part1.7z.001"]
    assert "patients_part1.7z.001" in second.text
    assert posts["example_leaks/104"].text.count("album caption") == 1
    assert [x.is_magnet for x in posts["example_leaks/106"].links] == [True]
    assert batch.checkpoint["cursor"] == "/s/example_leaks?before=101"
    private = (TELEGRAM / "private_or_missing.html").read_bytes()
    assert (await preview(source, InProcess(), body=private, url=ROOT)).problem == "no_preview"


async def test_states_are_told_apart() -> None:
    """Countdown and published, which trackers merge, are two states."""
    batch = await read("lockbit3__02.html", "html_blog", LOCKBIT)
    states = [post.state.value for post in batch.posts]
    assert (states.count("published"), states.count("countdown")) == (139, 60)
