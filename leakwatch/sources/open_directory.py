"""Kind ``open_directory``: a directory that a web server lists, with all below it.

Each poll looks at the root, then goes on through the tree breadth first where
the last poll stopped, ``max_pages`` directories a poll. Only direct children of
a listed directory are visited, so the walk never leaves the root and cannot
turn in a circle. A directory is a post: ``listing`` holds all its entries,
``links`` the files that are new or changed since it was last told.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from leakwatch.errors import FetchError, RateLimited, TorUnavailable
from leakwatch.model.listing import Listing, ListingEntry
from leakwatch.model.location import canonical_url
from leakwatch.model.post import Link, Post, SourceBatch
from leakwatch.model.source import SourceSpec
from leakwatch.ports import Fetcher, PageParser
from leakwatch.sources.base import PASS_ON, Page, Visitor
from leakwatch.sources.digest import digest
from leakwatch.sources.frontier import Frontier, Position, Row
from leakwatch.sources.options import KindOptions
from leakwatch.sources.registry import SourceKind
from leakwatch.sources.results import EntriesResult

MAX_TEXT = 200_000
_WIRE = "leakwatch.sources.wire.autoindex:parse"


class OpenDirectoryOptions(KindOptions):
    """``[options]`` of an ``open_directory``: none; servers are told by shape."""


@dataclass(frozen=True, slots=True)
class _Directory:
    """A directory looked at in this poll."""

    path: str
    """Relative to the root, ``""`` for the root, else ending in ``/``."""
    url: str
    children: tuple[Row, ...] = ()
    """Its subdirectories, by name."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(row["name"] for row in self.children)


class OpenDirectory:
    """A ``ports.Source`` of one directory tree."""

    def __init__(self, spec: SourceSpec) -> None:
        self._spec = spec

    def poll(
        self, fetcher: Fetcher, parser: PageParser, checkpoint: Mapping[str, Any]
    ) -> AsyncIterator[SourceBatch]:
        """See ``ports.Source.poll``; a batch is one directory with something new."""
        visitor = Visitor(self._spec, fetcher, parser, wire=_WIRE, options={}, shape=EntriesResult)
        return _Walk(self._spec, visitor, Frontier.load(checkpoint)).run()


