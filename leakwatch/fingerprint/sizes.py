"""Sizes of known files, told to the holder of the key alone.

How often an unrelated file agrees in size and checksum depends on how many
known files have that size; and a rounded size is an interval, which no digest
can be looked up by. So a bundle keeps each size, masked: the keyed digest of a
file's bytes is exactly one AES block, and the first half of that block
encrypted is the mask. Without the key every size is as likely as any other, and
two files of one size do not look it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numpy.typing import NDArray

from leakwatch.fingerprint.key import FingerprintKey

Sizes = NDArray[np.uint64]


class SizeMask:
    """Masks and unmasks sizes under one key. Thread-safe."""

    def __init__(self, key: FingerprintKey) -> None:
        self._cipher = Cipher(algorithms.AES(key.subkey("size/mask", 16)), modes.ECB())  # noqa: S305 - a PRF over single blocks, not encryption of a message

    def masked(self, raw: bytes, size_bytes: int) -> int:
        """Return the masked size of one file; the inverse of itself.

        Args:
            raw: the file's keyed raw digest, 16 bytes.
            size_bytes: below 2 ** 64.
        """
        return self.masked_each([raw], [size_bytes])[0]

    def masked_each(self, raws: Sequence[bytes], sizes_bytes: Sequence[int]) -> list[int]:
        """Return what ``masked`` does for each file, setting the cipher up once."""
        blocks = self._cipher.encryptor().update(b"".join(raws))
        masks = np.frombuffer(blocks, "<u8")[::2].tolist()
        return [mask ^ size for mask, size in zip(masks, sizes_bytes, strict=True)]

    def unmasked(self, keys: NDArray[Any], rests: NDArray[Any], masked: NDArray[Any]) -> Sizes:
        """Return uint64: the sizes of files, in bytes.

        Args:
            keys: first halves of their raw digests, as a segment keeps them.
            rests: second halves.
            masked: their masked sizes.
        """
        # After stacking: NumPy stacks in the byte order of the machine.
        raws = np.stack([keys, rests], axis=1).astype(">u8")
        blocks = self._cipher.encryptor().update(raws.tobytes())
        masks = np.frombuffer(blocks, "<u8")[::2].astype(np.uint64)
        sizes: Sizes = np.bitwise_xor(masks, masked, dtype=np.uint64)
        return sizes
