"""Magnet links."""

from __future__ import annotations

import base64
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakwatch.sources.wire.magnet import MAX_NAME, MAX_PARTS, magnet, magnets, read_magnet

V1, V2 = "0123456789abcdef" * 2 + "01234567", "ab" * 32


def test_a_link_names_a_file_and_its_size() -> None:
    """``dn`` and ``xl`` become a line; trackers and seeds are passed over."""
    uri = (
        f"magnet:?xt=urn:btih:{V1}&dn=scan+of%20Doe.pdf&xl=123456"
        "&tr=udp%3A%2F%2Ftracker.example%3A80&ws=https%3A%2F%2Fseed.example%2F&x.pe=192.0.2.1:80"
    )
    listing = magnet(uri)
    assert listing is not None
    assert listing.origin == "magnet"
    assert [(e.path, e.size_bytes, e.url) for e in listing.entries] == [
        ("scan of Doe.pdf", 123456, None)
    ]


@pytest.mark.parametrize(
    ("topics", "v1", "v2"),
    [
        (f"xt=urn:btih:{V1.upper()}", V1, None),
        (f"xt=urn:btih:{base64.b32encode(bytes.fromhex(V1)).decode().lower()}", V1, None),
        (f"xt=urn:btmh:1220{V2}", None, V2),
        (f"xt=urn:btih:{V1}&xt=urn:btmh:1220{V2}", V1, V2),
        (f"xt=urn:btmh:1220{V2[:-1]}", None, None),
        ("xt=urn:btih:189", None, None),
        ("xt=urn:sha1:ABC", None, None),
    ],
)
def test_what_identifies_the_torrent(topics: str, v1: str | None, v2: str | None) -> None:
    """Info-hashes come in hex, in base 32 and as a multihash; what is none is none."""
    [file] = read_magnet(f"magnet:?{topics}&dn=x")
    assert (file.v1, file.v2) == (v1, v2)


def test_several_files_in_one_link() -> None:
    """``dn.1`` goes with ``xl.1``; markup's ``&amp;`` left in a text does no harm."""
    uri = f"magnet:?xt.1=urn:btih:{V1}&amp;dn.1=a.pdf&amp;xl.1=7&dn.2=b.pdf&xt.2=urn:sha1:X"
    listing = magnet(uri)
    assert listing is not None
    assert [(e.path, e.size_bytes) for e in listing.entries] == [("a.pdf", 7), ("b.pdf", None)]


def test_several_links_make_one_listing() -> None:
    """Links of a post count together, each line once; others are passed over."""
    uris = ["magnet:?dn=a&xl=1", "https://x.example/", "MAGNET:?dn=b", "magnet:?dn=a&xl=1"]
    listing = magnets(uris)
    assert listing is not None
    assert [e.path for e in listing.entries] == ["a", "b"]


@pytest.mark.parametrize("xl", ["", "-1", "1.5", "1e9", "9" * 400, "\u0661"])
def test_a_size_that_is_none_counts_as_not_said(xl: str) -> None:
    """Only decimal digits that a file can have make a size."""
    listing = magnet(f"magnet:?dn=a&xl={xl}")
    assert listing is not None
    assert listing.entries[0].size_bytes is None


@pytest.mark.parametrize("uri", ["", "magnet:", "magnet:?", f"magnet:?xt=urn:btih:{V1}", "x:?dn=a"])
def test_what_names_nothing_is_no_listing(uri: str) -> None:
    """Without a name there is nothing to compare."""
    assert magnet(uri) is None


def test_endless_links_are_cut() -> None:
    """Neither a name without end nor parts without end cost more than the cap."""
    listing = magnet("magnet:?dn=" + "a" * 10_000_000)
    assert listing is not None
    assert len(listing.entries[0].path) == MAX_NAME
    assert len(read_magnet("magnet:?" + "".join(f"dn.{n}=a&" for n in range(10_000)))) <= MAX_PARTS


@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1),
    st.integers(0, 10**18 - 1),
    st.sampled_from([quote, quote_plus]),
)
def test_any_name_comes_through(name: str, size: int, quoted: object) -> None:
    """A name, however it is quoted, is told as it is but for slashes and space around it."""
    assert callable(quoted)
    wanted = name.replace("\\", "/").strip().strip("/")
    listing = magnet(f"magnet:?xl={size}&dn={quoted(name, safe='')}")
    assert (
        [(e.path, e.size_bytes) for e in listing.entries] == [(wanted, size)]
        if (listing is not None)
        else not wanted
    )


@given(st.text())
def test_total(text: str) -> None:
    """No text raises."""
    read_magnet(text)
    read_magnet("magnet:?" + text)
