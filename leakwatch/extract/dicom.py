"""DICOM (PS3.5, PS3.10): the elements of a file, one after the other. Pure.

A sequence's items are elements again, so a walk that does not skip them meets
everything in order, without recursion: no depth of nesting costs anything. A
file may lie about its transfer syntax, or have none; each element is looked at
for a value representation, and read as implicit where it shows none.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_ELEMENTS = 500_000
"""A file of a thousand frames with all their positions has some 100,000."""
MAX_INFLATED_BYTES = 128 * 1024 * 1024
PIXEL_DATA = 0x7FE00010

_PREAMBLE_BYTES, _MAGIC = 128, b"DICM"
_TRANSFER_SYNTAX = 0x00020010
_DEFLATED, _BIG_ENDIAN = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"
_ITEM_GROUP, _ITEM, _SEQUENCE_END = 0xFFFE, 0xFFFEE000, 0xFFFEE0DD
_UNDEFINED = 0xFFFFFFFF
_SHORT_VRS = frozenset(b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split())
_LONG_VRS = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
"""Two bytes are left out after these, and the length has four (PS3.5, 7.1.2)."""
_BARE = re.compile(
    rb"(?:\x02\0[\0\x01\x02\x10]\0|\x08\0[\0\x01\x05\x08\x12-\x18]\0|\0\x08\0[\0\x01\x05\x08\x12-\x18])"
    rb"(?:[A-Z]{2}(?:[\0-\x7f]\0|\0[\0-\x7f])|[\x02-\x7e]\0\0\0)"
)
"""How a data set begins that lacks the 128 bytes and the magic."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element that is no sequence."""

    tag: int
    """Group and element number, 16 bits each."""
    vr: bytes
    """Value representation, two letters; empty where the file does not say."""
    value: memoryview = field(repr=False)
    """As much as there is of it; empty where pixels come in fragments."""
    is_nested: bool = False
    """It belongs to an item of a sequence."""
    fragments: tuple[memoryview, ...] | None = field(default=None, repr=False)
    """Of pixels that are compressed; the first is the table of their offsets."""


@dataclass(frozen=True, slots=True)
class DataSet:
    """Elements without the file's own header, and how they are written."""

    body: memoryview = field(repr=False)
    syntax: str
    """Transfer syntax UID; empty where the file does not say."""
    is_big_endian: bool

    def elements(self) -> Iterator[Element]:
        """Yield the elements of every level, in order, until the bytes make none."""
        return _Walk(self.body, is_big_endian=self.is_big_endian).elements()


def is_bare(head: bytes) -> bool:
    """Tell whether bytes begin like a data set without preamble (PS3.10, 7.1)."""
    return _BARE.match(head) is not None


def open_data_set(data: bytes) -> DataSet:
    """Find where the data set begins; inflate ``MAX_INFLATED_BYTES`` of a deflated one."""
    start = _PREAMBLE_BYTES + len(_MAGIC)
    if data[_PREAMBLE_BYTES:start] != _MAGIC:
        start = 0
    body, syntax = memoryview(data)[start:], ""
    walk = _Walk(body)
    while (found := walk.header()) is not None and found[0] >> 16 == 2:
        tag, _, at, size = found
        if tag == _TRANSFER_SYNTAX:
            syntax = bytes(body[at : at + min(size, 64)]).rstrip(b"\0 ").decode("ascii", "replace")
        walk.at = at + size
    body = body[walk.at :]
    if syntax == _DEFLATED:
        body = memoryview(_inflated(body))
    is_big = syntax == _BIG_ENDIAN or (not syntax and bytes(body[:2]) == b"\0\x08")
    return DataSet(body, syntax, is_big)


def _inflated(body: memoryview) -> bytes:
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    parts, room = [], MAX_INFLATED_BYTES
    data = bytes(body)
    try:
        while room > 0 and (part := inflate.decompress(data, min(room, 1024 * 1024))):
            parts.append(part)
            room -= len(part)
            data = inflate.unconsumed_tail
    except zlib.error:
        pass  # what came before stands
    return b"".join(parts)


class _Walk:
    """One pass over a body. ``at`` is where the next element is looked for."""

    def __init__(self, body: memoryview, *, is_big_endian: bool = False) -> None:
        self.at = 0
        self._body = body
        mark = ">" if is_big_endian else "<"
        self._tag = struct.Struct(f"{mark}2H")
        self._short = struct.Struct(f"{mark}H")
        self._long = struct.Struct(f"{mark}L")
        self._open_sequences = 0
        """Those of unknown length."""
        self._nested_until = 0

    def header(self) -> tuple[int, bytes, int, int] | None:
        """Return (tag, value representation, place and size of the value), or None at the end."""
        body, at = self._body, self.at
        if at + 8 > len(body):
            return None
        group, number = self._tag.unpack_from(body, at)
        vr = bytes(body[at + 4 : at + 6])
        if group != _ITEM_GROUP and vr in _SHORT_VRS:
            return group << 16 | number, vr, at + 8, self._short.unpack_from(body, at + 6)[0]
        if group != _ITEM_GROUP and vr in _LONG_VRS:
            if at + 12 > len(body):
                return None
            return group << 16 | number, vr, at + 12, self._long.unpack_from(body, at + 8)[0]
        return group << 16 | number, b"", at + 8, self._long.unpack_from(body, at + 4)[0]

    def elements(self) -> Iterator[Element]:
        for _ in range(MAX_ELEMENTS):
            found = self.header()
            if found is None:
                return
            tag, vr, at, size = found
            is_nested = self._open_sequences > 0 or self.at < self._nested_until
            if tag >> 16 == _ITEM_GROUP:
                self._open_sequences -= tag == _SEQUENCE_END and self._open_sequences > 0
                self.at = at
            elif size == _UNDEFINED and tag == PIXEL_DATA:
                self.at = at
                yield Element(tag, vr, self._body[:0], is_nested, tuple(self._fragments()))
            elif size == _UNDEFINED:
                self._open_sequences += 1
                self.at = at
            elif self._is_sequence(vr, at, size):
                self._nested_until = max(self._nested_until, at + size)
                self.at = at
            else:
                self.at = at + size
                yield Element(tag, vr, self._body[at : self.at], is_nested)

    def _is_sequence(self, vr: bytes, at: int, size: int) -> bool:
        if vr not in {b"SQ", b"", b"UN"} or size < 8 or at + 4 > len(self._body):
            return False
        group, number = self._tag.unpack_from(self._body, at)
        return bool(group << 16 | number == _ITEM)

    def _fragments(self) -> Iterator[memoryview]:
        """Yield the items up to the end of the sequence, or of the bytes (PS3.5, A.4)."""
        for _ in range(MAX_ELEMENTS):
            found = self.header()
            if found is None or found[0] != _ITEM:
                self.at += 8 if found is not None and found[0] == _SEQUENCE_END else 0
                return
            _, _, at, size = found
            self.at = at + size
            yield self._body[at : self.at]
