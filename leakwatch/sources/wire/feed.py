"""Entries of RSS and Atom feeds; the only importer of feedparser."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import feedparser  # type: ignore[import-untyped]

from leakwatch.sources.wire.decode import decode
from leakwatch.sources.wire.html import fragment_files, fragment_text, parse_tree
from leakwatch.sources.wire.items import MAX_ITEMS, MAX_TEXT, ItemList, trouble
from leakwatch.sources.wire.obstacle import obstacle


def parse(body: bytes, options: dict[str, Any]) -> dict[str, Any]:
    """Return the feed's entries as items; enclosures are their links."""
    feed = _feed(body)
    entries = feed.get("entries") or ()
    if not entries and not feed.get("version"):
        tree = parse_tree(decode(body, options.get("charset")))
        problem, detail = obstacle(tree) or ("layout_changed", "the answer is no feed")
        return trouble(problem, detail)
    found = ItemList()
    for entry in entries[: MAX_ITEMS + 1]:
        texts = [entry.get("summary", ""), *(c.get("value", "") for c in entry.get("content", ()))]
        title = fragment_text(entry.get("title", ""), 1_000)
        found.add(
            key=entry.get("id"),
            title=title,
            text="\n".join(dict.fromkeys(fragment_text(t, MAX_TEXT) for t in texts if t)),
            link=entry.get("link"),
            date=entry.get("published") or entry.get("updated"),
            links=[
                *((e.get("href", ""), "") for e in entry.get("enclosures", ())),
                *(found for text in texts for found in fragment_files(text)),
            ],
        )
    return found.page(is_empty=not entries)


def _feed(body: bytes) -> Mapping[str, Any]:
    """Return what feedparser makes of a body; nothing where it fails."""
    try:
        # A stream, for feedparser takes a string for an address and fetches it.
        return feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False)  # type: ignore[no-any-return]
    except Exception:  # noqa: BLE001  (broken markup makes it raise anything)
        return {}
