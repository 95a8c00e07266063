from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from leakwatch.extract.base import PictureLimits
from leakwatch.extract.image import PictureFile
from leakwatch.fingerprint.pdq import BLANK_BELOW, MIN_SIDE_PX, pdq
from leakwatch.model.picture import HASH_BYTES, ORIENTATIONS, QUARTERS_BYTES

SHARED = Path(__file__).resolve().parents[3] / "shared/eval/images/pdq-threatexchange"
MOST_BITS_OFF = 10
"""As far as the reference's own implementations differ."""


def noise(seed: int, rows: int, columns: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (rows, columns), dtype=np.uint8)


def bits_apart(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


@pytest.mark.skipif(not SHARED.is_dir(), reason="no shared evaluation data here")
def test_equals_the_reference() -> None:
    """Hashes and quality of the reference's own pictures come out as it publishes them."""
    seen = 0
    with (SHARED / "expected_hashes.csv").open(encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            path = SHARED / row["path"]
            if not row["source"].startswith("python-") or not path.exists():
                continue
            found = PictureFile().read(io.BytesIO(path.read_bytes()), PictureLimits()).pictures
            for picture in found:
                seen += 1
                assert bits_apart(picture.hashes[0], bytes.fromhex(row["pdq_hex"])) <= MOST_BITS_OFF
                if row["quality"]:
                    assert picture.quality == int(row["quality"])
    assert seen >= 20


def _box(values: list[float], window: int) -> list[float]:
    """Smooth as the reference says it: a window that is cut short at the edges."""
    ahead = (window + 2) // 2
    means = []
    for at in range(len(values)):
        part = values[max(0, at - (window - ahead)) : at + ahead]
        means.append(sum(part) / len(part))
    return means


def _slow_hash(luma: NDArray[np.uint8]) -> list[bool]:
    """Hash as the reference says it, pixel by pixel."""
    grid = luma.astype(float).tolist()
    for _ in range(2):
        grid = [_box(line, (len(line) + 127) // 128) for line in grid]
    columns = [list(c) for c in zip(*grid, strict=True)]
    for _ in range(2):
        columns = [_box(line, (len(line) + 127) // 128) for line in columns]
    rows, width = len(columns[0]), len(columns)
    small = np.array(
        [
            [columns[int((j + 0.5) * width / 64)][int((i + 0.5) * rows / 64)] for j in range(64)]
            for i in range(64)
        ]
    )
    angle = np.pi / 128 * np.outer(np.arange(1, 17), 2 * np.arange(64) + 1)
    waves = (np.cos(angle) @ small @ np.cos(angle).T).ravel()
    return list(waves > sorted(waves)[127])


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.integers(MIN_SIDE_PX, 300), st.integers(MIN_SIDE_PX, 300))
def test_equals_the_definition(seed: int, rows: int, columns: int) -> None:
    """Two matrices give what the reference's loops give, but for ties of rounding."""
    luma = noise(seed, rows, columns)
    slow = np.packbits(_slow_hash(luma)[::-1]).tobytes()
    assert bits_apart(pdq(luma).hashes[0], slow) <= 2


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.integers(20, 200), st.integers(20, 200))
def test_turned_and_mirrored_pictures_are_among_the_orientations(
    seed: int, rows: int, columns: int
) -> None:
    """Whatever way a picture lies, its own hash is one of the eight; and each has another."""
    luma = noise(seed, rows, columns)
    picture = pdq(luma)
    for turns in range(4):
        for lying in (np.rot90(luma, turns), np.rot90(luma, turns)[:, ::-1]):
            turned = pdq(np.ascontiguousarray(lying))
            apart = [
                bits_apart(turned.hashes[0], h) + bits_apart(turned.quarters[0], q)
                for h, q in zip(picture.hashes, picture.quarters, strict=True)
            ]
            # A coefficient that equals the median to the last bit may fall to either side.
            assert min(apart) <= 8
    assert len(set(picture.hashes)) == ORIENTATIONS


def test_a_flat_picture_has_no_quality() -> None:
    """One grey all over is quality 0, and each quarter is blank."""
    picture = pdq(np.full((100, 80), 200, np.uint8))
    assert picture.quality == 0
    assert picture.quarters == (bytes(QUARTERS_BYTES),) * ORIENTATIONS


def test_a_blank_quarter_is_zero_wherever_it_comes_to_lie() -> None:
    """Content in one quarter leaves the other three blank, and it moves as the picture turns."""
    page = np.full((400, 400), 255, np.uint8)
    page[20:180, 20:180] = np.kron(noise(1, 10, 10), np.ones((16, 16), np.uint8))
    shown = [
        [i for i in range(4) if any(q[i * HASH_BYTES : (i + 1) * HASH_BYTES])]
        for q in pdq(page).quarters
    ]
    assert sorted(shown) == [[0], [0], [1], [1], [2], [2], [3], [3]]
    assert BLANK_BELOW > 12


def test_grey_in_three_channels_is_grey() -> None:
    """Red, green and blue are weighed to one."""
    luma = noise(5, 64, 64)
    assert bits_apart(pdq(np.dstack([luma] * 3)).hashes[0], pdq(luma).hashes[0]) <= 2


@pytest.mark.parametrize("shape", [(4, 100), (100, 4), (0, 0), (10,), (8, 8, 2, 2)])
def test_what_is_no_picture_is_refused(shape: tuple[int, ...]) -> None:
    """Too short a side or another shape raises ValueError."""
    with pytest.raises(ValueError, match="no picture"):
        pdq(np.zeros(shape, np.uint8))
