"""Listings through the pool: out of torrents and texts, alone and in batches."""

from __future__ import annotations

from dataclasses import replace

import bencode2
from hypothesis import given
from hypothesis import strategies as st

from leakwatch.model.listing import Listing, ListingEntry
from leakwatch.sandbox.listing_frames import encode_listing, encoded_bytes
from leakwatch.sandbox.pool import SandboxPool
from tests.sandbox.conftest import TIGHT
from tests.support.archives import zip_of


def torrent(files: int) -> bytes:
    listed = [{b"path": [b"folder", b"scan %d.pdf" % n], b"length": n} for n in range(files)]
    return bencode2.bencode({b"info": {b"files": listed, b"name": b"dump", b"pieces": bytes(20)}})


FIND = "".join(f"{n} ./letters/scan {n}.pdf\n" for n in range(100, 120)).encode()


def test_a_torrent_is_read_in_a_child(pool: SandboxPool) -> None:
    """Its parser, written in C, works under confinement; in an archive too."""
    whole, member = pool.read(zip_of([("x.torrent", torrent(7))]), name="a.zip")
    assert whole.listing is None
    assert member.kind == "torrent"
    assert member.listing is not None
    assert [e.size_bytes for e in member.listing.entries] == [*range(7)]


def test_a_list_among_texts_of_a_batch_is_told(pool: SandboxPool) -> None:
    """Others that share its child are read as ever."""
    inputs = [("a.txt", b"one"), ("b.txt", FIND), ("c.txt", "Ünï".encode()), ("d", torrent(1))]
    found = [artefacts[0] for artefacts in pool.read_many(inputs)]
    assert [a.text for a in found[:3]] == ["one", FIND.decode(), "Ünï"]
    assert [a.listing is not None for a in found] == [False, True, False, True]
    assert found[1].listing is not None
    assert len(found[1].listing.entries) == 20


def test_a_listing_over_the_output_limit_is_left_out() -> None:
    """And said to be, as a text is."""
    with SandboxPool(replace(TIGHT, output_bytes=100_000), workers=1) as pool:
        [large] = pool.read(torrent(5_000), name="x")
        [small] = pool.read(torrent(50), name="x")
    assert large.listing is None
    assert large.error == "budget_exceeded"
    assert small.listing is not None
    assert small.error is None


ENTRY = st.builds(
    ListingEntry,
    path=st.text(
        st.characters(exclude_categories=["C"], exclude_characters='"\\', max_codepoint=0xFFFF)
    ),
    size_bytes=st.none() | st.integers(0, 2**62),
    crc32=st.none() | st.integers(0, 2**32 - 1),
    pieces_root=st.sampled_from([None, "0b" * 32]),
    size_range=st.none() | st.just((2**61, 2**62)),
)


@given(st.lists(ENTRY, max_size=20))
def test_a_listing_is_no_longer_than_foreseen(entries: list[ListingEntry]) -> None:
    """So that a child never says more than it may."""
    listing = Listing("torrent", tuple(entries))
    assert len(encode_listing(listing)) <= encoded_bytes(listing)
