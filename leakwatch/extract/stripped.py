"""Markup without its tags, in linear time whatever the markup is.

The way out when a parser dies, and the way in for XML: the words of an office
document are split over many elements, which the fingerprint does not notice.
"""

from __future__ import annotations

import html
import re

from leakwatch.extract.base import ContentStream, Extraction
from leakwatch.extract.plain import decode, find_encoding_of

# Neither pattern looks at a character more than twice.
_TAG = re.compile(r"<[^<>]*>")
# Numbers of thousands of digits are refused by int(), and no character has ten.
_ENDLESS_NUMBER = re.compile(r"&#[xX]?[0-9a-fA-F]{10,}")


class StrippedMarkup:
    """Everything between the tags, comments and scripts too."""

    is_risky = False

    def extract(self, stream: ContentStream, *, max_chars: int) -> Extraction:
        content = decode(stream, max_chars=max_chars, choose=find_encoding_of)
        return Extraction(strip_tags(content.text), content.note)


def strip_tags(markup: str) -> str:
    """Return markup with each tag replaced by a space and entities resolved."""
    return html.unescape(_ENDLESS_NUMBER.sub(" ", _TAG.sub(" ", markup)))


def linear_text(data: bytes) -> str:
    """Return the text of bytes in two passes that nothing can slow down; never fails."""
    encoding = "utf-8"
    for mark, name in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            encoding = name
    text = data.decode(encoding, "replace")
    if text.count("\ufffd") * 100 > len(text):
        text = data.decode("cp1252", "replace")
    return strip_tags(text).replace("\0", "")
