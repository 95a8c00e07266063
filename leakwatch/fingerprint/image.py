"""Keyed hashes of pictures: bits of PDQ, shuffled and masked under the key.

The same shuffle and mask for all: so the distance between two keyed hashes is
that between the pictures, and a picture cannot be made from one. This hides a
hash, it does not encrypt it. Whoever has keyed hashes and the pictures of eight
or more of them can work out shuffle and mask (256 bits of equations each, about
1,900 bits of secret); whoever has keyed hashes alone sees which known pictures
resemble each other. ``docs/threat-model.md`` says what follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from leakwatch.fingerprint.key import FingerprintKey
from leakwatch.model.picture import PICTURE_HASH_BYTES, Picture

SCHEME = "pdq-keyed/1"
BITS = 8 * PICTURE_HASH_BYTES
WORDS = BITS // 64
MIN_QUALITY = 50
"""Below this a picture is blank, flat or blurred, and resembles others of that kind."""

PictureHashes: TypeAlias = NDArray[np.uint64]
"""uint64[n, 4]: one keyed hash a row."""


class PictureHasher:
    """Keys the hashes of pictures. Thread-safe."""

    def __init__(self, key: FingerprintKey) -> None:
        numbers = np.frombuffer(key.subkey("image/shuffle", 8 * BITS), ">u8")
        self._shuffle = np.argsort(numbers, kind="stable")
        self._mask = np.frombuffer(key.subkey("image/mask", PICTURE_HASH_BYTES), np.uint8)

    def upright(self, pictures: Iterable[Picture]) -> PictureHashes:
        """Return one keyed hash for each picture that says enough; for what is kept."""
        return self._keyed([p.hashes[0] for p in pictures if p.quality >= MIN_QUALITY])

    def turned(self, picture: Picture) -> PictureHashes:
        """Return a keyed hash an orientation, for a look-up; none where it says too little."""
        return self._keyed(picture.hashes if picture.quality >= MIN_QUALITY else ())

    def _keyed(self, hashes: Sequence[bytes]) -> PictureHashes:
        raw = np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, PICTURE_HASH_BYTES)
        bits = np.unpackbits(raw, axis=1)[:, self._shuffle]
        return (np.packbits(bits, axis=1) ^ self._mask).view("<u8").astype(np.uint64)


def distances(hashes: PictureHashes, other: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return how many of 256 bits differ, row by row.

    Args:
        hashes: [n, 4].
        other: [n, 4], or one hash as [4].
    """
    differing: NDArray[np.int64] = np.bitwise_count(hashes ^ other).sum(axis=1, dtype=np.int64)
    return differing
