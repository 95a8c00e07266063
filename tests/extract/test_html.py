from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.extract.html import HtmlPage
from leakwatch.extract.stripped import StrippedMarkup, linear_text, strip_tags

NOTE = "the fictional patient was seen on Tuesday"


def text_of(page: str | bytes) -> str:
    content = page.encode() if isinstance(page, str) else page
    return HtmlPage().extract(io.BytesIO(content), max_chars=1_000_000).text


@pytest.mark.parametrize(
    "page",
    [
        f"<p>{NOTE}</p>",
        f"<title>{NOTE}</title>",
        f"<meta name=description content='{NOTE}'>",
        f"<meta property=og:description content='{NOTE}'>",
        f"<img alt='{NOTE}'>",
        f"<a title='{NOTE}' href=x>y</a>",
        f"<input type=hidden value='{NOTE}'>",
        f"<textarea>{NOTE}</textarea>",
        f"<noscript>{NOTE}</noscript>",
        f"<div style='display:none'>{NOTE}</div>",
        f"<template><p>{NOTE}</p></template>",
        f"<!-- {NOTE} --><p>x",
        f'<script type=\'application/json\'>{{"note": "{NOTE}"}}</script>',
        f"<script>show('{NOTE}')</script>",
        f"<iframe srcdoc='&lt;p&gt;{NOTE}'></iframe>",
        f"<p>{NOTE}".replace("e", "&#101;"),
        f"<p>{NOTE.replace(' ', '<br>')}",
    ],
)
def test_published_text_is_found_wherever_it_stands(page: str) -> None:
    """What a page carries is published, shown or not."""
    assert NOTE in " ".join(text_of(page).split())


def test_shown_text_is_one_passage() -> None:
    """Scripts and comments between two paragraphs do not come between their texts."""
    page = "<p>first half<script>var junk=1</script><!-- junk --><p>second half"
    assert text_of(page).split()[:4] == ["first", "half", "second", "half"]


def test_styles_are_dropped() -> None:
    """They are never text."""
    assert text_of("<style>p{color:red}</style><p>x").split() == ["x"]


def test_escapes_in_scripts_are_undone() -> None:
    """Line ends and letters escaped in JSON do not break the words beside them."""
    page = r'<script>{"t": "seen\nin Z\u00fcrich<\/b>"}</script>'
    assert "seen in Zürich" in text_of(page)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<meta charset=iso-8859-1><p>Zürich".encode("cp1252"), "Zürich"),
        ("<meta charset=windows-1251><p>Жалобы".encode("cp1251"), "Жалобы"),
        ("<meta charset=koi8-r><p>Жалобы".encode("koi8-r"), "Жалобы"),
        ("<meta charset=iso-8859-1><p>Zürich".encode(), "Zürich"),
        ("<meta charset=unicode_escape><p>Zürich".encode("cp1252"), "Zürich"),
        ("<meta charset=undefined><p>Zürich".encode("cp1252"), "Zürich"),
        ("<p>Zürich".encode("utf-16"), "Zürich"),
    ],
)
def test_the_encoding_of_a_page_is_found(page: bytes, expected: str) -> None:
    """UTF-8 is known by itself, else the page's word counts, if it names an encoding of pages."""
    assert expected in text_of(page)


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 50_000 + NOTE,
        "<div>" * 50_000 + NOTE + "</div>" * 50_000,
        "<b>" * 50_000 + NOTE,
        "<p " + "a=1 " * 50_000 + ">" + NOTE,
    ],
)
def test_unnatural_pages_take_the_linear_way(page: str) -> None:
    """What costs a tree parser seconds is not shown to it, and keeps its text."""
    found = HtmlPage().extract(io.BytesIO(page.encode()), max_chars=1_000_000)
    assert NOTE in found.text
    assert "tags stripped" in (found.note or "")


def test_long_natural_pages_are_parsed() -> None:
    """Many rows of a table, and unclosed items, are no nesting."""
    page = "<table>" + "<tr><td>cell<td>cell" * 20_000 + "</table>" + "<li>item" * 20_000
    assert HtmlPage().extract(io.BytesIO(page.encode()), max_chars=10**7).note is None


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("<>/!-=\"' &#x;09apdivscripthtmlüß\n"), max_size=300))
def test_any_markup_gives_text(page: str) -> None:
    """Neither way fails, whatever stands in the page."""
    text_of(page)
    strip_tags(page)
    linear_text(page.encode())


def test_stripping_survives_what_the_standard_library_does_not() -> None:
    """A character reference of thousands of digits is no number to Python."""
    assert strip_tags("&#" + "9" * 5000 + "; x &eacute;").split() == [";", "x", "é"]


def test_xml_gives_the_words_between_its_tags() -> None:
    """Words of office documents are split over runs; the fingerprint drops the gaps."""
    xml = b"<?xml version='1.0'?><w:t>Pati</w:t><w:t>ent &amp; kin</w:t>"
    found = StrippedMarkup().extract(io.BytesIO(xml), max_chars=100).text
    assert "".join(found.split()) == "Patient&kin"
