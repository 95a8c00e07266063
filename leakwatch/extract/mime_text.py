"""Words out of what mail packs them in: transfer encodings, charsets, encoded words. Pure.

Nothing here raises for what a message says: bytes of no meaning become U+FFFD.
"""

from __future__ import annotations

import binascii
import codecs
import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from leakwatch.errors import Corrupt
from leakwatch.extract.encoding import SAMPLE_BYTES, find_encoding
from leakwatch.extract.mime import Part

CHUNK_BYTES = 64 * 1024
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?\s]{0,4000})\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)[ \t\r\n]+(?==\?)")
_EXTENDED = re.compile(r"([\w.:-]{0,40})'[\w-]{0,20}'(.*)", re.DOTALL)
_NOT_BASE64 = bytes(
    byte for byte in range(256) if not (chr(byte).isalnum() and byte < 128) and byte not in b"+/="
)
_NO_CHARSETS = frozenset({"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape"})
"""Codecs of Python that no mail is written in; some are slow."""
_MAX_NAME_CHARS = 4096
_MAX_RUNS = 10_000
"""Paddings in one base64 body; one is usual."""


def decoded_chunks(data: bytes, part: Part) -> Iterator[bytes]:
    """Yield a part's content in pieces of about ``CHUNK_BYTES`` at most.

    Raises:
        Corrupt: it is no work of a mail program from here on.
    """
    if part.coding == "base64":
        yield from _base64(data, part.start, part.end)
    elif part.coding == "quoted-printable":
        yield from _quoted_printable(data, part.start, part.end)
    elif part.coding in {"x-uuencode", "uuencode", "x-uue", "uue"}:
        yield from _uuencoded(data, part.start, part.end)
    else:
        for at in range(part.start, part.end, CHUNK_BYTES):
            yield data[at : min(at + CHUNK_BYTES, part.end)]


def _base64(data: bytes, start: int, end: int) -> Iterator[bytes]:
    rest = b""
    left = _MAX_RUNS
    for at in range(start, end, CHUNK_BYTES):
        letters = rest + data[at : min(at + CHUNK_BYTES, end)].translate(None, _NOT_BASE64)
        # Padding ends one run of groups; senders paste several together.
        *ended, rest = letters.split(b"=", left)
        for run in ended:
            yield from _groups(run)
        left -= len(ended)
        if not left:
            raise Corrupt(f"base64 with more than {_MAX_RUNS} ends")
        whole = len(rest) & ~3
        yield from _groups(rest[:whole])
        rest = rest[whole:]
    yield from _groups(rest)


def _groups(letters: bytes) -> Iterator[bytes]:
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    if letters:
        yield binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def _quoted_printable(data: bytes, start: int, end: int) -> Iterator[bytes]:
    at = start
    while at < end:
        stop = min(at + CHUNK_BYTES, end)
        if stop < end:
            # Whole lines; where there are none, not within a code.
            line_end = data.rfind(b"\n", at, stop) + 1
            code = data.rfind(b"=", max(at + 1, stop - 2), stop)
            stop = line_end or (code if code > 0 else stop)
        yield binascii.a2b_qp(data[at:stop])
        at = stop


def _uuencoded(data: bytes, start: int, end: int) -> Iterator[bytes]:
    at = data.find(b"begin", start, end)
    at = data.find(b"\n", at, end) + 1 if at >= 0 else start
    while 0 < at < end or at == start < end:
        line_end = data.find(b"\n", at, end)
        line_end = end if line_end < 0 else line_end
        line = data[at : min(line_end, at + 200)].rstrip(b"\r")
        if line.startswith(b"end") or not line:
            return
        try:
            yield binascii.a2b_uu(line)
        except ValueError:
            length = ((line[0] - 32 & 63) * 4 + 5) // 3 + 1
            try:
                yield binascii.a2b_uu(line[:length])
            except ValueError:
                return
        at = line_end + 1


def to_text(raw: bytes, charset: str) -> str:
    """Decode words by their declared charset where it fits, else by what they look like."""
    codec = _codec(charset)
    if codec is not None and (codec != "ascii" or raw.isascii()):
        try:
            return raw.decode(codec)
        except (UnicodeError, ValueError, LookupError):
            pass
    sample = raw[:SAMPLE_BYTES]
    guess = find_encoding(sample, is_whole=len(raw) <= SAMPLE_BYTES)
    return raw.decode(guess, "replace")


def _codec(charset: str) -> str | None:
    try:
        info = codecs.lookup(charset.strip()[:40])
        "".encode(info.name)
    except (LookupError, ValueError, TypeError):
        # Unknown, or a codec from bytes to bytes.
        return None
    return None if info.name.replace("-", "_") in _NO_CHARSETS else info.name


def header_text(value: str) -> str:
    """Return a header with its encoded words (RFC 2047) decoded."""
    if "=?" not in value:
        return value
    return _WORD.sub(_decoded_word, _BETWEEN_WORDS.sub(r"\1", value))


def _decoded_word(word: re.Match[str]) -> str:
    raw = word[3].encode("utf-8", "replace")
    if word[2] in "bB":
        letters = raw.translate(None, _NOT_BASE64).rstrip(b"=")
        return to_text(b"".join(_groups(letters)), word[1].partition("*")[0])
    return to_text(binascii.a2b_qp(raw, header=True), word[1].partition("*")[0])


def file_name(part: Part) -> str:
    """Return the name of an attachment, decoded whichever way it was encoded; may be empty."""
    name = part.filename[:_MAX_NAME_CHARS]
    extended = _EXTENDED.fullmatch(name)
    if extended is not None:
        return to_text(unquote_to_bytes(extended[2]), extended[1] or "utf-8")
    return header_text(name)
