"""Mail messages (RFC 5322): what a reader sees of headers and bodies.

Attachments are members of the message as a container, not part of its text.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import re
from collections.abc import Iterator

from leakwatch.errors import Corrupt, ExtractError
from leakwatch.extract.base import ContentStream, Extraction, Extractor
from leakwatch.extract.mime import MAX_PARTS, Headers, Part, value_text, walk_parts
from leakwatch.extract.mime_text import decoded_chunks, header_text, to_text

_MACHINERY = re.compile(
    r"received|return-path|delivered-to|message-id|references|in-reply-to|mime-version|sender"
    r"|errors-to|precedence|lines|path|xref|user-agent|status|autocrypt|envelope-to|x-.*|arc-.*"
    r"|dkim-.*|domainkey-.*|list-.*|content-.*|authentication-.*|received-spf|thread-(?:index|topic)"
)
"""Headers that servers and programs talk to each other in. All others may be a person's words."""
_MAX_HEADER_CHARS = 1024 * 1024


class MailText:
    """Text of a message: headers that say something, then each body in order.

    Args:
        pages: reads the bodies that are HTML.
    """

    def __init__(self, pages: Extractor) -> None:
        self._pages = pages
        self.is_risky = pages.is_risky

    def extract(self, stream: ContentStream, *, max_chars: int) -> Extraction:
        stream.seek(0, 2)
        size_bytes = stream.tell()
        stream.seek(0)
        data = stream.read(size_bytes)
        texts: list[str] = []
        left = max_chars
        parts = 0
        for part in walk_parts(data):
            parts += 1
            for text in (_told(part.headers), self._body(data, part, left)):
                texts.append(text[:left])
                left -= len(texts[-1])
        note = None
        if left <= 0:
            note = f"text cut after {max_chars} characters"
        elif parts >= MAX_PARTS:
            note = f"only the first {MAX_PARTS} parts were read"
        return Extraction("\n\n".join(text for text in texts if text), note)

    def _body(self, data: bytes, part: Part, max_chars: int) -> str:
        if not part.is_body or part.start == part.end or max_chars <= 0:
            return ""
        raw = b"".join(_at_most(decoded_chunks(data, part), 4 * max_chars))
        text = to_text(raw, part.charset).replace("\0", "")
        if part.content_type not in {"text/html", "application/xhtml+xml"}:
            return text
        # The charset is settled: the page's own word on it no longer counts.
        page = io.BytesIO(codecs.BOM_UTF8 + text.encode("utf-8", "replace"))
        try:
            return self._pages.extract(page, max_chars=max_chars).text
        except ExtractError:
            return ""


def _told(headers: Headers) -> str:
    """Return the headers that are a person's words, a line each."""
    lines: list[str] = []
    left = _MAX_HEADER_CHARS
    for name, value in headers:
        if not _MACHINERY.fullmatch(name) and left > 0:
            lines.append(f"{name.title()}: {header_text(value_text(value))}"[:left])
            left -= len(lines[-1])
    return "\n".join(lines)


def _at_most(chunks: Iterator[bytes], max_bytes: int) -> Iterator[bytes]:
    """Yield the first bytes of a body, as far as it can be decoded."""
    with contextlib.suppress(Corrupt):
        for chunk in chunks:
            yield chunk[:max_bytes]
            max_bytes -= len(chunk)
            if max_bytes <= 0:
                return
