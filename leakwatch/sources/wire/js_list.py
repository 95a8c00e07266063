"""Posts out of a list that a page holds as JavaScript: ``const companies = [...]``.

The whole page is searched, not its script elements: a string that holds
``</script>`` ends the element for a browser, not the data for us.
"""

from __future__ import annotations

import re
from typing import Any

from leakwatch.sources.wire.decode import decode
from leakwatch.sources.wire.html import base_of, fragment_files, fragment_text, parse_tree
from leakwatch.sources.wire.items import MAX_ITEMS, MAX_TEXT, ItemList, trouble
from leakwatch.sources.wire.js_literal import LiteralReader, NotALiteral
from leakwatch.sources.wire.leaves import leaves, pick, pick_all, shown_files, text_of
from leakwatch.sources.wire.obstacle import obstacle

MAX_PASSES = 5
"""Times the length of the page that may be read in search of the list: the name
may be assigned more than once, as in a comment that holds an old list."""


def parse(body: bytes, options: dict[str, Any]) -> dict[str, Any]:
    """Return the list's objects as items; see ``sources.js_list.JsListOptions``."""
    text = decode(body, options.get("charset"))
    name = re.escape(options["variable"])
    starts = re.finditer(rf"(?<![\w$]){name}[\"']?\s*[=:]", text)
    best: tuple[list[Any], bool] | None = None
    room = MAX_PASSES * len(text)
    for start in starts:
        reader = LiteralReader(text, start.end())
        read = _read(reader) if reader.peek() == "[" else None
        if read is not None and (best is None or len(read[0]) > len(best[0])):
            best = read
        room -= reader.at - start.end()
        if room < 0:
            break
    tree = parse_tree(text)
    if best is None:
        problem, detail = obstacle(tree) or ("layout_changed", "the list is not in the page")
        return trouble(problem, detail)
    objects, is_whole = best
    found = ItemList()
    for one in objects:
        if isinstance(one, dict):
            _add(found, one, options)
    if not is_whole:
        return found.page(
            base=base_of(tree), problem="layout_changed", detail="the list breaks off"
        )
    return found.page(is_empty=not objects, base=base_of(tree))


def _read(reader: LiteralReader) -> tuple[list[Any], bool]:
    """Return the elements read and whether the list came to its end."""
    elements: list[Any] = []
    try:
        for element in reader.elements():
            elements.append(element)
            if len(elements) > MAX_ITEMS:
                break
    except NotALiteral:
        return elements, False
    return elements, True


def _add(found: ItemList, one: dict[str, Any], options: dict[str, Any]) -> None:
    description = text_of(pick(one, options["text"]))
    files = [*pick_all(one, options["files"]), *fragment_files(description)]
    told = {options["title"], options["text"], *options["files"]}
    rest = [f"{k}: {v}" for k, v in leaves(one) if k.split(".")[0] not in told]
    found.add(
        key=text_of(pick(one, options["key"])) or None,
        title=fragment_text(text_of(pick(one, options["title"])), MAX_TEXT),
        # Fields nobody asked for are text too: what leaks may stand in any of them.
        text="\n".join([fragment_text(description, MAX_TEXT), *rest]),
        link=text_of(pick(one, options["link"])) or None,
        date=text_of(pick(one, options["date"])) or None,
        state=text_of(pick(one, options["state"])) or None,
        links=files,
        files=(file for path in options["files"] for file in shown_files(pick(one, path))),
    )
