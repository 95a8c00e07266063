from __future__ import annotations

import hashlib

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.fingerprint.image import MIN_QUALITY, PictureHasher, PictureHashes
from leakwatch.fingerprint.key import FingerprintKey
from leakwatch.fingerprint.likeness import distances
from leakwatch.model.picture import HASH_BYTES, ORIENTATIONS, QUARTERS_BYTES, Picture
from tests.support.pictures import made_up

KEY = FingerprintKey(bytes(range(32)))
OTHER = FingerprintKey(bytes(range(1, 33)))
HASHER = PictureHasher(KEY)


def apart(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_distance_survives_the_key(one: int, other: int) -> None:
    """As many bits differ between keyed hashes as between the hashes themselves."""
    a, b = made_up(one), made_up(other)
    keyed = HASHER.upright([a, b])
    assert distances(keyed.whole[0], keyed.whole[1]) == apart(a.hashes[0], b.hashes[0])
    assert distances(keyed.quarters[0], keyed.quarters[1]) == apart(a.quarters[0], b.quarters[0])


def test_two_keys_share_nothing() -> None:
    """Under another key the same pictures are as far away as strangers, in whole and quarters."""
    pictures = [made_up(seed) for seed in range(200)]
    ours, theirs = HASHER.upright(pictures), PictureHasher(OTHER).upright(pictures)
    assert abs(distances(ours.whole, theirs.whole).mean() - 128) < 5
    assert abs(distances(ours.quarters, theirs.quarters).mean() - 512) < 10


def test_the_raw_hash_is_nowhere_in_what_is_kept() -> None:
    """Neither a hash nor any 16 bits of it in place come out as they went in."""
    pictures = [made_up(seed) for seed in range(200)]
    kept = HASHER.upright(pictures).whole.view(np.uint16).reshape(200, 16)
    raw = np.array([np.frombuffer(p.hashes[0], np.uint16) for p in pictures])
    assert (kept == raw).mean() < 0.002


def test_a_blank_quarter_is_known_again() -> None:
    """What a blank quarter is kept as is the same for every picture."""
    picture = Picture(made_up(1).hashes, (bytes(QUARTERS_BYTES),) * ORIENTATIONS, 100)
    assert (HASHER.upright([picture]).quarters.reshape(4, 4) == HASHER.blank).all()


def test_a_picture_that_says_too_little_is_left_out() -> None:
    """Below quality 50 there is nothing to keep and nothing to look up."""
    poor, fair = made_up(1, quality=MIN_QUALITY - 1), made_up(2, quality=MIN_QUALITY)
    assert len(HASHER.upright([poor, fair, poor])) == 1
    assert len(HASHER.turned(poor)) == 0
    assert len(HASHER.turned(fair)) == ORIENTATIONS


def test_no_repr_tells_a_hash() -> None:
    """Neither the picture nor its keyed hashes show their bits."""
    picture = made_up(3)
    shown = repr(picture) + repr(HASHER.upright([picture]))
    assert picture.hashes[0].hex() not in shown
    assert "array" not in shown
    assert len(shown) < 100


def test_golden() -> None:
    """A known key and picture give known bytes, on every machine and version."""
    picture = Picture(
        hashes=(bytes(range(HASH_BYTES)),) * ORIENTATIONS,
        quarters=(bytes(range(QUARTERS_BYTES)),) * ORIENTATIONS,
        quality=100,
    )
    keyed = HASHER.upright([picture])
    digest = hashlib.sha256(keyed.whole.astype("<u8").tobytes())
    digest.update(keyed.quarters.astype("<u8").tobytes())
    assert digest.hexdigest() == "e6f99b7b5bc466cf55a0ae95c09c061f6d6bc7bcaf0c80da474d8c8e359829e6"


def test_rows_are_joined_and_taken() -> None:
    """Parts come one after the other, and rows can be taken out again."""
    keyed = HASHER.upright([made_up(n) for n in range(3)])
    nothing = PictureHashes.joined([])
    both = PictureHashes.joined([nothing, keyed, keyed])
    assert (len(nothing), len(both)) == (0, 6)
    assert (both.take(np.array([4])).whole == keyed.whole[1]).all()
