"""Files that posts show by name and size: listings, with nothing fetched."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakwatch.errors import SourceError
from leakwatch.model.post import Post, SourceBatch
from leakwatch.sources.posts import PageAddress, Reading, content_digest, read_posts
from leakwatch.sources.preview import preview
from leakwatch.sources.registry import build_source
from leakwatch.sources.wire import items, json_api
from leakwatch.sources.wire.items import MAX_FILES, ItemList, file_of
from tests.support.source_pages import ROOT, Blog, InProcess

EXAMPLE = Path(__file__).resolve().parents[2] / "config/sources/telegram_preview.example.toml"
OPTIONS = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))["options"]
EVAL = Path(__file__).resolve().parents[3] / "shared/eval/telegram-shape"


def document(name: str, extra: str) -> str:
    return (
        '<a class="tgme_widget_message_document_wrap" href="https://t.me/x/1">'
        '<div class="tgme_widget_message_document">'
        f'<div class="tgme_widget_message_document_title">{name}</div>'
        f'<div class="tgme_widget_message_document_extra">{extra}</div></div></a>'
    )


def channel(*documents: str) -> bytes:
    messages = "".join(
        f'<div class="tgme_widget_message" data-post="x/{n}">{each}</div>'
        for n, each in enumerate(documents, 1)
    )
    return f'<section class="tgme_channel_history">{messages}</section>'.encode()


async def read(body: bytes, kind: str = "html_blog", **options: Any) -> SourceBatch:
    source = build_source(replace(Blog().spec(), kind=kind, options=options or OPTIONS))
    return await preview(source, InProcess(), body=body, url=ROOT)


def lines(post: Post) -> list[tuple[str, int | None, tuple[int, int] | None]]:
    assert post.listing is not None
    return [(e.path, e.size_bytes, e.size_range) for e in post.listing.entries]


async def test_documents_of_a_channel_are_listed() -> None:
    """By name and rounded size, of whatever unit; no address, for there is none of its bytes."""
    body = channel(
        document("letters.zip", "113.9 KB"),
        document("a &amp; b.pdf", "PDF 2.4 MB") + document("c.txt", "17 B"),
        "<div class=tgme_widget_message_text>words only</div>",
    )
    first, second, third = (await read(body)).posts
    assert lines(first) == [("letters.zip", None, (113_800, 116_736))]
    assert lines(second) == [("a & b.pdf", None, (2_300_000, 2_621_440)), ("c.txt", 17, None)]
    assert third.listing is None
    assert first.listing is not None
    assert first.listing.entries[0].url is None


@given(st.integers(1, 2**41), st.sampled_from([1000, 1024]), st.integers(0, 2))
def test_the_true_size_lies_in_what_is_shown(size: int, base: int, digits: int) -> None:
    """Whether a KB is 1000 bytes or 1024, and however it was rounded."""
    power = min(4, max(0, (size.bit_length() - 1) // 10))
    unit = ["B", "KB", "MB", "GB", "TB"][power]
    shown = f"{size / base**power:.{digits if power else 0}f} {unit}"
    found = file_of("x.pdf", f"PDF {shown}")["size_range"]
    assert found is not None
    assert found[0] <= size <= found[1]


@pytest.mark.parametrize(
    ("shown", "sizes"),
    [
        ("", None),
        ("PDF", None),
        ("1234", [1234, 1234]),
        ("12,345 bytes", [12345, 12345]),
        ("v1.2.3", None),
        ("3 files, 1.2 GB", [1_100_000_000, 1_395_864_372]),
        ("9" * 10_000, None),
    ],
)
def test_sizes_as_pages_show_them(shown: str, sizes: list[int] | None) -> None:
    """The last size said counts; what is none is not said."""
    assert file_of("x", shown)["size_range"] == sizes


async def test_an_empty_channel_is_empty_and_a_closed_one_says_so() -> None:
    """Nothing posted is no fault; no preview is one, and the card's words are read."""
    empty = await read(channel())
    assert (empty.problem, empty.posts) == (None, ())
    closed = await read(
        b"<title>Telegram: Contact @x</title><div class=tgme_page><div class=tgme_page_description>"
        b"Harbour Clinic, full archive</div><a>Preview channel</a></div>"
    )
    assert closed.problem == "no_preview"
    assert "Harbour Clinic" in closed.posts[0].text


