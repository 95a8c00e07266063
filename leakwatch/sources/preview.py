"""What a source would make of a saved page: for ``sources check --file``."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from leakwatch.errors import ConnectFailed
from leakwatch.model.capture import Capture, FetchRequest
from leakwatch.model.ids import derived_id
from leakwatch.model.post import SourceBatch
from leakwatch.model.source import Via
from leakwatch.ports import PageParser, Source


@dataclass(frozen=True, slots=True)
class SavedPage:
    """A ``ports.Fetcher`` that answers its first address with one body, and no other."""

    body: bytes
    url: str
    content_type: str = ""
    at: datetime = datetime(1970, 1, 1, tzinfo=UTC)

    async def fetch(self, request: FetchRequest) -> Capture:
        if request.url != self.url:
            raise ConnectFailed("a saved page has no other pages")
        digest = hashlib.sha256(self.body).hexdigest()
        return Capture(
            id=derived_id("c", request.source, request.url, digest),
            source=request.source,
            url=request.url,
            final_url=request.url,
            status=200,
            headers=(("content-type", self.content_type),),
            requested_at=self.at,
            first_byte_at=self.at,
            completed_at=self.at,
            via=Via.DIRECT,
            body=self.body,
            sha256=digest,
        )

    async def aclose(self) -> None:
        """Nothing is open."""


async def preview(source: Source, parser: PageParser, *, body: bytes, url: str) -> SourceBatch:
    """Return the first batch that a source gives for a saved page.

    Further pages and pastes are not fetched; nothing is remembered.

    Args:
        source: as ``build_source`` made it.
        parser: the sandbox.
        body: the page as saved.
        url: the location it was saved from; must be the source's first one.

    Raises:
        SourceError: the page could not be understood at all, or an option does
            not work on it.
    """
    batches = source.poll(SavedPage(body, url), parser, {})
    async for batch in batches:
        return batch
    raise ConnectFailed("the source gave nothing")
