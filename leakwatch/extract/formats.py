"""Which kinds give text, and who reads them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from leakwatch.extract.base import ContentStream, Extraction, Extractor
from leakwatch.extract.eml import MailText
from leakwatch.extract.html import HtmlPage
from leakwatch.extract.plain import PlainText
from leakwatch.extract.stripped import StrippedMarkup

EXTRACTORS: Mapping[str, Extractor] = MappingProxyType(
    {
        "text": PlainText(),
        "html": HtmlPage(),
        "xml": StrippedMarkup(),
        "eml": MailText(HtmlPage()),
    }
)

_PLAIN_WAYS: Mapping[str, Extractor] = MappingProxyType(
    {
        "text": StrippedMarkup(),
        "html": StrippedMarkup(),
        "xml": StrippedMarkup(),
        "eml": MailText(StrippedMarkup()),
    }
)


class TextExtraction:
    """All extractors behind one call."""

    def __init__(self, *, max_chars: int) -> None:
        self._max_chars = max_chars

    def has_text(self, kind: str) -> bool:
        return kind in EXTRACTORS

    def is_risky(self, kind: str) -> bool:
        extractor = EXTRACTORS.get(kind)
        return extractor is not None and extractor.is_risky

    def __call__(self, kind: str, stream: ContentStream, *, plainly: bool) -> Extraction | None:
        """Return the text of this kind of content, or None where there is no way to any.

        A parser that fails is answered the plain way where there is one; else
        raises what the parser raised.
        """
        extractor = (_PLAIN_WAYS if plainly else EXTRACTORS).get(kind)
        if extractor is None:
            return None
        try:
            return extractor.extract(stream, max_chars=self._max_chars)
        except Exception as error:
            if plainly or kind not in _PLAIN_WAYS:
                raise
            note = f"the parser failed ({type(error).__name__}): tags stripped"
        stream.seek(0)
        text = _PLAIN_WAYS[kind].extract(stream, max_chars=self._max_chars).text
        return Extraction(text, note)
