r"""RTF (Rich Text Format 1.9.1), in one pass that no nesting can slow down.

Groups cost a reference each. Pictures and embedded objects, hexadecimal and
often most of a file, are jumped over. Footnotes, headers, comments, field codes
and deleted text stand at the end, so that they break no sentence. HTML that
Outlook wraps in RTF comes out as text: what it says of its tags is left out.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, replace

from leakwatch.errors import ExtractError
from leakwatch.extract.base import ContentStream, Extraction
from leakwatch.extract.text_parts import TextParts
from leakwatch.extract.whole import read_whole

_TOKEN = re.compile(
    r"\\(?:([A-Za-z]{1,32})(-?[0-9]{1,10})? ?|'([0-9A-Fa-f]{2})|([^A-Za-z]))|([{}])|([^\\{}]+)",
    re.DOTALL,
)
_JUMP = re.compile(r"[\\{}]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_ENDS = re.compile(r"[\r\n]+")
_SHOWN, _ASIDE, _SKIPPED, _FONTS = "shown", "aside", "skipped", "fonts"
_DESTINATIONS = {
    "fonttbl": _FONTS,
    **dict.fromkeys(
        ("colortbl", "stylesheet", "info", "pict", "nonshppict", "objdata", "objclass", "objname",
         "themedata", "datastore", "listtable", "listoverridetable", "listtext", "pntext", "rsidtbl",
         "generator", "xmlnstbl", "pgptbl", "filetbl", "revtbl", "sp", "upr", "xe", "tc",
         "bkmkstart", "bkmkend", "atnid", "atnauthor", "atntime", "atndate", "atnref", "docvar",
         "password", "passwordhash", "template", "falt", "panose"),
        _SKIPPED,
    ),
    **dict.fromkeys(
        ("header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf",
         "footnote", "annotation", "fldinst", "title", "subject", "keywords", "doccomm"),
        _ASIDE,
    ),
    **dict.fromkeys(("ud", "shptxt", "shpinst", "objattph", "fldrslt", "result"), _SHOWN),
}  # fmt: skip
_ENDS = frozenset({"par", "line", "sect", "page", "row", "column", "softline"})
_CHARACTERS = {
    "tab": "\t", "cell": "\t", "nestcell": "\t", "emdash": "\u2014", "endash": "\u2013",
    "bullet": "\u2022", "lquote": "\u2018", "rquote": "\u2019", "ldblquote": "\u201c",
    "rdblquote": "\u201d", "emspace": " ", "enspace": " ", "qmspace": " ",
}  # fmt: skip
_SYMBOLS = {"~": " ", "_": "-", "\n": "\n", "\r": "\n", "\\": "\\", "{": "{", "}": "}"}
_CHARSETS = {
    77: "mac-roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030", 136: "cp950",
    161: "cp1253", 162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257",
    204: "cp1251", 222: "cp874", 238: "cp1250", 254: "cp437", 255: "cp850",
}  # fmt: skip
"""Of ``\\fcharset``; the others mean the document's own code page."""
_PAGES = {"mac": "mac-roman", "pc": "cp437", "pca": "cp850", "ansi": "cp1252"}


class RichText:
    """Text of an RTF file."""

    is_risky = True

    def extract(self, stream: ContentStream, *, max_chars: int) -> Extraction:
        return rich_text(read_whole(stream), max_chars=max_chars)


def rich_text(data: bytes, *, max_chars: int) -> Extraction:
    """Return the text of an RTF file.

    Raises:
        ExtractError: the bytes do not begin as one.
    """
    if not data.lstrip()[:5].startswith(b"{\\rtf"):
        raise ExtractError("the bytes do not begin as RTF")
    reader = _Reader(max_chars)
    reader.read(data.decode("latin-1"))
    text = reader.text()
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return Extraction(text[:max_chars], reader.shown.note)


@dataclass(frozen=True, slots=True)
class _State:
    """What holds until the group ends."""

    destination: str = _SHOWN
    codec: str = ""
    """Empty for the document's own."""
    is_deleted: bool = False
    is_markup: bool = False
    substitutes: int = 1
    """Characters behind ``\\u`` for programs that do not know it."""

    @property
    def is_read(self) -> bool:
        return self.destination in {_SHOWN, _ASIDE} and not self.is_markup


