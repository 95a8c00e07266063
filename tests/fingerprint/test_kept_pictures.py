from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakwatch.errors import FingerprintError
from leakwatch.fingerprint.compact import compact
from leakwatch.fingerprint.image import PictureHasher
from leakwatch.fingerprint.kept_pictures import (
    compact_pictures,
    expand_pictures,
    holds_pictures,
)
from leakwatch.fingerprint.key import FingerprintKey
from leakwatch.fingerprint.sketch import Sketcher
from tests.support.pictures import made_up

KEY = FingerprintKey(bytes(range(32)))
HASHER = PictureHasher(KEY)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_pictures_come_back_as_they_were(count: int) -> None:
    """Every orientation of every picture survives, in 1,280 bytes a picture."""
    pictures = [HASHER.turned(made_up(seed)) for seed in range(count)]
    data = compact_pictures(pictures)
    assert len(data) == 2 + 1280 * count
    back = expand_pictures(data)
    assert len(back) == count
    for one, other in zip(back, pictures, strict=True):
        assert (one.whole == other.whole).all()
        assert (one.quarters == other.quarters).all()


def test_a_sketch_is_told_from_pictures() -> None:
    """What is kept of a text is not taken for pictures, nor the other way."""
    assert not holds_pictures(compact(Sketcher(KEY).sketch(b"a" * 400)))
    assert holds_pictures(compact_pictures([]))


@given(st.binary(max_size=100))
def test_noise_is_refused(noise: bytes) -> None:
    """Bytes that are no kept pictures raise one error."""
    if noise in {b"", b"P\x01"}:
        noise = b"x"
    for data in (noise, b"P\x01" + noise):
        if data != b"P\x01":
            with pytest.raises(FingerprintError):
                expand_pictures(data)
