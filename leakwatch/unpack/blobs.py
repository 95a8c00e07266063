r"""Files written into text: base64, hexadecimal, uuencode and quoted-printable. Pure.

    "data:image/png;base64,iVBORw0K..."    HTML, CSS
    "data": "JVBERi0xLjQK..."              FHIR Attachment, JSON (with \n and \/ in it)
    OBX|1|ED|...^Base64^JVBERi0x...        HL7 v2
    0xFFD8FFE0..., X'FFD8...', \xffd8...   SQL dumps

One pass: every step is a search from where the last one ended. What does not
decode to a file of a known kind, or to text, is left alone.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from leakwatch.unpack.container import CHUNK_BYTES, Member, SeekableStream
from leakwatch.unpack.sniff import HEAD_BYTES, UNKNOWN, sniff

BLOB_KINDS = frozenset({"text", "html", "xml", "hl7"})
"""Kinds of text that are looked through."""
MIN_BYTES = 200
"""Decoded size below which nothing is looked at."""
_MIN_RUN = 48
"""Length of an unbroken run that makes one look: words end sooner."""
_MIN_LINE = 40
_TEXT_KINDS = frozenset({"text", "html", "xml", "eml"})

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"
_CLASSES = bytes(65 if byte in _ALPHABET else 32 for byte in range(256))
"""All letters of base64, of whatever flavour, to ``A``, and everything else to a space."""
_RUN = b"A" * _MIN_RUN
_HEX = b"0123456789abcdefABCDEF"
_STANDARD = bytes.maketrans(b"-_", b"+/")

_LINE_BREAK = re.compile(rb"(?:\r?\n|(?:\\{1,8}r)?\\{1,8}n|&#(?:10|13|x[aAdD]);)[ \t>]{0,80}")
_SLASH = re.compile(rb"\\{1,8}/|\\{1,8}u002[fF]")
_LINE_END = re.compile(rb"[ \t]*(?:[=\r\n\"'<\\|^~&,;)]|$|%3[dD])")
_SOFT_BREAK = re.compile(rb"=[ \t]*\r?\n")
_UU_START = re.compile(rb"begin [0-7]{3,4} [^\r\n]{1,255}\r?\n")
_UU_LINE = re.compile(rb"[!-`][ -`]{1,90}\r?\n")
_MIN_SOFT_BREAKS = 5


@dataclass(frozen=True, slots=True)
class Blob:
    """One file found in a text."""

    start: int
    """Byte of the text it starts at."""
    payload: bytes = field(repr=False)
    """As written, without what breaks it into lines."""
    coding: str
    """``base64``, ``hex``, ``uu`` or ``quoted-printable``."""

    def chunks(self) -> Iterator[bytes]:
        """Yield the content in bounded pieces."""
        if self.coding == "uu":
            yield from _in_chunks(_decode_uu(self.payload))
            return
        if self.coding == "quoted-printable":
            yield from _in_chunks(binascii.a2b_qp(self.payload))
            return
        # Both lengths divide into whole groups, of 4 letters and of 2.
        for at in range(0, len(self.payload), CHUNK_BYTES):
            data = _decode(self.payload[at : at + CHUNK_BYTES], self.coding)
            if data:
                yield data


class TextWithBlobs:
    """Gives the files written into a text, which has its own words besides."""

    needs_seek = True

    def members(
        self, stream: SeekableStream, _passwords: Sequence[str] = (), /
    ) -> Iterator[Member]:
        """Yield the files in the order they stand in."""
        stream.seek(0)
        for ordinal, blob in enumerate(find_blobs(_all_of(stream))):
            yield Member(
                name=f"blob {ordinal + 1} at byte {blob.start}",
                ordinal=ordinal,
                size_bytes=None,
                crc32=None,
                packed_bytes=len(blob.payload),
                chunks=partial(blob.chunks),
            )


def has_blobs(stream: SeekableStream) -> bool:
    """Tell whether a text of bounded size holds any; leaves the stream at its start."""
    data = _all_of(stream)
    stream.seek(0)
    return may_have_blobs(data) and next(find_blobs(data), None) is not None


def may_have_blobs(data: bytes) -> bool:
    """Tell in a microsecond a kilobyte whether it is worth looking; never False where there are any."""
    return (
        _RUN in data.translate(_CLASSES)
        or _UU_START.search(data) is not None
        or data.count(b"=\n") + data.count(b"=\r\n") >= _MIN_SOFT_BREAKS
    )


def find_blobs(data: bytes) -> Iterator[Blob]:
    """Yield what is found: first base64 and hexadecimal, then the others, each in order."""
    yield from _find_runs(data)
    yield from _find_uu(data)
    yield from _find_quoted_printable(data)


def _find_runs(data: bytes) -> Iterator[Blob]:
    classes = data.translate(_CLASSES)
    done = 0
    while (hit := classes.find(_RUN, done)) >= 0:
        start = _start_of_run(data, classes, done, hit)
        segments, end = _segments(data, classes, start)
        done = max(end, start + 1)
        payload = b"".join(segments)
        blob = _recognised(start, payload)
        if blob is not None:
            yield blob


def _start_of_run(data: bytes, classes: bytes, done: int, hit: int) -> int:
    """Return where the file begins that a long run was found in, behind what is done."""
    start = max(done, classes.rfind(b" ", done, hit) + 1)
    while start > done and data[start - 1 : start + 1] == b"\\/":
        # An escaped slash: the runs before it are parts of it, however short.
        before = start - 1
        while before > done and data[before - 1 : before] == b"\\":
            before -= 1
        start = max(done, classes.rfind(b" ", done, before) + 1)
    if data[start - 1 : start] == b"\\" and data[start : start + 1] in {b"n", b"r", b"t"}:
        return start + 1
    return start


def _segments(data: bytes, classes: bytes, start: int) -> tuple[list[bytes], int]:
    """Return the runs that follow each other across line breaks, and where the last ends."""
    segments: list[bytes] = []
    line_bytes = 0
    at = start
    while True:
        end = classes.find(b" ", at)
        end = len(data) if end < 0 else end
        segments.append(data[at:end])
        line_bytes += end - at
        slash = _SLASH.match(data, end)
        if slash is not None:
            segments.append(b"/")
            at = slash.end()
            continue
        line_break = _LINE_BREAK.match(data, end)
        if line_break is None or line_bytes < _MIN_LINE:
            return segments, end
        at = line_break.end()
        following = classes.find(b" ", at)
        following = len(data) if following < 0 else following
        is_line = following - at >= _MIN_LINE or _LINE_END.match(data, following) is not None
        if following == at or not is_line or following - at > line_bytes:
            return segments, end
        line_bytes = 0


def _recognised(start: int, payload: bytes) -> Blob | None:
    hexadecimal = payload[2:] if payload[:2] in {b"0x", b"0X"} else payload.lstrip(b"xX")
    if not hexadecimal[:4096].translate(None, _HEX) and len(hexadecimal) >= 2 * MIN_BYTES:
        offset = start + len(payload) - len(hexadecimal)
        blob = Blob(offset, hexadecimal, "hex")
        if _is_something(_decode(hexadecimal[: 2 * HEAD_BYTES], "hex")):
            return blob
    if len(payload) * 3 < MIN_BYTES * 4:
        return None
    head = _decode(payload[: HEAD_BYTES * 4 // 3 & ~3], "base64")
    return Blob(start, payload, "base64") if _is_something(head) else None


def _is_something(head: bytes) -> bool:
    """Tell a file's start from what chance decodes to."""
    kind = sniff(head)
    if kind not in _TEXT_KINDS:
        return kind != UNKNOWN
    text = head.decode("utf-8", "replace")
    # UTF-16 holds NULs that are no faults; whatever else is text is UTF-8 nowadays, or nearly.
    return "\0" in text or text.count("\ufffd") * 50 <= len(text)


