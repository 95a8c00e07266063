"""XML of any kind: what stands between the tags, then what stands in attributes.

C-CDA and FHIR keep names, dates and results in attributes, so those count.
Comments, CDATA and the values of declared entities count too; namespaces and
links do not. Never a parser: see ``markup``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from leakwatch.extract.base import ContentStream, Extraction
from leakwatch.extract.markup import attributes, decoded, pieces, plain
from leakwatch.extract.text_parts import TextParts

_CHUNK_BYTES = 256 * 1024
_SECTION_MARKS = ("<![CDATA[", "]]>")
_DECLARED_TEXT = re.compile(r"""["']([^"']{2,10000})["']""")
_NO_TEXT = frozenset({
    "xmlns", "schemaLocation", "version", "encoding", "standalone", "href", "src", "rel", "type",
    "root", "codeSystem", "templateId", "classCode", "moodCode", "typeCode", "style", "class",
    "nullFlavor", "space", "lang", "id", "ID", "xsi", "determinerCode", "contextControlCode",
})  # fmt: skip
"""Attributes that are the same on all documents of a kind, or say nothing."""


class XmlText:
    """Text of an XML file."""

    is_risky = True

    def extract(self, stream: ContentStream, *, max_chars: int) -> Extraction:
        text, values = TextParts(max_chars), TextParts(max_chars)
        for shown, tag in pieces(_without_sections(decoded(_chunks(stream)))):
            if shown:
                text.add(plain(shown) + " ")
            if "=" in tag or tag.startswith("!"):
                for value in _values(tag):
                    values.add(value + "\n")
            if text.is_full:
                break
        return Extraction((text.text() + "\n" + values.text())[:max_chars], text.note)


def _chunks(stream: ContentStream) -> Iterator[bytes]:
    while data := stream.read(_CHUNK_BYTES):
        yield data


def _values(tag: str) -> Iterator[str]:
    """Yield what a tag says beside its name."""
    if tag.startswith("!ENTITY"):
        for found in _DECLARED_TEXT.finditer(tag):
            yield plain(found[1])
    elif tag.startswith("!--"):
        yield plain(tag.strip("!-"))
    elif not tag.startswith(("?", "/", "!")):
        for name, value in attributes(tag):
            if value and name not in _NO_TEXT and not value.startswith(("http:", "https:", "urn:")):
                yield value


def _without_sections(chunks: Iterator[str]) -> Iterator[str]:
    """Yield markup in which CDATA has become plain text."""
    is_inside = False
    rest = ""
    for chunk in chunks:
        rest += chunk
        start = 0
        out: list[str] = []
        while (at := rest.find(_SECTION_MARKS[is_inside], start)) >= 0:
            out.append(_escaped(rest[start:at]) if is_inside else rest[start:at])
            start = at + len(_SECTION_MARKS[is_inside])
            is_inside = not is_inside
        # Half a mark may stand at the end.
        end = max(start, len(rest) - len(_SECTION_MARKS[is_inside]) + 1)
        out.append(_escaped(rest[start:end]) if is_inside else rest[start:end])
        yield "".join(out)
        rest = rest[end:]
    yield _escaped(rest) if is_inside else rest


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", " &lt;").replace(">", "&gt;")
