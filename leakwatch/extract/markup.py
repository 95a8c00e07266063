"""XML cut into text and tags, in linear time and bounded memory whatever it is.

Not a parser: nesting is not checked, entities that the document declares are
not expanded, nothing is fetched. So nothing nested too deep, no bomb and no
damage keeps a word from being read. A ``>`` within an attribute ends the tag
early; the rest of the attribute is then taken for text.
"""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Iterable, Iterator

_TAG = re.compile(r"<(?![\s\d=])([^<>]*)>")
"""What "< 70 and >" is not: a name, a slash, a mark of XML's own stands behind the bracket."""
_LOCAL_NAME = re.compile(r"/?(?:[^\s:/>\"']*:)?([^\s:/>\"']*)")
# Names begin behind white space: none is looked at twice.
_ATTRIBUTE = re.compile(r"""(?<=\s)([^\s=<>"'/]{1,100})\s{0,9}=\s{0,9}(?:"([^"<]*)"|'([^'<]*)')""")
_ENDLESS_NUMBER = re.compile(r"&#[xX]?[0-9a-fA-F]{10,}")
_DECLARED = re.compile(rb"""^.{0,80}?encoding\s*=\s*["']([\w.-]{2,40})["']""", re.DOTALL)
_MAX_OPEN_CHARS = 1024 * 1024
"""A text or tag longer than this is handed on in pieces."""


def tags_of(names: Iterable[str]) -> re.Pattern[str]:
    """Return what ``pieces`` needs to stop at some elements only, by their local names."""
    choice = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    return re.compile(rf"<(/?(?:[^\s<>/:]{{1,40}}:)?(?:{choice})(?:[\s/][^<>]*)?)>")


def pieces(chunks: Iterable[str], tag: re.Pattern[str] = _TAG) -> Iterator[tuple[str, str]]:
    """Yield (text, the tag behind it without its brackets).

    Entities are resolved in neither; see ``plain``. A tag may be empty: a long
    text comes in pieces. With ``tags_of`` other tags are left in the text.
    """
    rest = ""
    for chunk in chunks:
        rest += chunk
        end = rest.rfind(">") + 1
        if not end and len(rest) > _MAX_OPEN_CHARS:
            yield rest, ""
            rest = ""
        if end:
            found = tag.split(rest[:end])
            rest = rest[end:]
            yield from zip(found[:-1:2], found[1::2], strict=True)
            if found[-1]:
                yield found[-1], ""
    if rest:
        yield rest, ""


def plain(text: str) -> str:
    """Return text with entities resolved, without tags that were left in it."""
    if "<" in text:
        text = _TAG.sub("", text)
    return html.unescape(_ENDLESS_NUMBER.sub(" ", text)) if "&" in text else text


def local_name(tag: str) -> str:
    """Return an element's name without its prefix, whether the tag opens or closes it."""
    found = _LOCAL_NAME.match(tag)
    return found[1] if found else ""


def attributes(tag: str) -> Iterator[tuple[str, str]]:
    """Yield (local name, value) of a tag's attributes."""
    for found in _ATTRIBUTE.finditer(tag):
        yield found[1].rpartition(":")[2], plain(found[2] or found[3] or "")


def decoded(chunks: Iterable[bytes]) -> Iterator[str]:
    """Yield the text of an XML file's bytes: mark, declaration, else UTF-8; never fails."""
    source = iter(chunks)
    first = next(source, b"")
    decoder = codecs.getincrementaldecoder(xml_encoding(first))("replace")
    yield decoder.decode(first)
    for chunk in source:
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


def xml_encoding(head: bytes) -> str:
    """Return the codec that an XML file's start asks for (XML 1.0, appendix F)."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
        (b"<\0", "utf-16-le"),
        (b"\0<", "utf-16-be"),
    ):
        if head.startswith(mark):
            return name
    found = _DECLARED.match(head) if head.lstrip()[:5] == b"<?xml" else None
    name = found[1].decode("ascii", "replace") if found else "utf-8"
    try:
        # Python has codecs that decode no text: those have no incremental decoder of str.
        is_text = isinstance(codecs.getincrementaldecoder(name)("replace").decode(b""), str)
    except Exception:  # noqa: BLE001  (a name out of the file)
        is_text = False
    return name if is_text else "utf-8"
