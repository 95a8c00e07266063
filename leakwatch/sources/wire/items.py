"""The shape that every list-like page is read into, and its caps.

A page is ``{"items": [...], "next": str | None, "base": str | None, "is_empty":
bool, "problem": str | None, "detail": str | None, "is_cut": bool}``; an item has
the keys of ``Item``. Addresses are as the page has them, not yet resolved.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from itertools import islice
from typing import Any, NotRequired, TypedDict

from leakwatch.model.shown_size import size_range
from leakwatch.sources.wire.decode import clean

MAX_ITEMS = 5_000
MAX_TEXT = 200_000
"""Letters of one item."""
MAX_TOTAL = 4_000_000
"""Letters of all items of a page."""
MAX_TITLE = 1_000
MAX_LINKS = 1_000
"""Links of one item."""
MAX_FILES = 20_000
"""Files that one item shows by name."""
MAX_URL = 4_000

_MENTIONED = re.compile(
    r"magnet:\?[^\s\"'<>]{10,2000}"
    r"|https?://[^\s\"'<>]{4,1000}\.(?:zip|7z|rar|tar|gz|tgz|bz2|xz|zst|iso|torrent|sql|csv|txt|pdf)"
    r"(?:\.\d{3})?(?![\w.])",
    re.IGNORECASE,
)


_SIZE = re.compile(
    r"(?<![\w.,])(\d[\d.,]{0,20})\s?((?:[KMGTP]i?B?|bytes?|B)(?!\w))?", re.IGNORECASE | re.ASCII
)

_SUFFIXES = (
    ".zip .7z .rar .tar .gz .tgz .bz2 .xz .zst .iso .torrent .001 .sql .csv .txt .json .xml .pst .bak "
    ".pdf .doc .docx .xls .xlsx .rtf .eml .msg .jpg .jpeg .png .tif .tiff .dcm"
)
FILE_SUFFIXES = frozenset(_SUFFIXES.split())


def names_file(url: str) -> bool:
    """Whether an address looks like that of a file to be had, or is a magnet."""
    path = url.partition("?")[0].partition("#")[0]
    return url.startswith("magnet:") or posixpath.splitext(path)[1].lower() in FILE_SUFFIXES


class WireLink(TypedDict):
    url: str
    name: str


class WireFile(TypedDict):
    name: str
    size_range: list[int] | None
    """Least and greatest size in bytes; the same twice where it is exact."""


class Item(TypedDict):
    key: str | None
    title: str
    text: str
    link: str | None
    date: str | None
    state: str | None
    links: list[WireLink]
    deadline: NotRequired[str | None]
    files: NotRequired[list[WireFile]]
    """Files that the item shows by name, mostly with a size."""


class ItemList:
    """Gathers items of one page within the caps."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.is_cut = False
        self._room = MAX_TOTAL

    @property
    def is_full(self) -> bool:
        return len(self.items) >= MAX_ITEMS

    def add(
        self,
        *,
        title: str,
        text: str,
        key: str | None = None,
        link: str | None = None,
        links: list[tuple[str, str]] | None = None,
        files: Iterable[tuple[str, str]] = (),
        **facts: str | None,
    ) -> None:
        """Add one item, cut to size; files it mentions in plain text become links.

        ``links`` are (address, name), ``files`` (name, size as shown); ``facts`` are ``date``, ``deadline`` and
        ``state``, as the page has them.
        """
        if self.is_full:
            self.is_cut = True
            return
        text = clean(text).strip()
        # Without room for words, an item still has its title and its links.
        kept = text[: max(0, min(MAX_TEXT, self._room))]
        self.is_cut |= len(kept) < len(text)
        self._room -= len(kept)
        found = [*(links or ()), *((m[0], "") for m in _MENTIONED.finditer(kept))]
        unique = {clean(u.strip())[:MAX_URL]: clean(n)[:300] for u, n in reversed(found)}
        item = Item(
            key=_short(key),
            title=clean(title).strip()[:MAX_TITLE],
            text=kept,
            link=_short(link, MAX_URL),
            date=_short(facts.get("date")),
            state=_short(facts.get("state")),
            links=[WireLink(url=u, name=n) for u, n in reversed(unique.items()) if u][:MAX_LINKS],
        )
        if facts.get("deadline"):
            item["deadline"] = _short(facts["deadline"])
        if told := [file_of(*file) for file in islice(files, MAX_FILES) if file[0].strip()]:
            item["files"] = told
        self.items.append(item)

    def page(self, **rest: Any) -> dict[str, Any]:
        """Return the page's result with the items gathered."""
        defaults = {"next": None, "base": None, "is_empty": False, "problem": None, "detail": None}
        return {**defaults, **rest, "items": self.items, "is_cut": self.is_cut}


def trouble(problem: str, detail: str) -> dict[str, Any]:
    """Return the result of a page that could not be read."""
    return ItemList().page(problem=problem, detail=detail)


def file_of(name: str, shown: str) -> WireFile:
    """Return a file with what its size as shown stands for: ``PDF 2.4 MB``, ``1234``."""
    found = [size for m in _SIZE.finditer(shown[-100:]) if (size := size_range(m[1], m[2] or ""))]
    return WireFile(
        name=clean(name).strip()[:MAX_TITLE], size_range=[*found[-1]] if found else None
    )


def _short(value: str | None, limit: int = 500) -> str | None:
    return (clean(value).strip()[:limit] or None) if value is not None else None