@pytest.mark.skipif(not EVAL.is_dir(), reason="no shared evaluation data here")
async def test_reconstructed_channels() -> None:
    """Documents with their rounded sizes; a private channel is told from an empty page."""
    batch = await read((EVAL / "channel.html").read_bytes())
    posts = {post.key: post for post in batch.posts}
    assert lines(posts["example_leaks/102"]) == [
        ("patients_part1.7z.001", None, (1_800_000_000, 2_147_483_648))
    ]
    assert lines(posts["example_leaks/103"])[0][0] == "patients & billing (final) — копия.xlsx"
    private = await read((EVAL / "private_or_missing.html").read_bytes())
    assert private.problem == "no_preview"


async def test_rows_of_a_table_are_listed() -> None:
    """A site that shows its proof as a table; without a place for the name all of a row is it."""
    body = b"<article><h2>t</h2><table><tr><td>a/b.pdf<td>1234<tr><td>c.pdf<td>-</table></article>"
    options = {"item": "article", "title": "h2", "file_row": "tr"}
    [post] = (
        await read(body, **options, file_name="td:nth-child(1)", file_size="td:nth-child(2)")
    ).posts
    assert lines(post) == [("a/b.pdf", 1234, None), ("c.pdf", None, None)]
    [post] = (await read(body, **options, file_size="td:nth-child(2)")).posts
    assert lines(post)[0] == ("a/b.pdf 1234", 1234, None)


async def test_a_wrong_selector_is_the_operators_fault() -> None:
    """It is named."""
    with pytest.raises(SourceError, match="file_size"):
        await read(b"<p><i>x</i></p>", item="p", file_row="i", file_size="b[")


FILES = [
    {"url": "/a.zip", "name": "a.zip", "size": 1234},
    {"path": "b/c.pdf", "size": "2.4 MB"},
    {"name": "no size.pdf"},
    {"size": 7},
    "/plain.zip",
]


async def test_objects_of_an_api_are_listed() -> None:
    """Those with a name and a size; all with an address are links as ever."""
    body = json.dumps([{"t": "x", "f": FILES}]).encode()
    [post] = (await read(body, "json_api", items="@", title="t", files="f")).posts
    assert lines(post) == [("a.zip", 1234, None), ("b/c.pdf", None, (2_300_000, 2_621_440))]
    assert len(post.links) == 3


async def test_objects_of_a_script_list_are_listed() -> None:
    """As those of an API."""
    body = b"<script>const companies = [{name: 'x', files: [{name: 'a.zip', size: 12}]}]</script>"
    [post] = (await read(body, "js_list", variable="companies")).posts
    assert lines(post) == [("a.zip", 12, None)]


def test_a_changed_listing_is_news() -> None:
    """A post that shows another file is another post."""
    page = PageAddress(ROOT)

    def digest(*files: tuple[str, str]) -> str:
        found = ItemList()
        found.add(title="t", text="x", key="k", files=files)
        [post] = read_posts(found.items, page, Reading())
        return content_digest(post, page)

    assert digest() != digest(("a", "1"))
    assert digest(("a", "1")) != digest(("a", "2"))
    assert digest(("a", "1")) == digest(("a", "1"))


def test_a_post_may_be_nothing_but_files() -> None:
    """It is told all the same."""
    found = ItemList()
    found.add(title="", text="", key="k", files=[("a.pdf", "1 MB"), ("  ", "1")])
    [post] = read_posts(found.items, PageAddress(ROOT), Reading())
    assert [path for path, _, _ in lines(post)] == ["a.pdf"]


def test_endless_files_are_cut() -> None:
    """At the cap of one item."""
    found = ItemList()
    found.add(title="t", text="", files=((str(n), "1") for n in range(2 * MAX_FILES)))
    assert len(found.items[0]["files"]) == MAX_FILES


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.sampled_from(["name", "size", "path", "url"]) | st.text(), inner)
    ),
)


@given(JSON)
def test_any_answer_of_an_api_is_read(value: Any) -> None:
    """What is no file is none; nothing raises."""
    body = json.dumps({"items": [{"t": "x", "f": value}]}).encode()
    answer = json_api.parse(body, {"items": "items", "title": "t", "files": "f"})
    assert answer["problem"] is None
    for file in answer["items"][0].get("files", []):
        assert file["name"]
        assert file["size_range"] is None or 0 <= file["size_range"][0] <= file["size_range"][1]


def test_the_pattern_for_sizes_is_linear() -> None:
    """Only the end of what stands for a size is looked at."""
    for piece in ("1", "1,", "1.", "1 K", "K"):
        assert items.file_of("x", piece * 1_000_000)["name"] == "x"
