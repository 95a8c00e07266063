"""Decoding, visible text, the fallback parser, and pages that stand in front."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.sources.wire import page
from leakwatch.sources.wire.decode import decode
from leakwatch.sources.wire.html import fragment_text, parse_tree, visible_text
from leakwatch.sources.wire.items import MAX_ITEMS, MAX_TEXT, MAX_TOTAL, ItemList
from leakwatch.sources.wire.obstacle import obstacle
from tests.support.source_pages import LOGIN, REDESIGN, WAITING_ROOM

EVAL = Path(__file__).resolve().parents[4] / "shared/eval/leak-pages"


@pytest.mark.parametrize(
    ("body", "header", "text"),
    [
        ("Ünï".encode(), None, "Ünï"),
        ("Ünï".encode(), "iso-8859-1", "Ünï"),
        ("Ünï".encode("utf-8-sig"), "windows-1251", "Ünï"),
        ("\ufeffÜnï".encode("utf-16-le"), None, "Ünï"),
        ("\ufeffÜnï".encode("utf-16-be"), "utf-8", "Ünï"),
        ("<p>plain".encode("utf-16-le"), None, "<p>plain"),
        ("<meta charset=windows-1251>Утечка".encode("cp1251"), None, "<meta charset=windows-1251>Утечка"),
        ("<meta charset=windows-1251>Утечка".encode("cp1251"), "ISO-8859-1", "<meta charset=windows-1251>Утечка"),
        ("Утечка".encode("koi8-r"), "koi8-r", "Утечка"),
        ("Утечка".encode("cp1251"), "hex", "Óòå÷êà"),
        ("“quoted”".encode("cp1252"), "no-such-charset", "“quoted”"),
        (b"clean text " * 50 + b"\xff", "utf-8", "clean text " * 50 + "\ufffd"),
        (b"", None, ""),
    ],
)  # fmt: skip
def test_encodings(body: bytes, header: str | None, text: str) -> None:
    """Marks and strict UTF-8 go before what headers and tags claim; nothing fails."""
    assert decode(body, header) == text


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=200),
    st.none() | st.sampled_from(["utf-16", "rot13", "idna", "big5", "x\0y"]),
)
def test_any_bytes_decode(body: bytes, header: str | None) -> None:
    """Any bytes under any claim give some text."""
    assert isinstance(decode(body, header), str)


def test_visible_text_keeps_words_whole_and_blocks_apart() -> None:
    """Inline markup joins, blocks and breaks part, scripts and styles are silent."""
    markup = (
        "<title>t</title><style>s{}</style><div>pa<b>ti</b>ent<p>one</p>two<br>three</div>"
        "<script>var x</script><ul><li>a<li>b</ul><pre>l 1\n l 2</pre><td>c<noscript>d</noscript>"
    )
    body = parse_tree(markup).body
    assert body is not None
    text = visible_text(body, 1000)
    assert text.split("\n") == ["patient", "one", "two", "three", "a", "b", "l 1", "l 2", "cd"]


def test_text_is_cut_to_size() -> None:
    """No text is over its cap, and fragments that hold no markup are left alone."""
    body = parse_tree("<p>" + "word " * 100_000).body
    assert body is not None
    assert len(visible_text(body, 5_000)) <= 5_000
    assert fragment_text("3 < 4", 10) == "3 < 4"
    assert fragment_text("a<br>b &amp; c", 100) == "a\nb & c"


def test_page_gives_title_text_links_and_script_strings() -> None:
    """The fallback sees what the page shows, where it points, and what its scripts quote."""
    body = b"<base href='/b/'><title> A  b </title><p>seen by everybody who comes to this page <a href='x.zip'>get</a><script>v=['Harbour Clinic']</script>"
    found = page.parse(body, {})
    assert found["title"] == "A b"
    assert found["text"].split("\n") == [
        "seen by everybody who comes to this page get",
        "Harbour Clinic",
    ]
    assert found["links"] == [{"url": "x.zip", "name": "get"}]
    assert found["base"] == "/b/"
    assert found["problem"] is None


def test_strip_needs_no_parser() -> None:
    """The plainest reading drops tags and code, keeps entities' meaning, and survives nesting."""
    body = b"<div>" * 50_000 + b"Harbour &amp; Clinic<script>var x = '<p>'</script>"
    assert page.strip(body, {})["text"] == "Harbour & Clinic\n<p>"


