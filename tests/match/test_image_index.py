from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.fingerprint.image import Words
from leakwatch.fingerprint.likeness import distances
from leakwatch.match.image_index import FEW, ONE_FLIP_BITS, TWO_FLIPS_BITS, PictureIndex

MANY = FEW + 2000


def random_hashes(count: int, seed: int) -> Words:
    return np.random.default_rng(seed).integers(0, 2**64, (count, 4), dtype=np.uint64)


def moved(row: Words, count: int, rng: np.random.Generator) -> Words:
    bits = np.unpackbits(row.view(np.uint8))
    bits[rng.choice(256, count, replace=False)] ^= 1
    changed: Words = np.packbits(bits).view(np.uint64)
    return changed


def brute(queries: Words, hashes: Words, bits: int) -> set[tuple[int, int]]:
    query, row = np.nonzero(distances(queries[:, None], hashes[None]) <= bits)
    return set(zip(query.tolist(), row.tolist(), strict=True))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([ONE_FLIP_BITS, TWO_FLIPS_BITS]))
def test_finds_what_comparing_each_finds(seed: int, bits: int) -> None:
    """Up to 31 and 47 bits the buckets hold every near hash, however the bits are spread."""
    rng = np.random.default_rng(seed)
    hashes = random_hashes(MANY, seed)
    queries = np.stack([moved(hashes[n], int(rng.integers(0, bits + 3)), rng) for n in range(8)])
    # A cluster around the first, as scans of one form make it.
    hashes[100:160] = [moved(hashes[0], int(rng.integers(0, 60)), rng) for _ in range(60)]
    query, row = PictureIndex(hashes).near(queries, bits=bits)
    found = list(zip(query.tolist(), row.tolist(), strict=True))
    assert len(found) == len(set(found))
    assert set(found) == brute(queries, hashes, bits)


@pytest.mark.parametrize("bits", [ONE_FLIP_BITS, TWO_FLIPS_BITS])
def test_the_worst_spread_is_found(bits: int) -> None:
    """As many flips in every band as there can be: the buckets at their reach still find it."""
    hashes = random_hashes(MANY, 5)
    per_band = (bits + 1) // 16
    query = hashes[77].copy()
    for band in range(16):
        flips = per_band - (band == 0)
        query[band // 4] ^= np.uint64(((1 << flips) - 1) << (16 * (band % 4)))
    assert int(distances(query, hashes[77])) == bits
    _, row = PictureIndex(hashes).near(query[None], bits=bits)
    assert 77 in row


@pytest.mark.parametrize("count", [0, 1, FEW, FEW + 1])
def test_any_number_of_hashes(count: int) -> None:
    """None, one, and either side of where tables are made: a hash finds itself."""
    hashes = random_hashes(count, 9)
    query, row = PictureIndex(hashes).near(hashes[-1:], bits=50)
    assert (query.tolist(), row.tolist()) == (([0], [count - 1]) if count else ([], []))


def test_no_query_finds_nothing() -> None:
    """A picture that says too little has no orientation to look up."""
    for count in (10, MANY):
        query, row = PictureIndex(random_hashes(count, 1)).near(random_hashes(0, 1), bits=50)
        assert (len(query), len(row)) == (0, 0)
