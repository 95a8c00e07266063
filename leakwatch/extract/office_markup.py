"""Text in the XML of Office documents (ECMA-376): what a reader sees, then the rest.

Elements are known by their local names, whatever the prefix. A text box stands
behind the paragraph that holds it, so that it breaks no sentence; deleted text,
field codes and descriptions of pictures stand at the end: they are in the file.
"""

from __future__ import annotations

from collections.abc import Iterable

from leakwatch.extract.markup import attributes, local_name, pieces, plain, tags_of
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
_TAGS = tags_of(_TRACKED)
_MAX_NESTED = 1000
_MAX_COMPARED_CHARS = 50_000_000
"""Spent on finding that older programs are shown the same."""


class OfficeText:
    """Gathers the text of some parts of one document."""

    def __init__(self, max_chars: int) -> None:
        self._shown = TextParts(max_chars)
        self._hidden = TextParts(max_chars)
        self._boxes: list[list[str]] = []
        self._asides: list[str] = []
        self._choices: list[int] = []
        self._recent: list[str] = []
        self._fallback: list[str] = []
        self._falling = 0
        self._is_gap = True
        self._compared = 0

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
        for text, tag in pieces(chunks, _TAGS):
            if inside and text:
                self._say(plain(text), is_hidden=inside in _HIDDEN)
            if tag:
                inside = self._meet(local_name(tag), tag)
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
            if not self._choices:
                self._recent.clear()
        elif name == "AlternateContent" and not is_end and len(self._choices) < _MAX_NESTED:
            self._choices.append(len(self._recent))

    def _fall_back(self, *, is_end: bool) -> None:
        """Keep what older programs show at the end, unless newer ones show the same."""
        if not is_end:
            self._falling += 1
            return
        self._falling = max(0, self._falling - 1)
        if self._falling or not self._fallback:
            return
        text = "".join(self._fallback)
        self._fallback.clear()
        start = self._choices[-1] if self._choices else 0
        if not self._is_shown(text, self._recent[start:]):
            self._hidden.add(text + "\n")

    def _is_shown(self, text: str, recent: list[str]) -> bool:
        self._compared += len(text) + sum(map(len, recent))
        if self._compared > _MAX_COMPARED_CHARS:
            return False
        return "".join(text.split()) in "".join("".join(recent).split())

    def _describe(self, tag: str) -> None:
        if "descr" in tag or "title" in tag:
            for name, value in attributes(tag):
                if name in {"descr", "title"} and value:
                    self._hidden.add(value + "\n")

    def _say(self, text: str, *, is_hidden: bool) -> None:
        if self._falling:
            self._fallback.append(text)
            return
        if self._choices:
            self._recent.append(text)
        if is_hidden:
            self._hidden.add(text)
        elif self._boxes:
            self._boxes[-1].append(text)
        elif not (self._is_gap and text.isspace()):
            self._shown.add(text)
            self._is_gap = text.isspace()

    def _flush(self) -> None:
        for text in self._asides:
            self._shown.add(text)
        self._asides.clear()

    def _end_part(self) -> None:
        while self._boxes:
            self._asides += self._boxes.pop()
        self._flush()
        if self._falling:
            self._falling = 1
            self._fall_back(is_end=True)
        self._choices.clear()
        self._recent.clear()
        self._shown.add("\n")
