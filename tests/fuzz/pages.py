"""Targets in ``leakwatch.sources.wire``: pages, feeds and answers of sources."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from leakwatch.sources.wire import (
    autoindex,
    decode,
    feed,
    html_blog,
    js_list,
    json_api,
    page,
    paste_archive,
)
from leakwatch.sources.wire.js_literal import LiteralReader, NotALiteral
from tests.fuzz.target import Target
from tests.support.source_pages import autoindex as autoindex_page

_BLOG = {
    "item": "div.post",
    "title": "h2",
    "text": "p",
    "link": "a@href",
    "date": "time@datetime",
    "files": "a",
    "next": "a.next@href",
    "states": {"sold": ["text:sold", ".sold"]},
}
_JS = {
    "variable": "posts",
    "key": "id",
    "title": "name",
    "text": "text",
    "link": "url",
    "date": "date",
    "state": "state",
    "files": ["files"],
}
_JSON = {"items": "posts", "title": "title", "text": "body", "link": "url", "next_url": "next"}
_PASTES = {"id_pattern": r"href=\"/(?P<id>\w{8})\">(?P<title>[^<]*)"}


def indexes() -> Iterator[bytes]:
    yield autoindex_page([("a/", None), ("note.txt", 1234), ("x y.pdf", 5)])
    yield b'[{"name":"a.txt","type":"file","mtime":"x","size":12},{"name":"b","type":"directory"}]'
    yield b'<?xml version="1.0"?><list><file mtime="x" size="12">a.txt</file><directory>b</directory></list>'


def blogs() -> Iterator[bytes]:
    yield (
        b'<html><title>L</title><div class=post><h2>Clinic</h2><p>10 GB <a href="/f.zip">f.zip</a>'
        b'<time datetime=2026-01-02></time></div><a class=next href="?p=2">next</a></html>'
    )


def scripts() -> Iterator[bytes]:
    yield (
        b"<script>var posts = [{name: 'A\\x41', \"text\": `b\n${x}`, url: \"/a\" + '/b', n: 0x1F, "
        b"files: [1, , 2.5e3,], /* c */ f: function(){ return {} }, u: \\u0041 }, ...more];</script>"
    )


def answers() -> Iterator[bytes]:
    yield b'{"posts": [{"title": "A", "body": "b <a href=x.zip>x</a>", "url": "/1"}], "next": "/p2"}'
    yield b"<html><pre>{&quot;posts&quot;: []}</pre></html>"


def feeds() -> Iterator[bytes]:
    yield (
        b'<?xml version="1.0"?><rss version="2.0"><channel><title>F</title><item><title>A</title>'
        b"<link>http://x.example/1</link><description>&lt;p&gt;b&lt;/p&gt;</description></item></channel></rss>"
    )
    yield b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id><title>A</title></entry></feed>'


def pastes() -> Iterator[bytes]:
    yield b'<ul><li><a href="/aBcD1234">My paste</a> 3 sec ago</li></ul>'


def _literal(data: bytes) -> object:
    reader = LiteralReader(data.decode("utf-8", "replace"))
    with contextlib.suppress(NotALiteral):
        return reader.value()
    return None


def _json(result: dict[str, Any]) -> str:
    """What a parser gives goes out of its child as JSON."""
    return json.dumps(result)


TARGETS = (
    Target("decode", decode.decode, pastes),
    Target("page", lambda data: _json(page.parse(data, {})), blogs),
    Target("page_strip", lambda data: _json(page.strip(data, {})), blogs),
    Target(
        "autoindex",
        lambda data: _json(autoindex.parse(data, {"url": "http://x.example/d/"})),
        indexes,
    ),
    Target("html_blog", lambda data: _json(html_blog.parse(data, _BLOG)), blogs),
    Target("js_literal", _literal, scripts),
    Target("js_list", lambda data: _json(js_list.parse(data, _JS)), scripts),
    Target("json_api", lambda data: _json(json_api.parse(data, _JSON)), answers),
    Target("feed", lambda data: _json(feed.parse(data, {})), feeds),
    Target("paste_archive", lambda data: _json(paste_archive.parse(data, _PASTES)), pastes),
)
