from __future__ import annotations

import numpy as np

from leakwatch.corpus.picture_families import COMMON_PICTURE, PUBLIC_PICTURE, families, flags
from leakwatch.fingerprint.image import PictureHasher, PictureHashes
from leakwatch.fingerprint.key import FingerprintKey
from tests.support.pictures import flipped, hashed, letter, made_up

HASHER = PictureHasher(FingerprintKey(bytes(range(32))))
NOTHING = HASHER.upright([])


def copies(seed: int, count: int) -> PictureHashes:
    """Return a picture as many re-savings of it would have it."""
    row = HASHER.upright([made_up(seed)])
    return PictureHashes.joined(
        [flipped(row, whole=6, quarters=(8, 8, 8, 8), seed=n) for n in range(count)]
    )


def flagged(
    rows: PictureHashes, groups: list[int], background: PictureHashes = NOTHING
) -> list[int]:
    found = flags(rows, np.array(groups), background, blank=HASHER.blank)
    return [int(flag) for flag in found]


def test_copies_are_one_family_and_strangers_are_not() -> None:
    """Re-saved pictures come together however many there are; the label is the first of them."""
    rows = PictureHashes.joined([copies(1, 40), copies(2, 1), copies(3, 30)])
    assert families(rows, blank=HASHER.blank).tolist() == [0] * 40 + [40] + [41] * 30


def test_equal_rows_are_one_family() -> None:
    """The same row twice is the same picture, even if all its quarters are blank."""
    row = HASHER.upright([made_up(1)])
    row.quarters[:] = np.tile(HASHER.blank, 4)
    assert families(PictureHashes.joined([row, row]), blank=HASHER.blank).tolist() == [0, 0]


def test_a_picture_of_the_background_is_public() -> None:
    """A known picture that is the same as one of the background is flagged, others are not."""
    rows = PictureHashes.joined([copies(1, 2), copies(2, 1)])
    background = PictureHashes.joined([copies(1, 3), copies(9, 5)])
    assert flagged(rows, [0, 1, 2], background) == [PUBLIC_PICTURE, PUBLIC_PICTURE, 0]


def test_a_picture_in_more_than_six_groups_is_common() -> None:
    """Seven groups flag it, six do not; many files of one group are one."""
    assert flagged(copies(1, 7), list(range(7))) == [COMMON_PICTURE] * 7
    assert flagged(copies(1, 9), [0, 1, 2, 3, 4, 5, 5, 5, 5]) == [0] * 9


def test_common_and_public_add_up() -> None:
    """A logo in all files and in the background is flagged as both."""
    both = COMMON_PICTURE | PUBLIC_PICTURE
    assert flagged(copies(1, 7), list(range(7)), copies(1, 1)) == [both] * 7


def test_letters_under_one_letterhead_are_not_common() -> None:
    """Scans that share their layout stay apart, each in a family of its own."""
    rows = HASHER.upright([hashed(letter(seed)) for seed in range(20)])
    assert flagged(rows, list(range(20))) == [0] * 20


def test_nothing_gives_nothing() -> None:
    """No known pictures: no flags, whatever the background holds."""
    assert flagged(NOTHING, [], copies(1, 3)) == []
    assert flagged(NOTHING, []) == []
