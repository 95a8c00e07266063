"""PowerPoint's .ppt (MS-PPT): text atoms, in the order of the stream.

The stream ``PowerPoint Document`` is a tree of records. A file that was saved
often holds earlier versions of its slides as well; text that stands there twice
is taken once, text that only an earlier version has is kept: it is in the file.

Record header, little-endian:

    0  2  version in the low four bits, 15 for a record that holds records
    2  2  type
    4  4  bytes that follow
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from leakwatch.errors import Corrupt, Encrypted, Unsupported
from leakwatch.extract.base import ContentStream, Extraction
from leakwatch.extract.ole import CompoundFile
from leakwatch.extract.property_text import property_text
from leakwatch.extract.text_parts import TextParts

_HEADER = struct.Struct("<2HL")
_HOLDS_RECORDS = 15
_WIDE_TEXT, _NARROW_TEXT, _STRING = 4000, 4008, 4026
_MASTER, _CRYPT_SESSION = 1016, 12052
_PASSED_OVER = frozenset({_MASTER, 1035, 1040, 2000, 2005, 4041})
"""Slide masters ("Click to edit the title"), drawing groups, lists of fonts and names."""
_NOT_TOLD = ("___PPT", "Click to edit Master")
"""Marks of versions, and what masters of notes say to their maker."""
_LOCKED_TOKEN = 0xF3D1C4DF
_STREAM = "PowerPoint Document"
_CONTROLS: dict[int, str] = dict.fromkeys((*range(9), *range(14, 32)), " ")
_CONTROLS |= {11: "\n", 12: "\n", 13: "\n"}
_MAX_NESTING = 64


class PowerPointBinary:
    """Text of a presentation in a compound file."""

    is_risky = False

    def extract(self, stream: ContentStream, *, max_chars: int) -> Extraction:
        file = CompoundFile(stream)
        if not file.has(_STREAM):
            raise Unsupported("a presentation of a PowerPoint before 97")
        user = file.read("Current User", max_bytes=64)
        if len(user) >= 16 and int.from_bytes(user[12:16], "little") == _LOCKED_TOKEN:
            raise Encrypted("the presentation has a password")
        parts = TextParts(max_chars)
        seen: set[str] = set()
        for text in slide_texts(file.read(_STREAM)):
            if text not in seen and not text.startswith(_NOT_TOLD):
                seen.add(text)
                if not parts.add(text + "\n"):
                    break
        parts.add(property_text(file))
        return Extraction(parts.text(), parts.note)


def slide_texts(data: bytes) -> Iterator[str]:
    """Yield the texts of a ``PowerPoint Document`` stream as they lie.

    A record longer than what holds it ends there.

    Raises:
        Encrypted: the slides have a password.
        Corrupt: there is no record at all.
    """
    if len(data) < _HEADER.size:
        raise Corrupt("the presentation is empty")
    at = 0
    ends = [len(data)]
    while ends:
        if at + _HEADER.size > ends[-1]:
            at = max(at, ends.pop())
            continue
        version, kind, size = _HEADER.unpack_from(data, at)
        at += _HEADER.size
        end = min(at + size, ends[-1])
        if kind == _CRYPT_SESSION:
            raise Encrypted("the presentation has a password")
        is_nest = version & 15 == _HOLDS_RECORDS and kind not in _PASSED_OVER
        if is_nest and len(ends) < _MAX_NESTING:
            ends.append(end)
            continue
        if kind in {_WIDE_TEXT, _STRING}:
            yield data[at:end].decode("utf-16-le", "replace").translate(_CONTROLS)
        elif kind == _NARROW_TEXT:
            yield data[at:end].decode("latin-1").translate(_CONTROLS)
        at = end
