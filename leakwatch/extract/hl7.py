"""HL7 version 2 messages (chapter 2): what is said in the fields, escapes resolved.

A report of forty lines is forty OBX segments, each with a name and number of its
own before the line. So the lines are given first, one after the other as they
were written, then all that stands in the other fields.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from leakwatch.extract.base import ContentStream, Extraction
from leakwatch.extract.plain import decode, find_encoding_of

_SEGMENT_END = re.compile(r"[\r\n\x0b\x1c]+")
"""CR as the standard has it, what e-mail and editors make of it, and the frame of MLLP."""
_HEADERS = ("MSH", "FHS", "BHS")
_NOTES = {"OBX": 5, "NTE": 3}
"""Segments whose field of this number is free text."""
_MAX_ESCAPE_CHARS = 200
_DEFAULT = "|^~\\&"
_CHARSETS = re.compile(rb"\|(?:UNICODE UTF-8|8859/([0-9]{1,2}))[|\r\n~]")


@dataclass(frozen=True, slots=True)
class _Separators:
    """As a message's own header names them (MSH-1 and MSH-2)."""

    field: str
    component: str
    repetition: str
    escape: str
    subcomponent: str


class Hl7Message:
    """Text of a file of messages."""

    is_risky = False

    def extract(self, stream: ContentStream, *, max_chars: int) -> Extraction:
        content = decode(stream, max_chars=max_chars, choose=_choose)
        return Extraction(text_of(content.text), content.note)


def _choose(sample: bytes) -> str:
    """Choose the encoding as for plain text, but let MSH-18 break a tie."""
    guess = find_encoding_of(sample)
    claimed = _CHARSETS.search(sample[:4096])
    if claimed is None or claimed[1] is None or guess.startswith("utf"):
        return guess
    number = int(claimed[1])
    # Latin-1 is said where Windows-1252 is meant.
    return f"iso8859-{number}" if 2 <= number <= 16 and number != 12 else "cp1252"


def text_of(messages: str) -> str:
    """Return the words of messages: free text first, as it was written; linear, total."""
    notes: list[str] = []
    rest: list[str] = []
    separators = _separators("MSH" + _DEFAULT)
    resolve = _resolver(separators)
    for segment in _SEGMENT_END.split(messages):
        if segment.startswith(_HEADERS):
            separators = _separators(segment)
            resolve = _resolver(separators)
        fields = segment.split(separators.field)
        number = _NOTES.get(fields[0])
        if number is not None and len(fields) > number:
            notes.append(resolve(fields[number]))
            fields[number] = ""
        rest.append(" ".join(word for word in map(resolve, fields[1:]) if word))
    return "\n".join(line for line in (*notes, *rest) if line)


def _separators(header: str) -> _Separators:
    given = header[3:8]
    chars = [
        a if a.strip() and not a.isalnum() else b for a, b in zip(given, _DEFAULT, strict=False)
    ]
    chars += _DEFAULT[len(chars) :]
    return _Separators(*chars)


def _resolver(separators: _Separators) -> Callable[[str], str]:
    """Return what turns a field into words (chapter 2, section 2.7)."""
    plain = {
        "F": separators.field,
        "S": separators.component,
        "T": separators.subcomponent,
        "R": separators.repetition,
        "E": separators.escape,
    }
    mark = re.escape(separators.escape)
    escape = re.compile(f"{mark}([^{mark}]{{1,{_MAX_ESCAPE_CHARS}}}){mark}")
    parts = str.maketrans(
        dict.fromkeys((separators.component, separators.repetition, separators.subcomponent), " ")
    )

    def resolved(found: re.Match[str]) -> str:
        code = found[1]
        if code in plain:
            return plain[code]
        if code[0] == "X":
            return _from_hex(code[1:])
        if code in {"H", "N"}:
            return ""  # highlighting begins and ends, within words too
        # Formatting (.br, .sp3, .in+2, ...), charset switches and what sites made up.
        return " " if code[0] in ".CMZ" else found[0]

    def resolve(field: str) -> str:
        # Separators first: those that come out of escapes are letters of the text.
        return escape.sub(resolved, field.translate(parts)).strip()

    return resolve


def _from_hex(digits: str) -> str:
    try:
        raw = bytes.fromhex(digits)
    except ValueError:
        return " "
    return raw.decode("utf-8", "replace") if not raw.isascii() else raw.decode("ascii")
