"""Keyed hashes of the pictures of an artefact, kept sealed to be looked up later.

    sealed   AES-SIV (RFC 5297) under a sub-key: keyed hashes hide little by themselves
    version u1, then of each picture: rows u1, u8[rows, 4] whole, u8[rows, 16] quarters

Little-endian. A look-up needs a row for each orientation, 8 rows and 1.3 KB a
picture, for a keyed hash cannot be turned.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from leakwatch.errors import FingerprintError
from leakwatch.fingerprint.image import QUARTERS, SCHEME, WORDS, PictureHashes
from leakwatch.fingerprint.key import FingerprintKey

_VERSION = b"\x01"
_HASHED_AS = [SCHEME.encode()]
"""Sealed with the hashes: those of another scheme do not open."""
_ROW_WORDS = WORDS + QUARTERS * WORDS


class PictureKeeper:
    """Seals and opens the hashes of pictures under one key. Thread-safe."""

    def __init__(self, key: FingerprintKey) -> None:
        self._cipher = AESSIV(key.subkey("image/seal", 64))

    def seal(self, turned: Iterable[PictureHashes]) -> bytes:
        """Return the bytes that ``open`` reads; empty where no picture says enough."""
        packed = b"".join(_packed(one) for one in turned if len(one))
        return self._cipher.encrypt(_VERSION + packed, _HASHED_AS) if packed else b""

    def open(self, data: bytes) -> list[PictureHashes]:
        """Return the rows of each picture.

        Raises:
            FingerprintError: the bytes are damaged, or sealed under another key.
        """
        if not data:
            return []
        try:
            packed = self._cipher.decrypt(data, _HASHED_AS)
        except (InvalidTag, ValueError):
            raise FingerprintError("stored pictures are damaged, or of another scheme") from None
        if packed[:1] != _VERSION:
            raise FingerprintError("stored pictures are of another version")
        return _unpacked(packed)


def _packed(hashes: PictureHashes) -> bytes:
    rows = np.concatenate([hashes.whole, hashes.quarters], axis=1)
    return bytes([len(hashes)]) + rows.astype("<u8").tobytes()


def _unpacked(packed: bytes) -> list[PictureHashes]:
    found: list[PictureHashes] = []
    place = 1
    while place < len(packed):
        rows = packed[place]
        numbers = np.frombuffer(packed, "<u8", rows * _ROW_WORDS, place + 1)
        table = numbers.astype(np.uint64).reshape(rows, _ROW_WORDS)
        found.append(PictureHashes(table[:, :WORDS], table[:, WORDS:]))
        place += 1 + 8 * rows * _ROW_WORDS
    return found
