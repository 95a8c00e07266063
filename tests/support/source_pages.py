"""A made-up web for sources: pages by address, and sites that draw the same things.

``Web`` is a ``Fetcher`` over a table; ``InProcess`` is a ``PageParser`` with no
sandbox; a ``Site`` draws the things given to it the way one kind of place does.
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from importlib import import_module
from typing import Any, ClassVar
from urllib.parse import quote, unquote, urlsplit

from leakwatch.errors import ChildKilled, ConnectFailed
from leakwatch.model.capture import Capture, FetchRequest, FetchResult, Gone, NotModified
from leakwatch.model.ids import derived_id
from leakwatch.model.post import Post, SourceBatch
from leakwatch.model.source import Role, SourceSpec
from leakwatch.ports import Source

ROOT = "http://board.example/"
MIRROR = "http://mirror.example/"
AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

WAITING_ROOM = b"<title>Access Queue</title><body>You are in a queue. Estimated wait: 3 minutes"
LOGIN = b"<title>Log in</title><body><form action=/login><input type=password></form>"
REDESIGN = b"<title>We moved</title><body><section><p>Harbour Clinic files are here</p></section>"


class Web:
    """Pages by address; an error in a page's place is raised."""

    def __init__(
        self,
        pages: Mapping[str, bytes | Exception] | None = None,
        *,
        etags: Mapping[str, str] | None = None,
    ) -> None:
        self.pages: dict[str, bytes | Exception] = dict(pages or {})
        self.etags = dict(etags or {})
        self.redirects: dict[str, str] = {}
        self.requests: list[FetchRequest] = []

    async def fetch(self, request: FetchRequest) -> FetchResult:
        self.requests.append(request)
        final = self.redirects.get(request.url, request.url)
        page = self.pages.get(final)
        if isinstance(page, Exception):
            raise page
        if page is None:
            return Gone(request.url, 404, AT, AT)
        etag = self.etags.get(final)
        if etag and request.etag == etag:
            return NotModified(request.url, AT, AT)
        return answer(request, page, final_url=final, etag=etag)

    async def aclose(self) -> None:
        """Nothing is open."""

    @property
    def asked(self) -> list[str]:
        return [request.url for request in self.requests]


def answer(
    request: FetchRequest,
    body: bytes,
    *,
    final_url: str | None = None,
    etag: str | None = None,
) -> Capture:
    """Return a capture of one page."""
    digest = hashlib.sha256(body).hexdigest()
    headers = [("content-type", "text/html"), *([("etag", etag)] if etag else [])]
    return Capture(
        id=derived_id("c", request.url, digest),
        source=request.source,
        url=request.url,
        final_url=final_url or request.url,
        status=200,
        headers=tuple(headers),
        requested_at=AT,
        first_byte_at=AT,
        completed_at=AT,
        via=request.via,
        body=body,
        sha256=digest,
    )


