"""Runs of text in the bytes of a damaged document: the last way, for whatever stands there.

A download cut short has lost its directory, which stands at the end, but not
its text. Runs of 8-bit text and of UTF-16 in the scripts of Europe and the Near
East are taken as they lie.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from leakwatch.errors import ExtractError
from leakwatch.extract.base import ContentStream, Extraction
from leakwatch.extract.text_parts import TextParts
from leakwatch.extract.whole import read_whole

_RUN = re.compile(
    rb"((?:[\x07\t\n\r\x20-\xff]\x00|[\x00-\xff][\x03-\x06]|[\x10-\x26]\x20){12,})"
    rb"|[\x07\t\n\r\x20-\x7e\x85\x91-\x97\xa0-\xfe]{16,}"
)
_LETTERS = re.compile(r"[^\W\d_]")
_MIN_LETTERS_SHARE = 0.6
_CONTROLS = {7: "\t", 13: "\n"}


class CarvedText:
    """Text of a file that its own reader gave up on."""

    is_risky = True

    def extract(self, stream: ContentStream, *, max_chars: int) -> Extraction:
        parts = TextParts(max_chars)
        for run in text_runs(read_whole(stream)):
            if not parts.add(run + "\n"):
                break
        if parts.is_empty:
            raise ExtractError("no text stands in the damaged file")
        return Extraction(parts.text(), parts.note)


def text_runs(data: bytes) -> Iterator[str]:
    """Yield the runs that are mostly letters."""
    for found in _RUN.finditer(data):
        codec = "utf-16-le" if found[1] else "cp1252"
        text = found[0].decode(codec, "replace").translate(_CONTROLS)
        letters = len(_LETTERS.findall(text)) + text.count(" ")
        if letters >= _MIN_LETTERS_SHARE * len(text):
            yield text
