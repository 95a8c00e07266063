"""Keyed hashes of pictures: bits of PDQ, shuffled and masked under the key.

The same shuffle and mask for all: so the distance between two keyed hashes is
that between the pictures, and a picture cannot be made from one. This hides a
hash, it does not encrypt it. Whoever has keyed hashes and knows a handful of
the pictures in them can work out shuffle and mask (1,940 bits of secret, 256
equations a hash); whoever has keyed hashes alone sees which known pictures
resemble each other. ``docs/threat-model.md`` says what follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from leakwatch.fingerprint.key import FingerprintKey
from leakwatch.model.picture import HASH_BYTES, QUARTERS_BYTES, Picture

SCHEME = "pdq+quarters/1"
BITS = 8 * HASH_BYTES
WORDS = BITS // 64
QUARTERS = QUARTERS_BYTES // HASH_BYTES
MIN_QUALITY = 50
"""Below this a picture is blank, flat or blurred, and resembles others of that kind."""

Words: TypeAlias = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class PictureHashes:
    """Keyed hashes of some pictures, or of one picture in some orientations."""

    whole: Words = field(repr=False)
    """uint64[n, 4]"""
    quarters: Words = field(repr=False)
    """uint64[n, 16]: four quarters of four words, row by row; see ``blank``."""

    def __len__(self) -> int:
        return len(self.whole)

    def take(self, rows: NDArray[np.int64]) -> PictureHashes:
        """Return some of the rows."""
        return PictureHashes(self.whole[rows], self.quarters[rows])

    def once(self) -> PictureHashes:
        """Return each row once."""
        _, first = np.unique(
            np.concatenate([self.whole, self.quarters], axis=1), axis=0, return_index=True
        )
        return self.take(np.sort(first))

    @classmethod
    def joined(cls, parts: Sequence[PictureHashes]) -> PictureHashes:
        """Return all rows, one part after the other."""
        return cls(
            np.concatenate([np.empty((0, WORDS), np.uint64), *(p.whole for p in parts)]),
            np.concatenate(
                [np.empty((0, QUARTERS * WORDS), np.uint64), *(p.quarters for p in parts)]
            ),
        )


class PictureHasher:
    """Keys the hashes of pictures. Thread-safe."""

    def __init__(self, key: FingerprintKey) -> None:
        self._whole = _Veil(key, "image/whole")
        self._quarters = _Veil(key, "image/quarter")
        self.blank = self._quarters.draw([bytes(HASH_BYTES)])[0]
        """uint64[4]: what a blank quarter is kept as."""
        self._none = PictureHashes.joined([])

    def upright(self, pictures: Iterable[Picture]) -> PictureHashes:
        """Return one row for each picture that says enough; for what is kept."""
        kept = [p for p in pictures if p.quality >= MIN_QUALITY]
        return self._keyed([p.hashes[0] for p in kept], [p.quarters[0] for p in kept])

    def turned(self, picture: Picture) -> PictureHashes:
        """Return a row an orientation, for a look-up; none where it says too little."""
        if picture.quality < MIN_QUALITY:
            return self._keyed([], [])
        return self._keyed(picture.hashes, picture.quarters)

    def _keyed(self, whole: Sequence[bytes], quarters: Sequence[bytes]) -> PictureHashes:
        if not whole:
            return self._none
        rows = self._quarters.draw(quarters).reshape(len(quarters), QUARTERS * WORDS)
        return PictureHashes(self._whole.draw(whole), rows)


class _Veil:
    """One shuffle and mask of 256 bits."""

    def __init__(self, key: FingerprintKey, purpose: str) -> None:
        numbers = np.frombuffer(key.subkey(f"{purpose}/shuffle", 8 * BITS), ">u8")
        self._shuffle = np.argsort(numbers, kind="stable")
        self._mask = np.frombuffer(key.subkey(f"{purpose}/mask", HASH_BYTES), np.uint8)

    def draw(self, hashes: Sequence[bytes]) -> Words:
        """Return uint64[n, 4] of n times 32 bytes."""
        raw = np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, HASH_BYTES)
        bits = np.unpackbits(raw, axis=1)[:, self._shuffle]
        packed = np.ascontiguousarray(np.packbits(bits, axis=1) ^ self._mask)
        drawn: Words = packed.view("<u8").astype(np.uint64)
        return drawn
