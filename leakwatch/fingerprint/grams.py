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

from collections.abc import Callable, Sequence

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numpy.typing import NDArray

from leakwatch.fingerprint.key import FingerprintKey

K = 16
"""Letters a gram; tied to the AES block."""
S = 12
"""Inner windows a gram, of K - S + 1 = 5 letters each: one gram in S is kept."""
_OFFSET = (S - 1) // 2
_CHUNK = 1 << 15
"""Letters handled at a time: the working arrays stay in the processor's cache
(400 MB/s; 9 MB/s where a long text is one array)."""
_WORD = 4
"""Letters looked at together for a kept gram. Two grams less than six letters
apart are only both kept where their windows hash alike."""

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
        scratch = _Scratch(min(len(text), _CHUNK))
        encrypt = self._cipher.encryptor().update
        values, positions = [], []
        for start in range(0, len(text) - K + 1, _CHUNK - (K - 1)):
            chunk = text[start : start + _CHUNK]
            places = self._kept(chunk, scratch)
            values.append(_encrypted(encrypt, chunk, places))
            positions.append(places + start)
        return np.concatenate(values), np.concatenate(positions)

    def grams_of_each(self, texts: Sequence[bytes]) -> list[tuple[Values, Positions]]:
        """Return what ``grams`` gives for each text, many small ones for the price of a long one.

        A gram is kept for what it is: those across a border between two texts
        are chosen as any other, and left out.
        """
        if len(texts) == 1:
            return [self.grams(texts[0])]
        sizes = np.fromiter(map(len, texts), np.int64, len(texts))
        ends = np.cumsum(sizes)
        starts = ends - sizes
        values, positions = self.grams(b"".join(texts))
        first = np.searchsorted(positions, starts).tolist()
        after = np.searchsorted(positions, np.maximum(ends - (K - 1), starts)).tolist()
        return [
            (values[a:b].copy(), positions[a:b] - start)
            for a, b, start in zip(first, after, starts.tolist(), strict=True)
        ]

    def _kept(self, text: NDArray[np.uint8], scratch: _Scratch) -> Positions:
        order = self._window_hashes(text, scratch)
        count = len(text) - (K - 1)
        # Smallest of 2, 4, 8 and 8 + 4 windows, by turns in the two arrays left.
        two, four = scratch.one[: len(order) - 1], scratch.two[: len(order) - 3]
        np.minimum(order[:-1], order[1:], out=two)
        np.minimum(two[:-2], two[2:], out=four)
        eight = two[: len(order) - 7]
        np.minimum(four[:-4], four[4:], out=eight)
        lowest = eight[:count]
        np.minimum(lowest, four[8:], out=lowest)
        kept = scratch.kept
        np.equal(order[_OFFSET : _OFFSET + count], lowest, out=kept[:count])
        kept[count:] = False
        return _places(kept[: -(-count // _WORD) * _WORD])

    def _window_hashes(self, text: NDArray[np.uint8], scratch: _Scratch) -> NDArray[np.uint32]:
        """Return a keyed hash of each window of five letters, by doubling: 1, 2, 4, 4+1."""
        length = len(text)
        one, two = scratch.one[:length], scratch.two[: length - 1]
        four, five = scratch.five[: length - 3], scratch.two[: length - 4]
        # "clip" as no index is out of range: it spares the check and a copy.
        self._table.take(text, out=one, mode="clip")
        np.multiply(one[:-1], self._odd[0], out=two)
        two += one[1:]
        np.multiply(two[:-2], self._odd[1], out=four)
        four += two[2:]
        np.multiply(four[:-1], self._odd[2], out=five)
        five += one[4:]
        # The sums above are linear; shift and multiply, so that order is not.
        hashes = scratch.five[: length - 4]
        np.right_shift(five, np.uint32(15), out=hashes)
        hashes ^= five
        hashes *= self._odd[3]
        return hashes


class _Scratch:
    """Working memory of one call, used again for each chunk."""

    def __init__(self, length: int) -> None:
        self.one = np.empty(length, np.uint32)
        self.two = np.empty(length, np.uint32)
        self.five = np.empty(length, np.uint32)
        self.kept = np.empty(length + _WORD, np.bool_)


def _places(kept: NDArray[np.bool_]) -> Positions:
    """Return where the mask is set, as ``flatnonzero`` does, of a multiple of ``_WORD`` letters.

    NumPy's own way stumbles at every gram: one in twelve is too many to skip
    and too few not to. Words of four are one in three, and hold one gram each;
    its place in the word is the top byte of a product.
    """
    words = kept.view("<u4")
    filled = np.flatnonzero(words != 0)
    if np.count_nonzero(kept) != len(filled):
        return np.flatnonzero(kept)
    filled, within = filled * _WORD, words[filled] * np.uint32(0x00_01_02_03)
    filled += within >> np.uint32(24)
    return filled


def _encrypted(
    encrypt: Callable[[bytes], bytes], text: NDArray[np.uint8], places: Positions
) -> Values:
    windows = np.ndarray(len(text) - K + 1, dtype=f"V{K}", buffer=text, strides=(1,))
    blocks = encrypt(windows[places].tobytes())
    return np.frombuffer(blocks, dtype="<u8")[::2].astype(np.uint64)
