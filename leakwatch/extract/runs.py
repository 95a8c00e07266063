"""Runs of text in bytes of a kind that nobody reads: databases, mail stores, backups.

The last resort: it knows no format, so words come in the order they lie in the
file, with what else looks like text between them. Compressed and encrypted
content gives nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from leakwatch.extract.base import ContentStream, Extraction
from leakwatch.model.coverage import RUNS_OF_TEXT

MIN_CHARS = 24
"""A shorter run says little; in random bytes one of this length is rare."""
MAX_BYTES = 512 * 1024 * 1024
"""Looked at, some 15 s of CPU; larger files of unknown kind are films and disk images."""
_CHUNK_BYTES = 4 * 1024 * 1024
# One class of bytes a pattern: a choice at every byte would be seven times as slow.
_NARROW = re.compile(rb"[\t\n\r\x20-\x7e\x80-\xf4]{%d,}" % MIN_CHARS)
_WIDE = re.compile(rb"(?:[\t\n\r\x20-\x7e]\x00){%d,}" % MIN_CHARS)
"""ASCII in UTF-16, as Windows programs keep it."""
_NO_LETTERS = bytes(c for c in range(128) if not chr(c).isalpha())


class TextRuns:
    """Everything in a stream that looks like text."""

    is_risky = False

    def extract(self, stream: ContentStream, *, max_chars: int) -> Extraction:
        """Return the runs, one a line; empty where there is none."""
        parts: list[str] = []
        chars = 0
        for text in _runs(stream):
            parts.append(text)
            chars += len(text) + 1
            if chars > max_chars:
                break
        text = "\n".join(parts)[:max_chars]
        return Extraction(text, RUNS_OF_TEXT if text else None)


def _runs(stream: ContentStream) -> Iterator[str]:
    """Yield runs; one that crosses the border of two chunks comes in two."""
    for _ in range(MAX_BYTES // _CHUNK_BYTES):
        data = stream.read(_CHUNK_BYTES)
        if not data:
            return
        if data == data[:1] * len(data):
            # Nothing but zeros, mostly: holes in disk images, and bombs. A hundred times as fast.
            continue
        for found in _NARROW.finditer(data):
            if text := _words(found[0]):
                yield text
        if data.count(0) * 10 > len(data):
            for found in _WIDE.finditer(data):
                if text := _words(found[0][::2]):
                    yield text


def _words(run: bytes) -> str:
    """Return the text of a run, or nothing: rules, tables of numbers and noise hold few letters."""
    letters = run.translate(None, _NO_LETTERS)
    if 2 * len(letters) < len(run):
        return ""
    try:
        return run.decode("utf-8")
    except UnicodeDecodeError:
        # Cut at its ends, or noise: bytes of the upper half are half of that.
        text = run.decode("utf-8", "ignore")
        return text if 8 * len(text.encode()) > 7 * len(run) else ""
