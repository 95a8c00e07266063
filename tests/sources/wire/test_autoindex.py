"""Directory listings of every server, told by shape."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.sources.wire.autoindex import parse
from tests.support.source_pages import LOGIN, autoindex

EVAL = Path(__file__).resolve().parents[4] / "shared/eval/autoindex"
URL = "http://files.example/pub/"
DIRECTORIES = {
    "root": "",
    "root_sorted_size": "",
    "amp": "Clinic B & Co/",
    "empty": "empty/",
    "many": "many files/",
    "nested": "Clinic A/",
    "uni": "Ünïcode dir/",
}
NOT_IN_TRUTH = {"empty"}
"""The manifest holds files, so an empty directory is not in it."""
EXACT = ("nginx-1.22-autoindex", "nginx-1.22-autoindex-json", "nginx-1.22-autoindex-xml", "rclone-1.60-http")  # fmt: skip


def read(body: str | bytes, url: str = URL) -> dict[str, Any]:
    return parse(body.encode() if isinstance(body, str) else body, {"url": url})


def sizes(result: dict[str, Any]) -> dict[str, int | None]:
    return {e["name"]: e["size_bytes"] for e in result["entries"]}


def _eval_pages() -> list[Path]:
    return [p for p in sorted(EVAL.glob("*/*.*")) if ".headers." not in p.name]


@pytest.mark.skipif(not EVAL.is_dir(), reason="no shared evaluation data here")
def test_real_servers_agree_with_the_truth() -> None:
    """Of one known tree, every server's listing gives the names, and sizes where it shows them."""
    truth = {path: size for path, size, _ in json.loads((EVAL / "TRUTH_manifest.json").read_text())}
    for page in _eval_pages():
        prefix, server = DIRECTORIES[page.stem], page.parent.name
        below = {p.removeprefix(prefix): s for p, s in truth.items() if p.startswith(prefix)}
        wanted = {p.split("/")[0]: None if "/" in p else s for p, s in below.items()}
        result = read(page.read_bytes(), f"http://files.example/{quote(prefix)}")
        found = {n.replace("␉", "\t"): s for n, s in sizes(result).items()}  # rclone draws tabs
        assert result["problem"] is None, page
        hidden = {n for n in wanted if n.startswith(".")} if server.startswith("nginx") else set()
        if page.stem == "nested":
            wanted = dict.fromkeys(("Q1", "Q2")) if "Q1" in found else wanted
        assert set(found) - NOT_IN_TRUTH == set(wanted) - hidden, page
        wrong = {n: s for n, s in found.items() if s is not None and s != wanted[n]}
        assert wrong == {}, page
        if server in EXACT:
            assert {n for n, s in found.items() if s is None} - NOT_IN_TRUTH == {
                n for n, s in wanted.items() if s is None
            }


LIGHTTPD = """<title>Index of /pub/</title><h2>Index of /pub/</h2><div class="list"><table>
<thead><tr><th class="n">Name</th><th class="m">Last Modified</th><th class="s">Size</th></tr></thead><tbody>
<tr class="d"><td class="n"><a href="../">..</a>/</td><td class="m">&nbsp;</td><td class="s">- &nbsp;</td></tr>
<tr class="d"><td class="n"><a href="sub/">sub</a>/</td><td class="m">2026-Mar-01 10:00:00</td><td class="s">- &nbsp;</td></tr>
<tr><td class="n"><a href="a%20b.pdf">a b.pdf</a></td><td class="m">2026-Mar-01 10:00:00</td><td class="s">1.2K</td></tr>
</tbody></table></div>"""
CADDY = """<title>pub/</title><h1><a href="/">/</a><a href="/pub/">pub</a></h1><table><tbody>
<tr><td><a href=".."><span class="goup">Up</span></a></td></tr>
<tr class="file"><td><a href="./sub/"><span class="name">sub</span></a></td><td class="size">&mdash;</td></tr>
<tr class="file"><td><a href="./a%20b.pdf"><span class="name">a b.pdf</span></a></td>
<td class="size" data-size="1234"><div class="sizebar-text">1.2 KiB</div></td>
<td><time datetime="2026-03-01T10:00:00Z">03/01/2026 10:00:00 AM</time></td></tr></tbody></table>"""
IIS = """<html><head><title>files.example - /pub/</title></head><body><H1>files.example - /pub/</H1><hr>
<pre><A HREF="/">[To Parent Directory]</A><br><br>
  3/1/2026 10:00 AM        &lt;dir&gt; <A HREF="/pub/sub/">sub</A><br>
  3/1/2026 10:00 AM         1234 <A HREF="/pub/a%20b.pdf">a b.pdf</A><br></pre></body></html>"""
CADDY_JSON = json.dumps([
    {"name": "sub/", "size": 4096, "url": "./sub/", "mod_time": "2026-03-01T10:00:00Z", "is_dir": True},
    {"name": "a b.pdf", "size": 1234, "url": "./a%20b.pdf", "mod_time": "2026-03-01T10:00:00Z", "is_dir": False},
])  # fmt: skip


