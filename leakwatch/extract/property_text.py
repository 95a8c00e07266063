"""Texts in the property sets of compound files (MS-OLEPS): title, subject, keywords, comments.

A set names its properties by (id, offset); strings are ``VT_LPSTR`` (30), in
the code page of property 1, or ``VT_LPWSTR`` (31). Other types are passed over.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from leakwatch.extract.ole import CompoundFile

_SUMMARY = "\x05SummaryInformation"
_DOCUMENT = "\x05DocumentSummaryInformation"
_TOLD = frozenset({2, 3, 5, 6})
"""Title, subject, keywords, comments; authors and programs are the same on all files."""
_CUSTOM_FROM = 2
_MAX_BYTES = 1024 * 1024
_MAX_PROPERTIES = 1000
_STRING, _WIDE_STRING = 30, 31
_UTF8 = 65001
_UTF16 = 1200


def property_text(file: CompoundFile) -> str:
    """Return what a document says of itself, a line each."""
    summary = file.read(_SUMMARY, max_bytes=_MAX_BYTES)
    custom = file.read(_DOCUMENT, max_bytes=_MAX_BYTES)
    lines = [text for number, text in strings(summary, 0) if number in _TOLD]
    lines += [text for number, text in strings(custom, 1) if number >= _CUSTOM_FROM]
    return "\n".join(line for line in lines if line)


def strings(raw: bytes, section: int) -> Iterator[tuple[int, str]]:
    """Yield (property id, text) of one section of a property set stream; none if it is damaged."""
    if len(raw) < 48 + 20 * section or int.from_bytes(raw[24:28], "little") <= section:
        return
    (start,) = struct.unpack_from("<L", raw, 44 + 20 * section)
    if start + 8 > len(raw):
        return
    (count,) = struct.unpack_from("<L", raw, start + 4)
    places = [
        struct.unpack_from("<2L", raw, at)
        for at in range(start + 8, start + 8 + 8 * min(count, _MAX_PROPERTIES), 8)
        if at + 8 <= len(raw)
    ]
    codec = "cp1252"
    for number, offset in places:
        at = start + offset
        if at + 8 > len(raw):
            continue
        kind, value = struct.unpack_from("<2L", raw, at)
        if number == 1:
            codec = _codec(value & 0xFFFF)
        elif kind == _STRING:
            text = raw[at + 8 : at + 8 + value].decode(codec, "replace")
            yield number, text.rstrip("\0")
        elif kind == _WIDE_STRING:
            text = raw[at + 8 : at + 8 + 2 * value].decode("utf-16-le", "replace")
            yield number, text.rstrip("\0")


def _codec(page: int) -> str:
    if page in {_UTF8, _UTF16}:
        return "utf-8" if page == _UTF8 else "utf-16-le"
    try:
        return ("".encode(f"cp{page}") and "") or f"cp{page}"
    except LookupError:
        return "cp1252"
