from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.corpus import partitions
from leakwatch.corpus.partitions import Partitions, distinct

KEYS = st.lists(st.integers(0, 2**64 - 1), max_size=40)


@settings(max_examples=100, deadline=None)
@given(batches=st.lists(KEYS, max_size=5), at_a_time=st.sampled_from([1, 4, 1000]))
def test_numbers_come_out_ascending(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[int]], at_a_time: int
) -> None:
    """Whatever is put in comes out sorted, once for each time, and the folder is gone."""
    folder = tmp_path_factory.mktemp("sort") / "parts"
    every = sorted(key for batch in batches for key in batch)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(partitions, "KEYS", at_a_time)
        parts = Partitions(folder, expected=len(every))
        for batch in batches:
            parts.add(np.array(batch, np.uint64))
        out = [int(key) for keys in parts.ascending() for key in keys]
    assert out == every
    assert not folder.exists()


def test_memory_is_bounded_by_the_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Evenly spread numbers are never sorted many times more at once than asked."""
    monkeypatch.setattr(partitions, "KEYS", 100)
    parts = Partitions(tmp_path / "parts", expected=5000)
    parts.add(np.random.default_rng(1).integers(0, 2**64, 5000, dtype=np.uint64))
    sizes = [len(keys) for keys in parts.ascending()]
    assert sum(sizes) == 5000
    assert max(sizes) < 150


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5))))
def test_distinct_counts_lower_halves(pairs: list[tuple[int, int]]) -> None:
    """Each upper half has the number of different lower halves that came with it."""
    keys = np.array(sorted(top << 32 | low for top, low in pairs), np.uint64)
    tops, counts = distinct(keys)
    told = {top: len({low for other, low in pairs if other == top}) for top, _ in pairs}
    assert dict(zip(tops.tolist(), counts.tolist(), strict=True)) == told
