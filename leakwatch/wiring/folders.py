"""A list of files on a web server, walked for ``leakwatch scan`` as a source of its kind would be."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from leakwatch.errors import FetchError, LeakwatchError, SourceError
from leakwatch.match.scan import Fetched
from leakwatch.model.capture import Capture, FetchRequest, FetchResult
from leakwatch.model.listing import Listing, ListingEntry
from leakwatch.model.source import Role, SourceSpec
from leakwatch.ports import Fetcher, PageParser
from leakwatch.remote import is_archive_name
from leakwatch.sources.base import charset_of
from leakwatch.sources.registry import build_source

MAX_PAGES = 100
MAX_PAGES_FULL = 2000
_WIRE = "leakwatch.sources.wire.autoindex:parse"


@dataclass(frozen=True, slots=True)
class Folders:
    """A tree that was walked."""

    fetched: Fetched
    archives: tuple[str, ...] = field(repr=False)
    """Addresses of the archives in it."""


class _AtHand:
    """A fetcher that has the first page already."""

    def __init__(self, fetcher: Fetcher, capture: Capture) -> None:
        self._fetcher = fetcher
        self._captures = {capture.final_url: capture}

    async def fetch(self, request: FetchRequest) -> FetchResult:
        capture = self._captures.pop(request.url, None)
        return capture or await self._fetcher.fetch(request)

    async def aclose(self) -> None:
        """Closed by whoever opened what is behind it."""


async def walk(
    request: FetchRequest,
    fetcher: Fetcher,
    parser: PageParser,
    root: Capture,
    *,
    is_full: bool,
) -> Folders | None:
    """Return the files below a page that lists some; None where it lists none.

    Args:
        request: of the root: says how its host is reached.
        fetcher: gets the other pages, politely.
        parser: the sandbox.
        root: the page.
        is_full: walk on where many pages were seen.
    """
    if not await _is_list(parser, root):
        return None
    spec = SourceSpec(
        name=request.source,
        kind="open_directory",
        role=Role.OPEN_DIRECTORY,
        locations=(root.final_url,),
        matters=(),
        via=request.via,
        allow_private=request.allow_private,
        max_pages=MAX_PAGES_FULL if is_full else MAX_PAGES,
    )
    entries: list[ListingEntry] = []
    is_complete, pages = True, 0
    error: LeakwatchError | None = None
    try:
        async for batch in build_source(spec).poll(_AtHand(fetcher, root), parser, {}):
            is_complete &= batch.is_complete
            pages += batch.pages
            for post in batch.posts:
                entries += post.listing.entries if post.listing is not None else ()
    except (FetchError, SourceError) as caught:
        error = caught
    name = unquote(urlsplit(root.final_url).path)
    files = sum(not entry.is_directory for entry in entries)
    note = f"a list of files: {files} on {pages} pages"
    if not is_complete:
        note += "; there are more" if is_full else "; there are more, of which --full sees some"
    listing = Listing("autoindex", tuple(entries), is_complete=is_complete)
    archives = (e.url for e in entries if e.url and not e.is_directory and is_archive_name(e.path))
    return Folders(Fetched(name, listing=listing, error=error, note=note), tuple(archives))


async def _is_list(parser: PageParser, root: Capture) -> bool:
    options = {"url": root.final_url, "charset": charset_of(root)}
    try:
        told = await parser.parse(_WIRE, root.body, options)
    except LeakwatchError:
        return False
    return told.get("problem") is None and bool(told.get("entries"))
