from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from leakwatch.fingerprint.image import PictureHasher, PictureHashes
from leakwatch.fingerprint.key import FingerprintKey
from leakwatch.fingerprint.likeness import SAME_BITS, compare
from leakwatch.model.picture import ORIENTATIONS, QUARTERS_BYTES, Picture
from tests.support.pictures import flipped, hashed, letter, made_up, photo

HASHER = PictureHasher(FingerprintKey(bytes(range(32))))


def verdict(one: PictureHashes, other: PictureHashes) -> str:
    found = compare(one, other, blank=HASHER.blank)
    assert not (found.same & ~found.like).any()
    return "same" if found.same[0] else "like" if found.like[0] else "other"


def keyed(image: Image.Image) -> PictureHashes:
    return HASHER.upright([hashed(image)])


@pytest.mark.parametrize(
    ("whole", "quarters", "expected"),
    [
        (0, (0, 0, 0, 0), "same"),
        (31, (48, 48, 48, 48), "same"),
        (32, (48, 48, 48, 48), "like"),
        (31, (48, 49, 48, 48), "like"),
        (50, (60, 60, 60, 60), "like"),
        (51, (0, 0, 0, 0), "other"),
        (50, (61, 60, 60, 60), "other"),
        (50, (200, 48, 48, 48), "like"),
        (50, (200, 49, 48, 48), "other"),
        (0, (200, 200, 48, 48), "other"),
    ],
)
def test_thresholds(whole: int, quarters: tuple[int, ...], expected: str) -> None:
    """Each threshold holds to the bit; one quarter may be another where three agree."""
    row = HASHER.upright([made_up(1)])
    assert verdict(row, flipped(row, whole=whole, quarters=quarters, seed=2)) == expected


def test_blank_quarters_prove_nothing() -> None:
    """Pages that are blank but for their layout are not the same for being blank."""
    blank = Picture(made_up(1).hashes, (bytes(QUARTERS_BYTES),) * ORIENTATIONS, 100)
    row = HASHER.upright([blank])
    assert verdict(row, row) == "other"


def test_three_blank_quarters_do_not_outvote_the_fourth() -> None:
    """Where one quarter alone shows anything, that one decides."""
    quarters = bytes(96)
    one = Picture(made_up(1).hashes, (made_up(1).quarters[0][:32] + quarters,) * 8, 100)
    other = Picture(made_up(1).hashes, (made_up(2).quarters[0][:32] + quarters,) * 8, 100)
    assert verdict(HASHER.upright([one]), HASHER.upright([other])) == "other"


def test_letters_under_one_letterhead_are_different_pictures() -> None:
    """No two letters are the same picture, though by the whole alone some would be."""
    rows = HASHER.upright([hashed(letter(seed)) for seed in range(30)])
    one, other = (
        np.array(i) for i in zip(*[(i, j) for i in range(30) for j in range(i)], strict=True)
    )
    found = compare(rows.take(one), rows.take(other), blank=HASHER.blank)
    assert not found.same.any()
    assert (found.bits <= SAME_BITS).sum() > 20


@pytest.mark.parametrize("make", [letter, photo])
def test_a_copy_is_the_same_picture(make: object) -> None:
    """Half the size, and darker: the same picture still."""
    assert callable(make)
    image: Image.Image = make(7)
    half = image.resize((image.width // 2, image.height // 2), Image.Resampling.BICUBIC)
    assert verdict(keyed(image), keyed(half)) == "same"
    assert verdict(keyed(image), keyed(image.point(lambda v: v * 0.8))) == "same"


def test_photographs_are_different_pictures() -> None:
    """Unrelated photographs are not even alike."""
    assert verdict(keyed(photo(1)), keyed(photo(2))) == "other"
