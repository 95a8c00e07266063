"""Books (EPUB) and fixed pages (XPS, OpenXPS): ZIP files of pages, each one text."""

from __future__ import annotations

import re

from leakwatch.extract.base import ContentStream, Extraction
from leakwatch.extract.markup import attributes, decoded, local_name, pieces, plain
from leakwatch.extract.package import Package
from leakwatch.extract.text_parts import TextParts

_CHAPTER = re.compile(r".*\.(?:x?html?)")
_PAGE = re.compile(r".*\.fpage")
_NOT_SHOWN = frozenset({"style", "script"})


class Book:
    """Text of the chapters, in the order of their names."""

    is_risky = True

    def extract(self, stream: ContentStream, *, max_chars: int) -> Extraction:
        package = Package(stream)
        parts = TextParts(max_chars)
        for info in package.parts(lambda name: bool(_CHAPTER.fullmatch(name))):
            name = ""
            for text, tag in pieces(decoded(package.chunks(info))):
                if text and name not in _NOT_SHOWN and not parts.add(plain(text) + " "):
                    break
                name = "" if tag.startswith("/") else local_name(tag).lower()
        return Extraction(parts.text(), parts.note or package.note)


class FixedPages:
    """Text of the glyphs, in the order of the pages."""

    is_risky = True

    def extract(self, stream: ContentStream, *, max_chars: int) -> Extraction:
        package = Package(stream)
        parts = TextParts(max_chars)
        for info in package.parts(lambda name: bool(_PAGE.fullmatch(name))):
            for _, tag in pieces(decoded(package.chunks(info))):
                if "UnicodeString" not in tag:
                    continue
                texts = [value for key, value in attributes(tag) if key == "UnicodeString"]
                # A brace at the start is escaped by an empty pair.
                if not parts.add(" ".join(text.removeprefix("{}") for text in texts) + "\n"):
                    break
        return Extraction(parts.text(), parts.note or package.note)
