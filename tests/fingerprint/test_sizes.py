from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from leakwatch.fingerprint.key import FingerprintKey
from leakwatch.fingerprint.sizes import SizeMask

KEY, OTHER_KEY = FingerprintKey(bytes(range(32))), FingerprintKey(bytes(range(1, 33)))
FILES = st.lists(st.tuples(st.binary(min_size=16, max_size=16), st.integers(0, 2**64 - 1)))


def columns(files: list[tuple[bytes, int]], mask: SizeMask) -> list[np.ndarray]:
    halves = [(raw[:8], raw[8:]) for raw, _ in files]
    return [
        np.array([int.from_bytes(first, "big") for first, _ in halves], np.uint64),
        np.array([int.from_bytes(rest, "big") for _, rest in halves], np.uint64),
        np.array([mask.masked(raw, size) for raw, size in files], np.uint64),
    ]


@given(FILES)
def test_unmasking_gives_the_sizes_back(files: list[tuple[bytes, int]]) -> None:
    """With the key every size comes back, in the order of the files."""
    mask = SizeMask(KEY)
    assert mask.unmasked(*columns(files, mask)).tolist() == [size for _, size in files]


def test_equal_sizes_do_not_look_it() -> None:
    """Two files of one size have masked sizes that share nothing, and so under two keys."""
    raws = [bytes([n]) * 16 for n in range(200)]
    masked = {SizeMask(key).masked(raw, 4096) for raw in raws for key in (KEY, OTHER_KEY)}
    assert len(masked) == 400


def test_another_key_gives_other_sizes() -> None:
    """Unmasked with another key, the numbers are rubbish."""
    files = [(bytes([n]) * 16, 1000 + n) for n in range(50)]
    found = SizeMask(OTHER_KEY).unmasked(*columns(files, SizeMask(KEY)))
    assert (found > 1 << 40).sum() >= 45
