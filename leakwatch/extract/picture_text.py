"""What people wrote into a picture file: titles, comments, names in EXIF, IPTC, XMP. Pure.

Pixels are not touched. What cameras and programs write of themselves is left
out: it is the same in a million files. Sources: EXIF 2.32, IPTC-IIM 4.2, XMP
part 3, PNG 1.2, GIF 89a, TIFF 6.0, Netpbm.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from types import MappingProxyType

from leakwatch.extract.base import ContentStream, Extraction
from leakwatch.extract.stripped import strip_tags

_MAX_BLOCKS = 10_000
"""Segments, chunks or directory entries looked at in one file."""
_MAX_VALUE_BYTES = 64 * 1024
_MAX_CHARS = 256 * 1024
_WORDS = frozenset({0x010D, 0x010E, 0x011D, 0x013B, 0x8298, 0xA430})
"""Document, description, page, artist, rights, owner."""
_COMMENT, _XMP, _IPTC, _EXIF_DIRECTORY = 0x9286, 0x02BC, 0x83BB, 0x8769
_WINDOWS = range(0x9C9B, 0x9CA0)
"""Title, comment, author, keywords and subject as Windows writes them, UTF-16."""
_UNIT_BYTES = {1: 1, 2: 1, 4: 4, 7: 1, 13: 4}
_MAX_DIRECTORIES = 8
_IPTC_WORDS = frozenset({5, 25, 40, 80, 85, 90, 105, 110, 115, 116, 120, 122})
_COMMENT_CODECS = {b"UNICODE\0": "utf-16", b"JIS\0\0\0\0\0": "iso2022_jp"}
_PNM_COMMENTS = re.compile(rb"P[1-7]\s+((?:#[^\n]*+\n\s*+){1,50})")

Texts = Iterator[str]


class PictureText:
    """Text of a picture file, each piece once."""

    is_risky = False

    def extract(self, stream: ContentStream, *, max_chars: int) -> Extraction:
        pieces: dict[str, None] = {}
        room = min(max_chars, _MAX_CHARS)
        for found in texts(stream):
            piece = found.replace("\0", " ").strip()[:room]
            if piece and piece not in pieces:
                pieces[piece] = None
                room -= len(piece) + 1
            if room <= 0:
                return Extraction("\n".join(pieces), f"text cut after {_MAX_CHARS} characters")
        return Extraction("\n".join(pieces))


def texts(stream: ContentStream) -> Texts:
    """Yield what is written in a picture file of a kind that is known here; total."""
    head = _read_at(stream, 0, 16)
    for magic, reader in _READERS.items():
        if head.startswith(magic):
            yield from reader(stream)
            return


def _read_at(stream: ContentStream, at: int, size: int) -> bytes:
    """Return bytes of any place, fewer where the file ends."""
    if not 0 <= at < 1 << 62:
        return b""
    stream.seek(at)
    return stream.read(min(size, _MAX_VALUE_BYTES))


def _jpeg(stream: ContentStream) -> Texts:
    at = 2
    for _ in range(_MAX_BLOCKS):
        head = _read_at(stream, at, 4)
        if len(head) < 4 or head[0] != 0xFF or head[1] in {0xDA, 0xD9}:
            return
        size = int.from_bytes(head[2:], "big")
        if head[1] in {0xE1, 0xED, 0xFE}:
            yield from _segment(head[1], _read_at(stream, at + 4, size - 2 if size > 2 else 0))
        at += 2 + max(size, 2)


def _segment(marker: int, body: bytes) -> Texts:
    if marker == 0xFE:
        yield _decoded(body)
    elif marker == 0xED:
        yield from _iptc(body)
    elif body.startswith(b"Exif\0"):
        yield from _tiff(io.BytesIO(body[6:]))
    elif body.startswith(b"http://ns.adobe.com/x"):
        yield strip_tags(_decoded(body.partition(b"\0")[2]))


def _png(stream: ContentStream) -> Texts:
    at = 8
    for _ in range(_MAX_BLOCKS):
        head = _read_at(stream, at, 8)
        if len(head) < 8:
            return
        size, kind = int.from_bytes(head[:4], "big"), head[4:]
        if kind in {b"tEXt", b"zTXt", b"iTXt"}:
            yield _png_text(kind, _read_at(stream, at + 8, size))
        elif kind == b"eXIf":
            yield from _tiff(io.BytesIO(_read_at(stream, at + 8, size)))
        at += 12 + size


def _png_text(kind: bytes, body: bytes) -> str:
    name, _, rest = body.partition(b"\0")
    if kind == b"tEXt":
        text = rest.decode("latin-1")
    elif kind == b"zTXt":
        text = _inflated(rest[1:]).decode("latin-1")
    else:
        is_packed, rest = rest[:1] == b"\1", rest[2:].partition(b"\0")[2].partition(b"\0")[2]
        text = (_inflated(rest) if is_packed else rest).decode("utf-8", "replace")
    return strip_tags(text) if name.startswith(b"XML:") else text


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, _MAX_VALUE_BYTES)
    except zlib.error:
        return b""


def _gif(stream: ContentStream) -> Texts:
    flags = _read_at(stream, 10, 1)
    at = 13 + (3 << ((flags[0] & 7) + 1) if flags and flags[0] & 0x80 else 0)
    for _ in range(_MAX_BLOCKS):
        head = _read_at(stream, at, 10)
        if head[:1] == b"\x21":
            at, parts = _sub_blocks(stream, at + 2)
            if head[1:2] in {b"\xfe", b"\x01"}:
                yield _decoded(parts)
        elif head[:1] == b"\x2c" and len(head) == 10:
            table = 3 << ((head[9] & 7) + 1) if head[9] & 0x80 else 0
            at, _ = _sub_blocks(stream, at + 11 + table)
        else:
            return


def _sub_blocks(stream: ContentStream, at: int) -> tuple[int, bytes]:
    """Return where a chain of sub-blocks ends, and the start of what is in it."""
    parts: list[bytes] = []
    for _ in range(_MAX_BLOCKS):
        block = _read_at(stream, at, 256)
        size = block[0] if block else 0
        at += 1 + size
        if size == 0:
            break
        if len(parts) < 256:
            parts.append(block[1 : 1 + size])
    return at, b"".join(parts)


def _webp(stream: ContentStream) -> Texts:
    at = 12
    for _ in range(_MAX_BLOCKS):
        head = _read_at(stream, at, 8)
        if len(head) < 8:
            return
        size = int.from_bytes(head[4:], "little")
        if head[:4] == b"EXIF":
            body = _read_at(stream, at + 8, size)
            yield from _tiff(io.BytesIO(body.removeprefix(b"Exif\0\0")))
        elif head[:4] == b"XMP ":
            yield strip_tags(_decoded(_read_at(stream, at + 8, size)))
        at += 8 + size + size % 2


def _pnm(stream: ContentStream) -> Texts:
    found = _PNM_COMMENTS.match(_read_at(stream, 0, 16 * 1024))
    if found is not None:
        yield from (_decoded(line.strip(b"# \t\r")) for line in found[1].splitlines())


def _tiff(stream: ContentStream) -> Texts:
    """Yield the texts of a TIFF file's directories, or of EXIF, which is one."""
    head = _read_at(stream, 0, 8)
    if len(head) < 8 or head[:2] not in {b"II", b"MM"}:
        return
    mark = "<" if head[:2] == b"II" else ">"
    waiting, seen = [struct.unpack(f"{mark}L", head[4:])[0]], set[int]()
    while waiting and len(seen) < _MAX_DIRECTORIES:
        at = waiting.pop(0)
        if at and at not in seen:
            seen.add(at)
            yield from _directory(stream, at, mark, waiting)


