"""Ids of pastes out of an archive page of any format, by a regular expression."""

from __future__ import annotations

import re
from typing import Any

from leakwatch.sources.wire.decode import decode
from leakwatch.sources.wire.html import fragment_text, parse_tree
from leakwatch.sources.wire.items import MAX_ITEMS, ItemList, trouble
from leakwatch.sources.wire.obstacle import obstacle

MAX_ID = 200


def parse(body: bytes, options: dict[str, Any]) -> dict[str, Any]:
    """Return one item a paste, in page order: ``key`` is its id.

    ``id_pattern`` has a group ``id`` (or its first group is the id) and may
    have a group ``title``. ``refused_texts`` and ``empty_texts`` are asked
    only where no id was found.
    """
    text = decode(body, options.get("charset"))
    found = ItemList()
    seen: set[str] = set()
    for match in re.finditer(options["id_pattern"], text):
        groups = match.groupdict()
        name = groups.get("id") or match[match.lastindex or 0]
        if not name or name in seen or len(name) > MAX_ID:
            continue
        if len(seen) >= MAX_ITEMS:
            break
        seen.add(name)
        found.add(key=name, title=fragment_text(groups.get("title") or "", 1_000), text="")
    return found.page() if found.items else _nothing(text, options)


def _nothing(text: str, options: dict[str, Any]) -> dict[str, Any]:
    folded = text.casefold()
    if any(t.casefold() in folded for t in options.get("refused_texts", ())):
        return trouble("access_refused", "the service says that we may not look")
    if any(t.casefold() in folded for t in options.get("empty_texts", ())):
        return ItemList().page(is_empty=True)
    problem, detail = obstacle(parse_tree(text)) or ("layout_changed", "no paste id in the page")
    return trouble(problem, detail)
