"""A reader of JavaScript literals as people type them; it never evaluates.

Takes unquoted keys, three kinds of quotes, comments, trailing commas, raw line
ends and control characters in strings, every escape of ECMA-262 12.9.4, string
sums, and steps over what is no literal (calls, functions, spreads). chompjs and
pyjson5 were measured on the cases of ``tests/sources/wire/test_js_literal.py``:
they fail nine and seven of them (back quotes over lines, raw control
characters, ``undefined``, comments before a colon, escapes), hence a reader.
"""

from __future__ import annotations

import re
from typing import Any

_SKIP = re.compile(r"(?:\s+|//[^\n\r\u2028\u2029]*|<!--[^\n\r]*|/\*.*?(?:\*/|\Z))*", re.DOTALL)
_NUMBER = re.compile(
    r"[+-]?(?:0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+"
    r"|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?)n?(?![\w$])"
)
_WORD = re.compile(r"[^\W\d][\w$\u200c\u200d]*|[$][\w$]*")
_STRING = {q: re.compile(rf"[^\\{q}]*+(?:\\.[^\\{q}]*+)*+", re.DOTALL) for q in "'\"`"}
_ESCAPE = re.compile(
    r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r\n|.))", re.DOTALL
)
_ONE_LETTER = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_LINE_ENDS = ("\n", "\r", "\r\n", "\u2028", "\u2029")
_WORDS: dict[str, Any] = {
    "null": None, "undefined": None, "true": True, "false": False, "NaN": None, "Infinity": None,
}  # fmt: skip
_OPENERS, _CLOSERS = "([{", ")]}"
MAX_DEPTH = 64


class NotALiteral(ValueError):
    """The text at this position cannot be read on."""


class LiteralReader:
    """Reads one value after the other out of a text, from ``at`` on."""

    def __init__(self, text: str, at: int = 0) -> None:
        self._text = text
        self.at = at

    def peek(self) -> str:
        """Step over space and comments; return the next letter, ``""`` at the end."""
        found = _SKIP.match(self._text, self.at)
        self.at = found.end() if found else self.at
        return self._text[self.at : self.at + 1]

    def value(self, depth: int = 0) -> Any:
        """Read one value; what is an expression gives the one string in it, or None.

        Raises:
            NotALiteral: unbalanced, cut short, or nested over ``MAX_DEPTH``.
        """
        if depth > MAX_DEPTH:
            raise NotALiteral("nested too deep")
        first, start = self.peek(), self.at
        found: Any = None
        if first == "[":
            found = list(self.elements(depth))
        elif first == "{":
            found = self._object(depth)
        elif first and first in _STRING:
            found = self._string(first)
        elif number := _NUMBER.match(self._text, self.at):
            self.at = number.end()
            found = _number(number[0])
        elif word := _WORD.match(self._text, self.at):
            self.at = word.end()
            if word[0] not in _WORDS:
                return self._expression(start)
            found = _WORDS[word[0]]
        elif first in (",", ""):
            raise NotALiteral("a value is missing")
        if self.peek() in (",", "]", "}", ";", ""):
            return found
        return self._expression(start)

    def elements(self, depth: int = 0) -> Any:
        """Yield the elements of the array at this position, as they are read."""
        self._take("[")
        while self.peek() != "]":
            if self.peek() == ",":  # an elision
                self.at += 1
                continue
            if self._text.startswith("...", self.at):
                self._expression(self.at)
            else:
                yield self.value(depth + 1)
            if self.peek() != "]":
                self._take(",")
        self.at += 1

    def _object(self, depth: int) -> dict[str, Any]:
        self._take("{")
        found: dict[str, Any] = {}
        while (first := self.peek()) != "}":
            if first == ",":
                self.at += 1
                continue
            key = self._key(first)
            if self.peek() == ":":
                self.at += 1
                found[key] = self.value(depth + 1)
            else:  # shorthand, method, spread
                self._expression(self.at)
            if self.peek() != "}":
                self._take(",")
        self.at += 1
        return found

    def _key(self, first: str) -> str:
        if first and first in _STRING:
            return self._string(first)
        for pattern in (_WORD, _NUMBER):
            if found := pattern.match(self._text, self.at):
                self.at = found.end()
                return found[0]
        if first == "[":  # computed
            return "".join(str(part) for part in self.elements())
        if self._text.startswith("...", self.at):
            return ""
        raise NotALiteral("a key is missing")

    def _string(self, quote: str) -> str:
        found = _STRING[quote].match(self._text, self.at + 1)
        end = found.end() if found else self.at
        if self._text[end : end + 1] != quote:
            raise NotALiteral("a string has no end")
        raw, self.at = self._text[self.at + 1 : end], end + 1
        return _unescaped(raw) if "\\" in raw else raw

    def _expression(self, start: int) -> Any:
        """Step to the comma or bracket that ends an expression.

        ``"a" + "b"`` is its strings joined; ``new Date("...")`` its one string.
        """
        self.at = start
        strings: list[str] = []
        depth, is_sum = 0, True
        while letter := self.peek():
            if letter in _STRING:
                strings.append(self._string(letter))
                continue
            if depth == 0 and letter in ",]};":
                break
            depth += (letter in _OPENERS) - (letter in _CLOSERS)
            if depth < 0:
                break
            is_sum &= letter == "+"
            self.at += 1
        if not letter:
            raise NotALiteral("an expression has no end")
        if is_sum and strings:
            return "".join(strings)
        return strings[0] if len(strings) == 1 else None

    def _take(self, letter: str) -> None:
        if self.peek() != letter:
            raise NotALiteral(f"expected {letter}")
        self.at += 1


def _number(raw: str) -> int | float:
    plain = raw.replace("_", "").rstrip("n") if raw[-1] == "n" else raw.replace("_", "")
    try:
        if plain.lstrip("+-")[:2].lower() in ("0x", "0o", "0b"):
            return int(plain, 0)
        return int(plain) if plain.lstrip("+-").isdigit() else float(plain)
    except ValueError:
        return 0  # thousands of digits: Python refuses, and no page means it


def _unescaped(raw: str) -> str:
    text = _ESCAPE.sub(_escape, raw)
    # Two \u escapes make one letter beyond the BMP; a lone half becomes U+FFFD.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _escape(found: re.Match[str]) -> str:
    code = found[1] or found[2] or found[3]
    if code:
        number = int(code, 16)
        return chr(number) if number <= 0x10FFFF else "\ufffd"
    letter = found[4]
    return "" if letter in _LINE_ENDS else _ONE_LETTER.get(letter, letter)