def _decode(payload: bytes, coding: str) -> bytes:
    """Decode whole groups; a broken last one is dropped."""
    try:
        if coding == "hex":
            return binascii.unhexlify(payload[: len(payload) & ~1])
        payload = payload.translate(_STANDARD)
        if len(payload) % 4 == 1:
            payload = payload[:-1]
        return binascii.a2b_base64(payload + b"=" * (-len(payload) % 4))
    except ValueError:
        return b""


def _find_uu(data: bytes) -> Iterator[Blob]:
    at = 0
    while (begin := _UU_START.search(data, at)) is not None:
        at = begin.end()
        while (line := _UU_LINE.match(data, at)) is not None:
            at = line.end()
        payload = data[begin.end() : at]
        if len(payload) >= MIN_BYTES and _is_something(_decode_uu(payload[: 2 * HEAD_BYTES])):
            yield Blob(begin.start(), payload, "uu")


def _decode_uu(payload: bytes) -> bytes:
    parts = []
    for line in payload.splitlines():
        try:
            parts.append(binascii.a2b_uu(line))
        except ValueError:
            # Some encoders pad lines with more than their length says.
            length = ((line[0] - 32 & 63) * 4 + 5) // 3 + 1
            try:
                parts.append(binascii.a2b_uu(line[:length]))
            except ValueError:
                continue
    return b"".join(parts)


def _find_quoted_printable(data: bytes) -> Iterator[Blob]:
    if data.count(b"=\n") + data.count(b"=\r\n") < _MIN_SOFT_BREAKS:
        return
    first = _SOFT_BREAK.search(data)
    if first is None:
        return
    start = data.rfind(b"\n", 0, first.start()) + 1
    last = max(data.rfind(b"=\n"), data.rfind(b"=\r\n"))
    end = data.find(b"\n", data.find(b"\n", last) + 1)
    payload = data[start : len(data) if end < 0 else end]
    if len(payload) >= MIN_BYTES:
        yield Blob(start, payload, "quoted-printable")


def _in_chunks(data: bytes) -> Iterator[bytes]:
    for at in range(0, len(data), CHUNK_BYTES):
        yield data[at : at + CHUNK_BYTES]


def _all_of(stream: SeekableStream) -> bytes:
    stream.seek(0)
    size_bytes = stream.seek(0, 2)
    stream.seek(0)
    return stream.read(size_bytes)
