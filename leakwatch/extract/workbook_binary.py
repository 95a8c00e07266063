"""Cells of an .xls straight from its records (MS-XLS; BIFF 3 to 8): the second way.

Also the only way to text boxes and comments, which calamine leaves out. Numbers
stand as they are stored: dates as days.

Record: type 2, size 2, then its bytes. A string that runs over the end of a
record goes on in the next one, which says anew how wide its characters are.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from leakwatch.errors import Corrupt, Encrypted
from leakwatch.extract.base import ContentStream, Extraction
from leakwatch.extract.ole import MAGIC, MAX_STREAM_BYTES, CompoundFile
from leakwatch.extract.property_text import property_text
from leakwatch.extract.text_parts import TextParts

_CONTINUE, _FILE_PASS, _BEGIN, _BEGIN_4 = 0x3C, 0x2F, 0x809, 0x409
_SHARED, _CELL_SHARED, _CELL_TEXT, _CELL_RICH = 0xFC, 0xFD, 0x204, 0xD6
_NUMBER, _NUMBERS, _SMALL, _FORMULA, _RESULT = 0x203, 0xBD, 0x27E, 0x06, 0x207
_BOX = 0x1B6
_BIFF_8 = 0x600
_WIDE, _EXTENDED, _RICH = 1, 4, 8
_MAX_STRINGS = 5_000_000
Record = tuple[int, list[bytes]]


class WorkbookRecords:
    """Text of a workbook in a compound file or alone, without a parser of sheets."""

    is_risky = True

    def extract(self, stream: ContentStream, *, max_chars: int) -> Extraction:
        data, properties = workbook_stream(stream)
        parts = TextParts(max_chars)
        for text in cell_texts(data):
            if not parts.add(text + "\n"):
                break
        parts.add(properties)
        return Extraction(parts.text(), parts.note)


def workbook_stream(stream: ContentStream) -> tuple[bytes, str]:
    """Return the records of a workbook, and what its file says of itself."""
    head = stream.read(len(MAGIC))
    stream.seek(0)
    if head != MAGIC:
        return stream.read(MAX_STREAM_BYTES), ""
    file = CompoundFile(stream)
    name = "Workbook" if file.has("Workbook") else "Book"
    return file.read(name), property_text(file)


def records(data: bytes) -> Iterator[Record]:
    """Yield (type, pieces) of each record, with those that continue it.

    Raises:
        Encrypted: the rest of them has a password.
    """
    kind, pieces = -1, [b""]
    at = 0
    while at + 4 <= len(data):
        following, size = struct.unpack_from("<2H", data, at)
        body = data[at + 4 : at + 4 + size]
        at += 4 + size
        if following == _CONTINUE and kind >= 0:
            pieces.append(body)
            continue
        if kind >= 0:
            yield kind, pieces
        if following == _FILE_PASS:
            raise Encrypted("the workbook has a password")
        kind, pieces = following, [body]
    if kind >= 0:
        yield kind, pieces


def box_texts(data: bytes) -> Iterator[str]:
    """Yield the texts of boxes and comments."""
    for kind, pieces in records(data):
        if kind == _BOX and len(pieces) > 1 and len(pieces[0]) >= 12:
            (chars,) = struct.unpack_from("<H", pieces[0], 10)
            yield _Pieces(pieces[1:]).starting_wide(chars)


def cell_texts(data: bytes) -> Iterator[str]:
    """Yield the text of each cell as it lies, then boxes where they lie.

    Raises:
        Encrypted: the workbook has a password.
        Corrupt: it does not begin as one.
    """
    shared: list[str] = []
    is_wide = False
    is_begun = False
    for kind, pieces in records(data):
        first = pieces[0]
        if kind in {_BEGIN, _BEGIN_4, 0x209, 0x009}:
            is_begun = True
            is_wide = kind == _BEGIN and int.from_bytes(first[:2], "little") >= _BIFF_8
        elif not is_begun:
            raise Corrupt("the workbook does not begin as one")
        elif kind == _SHARED:
            shared = list(_shared(pieces))
        elif kind == _BOX and len(pieces) > 1 and len(first) >= 12:
            yield _Pieces(pieces[1:]).starting_wide(int.from_bytes(first[10:12], "little"))
        else:
            yield from _cell(kind, pieces, shared, is_wide=is_wide)


def _cell(kind: int, pieces: list[bytes], shared: list[str], *, is_wide: bool) -> Iterator[str]:
    """Yield the text of a record that is a cell."""
    first = pieces[0]
    if kind == _CELL_SHARED and len(first) >= 10:
        (number,) = struct.unpack_from("<L", first, 6)
        if number < len(shared):
            yield shared[number]
    elif kind in {_CELL_TEXT, _CELL_RICH, _RESULT}:
        start = 0 if kind == _RESULT else 6
        (chars,) = struct.unpack_from("<H", first.ljust(start + 2, b"\0"), start)
        rest = _Pieces([first[start + 2 :], *pieces[1:]])
        yield rest.starting_wide(chars) if is_wide else rest.take(chars).decode("cp1252", "replace")
    elif (kind == _NUMBER and len(first) >= 14) or (
        kind == _FORMULA and len(first) >= 14 and first[12:14] != b"\xff\xff"
    ):
        yield _shown(struct.unpack_from("<d", first, 6)[0])
    elif kind == _SMALL and len(first) >= 10:
        yield _shown(_small(first[6:10]))
    elif kind == _NUMBERS:
        for at in range(6, len(first) - 5, 6):
            yield _shown(_small(first[at : at + 4]))


def _shared(pieces: list[bytes]) -> Iterator[str]:
    reader = _Pieces(pieces)
    (count,) = struct.unpack("<4xL", reader.take(8).ljust(8, b"\0"))
    for _ in range(min(count, _MAX_STRINGS)):
        head = reader.take(3)
        if len(head) < 3:
            return
        chars, flags = struct.unpack("<HB", head)
        runs = int.from_bytes(reader.take(2), "little") if flags & _RICH else 0
        extra = int.from_bytes(reader.take(4), "little") if flags & _EXTENDED else 0
        yield reader.chars(chars, is_wide=bool(flags & _WIDE))
        reader.take(4 * runs + extra)


class _Pieces:
    """A record and those that continue it, read forwards."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces
        self._number = 0
        self._at = 0

    def take(self, size: int) -> bytes:
        """Return the next bytes, fewer at the end."""
        taken = bytearray()
        while len(taken) < size and self._number < len(self._pieces):
            piece = self._pieces[self._number]
            data = piece[self._at : self._at + size - len(taken)]
            taken += data
            self._at += len(data)
            if self._at >= len(piece):
                self._number, self._at = self._number + 1, 0
        return bytes(taken)

    def starting_wide(self, chars: int) -> str:
        """Return characters behind a byte that says how wide they are."""
        return self.chars(chars, is_wide=bool(self.take(1)[:1] == b"\x01"))

    def chars(self, count: int, *, is_wide: bool) -> str:
        text = ""
        while count > 0 and self._number < len(self._pieces):
            number = self._number
            width = 2 if is_wide else 1
            room = len(self._pieces[number]) - self._at
            data = self.take(min(count * width, max(room, 1)))
            text += data.decode("utf-16-le" if is_wide else "latin-1", "replace")
            count -= max(1, len(data) // width)
            if self._number != number and count > 0:
                is_wide = self.take(1) == b"\x01"
        return text


def _small(raw: bytes) -> float:
    """Decode an RK number: two flag bits, then the upper bits of a float or an integer."""
    (value,) = struct.unpack("<l", raw)
    if value & 2:
        number = float(value >> 2)
    else:
        (number,) = struct.unpack("<d", b"\0\0\0\0" + struct.pack("<l", value & ~3))
    return number / 100 if value & 1 else number


def _shown(number: float) -> str:
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