class _Reader:
    def __init__(self, max_chars: int) -> None:
        self.shown = TextParts(max_chars)
        self._aside = TextParts(max_chars)
        self._state = _State()
        self._outer: list[_State] = []
        self._codec = "cp1252"
        self._fonts: dict[int, str] = {}
        self._font = 0
        self._bytes = bytearray()
        self._to_skip = 0
        self._is_starred = False

    def text(self) -> str:
        """Return what was read, as UTF-16 may have come: in halves."""
        self._flush()
        return "\n".join(text for text in (self.shown.text(), self._aside.text()) if text)

    def read(self, text: str) -> None:
        at, size = 0, len(text)
        while at < size and not self.shown.is_full:
            if not self._state.is_read and text[at] not in "\\{}":
                found_next = _JUMP.search(text, at)
                at = found_next.start() if found_next else size
                continue
            found = _TOKEN.match(text, at)
            if found is None:
                at += 1
                continue
            at = found.end()
            word, number, code, symbol, brace, run = found.groups()
            if run is not None:
                self._run(run)
            elif word is not None:
                at += self._word(word, int(number) if number else None)
            elif code is not None:
                self._run(chr(int(code, 16)), is_code=True)
            elif brace is not None:
                self._brace(brace)
            else:
                self._symbol(symbol)

    def _brace(self, brace: str) -> None:
        self._flush()
        self._to_skip = 0
        self._is_starred = False
        if brace == "{":
            self._outer.append(self._state)
        elif self._outer:
            self._state = self._outer.pop()
            if not self._outer or self._state.destination == _SHOWN:
                self._aside.add(" ")

    def _run(self, run: str, *, is_code: bool = False) -> None:
        """Take characters of the code page; line ends mean nothing."""
        self._is_starred = False
        if not self._state.is_read:
            return
        run = run if is_code else _LINE_ENDS.sub("", run)
        if self._to_skip:
            skipped = min(self._to_skip, len(run))
            self._to_skip -= skipped
            run = run[skipped:]
        self._bytes += run.encode("latin-1")

    def _symbol(self, symbol: str) -> None:
        if symbol == "*":
            self._is_starred = True
        elif symbol in _SYMBOLS and self._state.is_read:
            if self._to_skip:
                self._to_skip -= 1
                return
            self._say(_SYMBOLS[symbol])

    def _word(self, word: str, number: int | None) -> int:
        """Obey a control word; return how many characters behind it are no text."""
        is_starred, self._is_starred = self._is_starred, False
        if word == "bin":
            return max(0, number or 0)
        if word == "u" and number is not None:
            self._unicode(number)
        elif is_starred or word in _DESTINATIONS:
            destination = _DESTINATIONS.get(word, _SKIPPED)
            self._flush()
            self._state = replace(self._state, destination=destination)
        elif self._state.destination == _FONTS:
            self._font_table(word, number)
        elif word in _ENDS or word in _CHARACTERS:
            if self._state.is_read:
                self._say(_CHARACTERS.get(word, "\n"))
        else:
            self._format(word, number)
        return 0

    def _unicode(self, number: int) -> None:
        if self._state.is_read:
            self._say(chr(number & 0xFFFF))
            self._to_skip = self._state.substitutes

    def _font_table(self, word: str, number: int | None) -> None:
        if word == "f":
            self._font = number or 0
        elif word == "fcharset" and len(self._fonts) < 10_000:
            self._fonts[self._font] = _CHARSETS.get(number or 0, "")

    def _format(self, word: str, number: int | None) -> None:
        if word == "f":
            self._flush()
            self._state = replace(self._state, codec=self._fonts.get(number or 0, ""))
        elif word == "uc":
            self._state = replace(self._state, substitutes=max(0, min(number or 0, 64)))
        elif word == "deleted":
            self._flush()
            self._state = replace(self._state, is_deleted=number != 0)
        elif word == "plain" and self._state.is_deleted:
            self._flush()
            self._state = replace(self._state, is_deleted=False)
        elif word == "htmlrtf":
            self._flush()
            self._state = replace(self._state, is_markup=number != 0)
        elif word == "ansicpg":
            self._codec = _known(f"cp{number}")
        elif word in _PAGES:
            self._codec = _PAGES[word]

    def _say(self, text: str) -> None:
        self._flush()
        is_aside = self._state.destination == _ASIDE or self._state.is_deleted
        (self._aside if is_aside else self.shown).add(text)

    def _flush(self) -> None:
        if self._bytes:
            text = self._bytes.decode(self._state.codec or self._codec, "replace")
            self._bytes.clear()
            self._say(text)


def _known(name: str) -> str:
    if name == "cp65001":
        return "utf-8"
    try:
        codecs.lookup(name)
    except LookupError:
        return "cp1252"
    return name