def test_page_nested_to_hurt_keeps_its_words() -> None:
    """Depth that would take the parser minutes costs the tags, not the words; long flat pages stay."""
    deep = b"<title>t</title>" + b"<div><b>" * 100_000 + b"Harbour" + b"</b></div>" * 100_000
    assert page.parse(deep, {})["text"] == "t\nHarbour"
    flat = "".join(f"<li><a href='{n}.zip'>x</a><td><p>" for n in range(30_000))
    assert len(page.parse(flat.encode(), {})["links"]) == 1_000


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        (WAITING_ROOM, "challenged"),
        (b"<title>Just a moment...</title><body>Checking your browser before accessing", "challenged"),
        (b"<title>LockBit AntiDDoS</title><body>Please wait 1 seconds", "challenged"),
        (b"<body><div id=app><img class='captcha-image'></div>", "challenged"),
        (LOGIN, "access_refused"),
        (b"<title>Log in | Board</title><body>Register", "access_refused"),
        (b"<title>502 Bad Gateway</title><body>nginx", "error_page"),
        (b"<body>404 page not found", "error_page"),
        (b"<body><div id=app></div><script src=a.js></script>", "layout_changed"),
        (REDESIGN, None),
        (b"<title>Leaks</title><body>No leaks", None),
        (b"<title>Blog</title><body>" + b"They had a captcha on their login page. " * 60, None),
        (b"", None),
    ],
)  # fmt: skip
def test_obstacles(body: bytes, slug: str | None) -> None:
    """Waiting rooms, logins and gateways are told from pages with content of their own."""
    found = obstacle(parse_tree(decode(body)))
    assert (found[0] if found else None) == slug


def test_items_are_capped() -> None:
    """No page gives more items, longer texts or more in all than the caps."""
    found = ItemList()
    for n in range(30):
        found.add(title=f"t{n}", text="x" * (MAX_TEXT + 1))
    assert found.is_cut
    assert len(found.items) == 30
    assert found.items[-1]["title"] == "t29"
    assert all(len(i["text"]) <= MAX_TEXT for i in found.items)
    assert sum(len(i["text"]) for i in found.items) <= MAX_TOTAL
    found = ItemList()
    for n in range(MAX_ITEMS + 1):
        found.add(title=str(n), text="")
    assert len(found.items) == MAX_ITEMS
    assert found.is_cut


def test_mentioned_files_become_links() -> None:
    """A magnet or an archive named in plain text is a link; NUL and lone surrogates are not kept."""
    found = ItemList()
    text = "at http://x.example/dump.7z.001, magnet:?xt=urn:btih:0123456789abcdef and http://x.example/page\0\ud800"
    found.add(title="t", text=text, links=[("http://x.example/dump.7z.001", "part 1")])
    item = found.items[0]
    assert [(x["url"], x["name"]) for x in item["links"]] == [
        ("http://x.example/dump.7z.001", "part 1"),
        ("magnet:?xt=urn:btih:0123456789abcdef", ""),
    ]
    json.dumps(item, ensure_ascii=False).encode()


@pytest.mark.skipif(not EVAL.is_dir(), reason="no shared evaluation data here")
def test_real_captures_all_read() -> None:
    """Every captured page is read without an error, and what stands in front is told apart."""
    problems: dict[str | None, int] = {}
    for capture in sorted(EVAL.glob("*__*")):
        found = page.parse(capture.read_bytes(), {})
        json.dumps(found)
        problems[found["problem"]] = problems.get(found["problem"], 0) + 1
    assert sum(problems.values()) == 141
    assert problems["challenged"] >= 13
    assert problems["error_page"] >= 9
    for name in ("lockbit3__02", "conti__01", "54bb47h__01", "medusa__01", "vicesociety__02"):
        found = page.parse((EVAL / f"{name}.html").read_bytes(), {})
        assert found["problem"] is None, name


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_page(body: bytes) -> None:
    """Nothing a server sends raises out of the fallback parsers."""
    json.dumps(page.parse(body, {}))
    json.dumps(page.strip(body, {}))
