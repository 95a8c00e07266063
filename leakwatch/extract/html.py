"""HTML: what a visitor sees, then what the page carries without showing it.

Order of the text: title and body in document order; then descriptions and
``alt``/``title``/``value`` attributes, templates, scripts, and comments. A
stolen note in a JSON island, a comment or a hidden field is published all the
same. Styles are dropped. What is not shown stands at the end and is bounded, so
that libraries pasted into a page do not drown its text.

lexbor is quadratic in nesting depth and in attributes of one tag (50,000 nested
elements: 4 s of CPU): pages of no human making go the linear way at once.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser

from leakwatch.extract.base import ContentStream, Extraction
from leakwatch.extract.encoding import SAMPLE_BYTES, find_encoding
from leakwatch.extract.plain import decode
from leakwatch.extract.stripped import strip_tags

_MAX_DEPTH = 2_000
_MAX_ATTRIBUTES = 5_000
_MAX_SCRIPT_CHARS = 1024 * 1024
"""Of one script; longer ones are cut."""
_ATTRIBUTES = ("alt", "title", "value", "placeholder", "srcdoc", "aria-label", "label", "summary")
_WITH_ATTRIBUTES = ",".join(f"[{name}]" for name in _ATTRIBUTES)
_NOT_NESTING = re.compile(
    r"area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr|!.*"
    # Closed by the next of their kind.
    r"|p|li|dt|dd|tr|td|th|option",
    re.IGNORECASE,
)
_TAG_NAME = re.compile(r"<(/?)([!a-zA-Z][^\s/>]{0,20})")
_LONG_TAG = re.compile(r"<[^<>]{4096,}")
_BETWEEN_ATTRIBUTES = re.compile(r"[\s/]")
_META_CHARSET = re.compile(rb"""charset\s*=\s*["']?([\w.:-]{2,40})""", re.IGNORECASE)
# Those that pages are written in; Python knows codecs that are no such thing.
_PAGE_CHARSET = re.compile(
    r"(?:iso-?8859|windows|cp|koi8|big5|gb|euc|shift|mac|ibm|latin)[\w-]*", re.IGNORECASE
)
_ESCAPED_SPACE = re.compile(r"\\[nrt]")
_ESCAPED_CHAR = re.compile(r"\\u([0-9a-fA-F]{4})")


class HtmlPage:
    """Text of a page by selectolax's lexbor."""

    is_risky = True

    def extract(self, stream: ContentStream, *, max_chars: int) -> Extraction:
        page = decode(stream, max_chars=max_chars, choose=_choose)
        if _is_unnatural(page.text):
            note = "nested too deep for the parser: tags stripped"
            return Extraction(strip_tags(page.text), page.note or note)
        tree = LexborHTMLParser(page.text)
        hidden = [text for text in (*_hidden_text(tree), *_comments(page.text)) if text]
        tree.strip_tags(["style", "script"])
        shown = "" if tree.root is None else tree.root.text(separator=" ", skip_empty=True)
        text = "\n".join([shown, *hidden])[:max_chars]
        return Extraction(text, page.note)


def _choose(sample: bytes) -> str:
    """Choose the encoding as for plain text, but let the page's own word break a tie."""
    guess = find_encoding(sample, is_whole=len(sample) < SAMPLE_BYTES)
    found = _META_CHARSET.search(sample[:4096])
    if found is None or guess.startswith("utf"):
        return guess
    claimed = found[1].decode("ascii", "replace").lower()
    if claimed in {"iso-8859-1", "latin-1", "latin1"}:
        # Browsers read Latin-1 as Windows-1252, and so do those who write it.
        return "cp1252"
    try:
        is_known = _PAGE_CHARSET.fullmatch(claimed) and codecs.lookup(claimed)
    except LookupError:
        is_known = None
    return claimed if is_known else guess


def _hidden_text(tree: LexborHTMLParser) -> Iterator[str]:
    for meta in tree.css("meta[content]"):
        if "description" in (meta.attributes.get("name") or meta.attributes.get("property") or ""):
            yield meta.attributes.get("content") or ""
    for node in tree.css(_WITH_ATTRIBUTES):
        attributes = node.attributes
        for name in _ATTRIBUTES:
            yield strip_tags(attributes.get(name) or "")
    for fragment in tree.template_fragments():
        yield fragment.text(separator=" ")
    for script in tree.css("script"):
        yield _literals(script.text()[:_MAX_SCRIPT_CHARS])


def _comments(page: str) -> Iterator[str]:
    """Yield comments by plain search: some stand outside the tree's root element."""
    end = 0
    while (start := page.find("<!--", end)) >= 0:
        end = page.find("-->", start)
        if end < 0:
            return
        yield strip_tags(page[start + 4 : end])


def _literals(script: str) -> str:
    """Undo the escapes under which scripts carry text, and drop tags within it."""
    text = _ESCAPED_CHAR.sub(lambda found: chr(int(found[1], 16)), script)
    return strip_tags(_ESCAPED_SPACE.sub(" ", text))


def _is_unnatural(page: str) -> bool:
    """Tell whether the parser's quadratic cases are ahead; linear itself."""
    for tag in _LONG_TAG.finditer(page):
        if len(_BETWEEN_ATTRIBUTES.findall(tag[0])) > _MAX_ATTRIBUTES:
            return True
    if page.count("<") <= _MAX_DEPTH:
        return False
    depth = deepest = 0
    for found in _TAG_NAME.finditer(page):
        if not _NOT_NESTING.fullmatch(found[2]):
            depth = max(0, depth - 1) if found[1] else depth + 1
            deepest = max(deepest, depth)
    return deepest > _MAX_DEPTH
