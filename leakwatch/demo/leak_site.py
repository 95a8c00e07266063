"""The demo's dark corner of the web: one loopback server with four places on it.

A leak site, a paste site, an open directory and a newspaper, each at its own
path. They start harmless; the methods make things happen, in the order that a
real extortion takes: ``mention``, ``list_victim``, ``publish``, ``paste``,
``drop``. Pages and files carry validators and answer conditional requests;
files answer ranges (RFC 9110, 13 and 14).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self
from urllib.parse import quote

from aiohttp import ETag, hdrs, web

from leakwatch.clock import Clock
from leakwatch.demo import leak_pages as pages
from leakwatch.demo.leak_pages import Paste, StoredFile

HOST = "127.0.0.1"
ARCHIVE_NAME = "kereru-street-clinic.zip"


@dataclass(frozen=True, slots=True)
class Urls:
    """Where the places are."""

    leak_site: str
    paste_archive: str
    paste_page: str
    """Template with ``{id}``."""
    paste_raw: str
    """Template with ``{id}``."""
    directory: str
    news: str
    feed: str


class LeakSite:
    """Use as ``async with LeakSite(clock) as site``; nothing is left when it ends.

    ``state`` is ``quiet``, ``listed`` or ``published``: what the leak site
    itself shows of the clinic.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        now = clock.now()
        self._started_at = now
        self._changed_at = dict.fromkeys(("leak", "paste", "open", "news"), now)
        self._listed_at: datetime | None = None
        self._mentioned_at: datetime | None = None
        self._published: dict[str, StoredFile] = {}
        self._dropped = {"README.txt": StoredFile(b"mirror of nothing much\n", now)}
        self._pastes = [Paste("a1b2c3d4", "shopping", "milk\nbread\nboot polish\n", now)]
        self._runner: web.AppRunner | None = None
        self._base = ""

    @property
    def state(self) -> str:
        if self._published:
            return "published"
        return "quiet" if self._listed_at is None else "listed"

    @property
    def urls(self) -> Urls:
        """Addresses; valid once started."""
        base = self._base
        return Urls(
            leak_site=f"{base}/leaks/",
            paste_archive=f"{base}/paste/archive",
            paste_page=f"{base}/paste/{{id}}",
            paste_raw=f"{base}/paste/raw/{{id}}",
            directory=f"{base}/open/",
            news=f"{base}/news/",
            feed=f"{base}/news/feed.xml",
        )

    async def start(self) -> None:
        """Listen on a port that the system picks."""
        app = web.Application()
        app.add_routes(
            [
                web.get("/leaks/", self._leaks),
                web.get("/leaks/files/{name}", self._published_file),
                web.get("/paste/archive", self._archive),
                web.get("/paste/raw/{id}", self._raw),
                web.get("/paste/{id}", self._paste),
                web.get("/open/", self._directory),
                web.get("/open/{name}", self._dropped_file),
                web.get("/news/", self._news),
                web.get("/news/feed.xml", self._feed),
            ]
        )
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        await web.TCPSite(runner, HOST, 0).start()
        self._runner = runner
        self._base = f"http://{HOST}:{runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Close the port and every connection. Harmless when not running."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    def mention(self) -> None:
        """Have the newspaper report the incident."""
        self._mentioned_at = self._touch("news")

    def list_victim(self) -> None:
        """Have the leak site announce the clinic, with a timer and no files."""
        self._listed_at = self._touch("leak")

    def publish(self, archive: bytes) -> str:
        """Have the leak site give the archive away; return its address."""
        now = self._touch("leak")
        self._listed_at = self._listed_at or now
        path = f"/leaks/files/{ARCHIVE_NAME}"
        self._published = {path: StoredFile(archive, now)}
        return self._base + path

    def paste(self, text: str, *, title: str = "untitled") -> str:
        """Have somebody paste the text; return the address of its page."""
        now = self._touch("paste")
        digest = hashlib.sha256(f"{len(self._pastes)}/{text}".encode())
        self._pastes.append(Paste(digest.hexdigest()[:8], title, text, now))
        return self.urls.paste_page.format(id=self._pastes[-1].id)

    def drop(self, name: str, content: bytes) -> str:
        """Have a file appear in the open directory; return its address."""
        self._dropped[name] = StoredFile(content, self._touch("open"))
        return self.urls.directory + quote(name)

    def _touch(self, place: str) -> datetime:
        self._changed_at[place] = self._clock.now()
        return self._changed_at[place]

    async def _leaks(self, request: web.Request) -> web.Response:
        page = pages.companies(listed_at=self._listed_at, files=self._published)
        return _page(request, page, self._changed_at["leak"])

    async def _published_file(self, request: web.Request) -> web.Response:
        return _file(request, self._published.get(request.path))

    async def _archive(self, request: web.Request) -> web.Response:
        return _page(request, pages.paste_archive(self._pastes), self._changed_at["paste"])

    async def _paste(self, request: web.Request) -> web.Response:
        paste = self._paste_of(request)
        return _page(request, pages.paste_page(paste), paste.pasted_at)

    async def _raw(self, request: web.Request) -> web.Response:
        paste = self._paste_of(request)
        return _page(request, paste.text, paste.pasted_at, kind="text/plain")

    async def _directory(self, request: web.Request) -> web.Response:
        return _page(request, pages.autoindex("/open/", self._dropped), self._changed_at["open"])

    async def _dropped_file(self, request: web.Request) -> web.Response:
        return _file(request, self._dropped.get(request.match_info["name"]))

    async def _news(self, request: web.Request) -> web.Response:
        return _page(request, pages.news_page(self._mentioned_at), self._changed_at["news"])

    async def _feed(self, request: web.Request) -> web.Response:
        text = pages.feed(self._base, built_at=self._started_at, mentioned_at=self._mentioned_at)
        return _page(request, text, self._changed_at["news"], kind="application/rss+xml")

    def _paste_of(self, request: web.Request) -> Paste:
        for paste in self._pastes:
            if paste.id == request.match_info["id"]:
                return paste
        raise web.HTTPNotFound


