"""Posts out of JSON by JMESPath, also of JSON that a browser view put in ``<pre>``."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

import jmespath
from jmespath.exceptions import JMESPathError

from leakwatch.sources.wire.decode import decode
from leakwatch.sources.wire.html import fragment_files, fragment_text, parse_tree
from leakwatch.sources.wire.items import MAX_ITEMS, MAX_TEXT, ItemList, trouble
from leakwatch.sources.wire.leaves import files_of, shown_files, text_of
from leakwatch.sources.wire.obstacle import obstacle

_PLAIN = ("key", "title", "link", "date", "deadline", "state")


def parse(body: bytes, options: dict[str, Any]) -> dict[str, Any]:
    """Return the items; see ``sources.json_api.JsonApiOptions`` for the options."""
    text = decode(body, options.get("charset")).strip()
    folded = text.casefold() if len(text) < 2_000 else ""
    if any(t.casefold() in folded for t in options.get("refused_texts", ())):
        return trouble("access_refused", "the service says that we may not look")
    if any(t.casefold() in folded for t in options.get("empty_texts", ())):
        return ItemList().page(is_empty=True)
    try:
        found = json.loads(_json_part(text), strict=False, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        problem, detail = obstacle(parse_tree(text)) or ("layout_changed", "the answer is not JSON")
        return trouble(problem, detail)
    try:
        return _items(found, options)
    except JMESPathError:
        return trouble("bad_option", "options: an expression fails on this answer")


def _json_part(text: str) -> str:
    if not text.startswith("<"):
        return text
    node = parse_tree(text).css_first("pre")
    return node.text() if node is not None else text


def _items(found: Any, options: dict[str, Any]) -> dict[str, Any]:
    objects = jmespath.search(options["items"], found)
    if not isinstance(objects, list):
        return trouble("layout_changed", "options.items finds no list in the answer")
    items = ItemList()
    for one in objects[: MAX_ITEMS + 1]:
        if one is not None:
            _add(items, one, options)
    next_url = jmespath.search(options["next_url"], found) if options.get("next_url") else None
    return items.page(is_empty=not objects, next=next_url if isinstance(next_url, str) else None)


def _add(items: ItemList, one: Any, options: dict[str, Any]) -> None:
    nulls = frozenset(options.get("null_values", ()))

    def read(name: str) -> Any:
        expression = options.get(name)
        value = jmespath.search(expression, one) if expression else None
        return None if isinstance(value, str) and value in nulls else value

    plain = {name: text_of(read(name)) or None for name in _PLAIN}
    # Without an expression all of the item counts: what leaks may stand anywhere.
    text = text_of(read("text") if options.get("text") else one)
    if options.get("url_decode"):
        text = unquote(text)
    title = plain.pop("title") or ""
    files = read("files")
    items.add(
        title=fragment_text(title, MAX_TEXT),
        text=fragment_text(text, MAX_TEXT),
        links=[*files_of(files), *fragment_files(text)],
        files=shown_files(files),
        **plain,
    )
