"""Letters -> grams: which stretches of 16 letters stand for the text, and as what.

Open syncmers (Edgar 2021, "Syncmers are more sensitive than minimizers"): a
gram of k letters is kept iff the smallest of its inner windows sits at a fixed
offset. The choice depends on the gram alone, so noise elsewhere does not move
it, and kept grams are evenly spaced, one in twelve. The order of the windows
is keyed: without the key nobody knows which grams a sketch is made of.

A gram of 16 letters is exactly one AES block: its value is the first half of
the block encrypted under the key, which is a pseudorandom function of it.
"""

from __future__ import annotations

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numpy.typing import NDArray

from leakwatch.fingerprint.key import FingerprintKey

K = 16
"""Letters a gram; tied to the AES block."""
S = 12
"""Inner windows a gram, of K - S + 1 = 5 letters each: one gram in S is kept."""
_OFFSET = (S - 1) // 2
_CHUNK = 1 << 16
"""Letters handled at a time: the working arrays stay in the processor's cache
(150 MB/s; 9 MB/s where a long text is one array)."""

Values = NDArray[np.uint64]
Positions = NDArray[np.int64]


class GramSelector:
    """Picks and encrypts the grams of a text under one key. Thread-safe."""

    def __init__(self, key: FingerprintKey) -> None:
        material = np.frombuffer(key.subkey("grams/select", 257 * 4 + 4 * 4), dtype="<u4")
        self._table = material[:256].astype(np.uint32)
        self._odd = [np.uint32(m | 1) for m in material[256:260]]
        self._cipher = Cipher(algorithms.AES(key.subkey("grams/value", 16)), modes.ECB())  # noqa: S305 - a PRF over single blocks, not encryption of a message

    def grams(self, letters: bytes) -> tuple[Values, Positions]:
        """Return the values of the kept grams and their positions, ascending.

        Args:
            letters: normalised text.
        """
        text = np.frombuffer(letters, dtype=np.uint8)
        if len(text) < K:
            return np.empty(0, np.uint64), np.empty(0, np.int64)
        step = _CHUNK - (K - 1)
        starts = range(0, len(text) - K + 1, step)
        parts = [self._kept(text[start : start + _CHUNK]) + start for start in starts]
        positions = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return self._values(text, positions), positions

    def _kept(self, text: NDArray[np.uint8]) -> Positions:
        order = self._window_hashes(text)
        lowest = np.minimum(order[:-1], order[1:])
        lowest = np.minimum(lowest[:-2], lowest[2:])
        eight = np.minimum(lowest[:-4], lowest[4:])
        lowest = np.minimum(eight[:-4], lowest[8:])
        return np.flatnonzero(order[_OFFSET : _OFFSET + len(lowest)] == lowest)

    def _window_hashes(self, text: NDArray[np.uint8]) -> NDArray[np.uint32]:
        """Return a keyed hash of each window of five letters, by doubling: 1, 2, 4, 4+1."""
        one = self._table[text]
        two = one[:-1] * self._odd[0]
        two += one[1:]
        five = two[:-2] * self._odd[1]
        five += two[2:]
        five = five[:-1] * self._odd[2]
        five += one[4:]
        # The sums above are linear; shift and multiply, so that order is not.
        five ^= five >> np.uint32(15)
        five *= self._odd[3]
        return five

    def _values(self, text: NDArray[np.uint8], positions: Positions) -> Values:
        if not len(positions):
            return np.empty(0, np.uint64)
        windows = np.ndarray(len(text) - K + 1, dtype=f"V{K}", buffer=text, strides=(1,))
        blocks = self._cipher.encryptor().update(windows[positions].tobytes())
        return np.frombuffer(blocks, dtype="<u8")[::2].astype(np.uint64)