@dataclass
class InProcess:
    """Calls wire parsers directly, and checks that what they give is JSON."""

    killed: tuple[str, ...] = ()
    """Parsers that die on every page."""
    calls: list[str] = field(default_factory=list)

    async def parse(
        self, parser: str, body: bytes, options: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        self.calls.append(parser)
        if parser in self.killed:
            raise ChildKilled("the child ran over a limit")
        module, _, name = parser.partition(":")
        given = json.loads(json.dumps(options))
        result = getattr(import_module(module), name)(body, given)
        found: Mapping[str, Any] = json.loads(json.dumps(result, allow_nan=False))
        return found


@dataclass(frozen=True)
class Thing:
    """What a site shows: a victim, a paste, a file."""

    name: str
    text: str = "some words"


class Site(ABC):
    """Draws things, newest first, the way one kind of place does."""

    kind: str
    options: ClassVar[Mapping[str, Any]] = {}
    path = ""
    """Of the location below the root of the host."""
    has_pages = True
    can_change = True
    tells_mirrors_apart = False
    """Told again when it is first seen on a mirror."""
    empty: bytes | None = None
    """The page with nothing on it, where one can be told from a redesign."""

    def spec(self, *, max_pages: int = 5, mirrors: Sequence[str] = ()) -> SourceSpec:
        return SourceSpec(
            name="board",
            kind=self.kind,
            role=Role.LEAK_SITE,
            locations=tuple(root + self.path for root in (ROOT, *mirrors)),
            matters=(),
            max_pages=max_pages,
            options=self.options,
        )

    @abstractmethod
    def draw(
        self, things: Sequence[Thing], root: str = ROOT, *, per_page: int = 100
    ) -> dict[str, bytes]:
        """Return every page of the site."""

    def names(self, posts: Iterable[Post]) -> list[str]:
        """Return the names of the things that posts tell of."""
        return [post.title for post in posts]


def chunks(things: Sequence[Thing], size: int) -> list[Sequence[Thing]]:
    return [things[i : i + size] for i in range(0, len(things), size)] or [()]


class Blog(Site):
    kind = "html_blog"
    options: ClassVar[Mapping[str, Any]] = {
        "item": "div.card",
        "title": "h2",
        "link": "h2 a",
        "text": "p",
        "next": "a.next",
        "container": "main.list",
    }

    def draw(
        self, things: Sequence[Thing], root: str = ROOT, *, per_page: int = 100
    ) -> dict[str, bytes]:
        pages = {}
        parts = chunks(things, per_page)
        for n, part in enumerate(parts, 1):
            cards = "".join(
                f'<div class=card><h2><a href="/post/{quote(t.name)}">{escape(t.name)}</a></h2>'
                f"<p>{escape(t.text)}</p></div>"
                for t in part
            )
            more = f'<a class=next href="/?page={n + 1}">older</a>' if n < len(parts) else ""
            url = root if n == 1 else f"{root}?page={n}"
            pages[url] = f"<main class=list>{cards}</main>{more}".encode()
        return pages


class ScriptList(Site):
    kind = "js_list"
    has_pages = False

    def draw(
        self, things: Sequence[Thing], root: str = ROOT, *, per_page: int = 100
    ) -> dict[str, bytes]:
        rows = ",\n".join(
            f"{{name: {json.dumps(t.name)}, /* row */ description: {json.dumps(t.text)},}}"
            for t in things
        )
        return {root: f"<body><script>const companies = [{rows}];</script>".encode()}


class Api(Site):
    kind = "json_api"
    path = "api/posts"
    options: ClassVar[Mapping[str, Any]] = {
        "items": "data.posts",
        "key": "id",
        "title": "title",
        "text": "body",
        "next_url": "data.next",
        "link_template": "/post/{key}",
    }

    def draw(
        self, things: Sequence[Thing], root: str = ROOT, *, per_page: int = 100
    ) -> dict[str, bytes]:
        pages = {}
        parts = chunks(things, per_page)
        for n, part in enumerate(parts, 1):
            rows = [{"id": t.name.lower(), "title": t.name, "body": t.text} for t in part]
            following = f"/api/posts?page={n + 1}" if n < len(parts) else None
            url = root + self.path + ("" if n == 1 else f"?page={n}")
            pages[url] = json.dumps({"data": {"posts": rows, "next": following}}).encode()
        return pages


class Feed(Site):
    kind = "feed"
    path = "feed.xml"
    has_pages = False

    def draw(
        self, things: Sequence[Thing], root: str = ROOT, *, per_page: int = 100
    ) -> dict[str, bytes]:
        rows = "".join(
            f"<item><title>{escape(t.name)}</title><guid isPermaLink='false'>{escape(t.name)}</guid>"
            f"<link>/news/{quote(t.name)}</link><description>{escape(t.text)}</description></item>"
            for t in things
        )
        body = f"<?xml version='1.0'?><rss version='2.0'><channel><title>n</title>{rows}</channel></rss>"
        return {root + self.path: body.encode()}


class Pastes(Site):
    kind = "paste_archive"
    path = "archive"
    has_pages = False
    can_change = False
    options: ClassVar[Mapping[str, Any]] = {
        "id_pattern": r'href="/(?P<id>\w+)">(?P<title>[^<]*)<',
        "raw_url": "/raw/{id}",
        "page_url": "/{id}",
    }

    def draw(
        self, things: Sequence[Thing], root: str = ROOT, *, per_page: int = 100
    ) -> dict[str, bytes]:
        rows = "".join(f'<li><a href="/{self.id_of(t)}">{escape(t.name)}</a>' for t in things)
        raw = {f"{root}raw/{self.id_of(t)}": t.text.encode() for t in things}
        return {root + self.path: f"<ul>{rows}</ul>".encode(), **raw}

    @staticmethod
    def id_of(thing: Thing) -> str:
        return hashlib.sha256(thing.name.encode()).hexdigest()[:8]


class Directory(Site):
    """A tree by nginx: a thing is a file, its size the length of its text."""

    kind = "open_directory"
    path = "files/"

    def draw(
        self, things: Sequence[Thing], root: str = ROOT, *, per_page: int = 100
    ) -> dict[str, bytes]:
        """With ``per_page``, so many files a subdirectory, ``part 0/`` and on."""
        top = root + self.path
        if len(things) <= per_page:
            return {top: autoindex([(t.name, len(t.text)) for t in things])}
        pages = {}
        parts = chunks(things, per_page)
        for n, part in enumerate(parts):
            pages[f"{top}part%20{n}/"] = autoindex([(t.name, len(t.text)) for t in part])
        pages[top] = autoindex([(f"part {n}/", None) for n in range(len(parts))])
        return pages

    def names(self, posts: Iterable[Post]) -> list[str]:
        return [unquote(urlsplit(x.url).path).rpartition("/")[2] for p in posts for x in p.links]


def autoindex(rows: Sequence[tuple[str, int | None]], date: str = "01-Mar-2026 10:00") -> bytes:
    """Return a listing as nginx draws it; a directory has a slash and no size."""
    lines = "\n".join(
        f'<a href="{quote(name)}">{escape(name[:50])}</a>   {date}   {"-" if size is None else size}'
        for name, size in rows
    )
    head = "<html><head><title>Index of /</title></head><body><h1>Index of /</h1><hr><pre>"
    return f'{head}<a href="../">../</a>\n{lines}\n</pre><hr></body></html>'.encode()


async def poll(
    source: Source,
    web: Web,
    checkpoint: Mapping[str, Any] | None = None,
    parser: InProcess | None = None,
) -> list[SourceBatch]:
    """Return every batch of one poll, from a checkpoint that went through JSON."""
    given = json.loads(json.dumps(dict(checkpoint or {})))
    batches: AsyncIterator[SourceBatch] = source.poll(web, parser or InProcess(), given)
    return [batch async for batch in batches]


def posts_of(batches: Iterable[SourceBatch]) -> list[Post]:
    return [post for batch in batches for post in batch.posts]


def unreachable(url: str) -> ConnectFailed:
    return ConnectFailed(f"nobody answers at {urlsplit(url).hostname}")