class _Walk:
    """One poll's walk."""

    def __init__(self, spec: SourceSpec, visitor: Visitor, frontier: Frontier) -> None:
        self._spec = spec
        self._visitor = visitor
        self._frontier = frontier
        self._is_fresh = not frontier.queue
        """The walk starts at the root, so it can come to see the whole tree."""
        self._looked_at: dict[Position, _Directory] = {}
        self._present: list[str] = []
        self._ready: list[SourceBatch] = []
        self._quiet = 0
        """Directories with nothing new, not yet told of in a batch."""
        self._missed = 0
        self._has_spoken = False

    async def run(self) -> AsyncIterator[SourceBatch]:
        root = await self._visitor.first_page(lambda at: self._visitor.visit(at, at))
        await self._look(root, (), "", is_new=self._is_fresh)
        for _ in range(self._spec.max_pages - 1):
            while self._ready:
                yield self._ready.pop(0)
            try:
                if root.problem is not None or not await self._step(root):
                    break
            except (RateLimited, TorUnavailable):
                self._missed += 1
                break
        for batch in self._ready:
            yield batch
        if root.problem is None:
            yield self._closing(root)

    async def _step(self, root: Page) -> bool:
        """Look at the next directory of the queue; return False when none is left."""
        while self._frontier.queue:
            parent = await self._reach(root, self._frontier.queue[0].parent)
            if parent is None:
                self._frontier.queue.popleft()
                continue
            ordinal = self._frontier.following(parent.names)
            if ordinal is None:
                continue
            position = (*self._frontier.queue[0].parent, ordinal)
            await self._visit(root, position, parent.children[ordinal], is_new=True)
            return True
        return False

    async def _reach(self, root: Page, position: Position) -> _Directory | None:
        """Return a directory visited in an earlier poll, looking at the way to it anew.

        These looks do not count against the cap, or a deep tree would take all
        of it; there are at most ``MAX_DEPTH`` of them.
        """
        for n in range(1, len(position) + 1):
            parent = self._looked_at.get(position[: n - 1])
            if parent is None or position[n - 1] >= len(parent.children):
                return None
            if position[:n] not in self._looked_at:
                child = parent.children[position[n - 1]]
                await self._visit(root, position[:n], child, is_new=False)
        return self._looked_at.get(position)

    async def _visit(self, root: Page, position: Position, row: Row, *, is_new: bool) -> None:
        parent = self._looked_at[position[:-1]]
        page: Page | None = None
        try:
            page = await self._visitor.visit(root.location, row["url"])
        except (RateLimited, TorUnavailable):
            raise
        except FetchError:
            self._missed += 1
        if is_new:
            self._frontier.advance(parent.names)
        if page is None:
            return
        if canonical_url(page.address.url).startswith(canonical_url(parent.url)):
            await self._look(page, position, f"{parent.path}{row['name']}/", is_new=is_new)
        else:
            self._missed += 1  # redirected out of the tree

    async def _look(self, page: Page, position: Position, path: str, *, is_new: bool) -> None:
        """Take in one page: queue what is below it, and ready a batch if it tells something new."""
        if page.problem is not None:
            await self._look_at_other(page, position, path)
            return
        base = page.address.url.partition("?")[0].rpartition("/")[0] + "/"
        # The child that read the page may lie: the walk itself sees to its bounds.
        rows: Sequence[Row] = [r for r in page.wire["entries"] if _is_child(r["url"], base)]
        children = sorted((r for r in rows if r["is_directory"]), key=lambda r: str(r["name"]))
        here = _Directory(path, page.address.url, tuple(children))
        self._looked_at[position] = here
        if is_new:
            self._frontier.add(position, here.names)
        post = _post(here, page, rows, changed=self._frontier.news(path, rows))
        self._present.append(canonical_url(here.url))
        self._say(page, (post,) if post is not None else ())

    async def _look_at_other(self, page: Page, position: Position, path: str) -> None:
        """Take in a page that is no listing: below the root that is a page like any other."""
        if position and page.problem in PASS_ON:
            self._missed += page.problem != "gone"
            return
        posts = await self._visitor.whole_page(page)
        says = [{"name": p.title, "size_bytes": None, "shown": p.text} for p in posts]
        if self._frontier.news(path, says) is None:
            posts = ()
        self._say(page, posts, is_problem=not position)

    def _say(self, page: Page, posts: tuple[Post, ...], *, is_problem: bool = False) -> None:
        if not posts and not is_problem:
            self._quiet += 1
            return
        self._ready.append(
            SourceBatch(
                captures=page.captures,
                posts=posts,
                checkpoint=self._frontier.snapshot(),
                location=page.location,
                pages=self._quiet + 1,
                is_complete=not is_problem,
                problem=page.problem if is_problem else None,
                detail=page.detail if is_problem else None,
            )
        )
        self._quiet, self._has_spoken = 0, True

    def _closing(self, root: Page) -> SourceBatch:
        """Return the batch that says how far the walk came."""
        is_whole = not self._frontier.queue and not self._missed
        return SourceBatch(
            captures=() if self._has_spoken else root.captures,
            posts=(),
            checkpoint=self._frontier.snapshot(),
            location=root.location,
            pages=self._quiet,
            is_complete=is_whole,
            is_unchanged=not self._has_spoken,
            problem="directories_missed" if self._missed else None,
            detail=f"{self._missed} directories did not answer" if self._missed else None,
            present=tuple(self._present) if is_whole and self._is_fresh else None,
        )


def _is_child(url: str, base: str) -> bool:
    """Whether an address is that of a direct child of a directory."""
    rest = url.removeprefix(base).removesuffix("/")
    return url.startswith(base) and "/" not in rest and rest not in ("", ".", "..")


def _range(sizes: Sequence[int] | None) -> tuple[int, int] | None:
    return (sizes[0], sizes[1]) if sizes else None


def _post(
    here: _Directory, page: Page, rows: Sequence[Row], *, changed: Sequence[Row] | None
) -> Post | None:
    if changed is None:
        return None
    entries = tuple(
        ListingEntry(
            path=here.path + row["name"],
            size_bytes=row["size_bytes"],
            is_directory=row["is_directory"],
            url=row["url"],
            size_range=_range(row.get("size_range")),
        )
        for row in rows
    )
    files = [row for row in changed if not row["is_directory"]]
    return Post(
        key=f"directory {digest(here.path, chars=16)}",
        location=canonical_url(here.url),
        title=here.path or unquote(urlsplit(here.url).path),
        text="\n".join(entry.path for entry in entries)[:MAX_TEXT],
        links=tuple(Link(r["url"], name=r["name"], size_bytes=r["size_bytes"]) for r in files),
        listing=Listing("autoindex", entries, is_complete=not page.wire["is_cut"]),
    )


def build(spec: SourceSpec, _options: OpenDirectoryOptions) -> OpenDirectory:
    """Return the source."""
    return OpenDirectory(spec)


KIND = SourceKind("open_directory", OpenDirectoryOptions, build)
