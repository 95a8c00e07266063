"""Text -> letters: what is left when layout, case, accents and spacing are gone.

NFKD, combining marks dropped, casefold, only letters and digits kept, UTF-8
(``FingerprintParams.normaliser``), by Unicode 14 on every Python. Every step works on one character at a time
(reordering touches only marks, which are dropped), so texts may be cut
anywhere: ``letters(a) + letters(b) == letters(a + b)``.
"""

from __future__ import annotations

import functools
import re
import unicodedata

import numpy as np
from numpy.typing import NDArray

from leakwatch.fingerprint.unicode14 import is_unassigned

_NON_ASCII = re.compile(r"[^\x00-\x7f]+")
_KEPT = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LOWER = bytes(range(256)).lower()
_DELETED = bytes(b for b in range(128) if b not in _KEPT)
_STRETCH = 1024
"""Characters of a mixed text looked at together: plain ones cost no more than in plain text."""
_CHUNK = 1 << 15
"""Characters handled at a time: all that is made of them stays in the processor's cache."""
_FOREIGN_SHARE = 16
"""From one character in so many beyond ASCII, a text goes through tables whole."""
_FOLDS_KEPT = 1 << 16
"""Distinct characters remembered: bounds what a hostile text can make us keep."""
_CODEPOINTS = 0x110000
_UNSEEN, _DROPPED, _SEVERAL = np.uint32(0), np.uint32(0xFFFFFFFF), np.uint32(0x80000000)
"""Entries that are no code point: not looked up yet, nothing left, more than one (a flag)."""


def letters(text: str) -> bytes:
    """Return the normalised letters and digits of a text, in UTF-8.

    Plain ASCII goes through ``bytes.translate`` alone, at some 500 MB/s; so do
    the plain stretches of a text with an accent here and there. Other scripts
    go through tables, at some 100 million characters a second.
    """
    if len(text) <= _CHUNK:
        return _letters(text)
    return b"".join(_letters(text[at : at + _CHUNK]) for at in range(0, len(text), _CHUNK))


def _letters(text: str) -> bytes:
    if text.isascii():
        return _ascii_letters(text)
    # Each character beyond ASCII takes a byte more, or two or three.
    beyond = len(text.encode("utf-8", "replace")) - len(text)
    if beyond * _FOREIGN_SHARE > len(text):
        return _table().letters(text)
    stretches = (text[start : start + _STRETCH] for start in range(0, len(text), _STRETCH))
    return b"".join(_ascii_letters(s) if s.isascii() else _accented_letters(s) for s in stretches)


def _ascii_letters(text: str) -> bytes:
    return text.encode("utf-8").translate(_LOWER, _DELETED)


def _accented_letters(text: str) -> bytes:
    folds = _folds()
    return _ascii_letters(_NON_ASCII.sub(lambda run: run[0].translate(folds), text))


class _Folds(dict[int, str]):
    """Code point -> what is left of it; filled as characters are met."""

    def __missing__(self, codepoint: int) -> str:
        folded = _fold(chr(codepoint))
        if len(self) < _FOLDS_KEPT:
            self[codepoint] = folded
        return folded


class _Table:
    """The same as an array: code point -> code point, or what ``_UNSEEN`` and its like say."""

    def __init__(self) -> None:
        # 4 MB, of which pages that are never touched take no memory.
        self._left = np.zeros(_CODEPOINTS, np.uint32)

    def letters(self, text: str) -> bytes:
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
        folded = self._left.take(codes)
        if not folded.all():
            for code in np.unique(codes[folded == _UNSEEN]).tolist():
                self._left[code] = _entry(code)
            folded = self._left.take(codes)
        left = folded[folded != _DROPPED]
        several = left >= _SEVERAL
        if not several.any():
            return _text_of(left).encode("utf-8")
        # Such a character stands for itself until here: no other becomes it, as
        # what comes out of folding folds to itself.
        left = np.where(several, left ^ _SEVERAL, left)
        folds = {code: _folds()[code] for code in np.unique(left[several]).tolist()}
        return _text_of(left).translate(folds).encode("utf-8")


def _entry(code: int) -> int:
    folded = _folds()[code]
    if len(folded) == 1:
        return ord(folded)
    return int(_SEVERAL) | code if folded else int(_DROPPED)


def _text_of(codes: NDArray[np.uint32]) -> str:
    return codes.astype("<u4", copy=False).tobytes().decode("utf-32-le")


@functools.cache
def _folds() -> _Folds:
    return _Folds()


@functools.cache
def _table() -> _Table:
    return _Table()


def _fold(char: str) -> str:
    if is_unassigned(ord(char)):
        return ""
    parts = unicodedata.normalize("NFKD", char)
    base = "".join(c for c in parts if not unicodedata.category(c).startswith("M"))
    return "".join(c for c in base.casefold() if c.isalnum())
