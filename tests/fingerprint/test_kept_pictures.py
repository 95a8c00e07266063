from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakwatch.errors import FingerprintError
from leakwatch.fingerprint import kept_pictures
from leakwatch.fingerprint.image import PictureHashes
from leakwatch.fingerprint.kept_pictures import PictureKeeper
from tests.support.corpora import KEY, OTHER_KEY

KEEPER = PictureKeeper(KEY)


def hashes(seed: int, rows: int) -> PictureHashes:
    rng = np.random.default_rng(seed)
    numbers = rng.integers(0, 2**64, (rows, 20), np.uint64)
    return PictureHashes(numbers[:, :4], numbers[:, 4:])


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 8)), max_size=5))
def test_hashes_come_back(pictures: list[tuple[int, int]]) -> None:
    """Each picture with its rows, in order; one that says too little is left out."""
    given_ = [hashes(seed, rows) for seed, rows in pictures]
    back = KEEPER.open(KEEPER.seal(given_))
    wanted = [one for one in given_ if len(one)]
    assert len(back) == len(wanted)
    for one, other in zip(back, wanted, strict=True):
        assert np.array_equal(one.whole, other.whole)
        assert np.array_equal(one.quarters, other.quarters)


def test_no_picture_takes_no_byte() -> None:
    """Most of what is seen has none."""
    assert KEEPER.seal([]) == KEEPER.seal([hashes(1, 0)]) == b""


def test_damaged_or_foreign_bytes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Altered, of another key or of another scheme: never other pictures."""
    rng = random.Random(1)
    data = KEEPER.seal([hashes(1, 8)])
    foreign = [
        data[:-1],
        data[:3],
        rng.randbytes(50),
        PictureKeeper(OTHER_KEY).seal([hashes(1, 8)]),
    ]
    monkeypatch.setattr(kept_pictures, "_HASHED_AS", [b"another/1"])
    foreign.append(KEEPER.seal([hashes(1, 8)]))
    monkeypatch.undo()
    for one in foreign:
        with pytest.raises(FingerprintError):
            KEEPER.open(one)


def test_nothing_of_a_hash_shows() -> None:
    """Sealed: not even that two pictures resemble each other."""
    one = hashes(1, 1)
    near = PictureHashes(one.whole ^ np.uint64(1), one.quarters)
    first, second = KEEPER.seal([one]), KEEPER.seal([near])
    assert one.whole.tobytes() not in first
    assert sum(a == b for a, b in zip(first, second, strict=True)) < len(first) // 4
