"""OpenDocument (ODF 1.3): texts, sheets, slides and drawings, each one text.

The text of an element is whatever stands in it. Notes, comments and text boxes
stand behind the paragraph that holds them; deleted text, which the format keeps
at the start of the file, and headers and footers at the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from leakwatch.errors import Encrypted
from leakwatch.extract.base import ContentStream, Extraction
from leakwatch.extract.markup import decoded, local_name, pieces, plain
from leakwatch.extract.package import Package
from leakwatch.extract.text_parts import TextParts

_CONTENT = re.compile(r"(?:object[^/]*/)*content\.xml")
_REST = re.compile(r"(?:styles|meta)\.xml")
_TOLD_FACTS = frozenset({"title", "subject", "description", "keyword", "user-defined"})
_ASIDE = frozenset({"annotation", "note", "text-box", "custom-shape", "title", "desc"})
_AT_END = frozenset({"tracked-changes"})
_PASSED_OVER = frozenset({"number-style", "date-style", "time-style", "currency-style",
                          "percentage-style", "boolean-style", "text-style", "binary-data",
                          "script", "dc:creator", "dc:date", "date-string", "event-listeners",
                          "linenumbering-configuration"})  # fmt: skip
_FACTS = ("dc:", "/dc:")
_ENDS = frozenset({"p", "h", "table-row", "page"})
_GAPS = frozenset({"s", "tab", "line-break", "table-cell"})
_BUFFERED = _ASIDE | _AT_END | _PASSED_OVER
_MAX_NESTED = 30


class OpenDocument:
    """Text of an OpenDocument package."""

    is_risky = True

    def extract(self, stream: ContentStream, *, max_chars: int) -> Extraction:
        package = Package(stream)
        for info in package.parts(lambda name: name == "meta-inf/manifest.xml"):
            if any(b"encryption-data" in data for data in package.chunks(info)):
                raise Encrypted("the document has a password")
        content = OpenText(max_chars)
        for info in package.parts(lambda name: bool(_CONTENT.fullmatch(name))):
            content.read(decoded(package.chunks(info)))
        rest = OpenText(max_chars)
        for info in package.parts(lambda name: bool(_REST.fullmatch(name))):
            if info.filename.lower().endswith("meta.xml"):
                rest.read_facts(decoded(package.chunks(info)))
            else:
                rest.read(decoded(package.chunks(info)))
        text = "\n".join(part for part in (content.text(), rest.text()) if part)
        return Extraction(text[:max_chars], content.note or package.note)


class OpenText:
    """Gathers the text of some parts of one document, or of a flat one."""

    def __init__(self, max_chars: int) -> None:
        self._shown = TextParts(max_chars)
        self._end = TextParts(max_chars)
        self._nested: list[tuple[str, list[str]]] = []
        self._asides: list[str] = []

    @property
    def note(self) -> str | None:
        return self._shown.note

    def text(self) -> str:
        """Return everything read so far."""
        texts = (self._shown.text().strip("\n"), self._end.text().strip("\n"))
        return "\n".join(text for text in texts if text)

    def read(self, chunks: Iterable[str]) -> None:
        """Add the text of a part."""
        for text, tag in pieces(chunks):
            if text and not text.isspace():
                self._say(plain(text))
            name = local_name(tag)
            if tag.startswith(_FACTS):
                name = f"dc:{name}"
            if name in _BUFFERED:
                self._nest(name, tag)
            elif name in _ENDS:
                self._say("\n")
                if not self._nested:
                    self._flush()
            elif name in _GAPS:
                self._say(" ")
            if self._shown.is_full:
                break
        while self._nested:
            self._pop()
        self._flush()
        self._say("\n")

    def read_facts(self, chunks: Iterable[str]) -> None:
        """Add what a document says of itself: its title, not its author."""
        for text, tag in pieces(chunks):
            if tag.startswith("/") and local_name(tag) in _TOLD_FACTS:
                self._say(plain(text) + "\n")

    def _nest(self, name: str, tag: str) -> None:
        if tag.endswith("/"):
            return
        if not tag.startswith("/"):
            if len(self._nested) < _MAX_NESTED:
                self._nested.append((name, []))
        elif any(name == outer for outer, _ in self._nested):
            while self._pop() != name:
                pass

    def _pop(self) -> str:
        name, texts = self._nested.pop()
        if name in _AT_END:
            self._end.add("".join(texts))
        elif name not in _PASSED_OVER:
            self._asides += [*texts, "\n"]
        return name

    def _say(self, text: str) -> None:
        if self._nested:
            self._nested[-1][1].append(text)
        else:
            self._shown.add(text)

    def _flush(self) -> None:
        for text in self._asides:
            self._shown.add(text)
        self._asides.clear()
