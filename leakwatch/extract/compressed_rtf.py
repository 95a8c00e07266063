"""Compressed RTF of Outlook messages (MS-OXRTFCP). Pure.

Header of 16 bytes: size of what follows, size of the text, kind ("LZFu" or
"MELA"), CRC. Then runs of a control byte and eight items, lowest bit first: 0 a
byte, 1 a reference of two bytes (12 bits of offset, 4 of length less 2) into a
window of 4096 bytes that starts with common words of RTF. A reference to the
place of writing is the end.
"""

from __future__ import annotations

_DICTIONARY = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
    b"\\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0"
    b"\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
_WINDOW = 4096
_HEADER_BYTES = 16


def decompress(data: bytes, *, max_bytes: int) -> bytes:
    """Return the RTF, as far as it goes; empty for what is no compressed RTF."""
    kind = data[8:12]
    if kind == b"MELA":
        return data[_HEADER_BYTES : _HEADER_BYTES + max_bytes]
    if kind != b"LZFu":
        return b""
    # The window is the end of what was written, the dictionary its beginning.
    out = bytearray(_DICTIONARY)
    limit = len(_DICTIONARY) + max_bytes
    at = _HEADER_BYTES
    while at < len(data) and len(out) < limit:
        control = data[at]
        at += 1
        for bit in range(8):
            if control >> bit & 1 == 0:
                out += data[at : at + 1]
                at += 1
                continue
            pair = int.from_bytes(data[at : at + 2], "big")
            at += 2
            back = (len(out) - (pair >> 4)) % _WINDOW
            if not back or at > len(data):
                return bytes(out[len(_DICTIONARY) : limit])
            _repeat(out, back, (pair & 15) + 2)
    return bytes(out[len(_DICTIONARY) : limit])


def _repeat(out: bytearray, back: int, count: int) -> None:
    """Write again what was written ``back`` bytes ago; before the beginning lie zeros."""
    for _ in range(count):
        out.append(out[-back] if back <= len(out) else 0)
