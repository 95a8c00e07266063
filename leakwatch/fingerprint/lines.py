"""What a listing tells of known files, as keyed numbers: no name, no size.

One record a line: a byte that says which numbers follow and whether the name
tells one file from another, then eight bytes a number, little-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from leakwatch.errors import FingerprintError
from leakwatch.fingerprint.names import NameKind

_ORDER = (
    NameKind.SIZE_CRC,
    NameKind.PIECES_ROOT,
    NameKind.TAIL_SIZE,
    NameKind.NAME_SIZE,
    NameKind.NAME,
)
"""Bit by bit, as stored: kinds may be added at its end, up to seven."""
_TELLING = 0x80
_VERSION = b"\x01"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a listing."""

    numbers: Mapping[NameKind, int]
    """64 bits each (``NameHasher.digests``)."""
    is_telling: bool = True
    """Whether the name alone may count: not "scan01"."""


def encode_lines(lines: Iterable[Line]) -> bytes:
    """Return the bytes that ``decode_lines`` reads."""
    return _VERSION + b"".join(map(_encoded, lines))


def decode_lines(data: bytes) -> Iterator[Line]:
    """Yield the lines.

    Raises:
        FingerprintError: the bytes are not lines of this version.
    """
    if data[:1] != _VERSION:
        raise FingerprintError("a stored listing is damaged, or of another version")
    place = 1
    while place < len(data):
        mask = data[place]
        kinds = [kind for bit, kind in enumerate(_ORDER) if mask & (1 << bit)]
        end = place + 1 + 8 * len(kinds)
        if mask & ~_TELLING >= 1 << len(_ORDER) or end > len(data):
            raise FingerprintError("a stored listing is damaged")
        numbers = struct.unpack_from(f"<{len(kinds)}Q", data, place + 1)
        yield Line(dict(zip(kinds, numbers, strict=True)), bool(mask & _TELLING))
        place = end


def _encoded(line: Line) -> bytes:
    kinds = [kind for kind in _ORDER if kind in line.numbers]
    mask = sum(1 << _ORDER.index(kind) for kind in kinds) | _TELLING * line.is_telling
    return struct.pack(f"<B{len(kinds)}Q", mask, *(line.numbers[kind] for kind in kinds))
