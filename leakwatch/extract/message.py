"""Outlook's .msg (MS-OXMSG): a message as a compound file.

Each property of variable length is a stream ``__substg1.0_PPPPTTTT``, property
and type in hexadecimal; recipients and attachments are storages of their own.
An attached message is a storage within, with the same streams in it.
"""

from __future__ import annotations

import codecs
import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

from leakwatch.extract.base import ContentStream, Extraction
from leakwatch.extract.compressed_rtf import decompress
from leakwatch.extract.ole import CompoundFile, OleEntry
from leakwatch.extract.rtf import rich_text
from leakwatch.extract.stripped import linear_text
from leakwatch.extract.text_parts import TextParts

Path = tuple[str, ...]
_STREAM = re.compile(r"__substg1\.0_([0-9a-f]{4})([0-9a-f]{4})")
_WIDE, _NARROW, _BINARY, _OBJECT = "001f", "001e", "0102", "000d"
_FIRST = ("0037", "0c1a", "0c1f", "5d01", "0e04", "0e03", "0e02")
"""Subject, sender (name and addresses), to, cc, bcc."""
_BODY, _HTML, _RTF = "1000", "1013", "1009"
_CONTENT_ID = "3712"
_TECHNICAL = frozenset({
    _BODY, _HTML, _RTF, "001a", "003d", "0044", "0064", "0065", "0070", "0075", "0076", "0077",
    "0078", "0c1e", "0e1d", "0042", "3ff8", "3ffa", "4038", "4039", "3002", "8005",
})  # fmt: skip
_PROPERTIES = "__properties_version1.0"
_CODE_PAGES = (0x3FFD, 0x3FDE)
_UTF8 = 65001
_MAX_VALUE_BYTES = 64 * 1024 * 1024
_MAX_RECIPIENTS = 10_000
_MAX_DEPTH = 8
_NOT_WORD = re.compile(r"\W+")


class OutlookMessage:
    """Text of a message: headers, recipients, body, then whatever else it says in words."""

    is_risky = True

    def extract(self, stream: ContentStream, *, max_chars: int) -> Extraction:
        parts = TextParts(max_chars)
        for text in message_text(CompoundFile(stream)):
            if text and not parts.add(text + "\n"):
                break
        return Extraction(parts.text(), parts.note)


def message_text(file: CompoundFile, at: Path = ()) -> Iterator[str]:
    """Yield what a message says, ``at`` its storage in the file."""
    strings = _strings(file, at)
    for key in _FIRST:
        yield strings.pop(key, "")
    for number in range(_MAX_RECIPIENTS):
        recipient = (*at, f"__recip_version1.0_#{number:08X}")
        if not file.has(*recipient):
            break
        yield " ".join(dict.fromkeys(_strings(file, recipient).values()))
    yield from _bodies(file, at, strings.get(_BODY, ""))
    yield from (text for key, text in strings.items() if key not in _TECHNICAL)


class Attached(NamedTuple):
    """Something attached: a stream, or the storage of a message."""

    name: str
    entry: OleEntry
    is_shown: bool = False
    """It has a Content-ID: the text may show it."""


def attached(file: CompoundFile, at: Path = (), depth: int = 0) -> Iterator[Attached]:
    """Yield what is attached.

    What is attached to an attached message comes right behind it.
    """
    for path in file.children(tuple(name.lower() for name in at)):
        entry = file.entries[path]
        if not path[-1].startswith("__attach_version1.0_"):
            continue
        strings = _strings(file, entry.path)
        name = next((strings[key] for key in ("3707", "3704", "3001") if strings.get(key)), "")
        data = file.entries.get((*path, f"__substg1.0_3701{_BINARY}"))
        inner = file.entries.get((*path, f"__substg1.0_3701{_OBJECT}"))
        if data is not None:
            yield Attached(name, data, bool(strings.get(_CONTENT_ID)))
        elif inner is not None:
            yield Attached(name, inner)
            if depth < _MAX_DEPTH:
                yield from attached(file, inner.path, depth + 1)


def _bodies(file: CompoundFile, at: Path, plain: str) -> Iterator[str]:
    """Yield the body, and each other form of it that says something else."""
    told = ""
    for text in (plain, _html_body(file, at), _rtf_body(file, at)):
        words = _NOT_WORD.sub("", text)
        if words and words not in told:
            told += words
            yield text


def _html_body(file: CompoundFile, at: Path) -> str:
    raw = file.read(*at, f"__substg1.0_{_HTML}{_BINARY}", max_bytes=_MAX_VALUE_BYTES)
    return linear_text(raw) if raw else ""


def _rtf_body(file: CompoundFile, at: Path) -> str:
    raw = file.read(*at, f"__substg1.0_{_RTF}{_BINARY}", max_bytes=_MAX_VALUE_BYTES)
    if not raw:
        return ""
    data = decompress(raw, max_bytes=_MAX_VALUE_BYTES)
    return rich_text(data, max_chars=len(data)).text if data.startswith(b"{\\rtf") else ""


def _strings(file: CompoundFile, at: Path) -> dict[str, str]:
    """Return the string properties of a storage, by their number in hexadecimal."""
    codec = _codec(file, at)
    lower = tuple(name.lower() for name in at)
    found: dict[str, str] = {}
    for path in file.children(lower):
        match = _STREAM.fullmatch(path[-1])
        if match is None or match[2] not in {_WIDE, _NARROW}:
            continue
        raw = file.read(*path, max_bytes=_MAX_VALUE_BYTES)
        text = raw.decode("utf-16-le" if match[2] == _WIDE else codec, "replace")
        found.setdefault(match[1], text.replace("\0", ""))
    return found


def _codec(file: CompoundFile, at: Path) -> str:
    """Return the codec of a message's 8-bit strings."""
    raw = file.read(*at, _PROPERTIES, max_bytes=1024 * 1024)
    for start in range(len(raw) % 16, len(raw) - 15, 16):
        kind, key, _, value = struct.unpack_from("<2H2L", raw, start)
        if key in _CODE_PAGES and kind == 3:
            name = "utf-8" if value == _UTF8 else f"cp{value}"
            try:
                return codecs.lookup(name).name
            except LookupError:
                break
    return "cp1252"
