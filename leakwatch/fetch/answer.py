"""One response, and what it means for the request that led to it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import httpx

from leakwatch.errors import BrokenResponse
from leakwatch.fetch.body import Body
from leakwatch.fetch.policy import Target
from leakwatch.model.capture import Capture, FetchRequest, FetchResult, Gone, NotModified, spooled
from leakwatch.model.ids import derived_id
from leakwatch.model.source import Via

MAX_HEADERS = 100
MAX_NAME_CHARS = 128
MAX_VALUE_CHARS = 4096


@dataclass(frozen=True, slots=True)
class Answer:
    """The last hop's response, read to its end."""

    target: Target
    status: int
    headers: httpx.Headers
    body: Body
    first_byte_at: datetime
    is_conditional: bool
    """Our validators went along."""


@dataclass(frozen=True, slots=True)
class Span:
    """When an attempt began and ended, and which way it went."""

    requested_at: datetime
    completed_at: datetime
    via: Via


def result_of(request: FetchRequest, answer: Answer, span: Span) -> FetchResult:
    """Return the capture, or that there is nothing new, or nothing any more.

    Raises:
        BrokenResponse: "not modified" where nothing was known to modify.
    """
    if answer.status == 304:
        if not answer.is_conditional:
            raise BrokenResponse(f"{answer.target.host} answered 304 to a plain request")
        return NotModified(request.url, span.requested_at, span.completed_at)
    if answer.status in {404, 410}:
        return Gone(request.url, answer.status, span.requested_at, span.completed_at)
    began = span.requested_at.isoformat()
    capture = Capture(
        id=derived_id("c", request.source, request.url, began, answer.body.sha256),
        source=request.source,
        url=request.url,
        final_url=answer.target.url,
        status=answer.status,
        headers=kept_headers(answer.headers),
        requested_at=span.requested_at,
        first_byte_at=answer.first_byte_at,
        completed_at=span.completed_at,
        via=span.via,
        body=answer.body.data,
        sha256=answer.body.sha256,
    )
    content = answer.body.content
    return capture if content is None else spooled(capture, content)


def kept_headers(headers: httpx.Headers) -> tuple[tuple[str, str], ...]:
    """Return the headers in their order, as many and as long as a capture keeps.

    A validator is kept whole or not at all: a cut one would never match again.
    What would not print (terminal escapes) is replaced.
    """
    kept = []
    for name, value in headers.multi_items()[:MAX_HEADERS]:
        if name in {"etag", "last-modified"} and len(value) > MAX_VALUE_CHARS:
            continue
        kept.append((_shown(name[:MAX_NAME_CHARS]), _shown(value[:MAX_VALUE_CHARS])))
    return tuple(kept)


def _shown(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
