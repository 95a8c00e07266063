"""Posts out of HTML by CSS selectors.

A place in an item is written ``selector``, ``selector@attribute`` or
``@attribute`` (of the item itself); a bare selector means its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from leakwatch.sources.wire.decode import decode
from leakwatch.sources.wire.html import Work, anchors, base_of, parse_tree, visible_text
from leakwatch.sources.wire.items import MAX_TEXT, MAX_TITLE, ItemList, names_file, trouble
from leakwatch.sources.wire.obstacle import obstacle

TEXT_RULE = "text:"


def parse(body: bytes, options: dict[str, Any]) -> dict[str, Any]:
    """Return the page's items; see ``sources.html_blog.HtmlBlogOptions`` for the options."""
    tree = parse_tree(decode(body, options.get("charset")))
    try:
        nodes = tree.css(options["item"])
        if not nodes:
            return _nothing(tree, options)
        found = ItemList()
        work = Work()
        for node in nodes:
            if found.is_full or work.left <= 0:
                found.is_cut = True
                break
            _add(found, node, options, work)
        return found.page(next=_next(tree, options), base=base_of(tree))
    except SelectolaxError:
        return trouble("bad_option", _bad_selector(options))


def _nothing(tree: LexborHTMLParser, options: dict[str, Any]) -> dict[str, Any]:
    """Say why there is no item: an empty list, an obstacle, or another layout."""
    text = visible_text(tree.body, MAX_TEXT).casefold() if tree.body is not None else ""
    container = str(options.get("container", ""))
    is_known_empty = bool(container) and tree.css_first(container) is not None
    if is_known_empty or any(t.casefold() in text for t in options.get("empty_texts", ())):
        return ItemList().page(is_empty=True, base=base_of(tree))
    problem, detail = obstacle(tree) or ("layout_changed", "no item matches the selectors")
    return trouble(problem, detail)


def _add(found: ItemList, node: LexborNode, options: dict[str, Any], work: Work) -> None:
    text = options.get("text")
    # Everything in the item counts, unless the operator says where to look.
    places = node.css(text) if text else [node]
    # A place inside a place is matched twice.
    texts = dict.fromkeys(visible_text(place, MAX_TEXT, work) for place in places)
    key = _value(node, options.get("key"))
    pattern = options.get("key_pattern")
    if key and pattern:
        match = re.search(pattern, key)
        key = match[match.lastindex or 0] if match else None
    found.add(
        key=key,
        title=_value(node, options.get("title")) or "",
        text="\n".join(texts),
        link=_value(node, options.get("link"), attribute="href"),
        date=_value(node, options.get("date")),
        state=_state(node, options.get("states", {})),
        links=_files(node, options.get("files")),
        files=_shown_files(node, options),
    )


def _value(node: LexborNode, place: str | None, attribute: str | None = None) -> str | None:
    """Return what stands at a place; ``attribute`` is meant where the place names none."""
    if not place:
        return None
    selector, at, wanted = place.rpartition("@")
    if not at:
        selector, wanted = place, attribute or ""
    found = node.css_first(selector) if selector else node
    if found is None:
        return None
    if wanted:
        return found.attributes.get(wanted)
    return " ".join(visible_text(found, MAX_TEXT).split())


def _files(node: LexborNode, selector: str | None) -> list[tuple[str, str]]:
    if not selector:
        return [a for a in anchors(node) if names_file(a[0])]
    files = []
    for found in node.css(selector):
        text = visible_text(found, 300).partition("\n")[0]
        # Some sites show a magnet as text and script the click.
        url = found.attributes.get("href") or found.attributes.get("src") or text
        if ":" in url[:10] or found.attributes.get("href"):
            files.append((url, text))
    return files


def _shown_files(node: LexborNode, options: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (name, size as shown) of the files that an item shows."""
    if not options.get("file_row"):
        return
    for row in node.css(options["file_row"]):
        name = options.get("file_name")
        said = _value(row, name) if name else " ".join(visible_text(row, MAX_TITLE).split())
        yield said or "", _value(row, options.get("file_size")) or ""


def _state(node: LexborNode, rules: dict[str, list[str]]) -> str | None:
    text = ""
    for state, tests in rules.items():
        for test in tests:
            if test.startswith(TEXT_RULE):
                text = text or visible_text(node, MAX_TEXT).casefold()
                if test.removeprefix(TEXT_RULE).strip().casefold() in text:
                    return state
            elif node.css_matches(test):
                return state
    return None


def _next(tree: LexborHTMLParser, options: dict[str, Any]) -> str | None:
    place = options.get("next")
    root = tree.root
    return _value(root, place, attribute="href") if place and root is not None else None


def _bad_selector(options: dict[str, Any]) -> str:
    places = [(name, options.get(name) or "") for name in _PLACES]
    places += [("states", t) for tests in options.get("states", {}).values() for t in tests]
    probe = parse_tree("<p>")
    for name, place in places:
        selector = place.split("@")[0]
        try:
            if selector and not selector.startswith(TEXT_RULE):
                probe.css_first(selector)
        except SelectolaxError:
            return f"options.{name}: expected a CSS selector"
    return "options: expected CSS selectors"


_PLACES = (
    *("item", "container", "title", "text", "link", "key", "date", "files", "next"),
    *("file_row", "file_name", "file_size"),
)
