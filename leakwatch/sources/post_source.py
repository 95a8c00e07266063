"""Polls a place that lists posts on pages: blogs, script lists, APIs, feeds.

The newest pages are read until one tells nothing new. What lies behind a page
cap, or behind an interruption, is kept as a cursor and read on at the next
polls; every ``sweep_every`` polls the whole list is read again, for a post may
change its state without moving to the front.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from leakwatch.errors import FetchError
from leakwatch.model.post import Post, SourceBatch
from leakwatch.model.source import SourceSpec
from leakwatch.ports import Fetcher, PageParser
from leakwatch.sources.base import Page, Visitor
from leakwatch.sources.digest import digest
from leakwatch.sources.memory import Memory
from leakwatch.sources.posts import Reading, content_digest, read_posts

PLAN_VERSION = "1"
MAX_CURSOR = 1_000
"""Letters of an address of a next page; a longer one is not followed."""
_CUT = ("page_cut", "a page holds more than is read of one page")


@dataclass(frozen=True, slots=True)
class Plan:
    """How one kind of place is read."""

    wire: str
    """Address of the wire parser."""
    options: Mapping[str, Any]
    """Its options, JSON-ready."""
    reading: Reading = field(default_factory=Reading)
    page_template: str | None = None
    """Address of page ``{page}`` (from 2), where the page links no next one."""
    sweep_every: int = 8

    @property
    def digest(self) -> str:
        return digest(PLAN_VERSION, self.wire, json.dumps(self.options, sort_keys=True))


class PostSource:
    """A ``ports.Source`` for every kind that lists posts on pages."""

    def __init__(self, spec: SourceSpec, plan: Plan) -> None:
        self._spec = spec
        self._plan = plan

    def poll(
        self, fetcher: Fetcher, parser: PageParser, checkpoint: Mapping[str, Any]
    ) -> AsyncIterator[SourceBatch]:
        """See ``ports.Source.poll``."""
        visitor = Visitor(
            self._spec, fetcher, parser, wire=self._plan.wire, options=self._plan.options
        )
        memory = Memory.load(checkpoint, self._plan.digest)
        return _Poll(self._spec, self._plan, visitor, memory).run()


class _Poll:
    """One poll: walks the front of the list, then the backlog, within the page cap."""

    def __init__(self, spec: SourceSpec, plan: Plan, visitor: Visitor, memory: Memory) -> None:
        self._spec = spec
        self._plan = plan
        self._visitor = visitor
        self._memory = memory
        self._backlog = memory.cursor
        self._visited: set[str] = set()
        self._present: list[str] | None = []
        """Locations shown so far; None once a page of the list was passed over."""
        self._quiet = 0
        """Pages that told nothing, not yet told of in a batch."""
        self._is_cut = False
        """A page held more than is read of one page."""
        self._has_spoken = False

    async def run(self) -> AsyncIterator[SourceBatch]:
        memory, visitor = self._memory, self._visitor
        memory.polls += 1
        is_sweep = memory.cursor is None and memory.polls % self._plan.sweep_every == 0
        first = await visitor.first_page(
            lambda at: visitor.visit(at, at, None if is_sweep else memory)
        )
        page: Page | None = first
        trouble: FetchError | None = None
        until_known = not is_sweep
        while page is not None:
            posts, is_news, problem = await self._read(page)
            target = self._next(page, problem, is_known=until_known and not is_news)
            if target is not None and target == self._backlog:
                self._backlog, until_known = None, False
            if posts or problem:
                yield self._batch(page, posts, problem)
            else:
                self._quiet += 1
            page = None
            if target is not None and not self._is_at_cap:
                try:
                    page = await visitor.visit(first.location, urljoin(first.address.url, target))
                except FetchError as error:
                    trouble = error
        if self._quiet or trouble is not None:
            yield self._closing(first, trouble)

    @property
    def _leaves_something(self) -> bool:
        return self._is_cut or (self._memory.cursor is not None and self._is_at_cap)

    @property
    def _is_at_cap(self) -> bool:
        return len(self._visited) >= self._spec.max_pages

    async def _read(self, page: Page) -> tuple[tuple[Post, ...], bool, tuple[str, str] | None]:
        """Return what a page tells anew, whether it tells anything, and its problem."""
        is_first = not self._visited
        self._visited.add(self._path(page, page.url) or page.url)
        if page.is_unchanged:
            return (), False, None
        items = page.wire.get("items", ())
        self._is_cut |= page.wire.get("is_cut", False)
        posts = read_posts(items, page.address, self._plan.reading)
        problem = self._problem(page, is_first=is_first)
        if self._present is not None:
            self._present += [post.location for post in posts]
        if problem is not None:
            posts += await self._visitor.whole_page(page)
            self._memory.forget(page.url)
        elif self._is_cut:
            self._memory.forget(page.url)  # or an unchanged page would seem to be whole
        elif is_first and page.capture is not None:
            self._memory.remember(page.url, page.capture)
        if is_first and (items or page.wire.get("is_empty")):
            self._memory.items = len(items)
        news = [p for p in posts if self._memory.is_news(p.key, content_digest(p, page.address))]
        return tuple(news), bool(news), problem

    def _problem(self, page: Page, *, is_first: bool) -> tuple[str, str] | None:
        items = page.wire.get("items", ())
        if not is_first and not items and page.problem in ("layout_changed", "gone"):
            return None  # past the end of the list
        if page.problem is not None:
            return page.problem, page.detail or ""
        if is_first and not items and self._memory.items:
            return "layout_changed", f"the list is empty; it had {self._memory.items} items"
        if items and self._plan.options.get("title") and not any(x["title"] for x in items):
            return "layout_changed", f"none of {len(items)} items has a title"
        return None

    def _next(self, page: Page, problem: tuple[str, str] | None, *, is_known: bool) -> str | None:
        """Return the path of the page to read next, and set the cursor to it.

        Behind a page that tells nothing new there is nothing new: then the
        backlog is next. A list read to its end leaves no backlog. A page that
        was not understood ends the walk, and is where the next poll goes on.
        """
        following = self._following(page)
        if problem is not None:
            is_first = len(self._visited) == 1
            self._memory.cursor = self._backlog if is_first else self._path(page, page.url)
            self._present = None
            return None
        if page.is_unchanged or is_known:
            if following or page.is_unchanged:
                self._present = None
            following = self._backlog
        self._memory.cursor = following
        return following

    def _following(self, page: Page) -> str | None:
        """Return the path of the page that a page names as its next one."""
        href = page.wire.get("next")
        template = self._plan.page_template
        if not href and template and page.wire.get("items"):
            href = template.replace("{page}", str(_page_number(template, page.url) + 1))
        url = page.address.resolve(href) if href else None
        path = self._path(page, url) if url else None
        return path if path and path not in self._visited and len(path) <= MAX_CURSOR else None

    @staticmethod
    def _path(page: Page, url: str) -> str | None:
        """Return an address without its host; None if it is on another host."""
        return page.address.relative(url) if page.address.is_same_host(url) else None

    def _batch(
        self, page: Page, posts: tuple[Post, ...], problem: tuple[str, str] | None
    ) -> SourceBatch:
        pages, self._quiet, self._has_spoken = self._quiet + 1, 0, True
        slug, detail = problem or (_CUT if self._is_cut else (None, None))
        return SourceBatch(
            captures=page.captures,
            posts=posts,
            checkpoint=self._memory.snapshot(),
            location=page.location,
            pages=pages,
            is_complete=slug is None and not self._leaves_something,
            problem=slug,
            detail=detail,
            present=self._all_present(),
        )

    def _closing(self, first: Page, trouble: FetchError | None) -> SourceBatch:
        """Return the batch that tells of pages with nothing new, and of a broken walk."""
        slug, detail = _CUT if self._is_cut else (None, None)
        if trouble is not None:
            slug, detail = trouble.slug, "a further page of the list did not answer"
        return SourceBatch(
            captures=() if self._has_spoken else first.captures,
            posts=(),
            checkpoint=self._memory.snapshot(),
            location=first.location,
            pages=self._quiet,
            is_complete=trouble is None and not self._leaves_something,
            is_unchanged=not self._has_spoken and trouble is None,
            problem=slug,
            detail=detail,
            present=self._all_present(),
        )

    def _all_present(self) -> tuple[str, ...] | None:
        if self._present is None or self._is_cut or self._memory.cursor is not None:
            return None
        return tuple(self._present)


def _page_number(template: str, url: str) -> int:
    """Return the number that an address has in the place of ``{page}``; 1 without."""
    before, _, after = template.partition("{page}")
    found = re.search(rf"{re.escape(before)}(\d{{1,6}}){re.escape(after)}$", url)
    return int(found[1]) if found else 1
