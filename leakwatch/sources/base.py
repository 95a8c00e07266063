"""What all adapters share: locations in order, conditional requests, hostile pages.

A page that stands in front of the one asked for (waiting room, login, error
page) sends us to the next mirror; a page of another layout does not, for it is
the site's own word and is read whole instead.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

import structlog
from pydantic import ValidationError

from leakwatch.errors import (
    AccessRefused,
    BadStatus,
    ChildKilled,
    FetchError,
    LayoutChanged,
    RateLimited,
    SandboxError,
    SourceError,
    TorUnavailable,
)
from leakwatch.model.capture import Capture, FetchRequest, FetchResult, Gone, NotModified
from leakwatch.model.post import Post
from leakwatch.model.source import SourceSpec
from leakwatch.model.taking import Purpose
from leakwatch.ports import Fetcher, PageParser
from leakwatch.sources.memory import Memory
from leakwatch.sources.posts import PageAddress, whole_page
from leakwatch.sources.results import ItemsResult, Result, WholeResult

log = structlog.get_logger(__name__)

PASS_ON = frozenset({"challenged", "access_refused", "error_page", "gone", "no_preview"})
"""Problems of one location that another may not have."""
_NOT_A_PAGE = (PASS_ON - {"no_preview"}) | {"bad_option"}
"""A channel's card is read: its words may be a claim."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page, fetched and read."""

    location: str
    """The configured location it belongs to."""
    url: str
    """As requested: what its validators are kept under."""
    capture: Capture | None = None
    """None when the server gave no body (not modified, gone)."""
    wire: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What the wire parser made of it; empty when unchanged or gone."""
    is_unchanged: bool = False
    problem: str | None = None
    detail: str | None = None

    @property
    def address(self) -> PageAddress:
        if self.capture is None:
            return PageAddress(self.url)
        return PageAddress(self.capture.final_url, self.wire.get("base"), self.capture.completed_at)

    @property
    def captures(self) -> tuple[Capture, ...]:
        return (self.capture,) if self.capture is not None else ()


class Visitor:
    """Fetches and reads the pages of one source during one poll.

    Args:
        spec: the source.
        fetcher: gets bytes.
        parser: reads them in the sandbox.
        wire: address of the kind's wire parser, ``module:function``.
        shape: what it may answer.
        options: the wire parser's options; ``url`` and ``charset`` are added.
    """

    def __init__(
        self,
        spec: SourceSpec,
        fetcher: Fetcher,
        parser: PageParser,
        *,
        wire: str,
        options: Mapping[str, Any],
        shape: type[Result] = ItemsResult,
    ) -> None:
        self._spec = spec
        self._fetcher = fetcher
        self._parser = parser
        self._wire = wire
        self._options = options
        self._shape = shape

    async def fetch(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        purpose: Purpose = Purpose.PAGE,
    ) -> FetchResult:
        """Get one address under the source's own terms.

        Raises:
            FetchError: no usable answer.
        """
        request = FetchRequest(
            url=url,
            source=self._spec.name,
            via=self._spec.via,
            allow_private=self._spec.allow_private,
            etag=etag,
            last_modified=last_modified,
            purpose=purpose,
        )
        return await self._fetcher.fetch(request)

    async def first_page(self, page_of: Callable[[str], Awaitable[Page]]) -> Page:
        """Return the page of the first location that answers with one.

        Where all have something in front, the first such page is returned.

        Args:
            page_of: gets and reads the page at a location.

        Raises:
            AccessRefused: every location that answered said 401 or 403.
            FetchError: no location answered; a plea to wait goes first.
        """
        obstructed: Page | None = None
        errors: list[FetchError] = []
        for location in self._spec.locations:
            try:
                page = await page_of(location)
            except FetchError as error:
                log.debug("location_failed", source=self._spec.name, error=error.slug)
                errors.append(error)
                if isinstance(error, TorUnavailable):
                    break  # the mirrors need it too
                continue
            if page.problem not in PASS_ON:
                return page
            obstructed = obstructed or page
        if obstructed is not None:
            return obstructed
        raise self._worst(errors)

    async def visit(self, location: str, url: str, memory: Memory | None = None) -> Page:
        """Get and read one page.

        Args:
            location: the configured location it belongs to.
            url: its address.
            memory: when given, the page is asked for only if it changed.

        Raises:
            FetchError: no usable answer.
            SourceError: the parser says that an option is wrong.
        """
        etag, modified = memory.validators(url) if memory else (None, None)
        answer = await self.fetch(url, etag=etag, last_modified=modified)
        if isinstance(answer, NotModified):
            return Page(location, url, is_unchanged=True)
        if isinstance(answer, Gone):
            detail = f"the page answers {answer.status}"
            return Page(location, url, problem="gone", detail=detail)
        if memory and memory.is_same(url, answer):
            return Page(location, url, answer, is_unchanged=True)
        wire = await self._read(self._wire, self._options, answer, self._shape)
        if wire.get("problem") == "bad_option":
            raise SourceError(f"source {self._spec.name}: {wire.get('detail')}")
        return Page(
            location,
            url,
            answer,
            wire,
            problem=wire.get("problem"),
            detail=wire.get("detail"),
        )

    async def whole_page(self, page: Page) -> tuple[Post, ...]:
        """Return a page that was not understood as one post; nothing if it has no words."""
        if page.capture is None or page.problem in _NOT_A_PAGE:
            return ()
        # What killed one parser would kill its like.
        is_deadly = page.problem in (SandboxError.slug, ChildKilled.slug)
        for name in ("strip",) if is_deadly else ("parse", "strip"):
            reader = f"leakwatch.sources.wire.page:{name}"
            wire = await self._read(reader, {}, page.capture, WholeResult)
            if "text" in wire:
                post = whole_page(page.address, wire)
                return (post,) if post is not None else ()
        return ()

    async def _read(
        self, wire: str, options: Mapping[str, Any], capture: Capture, shape: type[Result]
    ) -> Mapping[str, Any]:
        """Return the parser's answer, or just a problem where it gives none."""
        given = {**options, "url": capture.final_url, "charset": charset_of(capture)}
        try:
            answer = await self._parser.parse(wire, capture.body, given)
            return shape.model_validate(answer).model_dump()
        except LayoutChanged as error:
            return {"problem": error.slug, "detail": "the page has another shape"}
        except SandboxError as error:
            return {"problem": error.slug, "detail": "the page could not be parsed safely"}
        except ValidationError:
            return {"problem": "layout_changed", "detail": "the parser gave no usable answer"}

    def _worst(self, errors: list[FetchError]) -> Exception:
        limited = next((e for e in errors if isinstance(e, RateLimited)), None)
        if all(isinstance(e, BadStatus) and e.status in (401, 403) for e in errors):
            return AccessRefused(
                f"source {self._spec.name}: the site refuses us (HTTP 401 or 403)",
                hint="check its address and whether it wants a login or an allow-listed address",
            )
        return limited or errors[0]


def charset_of(capture: Capture) -> str | None:
    """Return the charset that the answer's Content-Type states, or None."""
    message = Message()
    message["content-type"] = capture.header("content-type") or ""
    charset = message.get_param("charset")
    return charset if isinstance(charset, str) else None
