"""TNEF, the ``winmail.dat`` that Outlook sends ([MS-OXTNEF] 2.1).

0  4  0x223E9F78     4  2  key
then, as often as need be:
0  1  level (1 message, 2 attachment)   1  4  attribute
5  4  length                            9  n  data          2  checksum
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from functools import partial

from leakwatch.errors import Corrupt
from leakwatch.unpack.container import CHUNK_BYTES, MAX_NAME_CHARS, Member, SeekableStream

_HEAD_BYTES = 6
_ATTRIBUTE = struct.Struct("<B2L")
_CHECKSUM_BYTES = 2
_BODY, _ATTACHMENT_BEGINS = 0x0002800C, 0x00069002
_TITLE, _DATA = 0x00018010, 0x0006800F
_MESSAGE_PROPERTIES = 0x00069003


class TnefMessage:
    """Gives the attachments of a TNEF file, its plain body, and its properties as they stand."""

    needs_seek = True

    def members(
        self, stream: SeekableStream, _passwords: Sequence[str] = (), /
    ) -> Iterator[Member]:
        """Yield body and attachments in order.

        Raises:
            Corrupt: it breaks off here.
        """
        title = b""
        ordinal = 0
        end = stream.seek(0, 2)
        for attribute, start, size in _attributes(stream, end):
            if attribute == _ATTACHMENT_BEGINS:
                title = b""
            elif attribute == _TITLE:
                stream.seek(start)
                title = stream.read(min(size, MAX_NAME_CHARS)).partition(b"\0")[0]
            elif attribute in {_BODY, _DATA, _MESSAGE_PROPERTIES}:
                yield Member(
                    name=_name(attribute, title, ordinal),
                    ordinal=ordinal,
                    size_bytes=size,
                    crc32=None,
                    packed_bytes=size,
                    chunks=partial(_content, stream, start, size),
                )
                ordinal += 1


def _name(attribute: int, title: bytes, ordinal: int) -> str:
    if attribute == _BODY:
        return "body"
    if attribute == _MESSAGE_PROPERTIES:
        return "properties"
    try:
        name = title.decode("utf-8")
    except UnicodeDecodeError:
        name = title.decode("cp1252", "replace")
    return name or f"attachment {ordinal}"


def _attributes(stream: SeekableStream, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield (attribute, where its data starts, length). Raises Corrupt."""
    at = _HEAD_BYTES
    while at < end:
        stream.seek(at)
        raw = stream.read(_ATTRIBUTE.size)
        if len(raw) < _ATTRIBUTE.size:
            raise Corrupt("the message breaks off")
        level, attribute, size = _ATTRIBUTE.unpack(raw)
        start = at + _ATTRIBUTE.size
        if level not in {1, 2} or start + size > end:
            raise Corrupt("the message is damaged")
        yield attribute, start, size
        at = start + size + _CHECKSUM_BYTES


def _content(stream: SeekableStream, start: int, size: int) -> Iterator[bytes]:
    at = start
    while at < start + size:
        stream.seek(at)
        data = stream.read(min(CHUNK_BYTES, start + size - at))
        if not data:
            raise Corrupt("the message breaks off")
        at += len(data)
        yield data
