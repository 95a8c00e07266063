"""Kind ``paste_archive``: a page that lists recent pastes, and each paste's raw text.

The checkpoint, ``{"v": VERSION, "seen": [id digests], "pending": [[id, attempts]],
"strange": digest}``,
keeps ids of pastes still to be fetched in clear: they are the site's own random
names. A paste is fetched once; one whose fetch failed is tried again at the
next polls, for a listing moves on in minutes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import quote, urljoin

from pydantic import Field

from leakwatch.errors import AccessRefused, FetchError, RateLimited, TorUnavailable
from leakwatch.model.capture import Capture
from leakwatch.model.location import canonical_url
from leakwatch.model.post import Post, SourceBatch
from leakwatch.model.source import SourceSpec
from leakwatch.model.taking import Purpose
from leakwatch.ports import Fetcher, PageParser
from leakwatch.sources.base import Page, Visitor
from leakwatch.sources.digest import digest
from leakwatch.sources.options import KindOptions, Text
from leakwatch.sources.patterns import Pattern
from leakwatch.sources.registry import SourceKind
from leakwatch.sources.states import state_of_title

VERSION = "pastes/1"
MAX_SEEN = 5_000
MAX_PENDING = 2_000
_SHORT_BYTES = 1_000
"""A paste under this length may be the service's refusal instead."""

Texts = Annotated[tuple[Text, ...], Field(max_length=20)]
Template = Annotated[str, Field(pattern=r"\{id\}", max_length=2_000)]


class PasteArchiveOptions(KindOptions):
    """``[options]`` of a ``paste_archive``; the location is the listing."""

    id_pattern: Pattern
    """Finds a paste in the listing: group ``id`` (or the first), and maybe ``title``."""
    raw_url: Template
    """Address of a paste's text by its ``{id}``; may be relative to the listing."""
    page_url: Template | None = None
    """Address a person would open; without it the raw one."""
    max_per_poll: Annotated[int, Field(ge=1, le=1_000)] = 50
    max_attempts: Annotated[int, Field(ge=1, le=100)] = 5
    refused_texts: Texts = ("DOES NOT HAVE ACCESS",)
    """Answers that say that we may not look."""
    not_ready_texts: Texts = ("not ready for scraping",)
    """Answers in a paste's place that say to come back."""
    empty_texts: Texts = ()


@dataclass(slots=True)
class _Memory:
    seen: dict[str, None] = field(default_factory=dict)
    pending: dict[str, int] = field(default_factory=dict)
    """Id -> failed attempts, oldest paste first."""
    strange: str | None = None
    """Digest of the last listing that was not understood, so that it is told once."""

    @classmethod
    def load(cls, checkpoint: Mapping[str, Any]) -> _Memory:
        if checkpoint.get("v") != VERSION:
            return cls()
        return cls(
            dict.fromkeys(checkpoint["seen"]),
            dict(checkpoint["pending"]),
            checkpoint["strange"],
        )

    def snapshot(self) -> dict[str, Any]:
        return {
            "v": VERSION,
            "seen": list(self.seen)[-MAX_SEEN:],
            "pending": [[name, tries] for name, tries in self.pending.items()],
            "strange": self.strange,
        }

    def is_known(self, name: str) -> bool:
        return name in self.pending or digest(name) in self.seen

    def settle(self, name: str) -> None:
        """Note that a paste needs no more fetching."""
        self.pending.pop(name, None)
        self.seen[digest(name)] = None


