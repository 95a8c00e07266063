"""Text in the XML of Office documents (ECMA-376): what a reader sees, then the rest.

Elements are known by their local names, whatever the prefix. A text box stands
behind the paragraph that holds it, so that it breaks no sentence; deleted text,
field codes and descriptions of pictures stand at the end: they are in the file.
"""

from __future__ import annotations

from collections.abc import Iterable

from leakwatch.extract.markup import attributes, local_name, pieces, plain
from leakwatch.extract.text_parts import TextParts

_SHOWN = frozenset({"t", "text", "v"})
"""``w:t``, ``a:t`` and ``m:t``; comments' ``text``; labels of charts."""
_HIDDEN = frozenset({"delText", "instrText", "delInstrText"})
_ENDS = frozenset({"p", "tr", "comment", "si", "pt"})
_GAPS = frozenset({"tab", "br", "cr", "tc", "noBreakHyphen"})
_DESCRIBED = frozenset({"docPr", "cNvPr"})
_TRACKED = _SHOWN | _HIDDEN | _ENDS | _GAPS | _DESCRIBED | {
    "txbxContent", "AlternateContent", "Fallback",
}  # fmt: skip
_MAX_NESTED = 1000


class OfficeText:
    """Gathers the text of some parts of one document."""

    def __init__(self, max_chars: int) -> None:
        self._shown = TextParts(max_chars)
        self._hidden = TextParts(max_chars)
        self._boxes: list[list[str]] = []
        self._asides: list[str] = []
        self._choices: list[int] = []
        self._told = 0
        self._skipping = 0

    @property
    def is_full(self) -> bool:
        return self._shown.is_full

    @property
    def note(self) -> str | None:
        return self._shown.note or self._hidden.note

    def text(self) -> str:
        """Return everything read so far."""
        return "\n".join(text for text in (self._shown.text(), self._hidden.text()) if text)

    def read(self, chunks: Iterable[str]) -> None:
        """Add the text of one part."""
        inside = ""
        for text, tag in pieces(chunks):
            if inside and text:
                self._say(plain(text), is_hidden=inside in _HIDDEN)
            name = local_name(tag)
            if name in _TRACKED:
                inside = self._meet(name, tag)
            if self.is_full:
                break
        self._end_part()

    def _meet(self, name: str, tag: str) -> str:
        """Note a tag; return the element whose text is now read, or nothing."""
        is_end, is_empty = tag.startswith("/"), tag.endswith("/")
        if name in _SHOWN or name in _HIDDEN:
            return "" if is_end or is_empty else name
        if name in _ENDS and is_end:
            self._say("\n", is_hidden=False)
            self._hidden.add("\n" if name == "comment" else "")
            if not self._boxes:
                self._flush()
        elif name in _GAPS:
            self._say(" ", is_hidden=False)
        elif name in _DESCRIBED:
            self._describe(tag)
        elif not is_empty:
            self._nest(name, is_end=is_end)
        return ""

    def _nest(self, name: str, *, is_end: bool) -> None:
        if name == "txbxContent" and is_end and self._boxes:
            self._asides += self._boxes.pop()
        elif name == "txbxContent" and not is_end and len(self._boxes) < _MAX_NESTED:
            self._boxes.append([])
        elif name == "Fallback":
            self._fall_back(is_end=is_end)
        elif name == "AlternateContent" and is_end and self._choices:
            self._choices.pop()
        elif name == "AlternateContent" and not is_end and len(self._choices) < _MAX_NESTED:
            self._choices.append(self._told)

    def _fall_back(self, *, is_end: bool) -> None:
        """Pass over what older programs show, where newer ones were shown something."""
        if is_end:
            self._skipping = max(0, self._skipping - 1)
        elif self._skipping or (self._choices and self._told > self._choices[-1]):
            self._skipping += 1

    def _describe(self, tag: str) -> None:
        if "descr" in tag or "title" in tag:
            for name, value in attributes(tag):
                if name in {"descr", "title"} and value:
                    self._hidden.add(value + "\n")

    def _say(self, text: str, *, is_hidden: bool) -> None:
        if self._skipping:
            return
        self._told += len(text.strip())
        if is_hidden:
            self._hidden.add(text)
        elif self._boxes:
            self._boxes[-1].append(text)
        else:
            self._shown.add(text)

    def _flush(self) -> None:
        for text in self._asides:
            self._shown.add(text)
        self._asides.clear()

    def _end_part(self) -> None:
        while self._boxes:
            self._asides += self._boxes.pop()
        self._flush()
        self._choices.clear()
        self._skipping = 0
        self._shown.add("\n")
