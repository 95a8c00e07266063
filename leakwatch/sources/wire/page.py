"""Any page at all: its title, its visible text, its links.

What a source falls back to when its own parser does not know the page: a claim
or leaked text in it is still seen. A page may hold its posts in a script, so
the strings of scripts follow the visible text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from typing import Any

from leakwatch.sources.wire.decode import clean, decode
from leakwatch.sources.wire.items import MAX_LINKS, MAX_TEXT, MAX_URL

_QUOTED = re.compile(
    r"\"((?:[^\"\\\n]|\\.){3,50000}+)\"|'((?:[^'\\\n]|\\.){3,50000}+)'|`((?:[^`\\]|\\.){3,50000}+)`"
)
_TAG = re.compile(r"<[^<>]*>")
_CODE = re.compile(r"<(script|style)\b[^<>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)


def parse(body: bytes, options: dict[str, Any]) -> dict[str, Any]:
    """Return ``title``, ``text``, ``links`` and ``problem`` of a page of any kind.

    ``options`` may hold ``charset``, as the Content-Type header had it.
    """
    from leakwatch.sources.wire.html import (  # noqa: PLC0415  (strip needs none of it)
        anchors,
        base_of,
        parse_tree,
        title_of,
        visible_text,
    )
    from leakwatch.sources.wire.obstacle import obstacle  # noqa: PLC0415

    tree = parse_tree(decode(body, options.get("charset")))
    links: dict[str, str] = {}
    for href, text in anchors(tree):
        if len(links) >= MAX_LINKS:
            break
        links.setdefault(clean(href)[:MAX_URL], clean(text)[:300])
    found = obstacle(tree)
    text = visible_text(tree.body, MAX_TEXT) if tree.body is not None else ""
    scripts = (node.text() for node in tree.css("script:not([src])"))
    text = "\n".join([text, *_strings(scripts, MAX_TEXT - len(text))]).strip()
    return {
        "title": title_of(tree),
        "text": text,
        "links": [{"url": u, "name": n} for u, n in links.items()],
        "base": base_of(tree),
        "problem": found[0] if found else None,
        "detail": found[1] if found else None,
    }


def _strings(scripts: Iterable[str], room: int) -> Iterator[str]:
    """Yield what scripts quote, as far as there is room."""
    for script in scripts:
        for found in _QUOTED.finditer(script):
            said = clean(found[1] or found[2] or found[3])
            room -= len(said) + 1
            if room < 0:
                return
            yield said


def strip(body: bytes, options: dict[str, Any]) -> dict[str, Any]:
    """Return the same with nothing parsed: for a page that killed the real parser."""
    text = decode(body, options.get("charset"))
    # The lazy ``.*?`` rescans at each unclosed tag: only where there are few.
    said = ""
    if text.lower().count("<script") + text.lower().count("<style") < 1_000:
        said = "\n".join(_strings((code[0] for code in _CODE.finditer(text)), MAX_TEXT))
        text = _CODE.sub(" ", text)
    text = html.unescape(_TAG.sub("\n", text))
    lines = (" ".join(line.split()) for line in text.split("\n"))
    kept = clean("\n".join(line for line in (*lines, said) if line))[:MAX_TEXT]
    return {"title": "", "text": kept, "links": [], "base": None, "problem": None, "detail": None}
