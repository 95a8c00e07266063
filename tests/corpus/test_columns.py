from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.corpus import columns
from leakwatch.corpus.calibration import CommonPolicy
from leakwatch.corpus.columns import Grams, expand, joined, of_segment, ranges
from leakwatch.corpus.known import Fingerprinter
from leakwatch.fingerprint.names import NameFacts
from tests.support.corpora import KEY, note
from tests.support.readers import text_artefact
from tests.support.segments import columns_of, made


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 5)), max_size=20))
@settings(max_examples=100, deadline=None)
def test_expand_is_ranges_joined(ranges: list[tuple[int, int]]) -> None:
    """Ranges given by start and length come out one after another."""
    starts = np.array([s for s, _ in ranges], dtype=np.int64)
    counts = np.array([c for _, c in ranges], dtype=np.int64)
    wanted = [n for start, count in ranges for n in range(start, start + count)]
    assert expand(starts, counts).tolist() == wanted


@given(st.lists(st.integers(0, 9), max_size=30), st.integers(0, 30))
def test_ranges_cover_every_row_once(counts: list[int], first: int) -> None:
    """Rows are cut without gap or overlap, and no range of several is over the limit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "CHUNK_GRAMS", 12)
        cut = list(ranges(np.array(counts, np.int64), first))
    rows = [row for start, after in cut for row in range(start, after)]
    assert rows == list(range(first, len(counts)))
    assert all(sum(counts[a:b]) <= 12 for a, b in cut if b - a > 1)


def test_grams_are_taken_from_several_arrays() -> None:
    """Rows that lie in different arrays come out in the order asked for."""
    one, other = np.array([1, 2, 3], np.uint32), np.array([7, 8], np.uint32)
    grams = Grams(
        (one, other),
        np.array([0, 1, 0], np.uint16),
        np.array([0, 0, 2], np.int64),
        np.array([2, 2, 1], np.int64),
    )
    assert grams.take(np.array([2, 1, 0])).tolist() == [3, 7, 8, 1, 2]


def test_a_segment_gives_back_its_columns() -> None:
    """What was written of known files is read back as it was, alone and joined to others."""
    fingerprinter = Fingerprinter(KEY)
    files = [
        fingerprinter.known_file(text_artefact(note(n)), [NameFacts(f"d/{n}.txt", 900, n)])
        for n in range(5)
    ]
    bundle = made(files, policy=CommonPolicy())
    back = of_segment(bundle.segment, ())
    for columns_ in (back, joined([back, columns_of([])])):
        assert np.array_equal(columns_.raw, bundle.columns.raw)
        assert np.array_equal(columns_.text, bundle.columns.text)
        rows = np.arange(5)
        assert np.array_equal(columns_.grams.take(rows), bundle.columns.grams.take(rows))
        ours = zip(columns_.names.rows, columns_.names.kinds, columns_.names.numbers, strict=True)
        names = bundle.columns.names
        assert set(ours) == set(zip(names.rows, names.kinds, names.numbers, strict=True))
