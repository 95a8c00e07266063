"""Makes the reader of web pages do what a page says: a parser that was taken over.

Imported by a zygote alone, as one of the pool's ``parser_modules``. A page of
``containment.page`` has one of ``hostile``'s attempts made in the child that
reads it, amid the reading; what came of it becomes the page's text.
"""

from __future__ import annotations

import json

from leakwatch.extract.base import ContentStream, Extraction
from leakwatch.extract.html import HtmlPage
from tests.support import hostile
from tests.support.containment import PAGE_START

_honest = HtmlPage.extract


def _extract(self: HtmlPage, stream: ContentStream, *, max_chars: int) -> Extraction:
    body = stream.read(1 << 20)
    stream.seek(0)
    if not body.startswith(PAGE_START):
        return _honest(self, stream, max_chars=max_chars)
    name, options = json.loads(body.removeprefix(PAGE_START))
    return Extraction(json.dumps(getattr(hostile, name)(body, options)))


HtmlPage.extract = _extract  # type: ignore[method-assign]
