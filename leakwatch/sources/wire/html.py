"""HTML to visible text and links; the only importer of selectolax.

Every text node counts but scripts, styles and the title of the head: what a
style sheet hides is still told, for a leak must not be lost to ``display:none``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from leakwatch.sources.wire.decode import clean
from leakwatch.sources.wire.items import names_file

_SILENT = frozenset({"script", "style", "template", "title", "head", "svg"})
_BLOCK_NAMES = (
    "address article aside blockquote body br button center dd details dialog div dl dt fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main nav ol option p "
    "pre section select summary table tbody td textarea tfoot th thead tr ul"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_MARKUP = re.compile(r"<[a-zA-Z/!]|&[#\w]+;")
MAX_DEPTH = 10_000
"""Tags open at once; measured: 20,000 take lexbor 0.4 s, 200,000 over 15 s."""
_TAG = re.compile(r"<[^<>]*>")
_SELF_CLOSING = (
    "area|base|br|col|dd|dt|embed|hr|img|input|li|link|meta|option|p|param|source|tbody|td|tfoot|th"
    "|thead|tr|track|wbr"
)
_NESTING = re.compile(rf"<(/?)(?!(?:{_SELF_CLOSING})\b)[a-z]", re.IGNORECASE)
_LOOK_UP = 24
"""Ancestors asked for the block a text stands in: bounds the work on deep nesting."""


def parse_tree(text: str) -> LexborHTMLParser:
    """Return the document as a browser would build it; tags of a page nested to hurt are dropped."""
    return LexborHTMLParser(_TAG.sub("<br>", text) if _is_too_deep(text) else text)


def _is_too_deep(text: str) -> bool:
    """Whether tags nest so deep that lexbor, quadratic in depth, takes seconds and more."""
    if text.count("<") < MAX_DEPTH:
        return False
    depth = 0
    for found in _NESTING.finditer(text):
        depth = max(0, depth - 1) if found[1] else depth + 1
        if depth > MAX_DEPTH:
            return True
    return False


class Work:
    """How many nodes of one page may still be looked at: items may nest in items."""

    def __init__(self, nodes: int = 2_000_000) -> None:
        self.left = nodes


def visible_text(node: LexborNode, max_chars: int, work: Work | None = None) -> str:
    """Return the text of a node, one line a block, at most ``max_chars`` letters."""
    work = work or Work()
    parts: list[str] = []
    size = 0
    last_block: int | None = None
    for child in node.traverse(include_text=True):
        work.left -= 1
        if work.left < 0:
            break
        tag = child.tag
        if tag == "br":
            parts.append("\n")
            continue
        if tag != "-text":
            continue
        parent = child.parent
        if parent is not None and parent.tag in _SILENT:
            continue
        block, is_pre = _block_of(parent)
        if block != last_block:
            parts.append("\n")
            last_block = block
        text = child.text_content or ""
        parts.append(text if is_pre else " ".join(text.split("\n")))
        size += len(text)
        if size > 2 * max_chars:
            break
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return clean("\n".join(line for line in lines if line))[:max_chars]


def _block_of(node: LexborNode | None) -> tuple[int | None, bool]:
    for _ in range(_LOOK_UP):
        if node is None:
            break
        if node.tag in _BLOCKS:
            return node.mem_id, node.tag in ("pre", "textarea")
        node = node.parent
    return None, False


def fragment_text(markup: str, max_chars: int) -> str:
    """Return the visible text of a string that may hold HTML, or may be plain text."""
    if not _MARKUP.search(markup):
        return clean(markup)[:max_chars].strip()
    # Line ends of a string mean line ends, as in ``pre``, until a block says otherwise.
    body = parse_tree(f"<pre>{markup}").body
    return visible_text(body, max_chars) if body is not None else ""


def fragment_files(markup: str) -> list[tuple[str, str]]:
    """Return (address, text) of the links to files in a string that may hold HTML."""
    if "<a" not in markup.lower():
        return []
    return [found for found in anchors(parse_tree(markup)) if names_file(found[0])]


def title_of(tree: LexborHTMLParser) -> str:
    """Return the document's title, or an empty string."""
    node = tree.css_first("title")
    return clean(" ".join(node.text().split()))[:1000] if node is not None else ""


def base_of(tree: LexborHTMLParser) -> str | None:
    """Return what ``<base href>`` says, or None."""
    node = tree.css_first("base[href]")
    return node.attributes.get("href") if node is not None else None


def anchors(root: LexborNode | LexborHTMLParser) -> Iterator[tuple[str, str]]:
    """Yield (href, text) of every link with an address, in document order."""
    for node in root.css("a[href], area[href]"):
        href = (node.attributes.get("href") or "").strip()
        if href:
            yield href, " ".join(node.text().split())
