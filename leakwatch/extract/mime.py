"""A mail message taken apart (RFC 5322, RFC 2045 to 2049, 2183, 2231). Pure.

Own walker rather than ``email``: that one recurses a level a nesting, copies
the rest of the message at each, and holds everything as objects. This one goes
through the bytes once, line by line, and keeps offsets; boundaries that are
open lie in a table, so that 3,000 levels cost what one does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_PARTS = 100_000
"""Parts of one message; the rest is not looked at."""
_MAX_VALUE_BYTES = 64 * 1024
"""Of one header, unfolded; the rest of it is dropped."""
_MAX_BLOCK_BYTES = 1024 * 1024
"""Of all headers of a part; what goes on is taken for its body."""
_MAX_NOTICE_BYTES = 200
"""Of what tells readers without MIME that this is MIME."""
_MAX_PARAMETERS_CHARS = 8 * 1024
_MAX_BOUNDARY_BYTES = 200
"""RFC 2046 allows 70."""
_HEADER = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_PARAMETER = re.compile(r";\s*([\w!#$%&'*+.^`|~-]{1,100})\s*=\s*(\"(?:[^\"\\]|\\.)*\"|[^;\s]*)")
_ESCAPED = re.compile(r"\\(.)")
_SEGMENT = re.compile(r"(.{1,90}?)(?:\*([0-9]{1,3}))?(\*?)")

Headers = list[tuple[str, bytes]]
"""Names in lower case and values as they stand, unfolded."""


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a message that holds no others."""

    headers: Headers = field(repr=False)
    start: int
    """First byte of its body in the message."""
    end: int

    def header(self, name: str) -> str:
        """Return the first header of that name, ``""`` without one."""
        return next((value_text(v) for key, v in self.headers if key == name), "")

    @property
    def content_type(self) -> str:
        """Return the type in lower case, ``text/plain`` by default."""
        kind = self.header("content-type").partition(";")[0].strip().lower()
        return kind if "/" in kind else "text/plain"

    @property
    def coding(self) -> str:
        """Return the transfer encoding in lower case."""
        return self.header("content-transfer-encoding").strip().strip('"').lower()

    @property
    def charset(self) -> str:
        """Return the declared charset, ``""`` without one."""
        return parameters(self.header("content-type")).get("charset", "")

    @property
    def filename(self) -> str:
        """Return the name an attachment claims, not decoded; ``""`` without one."""
        name = parameters(self.header("content-disposition")).get("filename")
        return name or parameters(self.header("content-type")).get("name", "")

    @property
    def is_body(self) -> bool:
        """Tell whether this is words of the message itself and not a file with it."""
        if self.filename or self.header("content-disposition").lower().startswith("attachment"):
            return False
        main, _, sub = self.content_type.partition("/")
        return main in {"text", "multipart"} or (
            main == "message" and sub not in {"rfc822", "global", "news"}
        )


def walk_parts(data: bytes) -> Iterator[Part]:
    """Yield the pieces of a message in their order, in one pass; the first has its headers.

    What stands before the first, between and behind is a piece as well where it
    is longer than a notice. Ends after ``MAX_PARTS``.
    """
    headers, start = parse_headers(data, 0, {})
    levels: dict[bytes, int] = {}
    opened: list[bytes] = []
    """Boundaries, outermost first; ``levels`` finds them."""
    is_between = _open(headers, opened, levels)
    if is_between:
        # The message may hold no words but its headers.
        yield Part(headers, start, start)
    at, count = start, 1
    while levels and count < MAX_PARTS:
        found = _next_boundary(data, at, levels)
        if found is None:
            break
        line_start, at, level, is_last = found
        yield from _piece(data, headers, (start, line_start), is_between=is_between)
        count += 1
        keep = level if is_last else level + 1
        for boundary in opened[keep:]:
            del levels[boundary]
        del opened[keep:]
        headers, start, is_between = [], at, True
        if not is_last:
            headers, start = parse_headers(data, at, levels)
            is_between = _open(headers, opened, levels)
        at = start
    yield from _piece(data, headers, (start, len(data)), is_between=is_between)


