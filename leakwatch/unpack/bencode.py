"""Bencoding as torrents have it (BEP 3), read as leniently as clients read it.

Clients take unsorted and repeated keys, leading zeros, and what follows the
end; a torrent that came over a bad line is cut off. bencode2 refuses all of it,
so it goes first, for it is five times as fast, and this reader second.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

MAX_DEPTH = 100
"""Lists and dictionaries around a value; as deep as libtorrent goes."""
MAX_VALUES = 12_000_000
"""Strings, numbers, ends: three times those of a torrent of 428,000 files."""

_NUMBER = re.compile(rb"-?\d{1,20}", re.ASCII)
_LIST, _DICT, _INT, _END, _ZERO, _NINE = b"ldie09"


@dataclass(frozen=True, slots=True)
class Bencoded:
    """What was read."""

    value: Any = field(repr=False)
    """``bytes``, ``int``, ``list`` or ``dict[bytes, ...]``; None where nothing was."""
    info: bytes | None = field(repr=False)
    """The bytes of what stands under ``info`` in the outermost dictionary."""
    end: int
    """Where reading stopped; what follows is no part of the value."""
    is_whole: bool
    """False: it breaks off, or goes on as nothing known; what came before is there."""


def decode(data: bytes, *, max_values: int = MAX_VALUES) -> Bencoded:
    """Return the first value of ``data``. Never raises; linear in its length."""
    reader = _Reader(data)
    is_whole = reader.run(max_values)
    return Bencoded(reader.root, reader.info, min(reader.at, len(data)), is_whole)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0
        self._open: list[Any] = []
        """Lists and dictionaries around the place, outermost first."""
        self._keys: list[bytes | None] = []
        """For each of them the key whose value comes next."""
        self._info_start: int | None = None
        self.root: Any = None
        self.info: bytes | None = None

    def run(self, max_values: int) -> bool:
        """Read until the outermost value ends; return whether it does."""
        data, end = self._data, len(self._data)
        for _ in range(max_values):
            if self.at >= end:
                return False
            first = data[self.at]
            if _ZERO <= first <= _NINE:
                is_good = self._string()
            elif first == _INT:
                is_good = self._number()
            elif first == _END:
                is_good = self._close()
            else:
                is_good = self._enter(first)
            if not is_good:
                return False
            if not self._open:
                return True
        return False

    def _string(self) -> bool:
        colon = self._data.find(b":", self.at, self.at + 12)
        size = self._data[self.at : colon] if colon > 0 else b""
        if not size.isdigit():
            return False
        start = colon + 1
        end = start + int(size)
        is_whole = end <= len(self._data)
        if is_whole or self._keys[-1:] != [None]:
            self._put(self._data[start:end], can_be_key=True)
        self.at = end
        return is_whole

    def _number(self) -> bool:
        end = self._data.find(b"e", self.at, self.at + 24)
        digits = self._data[self.at + 1 : end] if end > 0 else b""
        self.at = end + 1
        return _NUMBER.fullmatch(digits) is not None and self._put(int(digits))

    def _enter(self, first: int) -> bool:
        if first not in {_LIST, _DICT} or len(self._open) >= MAX_DEPTH:
            return False
        value: Any = {} if first == _DICT else []
        if len(self._open) == 1 and self._keys[0] == b"info" and b"info" not in self._open[0]:
            self._info_start = self.at
        if not self._put(value):
            return False
        self._open.append(value)
        self._keys.append(None)
        self.at += 1
        return True

    def _close(self) -> bool:
        if not self._open:
            return False
        self._open.pop()
        self._keys.pop()
        self.at += 1
        if len(self._open) == 1 and self._info_start is not None and self.info is None:
            self.info = self._data[self._info_start : self.at]
        return True

    def _put(self, value: Any, *, can_be_key: bool = False) -> bool:
        """Put a value where it belongs; the first of a repeated key stands."""
        if not self._open:
            self.root = value
            return True
        around = self._open[-1]
        if isinstance(around, list):
            around.append(value)
            return True
        key = self._keys[-1]
        if key is None:
            self._keys[-1] = value if can_be_key else None
            return can_be_key
        around.setdefault(key, value)
        self._keys[-1] = None
        return True
