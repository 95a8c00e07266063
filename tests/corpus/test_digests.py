from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from leakwatch.corpus.digests import as_digests, once, places

ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=20)


def rows_of(pairs: list[tuple[int, int]]) -> np.ndarray[tuple[int, int], np.dtype[np.uint64]]:
    return np.array(pairs, np.uint64).reshape(-1, 2)


@given(ROWS)
def test_once_gives_the_first_of_equal_rows_in_order(pairs: list[tuple[int, int]]) -> None:
    """Each distinct digest comes once, ascending, as its first row."""
    rows = once(rows_of(pairs)).tolist()
    assert [pairs[row] for row in rows] == sorted(set(pairs))
    assert all(pairs.index(pairs[row]) == row for row in rows)


@given(ROWS, ROWS)
def test_places_finds_what_is_there(
    wanted: list[tuple[int, int]], there: list[tuple[int, int]]
) -> None:
    """A digest is found at its place among ascending ones, or told to be missing."""
    ascending = sorted(set(there))
    found = places(rows_of(wanted), rows_of(ascending)).tolist()
    assert found == [ascending.index(pair) if pair in ascending else -1 for pair in wanted]


@given(st.lists(st.binary(min_size=16, max_size=16), max_size=20))
def test_digests_sort_like_their_bytes(data: list[bytes]) -> None:
    """The order of the rows is that of the bytes they stand for."""
    rows = as_digests(b"".join(data))
    assert [data[row] for row in once(rows).tolist()] == sorted(set(data))