def _piece(
    data: bytes, headers: Headers, place: tuple[int, int], *, is_between: bool
) -> Iterator[Part]:
    start, end = place
    # The line break before a boundary belongs to the boundary.
    if start < end < len(data) and data[end - 1 : end] == b"\n":
        end -= 1
        end -= data[end - 1 : end] == b"\r"
    end = max(start, end)
    if not is_between:
        yield Part(headers, start, end)
    elif end - start > _MAX_NOTICE_BYTES:
        yield Part([], start, end)


def _open(headers: Headers, opened: list[bytes], levels: dict[bytes, int]) -> bool:
    """Note the boundary of a part that holds others; tell whether it is one."""
    value = next((value_text(v) for key, v in headers if key == "content-type"), "")
    if not value.lower().lstrip().startswith("multipart/"):
        return False
    boundary = parameters(value).get("boundary", "").encode("utf-8", "replace").rstrip()
    # One that is open already ends the outer part as well: there is nothing to open.
    if not boundary or len(boundary) > _MAX_BOUNDARY_BYTES or boundary in levels:
        return False
    levels[boundary] = len(opened)
    opened.append(boundary)
    return True


def _next_boundary(
    data: bytes, at: int, levels: dict[bytes, int]
) -> tuple[int, int, int, bool] | None:
    """Return (start of line, end of line, level, whether it is the last) of the next boundary."""
    mark = b"\n--"
    if len(levels) == 1:
        # Nearly always; then nothing else is looked at.
        mark += next(iter(levels))
    while True:
        if data.startswith(b"--", at) and data[at - 1 : at] in {b"", b"\n"}:
            line_start = at
        else:
            line_start = data.find(mark, at) + 1
            if line_start == 0:
                return None
        line_end = data.find(b"\n", line_start)
        line_end = len(data) if line_end < 0 else line_end + 1
        level = _boundary(data[line_start : min(line_end, line_start + 256)], levels)
        if level is not None:
            return line_start, line_end, *level
        at = max(line_end - 1, line_start + 1)


def _boundary(line: bytes, levels: dict[bytes, int]) -> tuple[int, bool] | None:
    token = line[2:].rstrip(b" \t\r\n")
    if token in levels:
        return levels[token], False
    if token.endswith(b"--") and token[:-2] in levels:
        return levels[token[:-2]], True
    return None


def parse_headers(data: bytes, start: int, levels: dict[bytes, int]) -> tuple[Headers, int]:
    """Return the headers from ``start`` on, and where the body begins.

    A line that is no header begins the body, and so does an open boundary.
    """
    headers: Headers = []
    at = start
    while at < min(len(data), start + _MAX_BLOCK_BYTES):
        line_end = data.find(b"\n", at)
        line_end = len(data) if line_end < 0 else line_end + 1
        line = data[at : min(line_end, at + _MAX_VALUE_BYTES)]
        if not line.strip(b"\r\n"):
            return headers, line_end
        if line.startswith((b" ", b"\t")) and headers:
            name, value = headers[-1]
            if len(value) < _MAX_VALUE_BYTES:
                headers[-1] = name, value + b" " + line.strip()
        elif levels and line.startswith(b"--") and _boundary(line[:256], levels) is not None:
            return headers, at
        elif (header := _HEADER.match(line)) is not None:
            headers.append((header[1].decode("ascii").lower(), line[header.end() :].strip()))
        else:
            return headers, at
        at = line_end
    return headers, min(at, len(data))


def value_text(value: bytes) -> str:
    """Decode what a header holds besides encoded words: UTF-8 (RFC 6532), else Latin-1."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def parameters(value: str) -> dict[str, str]:
    """Return the ``name=value`` pairs behind a header's first word, continuations joined.

    RFC 2231: ``filename*0*=UTF-8''a%20; filename*1=b``. Percent signs and the
    charset before them are left for who decodes names.
    """
    found: dict[str, str] = {}
    segments: dict[str, dict[int, str]] = {}
    for match in _PARAMETER.finditer(";" + value.partition(";")[2][:_MAX_PARAMETERS_CHARS]):
        name, text = match[1].lower(), match[2]
        if text.startswith('"') and len(text) > 1:
            text = _ESCAPED.sub(r"\1", text[1:-1])
        segment = _SEGMENT.fullmatch(name)
        if segment is not None and (segment[2] or segment[3]):
            segments.setdefault(segment[1], {}).setdefault(int(segment[2] or 0), text)
        else:
            found.setdefault(name, text)
    for name, pieces in segments.items():
        found[name] = "".join(pieces[number] for number in sorted(pieces))
    return found
