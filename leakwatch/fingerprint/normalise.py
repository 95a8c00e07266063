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

from leakwatch.fingerprint.unicode14 import is_unassigned

_NON_ASCII = re.compile(r"[^\x00-\x7f]+")
_KEPT = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LOWER = bytes(range(256)).lower()
_DELETED = bytes(b for b in range(128) if b not in _KEPT)
_STRETCH = 1024
"""Characters of a mixed text looked at together."""
_FOLDS_KEPT = 1 << 16
"""Distinct characters remembered: bounds what a hostile text can make us keep."""


def letters(text: str) -> bytes:
    """Return the normalised letters and digits of a text, in UTF-8.

    Plain ASCII goes through ``bytes.translate`` alone, at some 300 MB/s; so do
    the plain stretches of a text that is not.
    """
    if text.isascii():
        return _ascii_letters(text)
    stretches = (text[start : start + _STRETCH] for start in range(0, len(text), _STRETCH))
    return b"".join(_ascii_letters(s) if s.isascii() else _any_letters(s) for s in stretches)


def _ascii_letters(text: str) -> bytes:
    return text.encode("utf-8").translate(_LOWER, _DELETED)


def _any_letters(text: str) -> bytes:
    folds = _folds()
    return _ascii_letters(_NON_ASCII.sub(lambda run: run[0].translate(folds), text))


class _Folds(dict[int, str]):
    """Code point -> what is left of it; filled as characters are met."""

    def __missing__(self, codepoint: int) -> str:
        folded = _fold(chr(codepoint))
        if len(self) < _FOLDS_KEPT:
            self[codepoint] = folded
        return folded


@functools.cache
def _folds() -> _Folds:
    return _Folds()


def _fold(char: str) -> str:
    if is_unassigned(ord(char)):
        return ""
    parts = unicodedata.normalize("NFKD", char)
    base = "".join(c for c in parts if not unicodedata.category(c).startswith("M"))
    return "".join(c for c in base.casefold() if c.isalnum())
