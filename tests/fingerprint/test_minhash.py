from __future__ import annotations

import numpy as np
import pytest

from leakwatch.fingerprint.minhash import (
    PERMUTATIONS,
    SCHEME,
    as_datasketch,
    resemblance,
    signature,
    signatures,
)


@pytest.fixture(scope="module")
def values() -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.random.default_rng(1).integers(0, 2**64, 9_000, dtype=np.uint64)


@pytest.mark.parametrize("count", [0, 1, 200, 9_000])
def test_equals_datasketch(values: np.ndarray[tuple[int], np.dtype[np.uint64]], count: int) -> None:
    """The signature is the one datasketch computes over the values' low 32 bits."""
    from datasketch import (  # type: ignore[import-untyped]  # noqa: PLC0415 - slow to import
        MinHash,
    )

    theirs = MinHash(
        num_perm=PERMUTATIONS, seed=1, scheme=SCHEME, hashfunc=lambda v: v & 0xFFFFFFFF
    )
    theirs.update_batch(values[:count].tolist())
    assert np.array_equal(signature(values[:count]), theirs.hashvalues)


def test_exchange_form_estimates_jaccard(
    values: np.ndarray[tuple[int], np.dtype[np.uint64]],
) -> None:
    """As datasketch objects, signatures estimate what they estimate here."""
    one, other = signature(values[:600]), signature(values[200:800])
    estimate = as_datasketch(one).jaccard(as_datasketch(other))
    assert estimate == resemblance(one, other)
    assert estimate == pytest.approx(0.5, abs=0.2)


@pytest.mark.parametrize(
    "sizes",
    [[], [0], [0, 0, 3, 0], [1, 0, 200, 7], [40_000, 1, 0, 30_000, 5], [32_768, 4], [0, 32_769]],
)
def test_many_are_signed_as_one(sizes: list[int]) -> None:
    """Sets signed together, however they lie in the blocks, have the signatures they have alone."""
    rng = np.random.default_rng(7)
    sets = [rng.integers(0, 2**64, size, dtype=np.uint64) for size in sizes]
    together = signatures(sets)
    assert together.shape == (len(sets), PERMUTATIONS)
    for values, row in zip(sets, together, strict=True):
        assert np.array_equal(row, signature(values))
