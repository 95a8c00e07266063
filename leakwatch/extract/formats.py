"""Which kinds give text, and who reads them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from leakwatch.extract.base import ContentStream, Extraction, Extractor
from leakwatch.extract.html import HtmlPage
from leakwatch.extract.plain import PlainText
from leakwatch.extract.stripped import StrippedMarkup

EXTRACTORS: Mapping[str, Extractor] = MappingProxyType(
    {"text": PlainText(), "html": HtmlPage(), "xml": StrippedMarkup()}
)

_PLAIN_WAYS: Mapping[str, Extractor] = MappingProxyType(
    {"text": StrippedMarkup(), "html": StrippedMarkup(), "xml": StrippedMarkup()}
)


class TextExtraction:
    """All extractors behind one call."""

    def __init__(self, *, max_chars: int) -> None:
        self._max_chars = max_chars

    def is_risky(self, kind: str) -> bool:
        extractor = EXTRACTORS.get(kind)
        return extractor is not None and extractor.is_risky

    def __call__(self, kind: str, stream: ContentStream, *, plainly: bool) -> Extraction | None:
        """Return the text of this kind of content, or None where there is no way to any.

        Raises whatever the parser raises, but memory that runs out in a parser
        is answered the plain way.
        """
        extractor = (_PLAIN_WAYS if plainly else EXTRACTORS).get(kind)
        if extractor is None:
            return None
        try:
            return extractor.extract(stream, max_chars=self._max_chars)
        except (MemoryError, RecursionError):
            if kind not in _PLAIN_WAYS:
                raise
        stream.seek(0)
        text = _PLAIN_WAYS[kind].extract(stream, max_chars=self._max_chars).text
        return Extraction(text, "the parser ran out of memory: tags stripped")