def _page(
    request: web.Request, text: str, changed_at: datetime, *, kind: str = "text/html"
) -> web.Response:
    """Return the page, or 304 when the visitor's copy is still good."""
    body = text.encode()
    answer = web.Response(body=body, content_type=kind, charset="utf-8")
    return _validated(request, answer, body, changed_at)


def _file(request: web.Request, stored: StoredFile | None) -> web.Response:
    """Return a file or the range asked for."""
    if stored is None:
        raise web.HTTPNotFound
    size = len(stored.data)
    answer = web.Response(body=stored.data, content_type="application/octet-stream")
    try:
        wanted = request.http_range
    except ValueError:
        wanted = slice(None)  # a range nobody understands is ignored (RFC 9110, 14.2)
    held = request.headers.get(hdrs.IF_RANGE, f'"{_etag(stored.data)}"')
    if wanted.start is not None and held == f'"{_etag(stored.data)}"':
        start, stop, _ = wanted.indices(size)
        if start >= size or stop <= start:
            raise web.HTTPRequestRangeNotSatisfiable(headers={"Content-Range": f"bytes */{size}"})
        answer = web.Response(
            status=206, body=stored.data[start:stop], content_type="application/octet-stream"
        )
        answer.headers[hdrs.CONTENT_RANGE] = f"bytes {start}-{stop - 1}/{size}"
    answer.headers[hdrs.ACCEPT_RANGES] = "bytes"
    return _validated(request, answer, stored.data, stored.stored_at)


def _validated(
    request: web.Request, answer: web.Response, body: bytes, changed_at: datetime
) -> web.Response:
    etag = _etag(body)
    since, held = request.if_modified_since, request.if_none_match
    if held is not None:
        is_current = any(tag.value in {etag, "*"} for tag in held)
    else:
        is_current = since is not None and changed_at.replace(microsecond=0) <= since
    if is_current:
        answer = web.Response(status=304)
    answer.etag = ETag(etag)
    answer.last_modified = changed_at
    return answer


def _etag(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:32]