def _directory(stream: ContentStream, at: int, mark: str, waiting: list[int]) -> Texts:
    raw = _read_at(stream, at, 2)
    count = struct.unpack(f"{mark}H", raw)[0] if len(raw) == 2 else 0
    entries = _read_at(stream, at + 2, 12 * count + 4)
    for start in range(0, min(12 * count, len(entries) - 11), 12):
        tag, kind, number, offset = struct.unpack_from(f"{mark}2H2L", entries, start)
        if tag == _EXIF_DIRECTORY:
            waiting.append(offset)
        size = number * _UNIT_BYTES.get(kind, 0)
        if not size or not (tag in _WORDS or tag in _WINDOWS or tag in {_COMMENT, _XMP, _IPTC}):
            continue
        is_inside = size <= 4
        value = (
            entries[start + 8 : start + 8 + size] if is_inside else _read_at(stream, offset, size)
        )
        yield from _value(tag, value)
    if len(entries) == 12 * count + 4:
        waiting.append(struct.unpack(f"{mark}L", entries[-4:])[0])


def _value(tag: int, value: bytes) -> Texts:
    if tag == _IPTC:
        yield from _iptc(value)
    elif tag == _XMP:
        yield strip_tags(_decoded(value))
    elif tag == _COMMENT:
        codec = _COMMENT_CODECS.get(value[:8])
        yield value[8:].decode(codec, "replace") if codec else _decoded(value[8:])
    elif tag in _WINDOWS:
        yield value.decode("utf-16-le", "replace")
    else:
        yield _decoded(value)


def _iptc(body: bytes) -> Texts:
    """Yield the data sets of record 2 that hold words, wherever the record lies."""
    for found in islice(re.finditer(rb"\x1c\x02(.)(..)", body, re.DOTALL), _MAX_BLOCKS):
        size = int.from_bytes(found[2], "big")
        if found[1][0] in _IPTC_WORDS and size < 0x8000:
            yield _decoded(body[found.end() : found.end() + size])


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


_READERS: Mapping[bytes, Callable[[ContentStream], Texts]] = MappingProxyType(
    {
        b"\xff\xd8": _jpeg,
        b"\x89PNG": _png,
        b"GIF8": _gif,
        b"RIFF": _webp,
        b"II*\0": _tiff,
        b"MM\0*": _tiff,
        b"P": _pnm,
    }
)
