"""What a listing tells of known files, kept without a name and sealed under the key.

    sealed   AES-SIV (RFC 5297) under a sub-key: the same lines give the same bytes
    packed   deflated
    line     u1 which numbers follow, and how its size is told: 0x20 exact, 0x40 a range
             u8 each number; u8 each size; then twice (the name's words, its folder's)
             u1 how many, and u8, f4 each: a keyed token with the bits it tells

Little-endian. Names and their words are there as keyed numbers alone, so that
even whoever has the key can only test guesses.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from leakwatch.errors import FingerprintError
from leakwatch.fingerprint.key import FingerprintKey
from leakwatch.fingerprint.names import NameKind

_KINDS = (
    NameKind.SIZE_CRC,
    NameKind.PIECES_ROOT,
    NameKind.TAIL_SIZE,
    NameKind.NAME_SIZE,
    NameKind.NAME,
)
"""Bit by bit, as stored."""
_EXACT, _RANGE = 0x20, 0x40
_VERSION = b"\x01"
_UNPACKED_BYTES = 1 << 30
"""No stored listing is larger: 10 million lines."""
_WORD = struct.Struct("<Qf")
_WORDS_LINE = 255


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a listing, as it is kept."""

    numbers: Mapping[NameKind, int]
    """64 bits each (``NameHasher.digests``)."""
    size_range: tuple[int, int] | None = field(default=None, repr=False)
    """Least and greatest size in bytes that it allows; None where it says none."""
    words: Mapping[int, float] = field(default_factory=dict, repr=False)
    """Keyed token of each telling word of its name -> bits."""
    folder_words: Mapping[int, float] = field(default_factory=dict, repr=False)
    """The same of the name of its folder."""


class LineKeeper:
    """Makes bytes of lines and lines of bytes, under one key. Thread-safe."""

    def __init__(self, key: FingerprintKey) -> None:
        self._cipher = AESSIV(key.subkey("listing/seal", 64))
        self._token_key = key.subkey("listing/word")

    def token(self, word: str) -> int:
        """Return the keyed token of a word, 64 bits."""
        raw = word.encode("utf-8", "surrogatepass")
        digest = hmac.digest(self._token_key, raw, hashlib.sha256)
        return int.from_bytes(digest[:8], "little")

    def seal(self, lines: Iterable[Line]) -> bytes:
        """Return the bytes that ``open`` reads; the same for the same lines."""
        return self._cipher.encrypt(
            _VERSION + zlib.compress(b"".join(map(_packed, lines)), 1), None
        )

    def open(self, data: bytes) -> list[Line]:
        """Return the lines.

        Raises:
            FingerprintError: the bytes are damaged, or sealed under another key.
        """
        try:
            opened = self._cipher.decrypt(data, None)
            inflater = zlib.decompressobj()
            packed = inflater.decompress(opened[1:], _UNPACKED_BYTES)
            if opened[:1] != _VERSION or not inflater.eof:
                raise FingerprintError("a stored listing is of another version")
            return _unpacked(packed)
        except (InvalidTag, ValueError, zlib.error, struct.error, IndexError):
            raise FingerprintError("a stored listing is damaged") from None


def _packed(line: Line) -> bytes:
    kinds = [kind for kind in _KINDS if kind in line.numbers]
    numbers = [line.numbers[kind] for kind in kinds]
    mask = sum(1 << _KINDS.index(kind) for kind in kinds)
    if line.size_range is not None:
        low, high = line.size_range
        mask |= _EXACT if low == high else _RANGE
        numbers += [low] if low == high else [low, high]
    words = _packed_words(line.words) + _packed_words(line.folder_words)
    return struct.pack(f"<B{len(numbers)}Q", mask, *numbers) + words


def _packed_words(words: Mapping[int, float]) -> bytes:
    # A name has 255 letters at most, so not as many words.
    kept = list(words.items())[:_WORDS_LINE]
    return bytes([len(kept)]) + b"".join(_WORD.pack(token, bits) for token, bits in kept)


def _unpacked(packed: bytes) -> list[Line]:
    lines: list[Line] = []
    place = 0
    while place < len(packed):
        mask = packed[place]
        kinds = [kind for bit, kind in enumerate(_KINDS) if mask & (1 << bit)]
        sizes = 1 if mask & _EXACT else 2 if mask & _RANGE else 0
        numbers = struct.unpack_from(f"<{len(kinds) + sizes}Q", packed, place + 1)
        place += 1 + 8 * len(numbers)
        words, place = _unpacked_words(packed, place)
        folder_words, place = _unpacked_words(packed, place)
        told = numbers[len(kinds) :]
        lines.append(
            Line(
                dict(zip(kinds, numbers, strict=False)),
                (told[0], told[-1]) if told else None,
                words,
                folder_words,
            )
        )
    return lines


def _unpacked_words(packed: bytes, place: int) -> tuple[dict[int, float], int]:
    end = place + 1 + _WORD.size * packed[place]
    if end > len(packed):
        raise FingerprintError("a stored listing is damaged")
    return dict(_WORD.iter_unpack(packed[place + 1 : end])), end
