"""What a post says of files that nobody fetches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from leakwatch.clock import SystemClock
from leakwatch.inspection import Errand, Inspection, Inspector
from leakwatch.model.artefact import Artefact
from leakwatch.model.capture import Content, FetchRequest
from leakwatch.model.listing import Listing
from leakwatch.model.post import Post, SourceBatch
from leakwatch.payload import PayloadFetcher, PayloadLimits
from leakwatch.sources.preview import SavedPage
from leakwatch.unpack.trees import listing_in
from tests.support.readers import PlainReader
from tests.support.source_pages import ROOT, Blog

REQUEST = FetchRequest(ROOT, source="board")
FIND = "".join(f"{n} ./letters/scan {n}.pdf\n" for n in range(100, 110))


class ListingReader(PlainReader):
    """Reads lists in texts, and counts what it is asked for."""

    def __init__(self) -> None:
        self.asked = 0

    def iter_read(
        self, body: bytes | Path | Content, *, name: str, passwords: Sequence[str] = ()
    ) -> Iterator[Artefact]:
        self.asked += 1
        assert isinstance(body, bytes)
        for artefact in self.read(body, name=name):
            yield replace(artefact, listing=listing_in(artefact.text or ""))


async def inspected(post: Post, reader: ListingReader) -> tuple[Inspection, list[Artefact]]:
    heard: list[Artefact] = []
    web = SavedPage(b"page", ROOT)
    capture = await web.fetch(REQUEST)
    spec = Blog().spec()

    async def nobody(_: Any) -> bool:
        return False

    async def nothing(_: Any) -> None:
        return None

    with ThreadPoolExecutor(1) as executor:
        inspector = Inspector(
            payloads=PayloadFetcher(web, PayloadLimits(), clock=SystemClock()),
            reader=reader,
            executor=executor,
            limits=PayloadLimits(),
            blind=lambda url: url,
        )
        errand = Errand(
            leave_until=None,
            done=frozenset(),
            hear=lambda _capture, _part, artefact: heard.append(artefact),
            note=nothing,
            names=nobody,
            so_far=nobody,
            is_wanted=lambda _: False,
        )
        batch = SourceBatch((capture,), (post,), {})
        return await inspector.inspect(post, batch, spec, errand), heard


async def test_a_list_in_the_words_of_a_post_is_a_listing() -> None:
    """Read by the reader of artefacts; the words are heard once, as ever."""
    reader = ListingReader()
    found, heard = await inspected(Post("k", ROOT, title="Proof", text=FIND), reader)
    [(_, listing)] = found.listings
    assert [e.size_bytes for e in listing.entries] == [*range(100, 110)]
    assert [a.text for a in heard] == [f"Proof\n{FIND}"]
    assert reader.asked == 1
    assert found.unread_files == 0


async def test_words_that_list_nothing_cost_no_child() -> None:
    """As nearly all."""
    reader = ListingReader()
    found, heard = await inspected(Post("k", ROOT, text="Harbour Clinic, soon."), reader)
    assert (found.listings, len(heard), reader.asked) == ((), 1, 0)


async def test_a_list_in_a_paste_is_a_listing_beside_that_of_the_post() -> None:
    """Each with the capture it lies in."""
    reader = ListingReader()
    web = SavedPage(FIND.encode(), ROOT + "raw")
    content = await web.fetch(replace(REQUEST, url=ROOT + "raw"))
    shown = Listing("post", ())
    found, _ = await inspected(Post("k", ROOT, listing=shown, content=content), reader)
    assert [listing.origin for _, listing in found.listings] == ["post", "text"]
    assert found.listings[1][0] == content.id
