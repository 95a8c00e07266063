"""Directory listings as web servers draw them, told by shape rather than by server.

An entry is a link to a direct child of the directory; its size and date are
what stands beside it: in the cells of its row (Apache, lighttpd, rclone,
Caddy) or on its line (nginx, Apache, IIS). Also nginx's JSON and XML and
Caddy's JSON. A name is read from the address, for texts are cut short.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, TypedDict
from urllib.parse import quote, unquote_to_bytes, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from leakwatch.model.shown_size import size_range
from leakwatch.sources.wire.decode import clean, decode
from leakwatch.sources.wire.html import parse_tree, title_of, visible_text
from leakwatch.sources.wire.items import MAX_URL
from leakwatch.sources.wire.obstacle import obstacle

MAX_ENTRIES = 200_000
"""Over the cap of other pages: a listing is matched line by line, each counts."""

_DATE = re.compile(
    r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d)?|\d{1,2}-\w{3}-\d{4} \d\d:\d\d(?::\d\d)?"
    r"|\d{4}-\w{3}-\d\d \d\d:\d\d:\d\d|\d{1,2}/\d{1,2}/\d{4} +\d{1,2}:\d\d(?: ?[AP]M)?"
    r"|[A-Z][a-z]{2,8} \d{1,2}, \d{4}"
)
_SIZE = re.compile(
    r"(?<![\w.,:/-])(\d[\d.,]*) ?([KMGTP]i?B?|B|bytes|octets)?(?![\w.:/-])", re.IGNORECASE
)
_NO_SIZE = frozenset("-\u2013\u2014")
_HEADING = re.compile(
    r"^\W*(?:index of|directory (?:listing|index|contents)|listing (?:of|for))", re.IGNORECASE
)
_PARENT_TEXT = re.compile(r"^\W*(?:parent directory|go up|up|\.\.)\W*$", re.IGNORECASE)
_SORT = re.compile(r"^\?(?:C=[NMSD]|[CO]=|sort=|order=)", re.IGNORECASE)


_PATH_SAFE = "/%:@!$&'()*+,;=~"
"""A raw space or letter is encoded, what is encoded already stays."""


class Entry(TypedDict):
    name: str
    url: str
    is_directory: bool
    size_bytes: int | None
    size_range: list[int] | None
    """Least and greatest size that a rounded one stands for."""
    shown: str
    """Size and date as shown: what tells a changed file."""


def parse(body: bytes, options: dict[str, Any]) -> dict[str, Any]:
    """Return ``entries``, ``is_cut``, ``problem`` and ``detail``.

    Args:
        body: the listing.
        options: ``url`` is the listing's own address; ``charset`` as usual.
    """
    base = options["url"]
    text = decode(body, options.get("charset"))
    start = text.lstrip()[:200]
    if start.startswith("["):
        rows = _json_rows(text, base)
        return _result(rows) if rows is not None else _trouble(None, "the answer is not JSON")
    tree = parse_tree(text)
    if start.startswith(("<?xml", "<list")):
        if tree.css_first("list") is None:
            return _trouble(tree, "the XML is no directory listing")
        return _result(_xml_rows(tree, base))
    rows = list(_html_rows(tree, base))
    if not _is_listing(tree, rows, base):
        return _trouble(tree, "the page is no directory listing")
    return _result(rows)


def _result(rows: list[Entry]) -> dict[str, Any]:
    unique = {row["url"]: row for row in rows}
    entries = list(unique.values())[:MAX_ENTRIES]
    is_cut = len(unique) > len(entries)
    return {"entries": entries, "is_cut": is_cut, "problem": None, "detail": None}


def _trouble(tree: LexborHTMLParser | None, detail: str) -> dict[str, Any]:
    found = obstacle(tree) if tree is not None else None
    problem, detail = found or ("layout_changed", detail)
    return {"entries": [], "is_cut": False, "problem": problem, "detail": detail}


def _child(href: str, base: str) -> tuple[str, str, bool] | None:
    """Return (name, address, is directory) if the link is a direct child of the base."""
    href = clean(href)[:MAX_URL]
    try:
        target, here = urlsplit(urljoin(base, href)), urlsplit(base)
    except ValueError:
        return None
    if (target.scheme, target.netloc.lower()) != (here.scheme, here.netloc.lower()) or target.query:
        return None
    root = here.path.rpartition("/")[0] + "/"
    rest = target.path.removeprefix(root)
    is_directory = rest.endswith("/")
    rest = rest[:-1] if is_directory else rest
    if rest == target.path or "/" in rest or not rest:
        return None
    name = _unquoted(rest)
    if name in (".", "..") or "/" in name or "\0" in name:
        return None
    path = quote(target.path, safe=_PATH_SAFE)
    return name, target._replace(path=path, fragment="").geturl(), is_directory


def _unquoted(raw: str) -> str:
    data = unquote_to_bytes(raw)
    try:
        return clean(data.decode("utf-8"))
    except UnicodeDecodeError:
        return clean(data.decode("cp1252", "replace"))


def _html_rows(tree: LexborHTMLParser, base: str) -> Iterator[Entry]:
    for node in tree.css("a[href]"):
        href = (node.attributes.get("href") or "").strip()
        if not href or href[0] in "?#":
            continue
        child = _child(href, base)
        if child is None:
            continue
        name, url, is_directory = child
        row = _row_of(node)
        sizes, shown = _cells(row) if row is not None else _line(node)
        low, high = sizes if sizes is not None and not is_directory else (None, None)
        yield Entry(
            name=name,
            url=url,
            is_directory=is_directory,
            size_bytes=low if low == high else None,
            size_range=[low, high] if low is not None and high is not None and low < high else None,
            shown=shown,
        )


def _row_of(node: LexborNode) -> LexborNode | None:
    parent = node.parent
    for _ in range(6):
        if parent is None or parent.tag in ("pre", "ul", "body"):
            return None
        if parent.tag == "tr":
            return parent
        parent = parent.parent
    return None


def _cells(row: LexborNode) -> tuple[tuple[int, int] | None, str]:
    """Return (least and greatest size, size and date as shown) out of a table row."""
    sizes: tuple[int, int] | None = None
    shown: list[str] = []
    has_size = False
    for cell in row.css("td, th"):
        if cell.css_first("a[href]") is not None:
            continue
        attributes = cell.attributes
        given = attributes.get("data-size") or attributes.get("data-order") or ""
        text = " ".join(visible_text(cell, 200).split())
        date, size = _DATE.search(text), _SIZE.fullmatch(text)
        if date:
            shown.append(date[0])
        elif not has_size and (size or given.isdigit() or text in _NO_SIZE):
            has_size = True
            sizes = size_range(given, "") if given.isdigit() else _sizes(size)
            shown.append(given or text)
    return sizes, " ".join(shown)


def _line(node: LexborNode) -> tuple[tuple[int, int] | None, str]:
    """Return the same out of the text that follows the link, or precedes it (IIS)."""
    after = node.next
    text = (after.text_content or "") if after is not None and after.tag == "-text" else ""
    text = text.partition("\n")[0]
    if not _DATE.search(text):
        before = node.prev
        lead = (before.text_content or "") if before is not None and before.tag == "-text" else ""
        lead = lead.rpartition("\n")[2]
        text = lead if _DATE.search(lead) else text
    date = _DATE.search(text)
    size = _SIZE.search(text, date.end()) if date else _SIZE.search(text)
    shown = " ".join(m[0].strip() for m in (date, size) if m)
    return _sizes(size), shown


def _sizes(size: re.Match[str] | None) -> tuple[int, int] | None:
    return size_range(size[1], size[2] or "") if size else None


def _integer(digits: str) -> int | None:
    return int(digits) if len(digits) < 19 else None


def _is_listing(tree: LexborHTMLParser, rows: list[Entry], base: str) -> bool:
    heading = tree.css_first("h1, h2")
    if _HEADING.match(title_of(tree)) or (heading is not None and _HEADING.match(heading.text())):
        return True
    up = urljoin(base, "..")
    for node in tree.css("a[href]"):
        href = node.attributes.get("href") or ""
        if _SORT.match(href):
            return True
        if _PARENT_TEXT.match(node.text()) and urljoin(base, href).rstrip("/") == up.rstrip("/"):
            return True
    return bool(rows) and 2 * sum(bool(row["shown"]) for row in rows) > len(rows)


def _json_rows(text: str, base: str) -> list[Entry] | None:
    try:
        found = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
    if not all(isinstance(one, dict) and isinstance(one.get("name"), str) for one in found):
        return None
    rows = []
    for one in found:
        is_directory = one.get("type") == "directory" or one.get("is_dir") is True
        size = one.get("size")
        when = one.get("mtime") or one.get("mod_time") or ""
        is_exact = type(size) is int and 0 <= size < 10**18 and not is_directory
        row = _named(one["name"].rstrip("/"), base, is_directory=is_directory)
        if row is not None:
            row["size_bytes"] = size if is_exact else None
            row["shown"] = f"{when} {size if is_exact else ''}".strip()[:200]
            rows.append(row)
    return rows


def _xml_rows(tree: LexborHTMLParser, base: str) -> list[Entry]:
    rows = []
    for node in tree.css("list > file, list > directory"):
        row = _named(node.text(), base, is_directory=node.tag == "directory")
        if row is None:
            continue
        size = node.attributes.get("size") or ""
        row["size_bytes"] = _integer(size) if size.isdigit() else None
        row["shown"] = f"{node.attributes.get('mtime') or ''} {size}".strip()[:200]
        rows.append(row)
    return rows


def _named(name: str, base: str, *, is_directory: bool) -> Entry | None:
    slash = "/" if is_directory else ""
    child = _child(quote(name, safe="") + slash, base)
    if child is None:
        return None
    return Entry(
        name=clean(name),
        url=child[1],
        is_directory=is_directory,
        size_bytes=None,
        size_range=None,
        shown="",
    )
