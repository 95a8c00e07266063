"""Pieces of text gathered up to a limit."""

from __future__ import annotations


class TextParts:
    """Text in the making; says when it is enough and remembers that it was cut."""

    def __init__(self, max_chars: int) -> None:
        self._max_chars = max_chars
        self._left = max_chars
        self._parts: list[str] = []

    def add(self, text: str) -> bool:
        """Add a piece; return whether there is room for more."""
        if text:
            self._parts.append(text if len(text) <= self._left else text[: max(0, self._left)])
            self._left -= len(text)
        return self._left >= 0

    @property
    def is_full(self) -> bool:
        return self._left < 0

    @property
    def is_empty(self) -> bool:
        return not self._parts

    @property
    def note(self) -> str | None:
        return f"text cut after {self._max_chars} characters" if self.is_full else None

    def text(self) -> str:
        return "".join(self._parts)
