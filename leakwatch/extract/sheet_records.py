"""Cells of an .xlsb (MS-XLSB 2.1.4) straight from its records: the second way.

Record: type of one or two bytes, size of one to four, seven bits each, lowest
first; then its bytes. Strings are a count of 4 bytes and UTF-16.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

_ITEM = 19
_CELL_REAL, _CELL_TEXT, _CELL_SHARED = 5, 6, 7
_FORMULA_TEXT, _FORMULA_NUMBER, _CELL_RICH = 8, 9, 62
_HEAD_BYTES = 8
"""Column and style, in front of each cell's value."""


def records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (type, bytes) of each record, up to one that runs over the end."""
    at = 0
    while at < len(data):
        kind, at = _varint(data, at, 2)
        size, at = _varint(data, at, 4)
        if at + size > len(data):
            return
        yield kind, data[at : at + size]
        at += size


def shared_strings(data: bytes) -> Iterator[str]:
    for kind, body in records(data):
        if kind == _ITEM:
            yield _string(body, 1)


def cell_texts(data: bytes, shared: list[str]) -> Iterator[str]:
    """Yield the text of each cell of a sheet."""
    for kind, body in records(data):
        value = body[_HEAD_BYTES:]
        if kind == _CELL_SHARED and len(value) >= 4:
            number = int.from_bytes(value[:4], "little")
            yield shared[number] if number < len(shared) else ""
        elif kind in {_CELL_TEXT, _FORMULA_TEXT}:
            yield _string(value, 0)
        elif kind == _CELL_RICH:
            yield _string(value, 1)
        elif kind in {_CELL_REAL, _FORMULA_NUMBER} and len(value) >= 8:
            yield f"{struct.unpack_from('<d', value)[0]:.15g}"


def _varint(data: bytes, at: int, most: int) -> tuple[int, int]:
    """Return (number, where it ends)."""
    number = 0
    for shift in range(most):
        byte = data[at] if at < len(data) else 0
        at += 1
        number |= (byte & 127) << 7 * shift
        if byte < 128:
            break
    return number, at


def _string(body: bytes, start: int) -> str:
    chars = int.from_bytes(body[start : start + 4], "little")
    return body[start + 4 : start + 4 + 2 * chars].decode("utf-16-le", "replace")
