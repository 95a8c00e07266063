"""What is attached to documents in compound files: to messages, and inside .doc, .xls and .ppt."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice

from leakwatch.errors import BudgetExceeded, Corrupt
from leakwatch.extract.message import attached, message_text
from leakwatch.extract.ole import CompoundFile, OleEntry
from leakwatch.extract.ole_objects import native_file
from leakwatch.extract.word_binary import word_text
from leakwatch.unpack.container import CHUNK_BYTES, Member, SeekableStream
from leakwatch.unpack.inline_picture import (
    MAX_INLINE_BYTES,
    could_be_inline,
    is_inline_picture,
)

_MAX_BYTES = 1 << 40
_NATIVE, _PACKAGE, _CONTENTS = "\x01ole10native", "package", "contents"
_SLIDES = "PowerPoint Document"
_EMBEDDED = 4113
_RECORD = struct.Struct("<2HL")
_MAX_EMBEDDED = 10_000

_Open = Callable[[], Iterator[bytes]]


class MessageAttachments:
    """Gives the attachments of an Outlook message, those of attached messages behind them."""

    needs_seek = True

    def has_members(self, stream: SeekableStream) -> bool:
        return next(_files(CompoundFile(stream)), None) is not None

    def members(
        self, stream: SeekableStream, _passwords: Sequence[str] = (), /
    ) -> Iterator[Member]:
        """Yield attachments; a message among them as the text that it says."""
        file = CompoundFile(stream)
        for ordinal, (name, entry) in enumerate(_files(file)):
            if entry.is_storage:
                yield _member(name, ordinal, None, partial(_message, file, entry))
            else:
                chunks = partial(file.chunks, entry, max_bytes=_MAX_BYTES)
                yield _member(name, ordinal, entry.size_bytes, chunks)


def _files(file: CompoundFile) -> Iterator[tuple[str, OleEntry]]:
    for item in attached(file):
        if not (item.is_shown and _is_of_the_mail(file, item.entry)):
            yield item.name, item.entry


def _is_of_the_mail(file: CompoundFile, entry: OleEntry) -> bool:
    """Tell a picture shown in the text from a file sent with it."""
    if entry.is_storage or not could_be_inline(entry.size_bytes):
        return False
    try:
        return is_inline_picture(b"".join(file.chunks(entry, max_bytes=MAX_INLINE_BYTES)))
    except (BudgetExceeded, Corrupt):
        return False


class OleAttachments:
    """Gives the files and objects inside a document in a compound file."""

    needs_seek = True

    def has_members(self, stream: SeekableStream) -> bool:
        return next(self.members(stream), None) is not None

    def members(
        self, stream: SeekableStream, _passwords: Sequence[str] = (), /
    ) -> Iterator[Member]:
        file = CompoundFile(stream)
        ordinal = 0
        for path, entry in file.entries.items():
            make = _OBJECTS.get(path[-1])
            is_own = path[0] in _OWN_STREAMS and len(path) == 1
            if make is not None and entry.size_bytes and not entry.is_storage and not is_own:
                yield make(file, entry, ordinal)
                ordinal += 1
        if file.has(_SLIDES):
            data = file.read(_SLIDES)
            for place in islice(_embedded(data), _MAX_EMBEDDED):
                yield _member("object", ordinal, None, partial(_inflated, data, place))
                ordinal += 1


def _member(name: str, ordinal: int, size_bytes: int | None, chunks: _Open) -> Member:
    return Member(
        name=name or "attachment",
        ordinal=ordinal,
        size_bytes=size_bytes,
        crc32=None,
        packed_bytes=None,
        chunks=chunks,
    )


def _message(file: CompoundFile, entry: OleEntry) -> Iterator[bytes]:
    for text in message_text(file, entry.path):
        if text:
            yield f"{text}\n".encode("utf-8", "replace")


def _native(file: CompoundFile, entry: OleEntry, ordinal: int) -> Member:
    found = native_file(b"".join(file.chunks(entry)))
    name, data = found or ("object", b"")
    return _member(name, ordinal, len(data), partial(iter, [data] if data else []))


def _as_it_is(file: CompoundFile, entry: OleEntry, ordinal: int) -> Member:
    chunks = partial(file.chunks, entry, max_bytes=_MAX_BYTES)
    return _member(entry.path[-1], ordinal, entry.size_bytes, chunks)


def _document(file: CompoundFile, entry: OleEntry, ordinal: int) -> Member:
    return _member("document", ordinal, None, partial(_document_text, file, entry))


def _document_text(file: CompoundFile, entry: OleEntry) -> Iterator[bytes]:
    main = file.read(*entry.path)
    table = "1Table" if main[11:12] and main[11] & 2 else "0Table"
    for piece in word_text(main, file.read(*entry.path[:-1], table)):
        yield piece.replace("\r", "\n").encode("utf-8", "replace")


_OWN_STREAMS = frozenset({"workbook", "worddocument"})
"""At the root these are the document itself."""
_OBJECTS = {
    _NATIVE: _native,
    _PACKAGE: _as_it_is,
    _CONTENTS: _as_it_is,
    "workbook": _as_it_is,
    "worddocument": _document,
}


def _embedded(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of packed objects among the records of a presentation."""
    at = 0
    while at + _RECORD.size <= len(data):
        version, kind, size = _RECORD.unpack_from(data, at)
        at += _RECORD.size
        if kind == _EMBEDDED and version >> 4 == 1:
            yield at + 4, at + size
        # Records that hold records are entered, wherever they end.
        at += 0 if version & 15 == 15 else size


def _inflated(data: bytes, place: tuple[int, int]) -> Iterator[bytes]:
    inflater = zlib.decompressobj()
    packed = data[place[0] : place[1]]
    try:
        while packed and not inflater.eof:
            out = inflater.decompress(packed, CHUNK_BYTES)
            packed = inflater.unconsumed_tail
            if out:
                yield out
    except zlib.error:
        raise Corrupt("the packed object is damaged") from None