class PasteArchive:
    """A ``ports.Source`` of pastes."""

    def __init__(self, spec: SourceSpec, options: PasteArchiveOptions) -> None:
        self._spec = spec
        self._options = options

    async def poll(
        self, fetcher: Fetcher, parser: PageParser, checkpoint: Mapping[str, Any]
    ) -> AsyncIterator[SourceBatch]:
        """See ``ports.Source.poll``; a batch is the listing with one paste.

        Raises:
            AccessRefused: the service says that our address may not look.
        """
        memory = _Memory.load(checkpoint)
        visitor = Visitor(
            self._spec,
            fetcher,
            parser,
            wire="leakwatch.sources.wire.paste_archive:parse",
            options=self._options.model_dump(
                mode="json", include={"id_pattern", "refused_texts", "empty_texts"}
            ),
        )
        # No validators: a paste's batch rests on the listing that names it.
        page = await visitor.first_page(lambda at: visitor.visit(at, at))
        if page.problem is not None:
            yield await self._trouble(visitor, page, memory)
            return
        titles = {item["key"]: item["title"] for item in page.wire["items"]}
        dropped = self._queue(reversed(titles), memory)
        wanted = list(memory.pending)[: self._options.max_per_poll]
        told = 0
        async for post, failed in self._pastes(visitor, page, wanted, memory, titles=titles):
            dropped += failed
            if post is not None:
                told += 1
                yield self._batch(page, memory, post, pages=2 if told == 1 else 1)
        if dropped or not told or memory.pending:
            yield self._closing(page, memory, told=told, dropped=dropped)

    def _queue(self, names: Any, memory: _Memory) -> int:
        """Queue new pastes, oldest first; return how many had to be let go."""
        for name in names:
            if not memory.is_known(name):
                memory.pending[name] = 0
        surplus = list(memory.pending)[: max(0, len(memory.pending) - MAX_PENDING)]
        for name in surplus:
            memory.settle(name)
        return len(surplus)

    async def _pastes(
        self,
        visitor: Visitor,
        page: Page,
        wanted: list[str],
        memory: _Memory,
        *,
        titles: Mapping[str, str],
    ) -> AsyncIterator[tuple[Post | None, int]]:
        """Yield (paste or None, how many were given up) for each id, memory kept up."""
        for name in wanted:
            url = urljoin(page.address.url, _filled(self._options.raw_url, name))
            try:
                answer = await visitor.fetch(url, purpose=Purpose.CONTENT)
            except (RateLimited, TorUnavailable):
                return  # not this paste's fault: all wait for the next poll
            except FetchError:
                yield None, self._failed(name, memory)
                continue
            if not isinstance(answer, Capture):
                memory.settle(name)
                continue
            self._refuse_refusal(answer)
            if _says(answer, self._options.not_ready_texts):
                yield None, self._failed(name, memory)
                continue
            memory.settle(name)
            yield self._post(name, answer, page, title=titles.get(name, "")), 0

    def _failed(self, name: str, memory: _Memory) -> int:
        memory.pending[name] += 1
        if memory.pending[name] < self._options.max_attempts:
            return 0
        memory.settle(name)
        return 1

    def _refuse_refusal(self, answer: Capture) -> None:
        if _says(answer, self._options.refused_texts):
            raise AccessRefused(
                f"source {self._spec.name}: the service says that we may not look",
                hint="the service wants an account or an allow-listed address",
            )

    def _post(self, name: str, raw: Capture, page: Page, *, title: str) -> Post:
        template = self._options.page_url or self._options.raw_url
        location = urljoin(page.address.url, _filled(template, name))
        return Post(
            key=name,
            location=canonical_url(location),
            title=title,
            state=state_of_title(title),
            content=raw,
        )

    async def _trouble(self, visitor: Visitor, page: Page, memory: _Memory) -> SourceBatch:
        if page.problem == "access_refused" and page.capture is not None:
            self._refuse_refusal(page.capture)
        posts = await visitor.whole_page(page)
        says = digest(*(part for post in posts for part in (post.title, post.text)))
        posts, memory.strange = () if says == memory.strange else posts, says
        return SourceBatch(
            captures=page.captures,
            posts=posts,
            checkpoint=memory.snapshot(),
            location=page.location,
            is_complete=False,
            problem=page.problem,
            detail=page.detail,
        )

    @staticmethod
    def _batch(page: Page, memory: _Memory, post: Post, *, pages: int) -> SourceBatch:
        raw = (post.content,) if post.content is not None else ()
        return SourceBatch(
            captures=(*page.captures, *raw),
            posts=(post,),
            checkpoint=memory.snapshot(),
            location=page.location,
            pages=pages,
        )

    @staticmethod
    def _closing(page: Page, memory: _Memory, *, told: int, dropped: int) -> SourceBatch:
        detail = f"{dropped} pastes given up" if dropped else None
        return SourceBatch(
            captures=page.captures,
            posts=(),
            checkpoint=memory.snapshot(),
            location=page.location,
            pages=0 if told else 1,
            is_complete=not memory.pending and not dropped,
            is_unchanged=not (told or dropped or memory.pending),
            problem="pastes_missed" if dropped else None,
            detail=detail,
        )


def _filled(template: str, name: str) -> str:
    return template.replace("{id}", quote(name, safe=""))


def _says(answer: Capture, texts: tuple[str, ...]) -> bool:
    """Whether a short answer holds one of the texts, any case."""
    if len(answer.body) > _SHORT_BYTES:
        return False
    folded = answer.body.decode("utf-8", "replace").casefold()
    return any(text.casefold() in folded for text in texts)


def build(spec: SourceSpec, options: PasteArchiveOptions) -> PasteArchive:
    """Return the source."""
    return PasteArchive(spec, options)


KIND = SourceKind("paste_archive", PasteArchiveOptions, build)
