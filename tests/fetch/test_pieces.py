"""Pieces of a file: what is here, what is not, and that no byte changes on the way."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from leakwatch.fetch.pieces import Pieces, joined_spans

FILE = bytes(n * 7 % 251 for n in range(300))
SPANS = st.lists(st.tuples(st.integers(0, 299), st.integers(0, 60)), max_size=12)


def places(spans: list[tuple[int, int]]) -> set[int]:
    return {at for offset, length in spans for at in range(offset, min(offset + length, 300))}


@given(added=SPANS, need=SPANS)
def test_pieces_are_the_bytes_that_came(
    added: list[tuple[int, int]], need: list[tuple[int, int]]
) -> None:
    """What is lacking is just what never came; what is kept is just what is needed and here."""
    pieces = Pieces()
    for offset, length in added:
        pieces.add(offset, FILE[offset : offset + length])
    here = places(added)
    assert places(pieces.spans) == here
    assert pieces.joined() == bytes(FILE[at] for at in sorted(here))
    need = [(offset, min(length, 300 - offset)) for offset, length in need]
    assert places(pieces.lacking(need)) == places(need) - here
    pieces.keep(need)
    assert places(pieces.spans) == places(need) & here
    assert pieces.joined() == bytes(FILE[at] for at in sorted(places(need) & here))
    spans = pieces.spans
    assert all(a + n < b for (a, n), (b, _) in pairwise(spans))


@given(spans=SPANS)
def test_joined_spans_are_the_same_bytes(spans: list[tuple[int, int]]) -> None:
    """Joined spans cover the same, in order, and do not touch."""
    joined = joined_spans(spans)
    assert places(joined) == places(spans)
    assert all(a + n < b for (a, n), (b, _) in pairwise(joined))
