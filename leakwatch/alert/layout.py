"""Plain text a mail program cannot misread: one line a value, 72 columns, no links.

Pure. Every value from a matter, a finding or a record passes ``one_line``
before it stands in an alert, so that no value can add a line, a header or a
terminal escape, or turn the reading direction.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from leakwatch.model.location import defanged

WIDTH = 72
_ADDRESS_LIMIT = 400
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_SCHEME = re.compile(r"(?i)\bhttp(?=s?\b)")
_DOT = re.compile(r"(?<!\[)\.(?!\])")


def one_line(value: str, *, limit: int = 200) -> str:
    """Return the value as one visible line of at most ``limit`` characters."""
    seen = "".join(" " if unicodedata.category(c) in _UNSEEN else c for c in value)
    line = " ".join(seen.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def plain(value: str, *, limit: int = 600) -> str:
    """Return a sentence as one line in which nothing can be clicked."""
    line = one_line(value, limit=limit)
    return _SCHEME.sub("hxxp", line).replace("://", "[:]//").replace("www.", "www[.]")


def address(url: str) -> str:
    """Return a URL as text no mail program makes clickable, whatever its path holds.

    Every dot is bracketed, not the host's alone: a path may hold another address.
    """
    scheme, sep, rest = defanged(one_line(url, limit=4000)).partition("://")
    rest = _SCHEME.sub("hxxp", rest).replace("://", "[:]//").replace("@", "[@]")
    shown = scheme + sep + _DOT.sub("[.]", rest)
    return shown if len(shown) <= _ADDRESS_LIMIT else shown[:_ADDRESS_LIMIT] + "…"


def paragraph(text: str, *, indent: str = "  ", first: str | None = None) -> list[str]:
    """Return the text wrapped; ``first`` opens its first line (a number, a code)."""
    opening = indent if first is None else f"{indent}{first}"
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=opening,
        subsequent_indent=" " * len(opening),
        break_on_hyphens=False,
    )


def chopped(text: str, *, indent: str = "  ") -> list[str]:
    """Return text without spaces (an address, a digest) cut to the width, after a ``/`` if any."""
    room = WIDTH - len(indent)
    lines = []
    while len(text) > room:
        slash = text.rfind("/", room // 3, room)
        cut = room if slash < 0 else slash + 1
        lines.append(indent + text[:cut])
        text = text[cut:]
    return [*lines, indent + text]


def section(title: str, lines: Iterable[str]) -> list[str]:
    """Return a titled block with an empty line before it."""
    return ["", title.upper(), *lines]


def both_times(at: datetime, timezone: str) -> str:
    """Return a time in UTC and on the matter's own clocks.

    A zone this machine does not know costs the local time, never the alert.
    """
    utc = at.astimezone(UTC)
    shown = f"{utc:%Y-%m-%d %H:%M:%S} UTC"
    try:
        local = at.astimezone(ZoneInfo(timezone))
    except (OSError, ValueError, LookupError):  # ZoneInfoNotFoundError is a LookupError
        return shown
    return f"{shown} ({local:%a %d %b %Y %H:%M:%S %Z})"
