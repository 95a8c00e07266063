"""Word's .doc (MS-DOC 2.4.1, "Retrieving Text"): the piece table, piece by piece.

All text lies in one space of characters: the document, then footnotes, headers,
comments, endnotes, text boxes. The piece table maps it to places in the stream
``WordDocument``; deleted text is in it as well, marked only by formatting.

Start of that stream (FIB), little-endian:

      0  2  0xA5EC, in Word 6 and 95 0xA5DC
     10  2  flags: 0x0004 saved fast, 0x0100 encrypted, 0x0200 table stream is "1Table"
     24  4  start of the text    28  4  its end (Word 6 and 95)
    352  8  offset and size of the piece table's stretch, Word 6 and 95 saved fast
    418  8  the same in the table stream, Word 97 and later
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from leakwatch.errors import Corrupt, Encrypted, Unsupported
from leakwatch.extract.base import ContentStream, Extraction
from leakwatch.extract.ole import CompoundFile
from leakwatch.extract.property_text import property_text
from leakwatch.extract.text_parts import TextParts

_WORD_97, _WORD_6 = 0xA5EC, 0xA5DC
_SAVED_FAST, _ENCRYPTED, _TABLE_1 = 0x0004, 0x0100, 0x0200
_PIECES, _PROPERTIES = 2, 1
_COMPRESSED = 0x40000000
_FIELD = re.compile("\x13([^\x13\x14\x15]{0,4096})\x14?")
_CONTROLS: dict[int, str] = dict.fromkeys(range(32), " ")
# The first is a hyphen that may not break, the second one that shows only where it does.
_CONTROLS |= {7: "\t", 10: "\n", 11: "\n", 12: "\n", 13: "\n", 30: "-", 31: ""}


class WordBinary:
    """Text of a Word document in a compound file."""

    is_risky = False

    def extract(self, stream: ContentStream, *, max_chars: int) -> Extraction:
        file = CompoundFile(stream)
        main = file.read("WordDocument")
        parts = TextParts(max_chars)
        flags = int.from_bytes(main[10:12], "little")
        table = file.read("1Table" if flags & _TABLE_1 else "0Table")
        for piece in word_text(main, table):
            if not parts.add(piece):
                break
        shown = parts.text()
        text = _FIELD.sub(" ", shown).translate(_CONTROLS)
        codes = [found[1].translate(_CONTROLS) for found in _FIELD.finditer(shown)]
        tail = [code for code in codes if '"' in code]
        return Extraction("\n".join([text, *tail, property_text(file)])[:max_chars], parts.note)


def word_text(main: bytes, table: bytes) -> Iterator[str]:
    """Yield the text of the streams ``WordDocument`` and ``0Table`` or ``1Table``.

    Pieces that point outside the stream give what there is of them.

    Raises:
        Encrypted: it has a password.
        Unsupported: it is from before Word 6.
        Corrupt: it has no piece table.
    """
    if len(main) < 32:
        raise Corrupt("the document's header is cut short")
    (ident,) = struct.unpack_from("<H", main)
    (flags,) = struct.unpack_from("<H", main, 10)
    if flags & _ENCRYPTED and ident in {_WORD_97, _WORD_6}:
        raise Encrypted("the document has a password")
    if ident == _WORD_97:
        yield from _pieces(main, _stretch(table, main, 418), wide=True)
    elif ident == _WORD_6 and flags & _SAVED_FAST:
        yield from _pieces(main, _stretch(main, main, 352), wide=False)
    elif ident == _WORD_6:
        start, end = struct.unpack_from("<2L", main, 24)
        yield main[start:end].decode("cp1252", "replace")
    else:
        raise Unsupported("a document of a Word before 6")


def _stretch(table: bytes, header: bytes, at: int) -> bytes:
    if len(header) < at + 8:
        raise Corrupt("the document's header is cut short")
    offset, size = struct.unpack_from("<2L", header, at)
    if not size or offset >= len(table):
        raise Corrupt("the document's piece table is not where it says")
    return table[offset : offset + size]


def _pieces(main: bytes, stretch: bytes, *, wide: bool) -> Iterator[str]:
    """Yield the pieces of a Clx: formatting to be skipped, then 2, a size and the table."""
    at = 0
    while stretch[at : at + 1] == bytes([_PROPERTIES]):
        at += 3 + int.from_bytes(stretch[at + 1 : at + 3], "little")
    if stretch[at : at + 1] != bytes([_PIECES]):
        raise Corrupt("the document has no piece table")
    plc = stretch[at + 5 : at + 5 + int.from_bytes(stretch[at + 1 : at + 5], "little")]
    # n + 1 positions of 4 bytes, then n descriptors of 8.
    count = max(0, (len(plc) - 4) // 12)
    positions = struct.unpack_from(f"<{count + 1}L", plc) if count else ()
    for number in range(count):
        chars = positions[number + 1] - positions[number]
        (place,) = struct.unpack_from("<2xL2x", plc, 4 * (count + 1) + 8 * number)
        if chars <= 0:
            continue
        if not wide:
            yield main[place : place + chars].decode("cp1252", "replace")
        elif place & _COMPRESSED:
            start = (place & ~_COMPRESSED) // 2
            yield main[start : start + chars].decode("cp1252", "replace")
        else:
            yield main[place : place + 2 * chars].decode("utf-16-le", "replace")