def test_a_rounded_size_is_an_interval() -> None:
    """A size rounded to a unit is told as what it may stand for; an exact one, and a folder's, not."""
    ranges = {e["name"]: e["size_range"] for e in read(LIGHTTPD)["entries"]}
    assert ranges == {"sub": None, "a b.pdf": [1100, 1332]}
    assert [e["size_range"] for e in read(IIS)["entries"] if e["name"] == "a b.pdf"] == [None]


def test_a_directory_called_up_is_no_way_up() -> None:
    """What lies below is listed whatever it is called; the link that leads up is not."""
    page = autoindex([("up/", None), ("Parent Directory/", None), ("go up", 7)])
    assert sizes(read(page)) == {"up": None, "Parent Directory": None, "go up": 7}


@pytest.mark.parametrize(
    ("page", "size"), [(LIGHTTPD, None), (CADDY, 1234), (IIS, 1234), (CADDY_JSON, 1234)]
)
def test_servers_not_in_the_data(page: str, size: int | None) -> None:
    """lighttpd, Caddy and IIS are told by shape too; a rounded size is no size."""
    result = read(page)
    assert result["problem"] is None
    assert sizes(result) == {"sub": None, "a b.pdf": size}
    assert [e["is_directory"] for e in result["entries"]] == [True, False]
    assert {e["url"] for e in result["entries"]} == {URL + "sub/", URL + "a%20b.pdf"}


def test_only_direct_children_are_entries() -> None:
    """Links up, out, down past a child, to sort orders and to itself are no entries."""
    hrefs = [
        "../", "..", "/", "/pub", "/pub/", ".", "./", "?C=N;O=D", "#top", "http://other.example/pub/x",
        "//other.example/pub/x", "https://files.example/pub/x", "a/b", "x?download=1", "%2e%2e/",
        "..%2fx", "a%2Fb", "javascript:alert(1)", "mailto:a@b.example", "http://[bad/", "/pub/../etc/passwd",
        "", "/publ/x", "good.txt", "/pub/good2.txt",
    ]  # fmt: skip
    links = "".join(f'<a href="{href}">name</a>  01-Mar-2026 10:00  5\n' for href in hrefs)
    result = read(f"<title>Index of /pub</title><pre>{links}</pre>")
    assert sizes(result) == {"good.txt": 5, "good2.txt": 5}


def test_name_comes_from_the_address() -> None:
    """A text cut short, or not UTF-8 in the address, still gives the whole name."""
    long = "x" * 90 + ".pdf"
    page = (
        f'<title>Index of /</title><pre><a href="{long}">{"x" * 47}..&gt;</a> 01-Mar-2026 10:00 7\n'
    )
    page += '<a href="caf%e9.txt">caf?.txt</a> 01-Mar-2026 10:00 8\n</pre>'
    assert sizes(read(page)) == {long: 7, "café.txt": 8}


@pytest.mark.parametrize(
    ("shown", "size"),
    [("1234", 1234), ("0", 0), ("1,234,567", 1234567), ("512 B", 512), ("12 bytes", 12), ("1.2K", None),
     ("5G", None), ("1 KiB", None), ("-", None), ("1.5", None), ("9" * 30, None)],
)  # fmt: skip
def test_only_whole_bytes_are_a_size(shown: str, size: int | None) -> None:
    """A size counts where it is whole bytes; rounded ones would match the wrong file."""
    row = f'<tr><td><a href="f">f</a></td><td>2026-03-01 10:00</td><td>{shown}</td><td>7</td></tr>'
    assert sizes(read(f"<title>Index of /</title><table>{row}</table>")) == {"f": size}


def test_other_pages_are_no_listing() -> None:
    """A site with relative links is no directory, and a login is a login."""
    page = (
        '<title>Our clinic</title><h1>Welcome</h1><a href="about.html">About</a><a href="x/">X</a>'
    )
    assert read(page)["problem"] == "layout_changed"
    assert read(LOGIN)["problem"] == "access_refused"
    assert read("[1, 2]")["problem"] == "layout_changed"
    assert read("[" * 100_000)["problem"] == "layout_changed"
    assert read("<?xml version='1.0'?><rss></rss>")["problem"] == "layout_changed"


_NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="/"), min_size=1, max_size=20).filter(
    lambda name: name not in (".", "..")
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(_NAMES, st.none() | st.integers(0, 2**50), max_size=8))
def test_what_a_server_lists_is_read(tree: dict[str, int | None]) -> None:
    """Whatever the names, a listing reads back as the tree it was drawn from."""
    rows = [(name + ("/" if size is None else ""), size) for name, size in tree.items()]
    result = read(autoindex(rows))
    assert sizes(result) == tree
    assert {e["name"] for e in result["entries"] if e["is_directory"]} == {
        name for name, size in tree.items() if size is None
    }
