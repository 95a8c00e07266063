"""Mail as a container: a message holds attachments, a mailbox holds messages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial

from leakwatch.errors import BudgetExceeded, Corrupt
from leakwatch.extract.mime import MAX_PARTS, Part, walk_parts
from leakwatch.extract.mime_text import decoded_chunks, file_name
from leakwatch.unpack.blobs import find_blobs, may_have_blobs
from leakwatch.unpack.container import (
    CHUNK_BYTES,
    MAX_NAME_CHARS,
    Member,
    SeekableStream,
    Stream,
)
from leakwatch.unpack.inline_picture import could_be_inline, is_inline_picture

_MAX_BODY_BYTES = 64 * 1024 * 1024
"""Of one body that is looked through for files written into it."""
_DELIMITER = re.compile(rb"\n\r?\n(From [^\r\n]{0,300}\d{1,2}:\d\d[^\r\n]{0,100}\r?\n)")
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)
_KEPT_BYTES = 512
"""Held back from each piece: a delimiter may begin in it."""


class MailMessage:
    """Gives what is attached to a message, messages too, and files written into its bodies."""

    needs_seek = True

    def members(
        self, stream: SeekableStream, _passwords: Sequence[str] = (), /
    ) -> Iterator[Member]:
        """Yield attachments in order.

        Raises:
            BudgetExceeded: there are more parts than are looked at.
        """
        size_bytes = stream.seek(0, 2)
        stream.seek(0)
        data = stream.read(size_bytes)
        ordinal = parts = 0
        for number, part in enumerate(walk_parts(data)):
            parts += 1
            for member in _members_of(data, part, number, ordinal):
                yield member
                ordinal += 1
        if parts >= MAX_PARTS:
            raise BudgetExceeded(f"parts {parts} and more over the limit", limit="parts")


def _members_of(data: bytes, part: Part, number: int, ordinal: int) -> Iterator[Member]:
    if part.is_body:
        yield from _in_body(data, part, number, ordinal)
    elif part.start < part.end and not _is_of_the_mail(data, part):
        yield Member(
            name=file_name(part)[:MAX_NAME_CHARS] or f"part {number}",
            ordinal=ordinal,
            size_bytes=None,
            crc32=None,
            packed_bytes=part.end - part.start,
            chunks=partial(decoded_chunks, data, part),
        )


def _is_of_the_mail(data: bytes, part: Part) -> bool:
    """Tell a picture shown in the text, as a signature's logo, from a file sent with it."""
    if not part.header("content-id") or not could_be_inline(part.end - part.start):
        return False
    if part.header("content-disposition").lower().lstrip().startswith("attachment"):
        return False
    try:
        return is_inline_picture(b"".join(decoded_chunks(data, part)))
    except Corrupt:
        return False


def _in_body(data: bytes, part: Part, number: int, ordinal: int) -> Iterator[Member]:
    """Yield files written into a body: older mail programs attached that way."""
    if part.end - part.start > _MAX_BODY_BYTES or not may_have_blobs(data[part.start : part.end]):
        return
    body = b"".join(decoded_chunks(data, part))
    for blob in find_blobs(body):
        if blob.coding != "quoted-printable":
            yield Member(
                name=f"blob at byte {blob.start} of part {number}",
                ordinal=ordinal,
                size_bytes=None,
                crc32=None,
                packed_bytes=len(blob.payload),
                chunks=blob.chunks,
            )
            ordinal += 1


class Mailbox:
    """Gives the messages of an mbox file (RFC 4155), without the lines that part them."""

    needs_seek = False

    def members(self, stream: Stream, _passwords: Sequence[str] = (), /) -> Iterator[Member]:
        """Yield the messages in order."""
        box = _Box(stream)
        ordinal = 0
        while box.next_message():
            yield Member(
                name=f"message {ordinal + 1}",
                ordinal=ordinal,
                size_bytes=None,
                crc32=None,
                packed_bytes=None,
                chunks=partial(box.chunks, ordinal),
            )
            for _ in box.chunks(ordinal):
                pass
            ordinal += 1


class _Box:
    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._buffer = b"\n\n"
        """What was read and not told, from the line break before it on."""
        self._number = -1
        self._is_in_message = False

    def next_message(self) -> bool:
        """Go behind the next delimiter; False at the end."""
        self._fill(_KEPT_BYTES)
        self._number += 1
        start = self._buffer.find(b"From ")
        if start < 0 or self._buffer[:start].strip(b"\r\n"):
            return False
        line_end = self._buffer.find(b"\n", start)
        # The line break stays: what follows it stands at the start of a line.
        self._buffer = self._buffer[line_end:] if line_end >= 0 else b""
        self._is_in_message = line_end >= 0
        return True

    def chunks(self, number: int) -> Iterator[bytes]:
        """Yield what is left of the current message."""
        is_first = True
        while self._is_in_message and number == self._number:
            self._fill(CHUNK_BYTES)
            found = _DELIMITER.search(self._buffer)
            if found is not None:
                text, self._buffer = (
                    self._buffer[: found.start() + 1],
                    self._buffer[found.start() :],
                )
                self._is_in_message = False
            elif len(self._buffer) < CHUNK_BYTES:
                text, self._buffer = self._buffer, b""
                self._is_in_message = False
            else:
                at = self._buffer.rfind(b"\n", 1, len(self._buffer) - _KEPT_BYTES)
                at = at if at > 0 else len(self._buffer) - _KEPT_BYTES
                text, self._buffer = self._buffer[:at], self._buffer[at:]
            text = _QUOTED_FROM.sub(rb"\1", text)
            yield text[1:] if is_first else text
            is_first = False

    def _fill(self, size: int) -> None:
        while len(self._buffer) < size and (data := self._stream.read(CHUNK_BYTES)):
            self._buffer += data
