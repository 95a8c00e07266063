"""Which kinds give text, and who reads them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from leakwatch.extract.base import ContentStream, Extraction, Extractor, OcrLimits
from leakwatch.extract.dicom_text import DicomText
from leakwatch.extract.hl7 import Hl7Message
from leakwatch.extract.html import HtmlPage
from leakwatch.extract.page_reading import PageReading
from leakwatch.extract.picture_text import PictureText
from leakwatch.extract.plain import PlainText
from leakwatch.extract.stripped import StrippedMarkup

LABELLED = ("jpeg", "png", "gif", "webp", "tiff", "pnm")
"""Pictures that may have words written into them; one that has none has no text."""
EXTRACTORS: Mapping[str, Extractor] = MappingProxyType(
    {
        "text": PlainText(),
        "html": HtmlPage(),
        "xml": StrippedMarkup(),
        "hl7": Hl7Message(),
        "dicom": DicomText(),
        "dicom-document": DicomText(),
        **dict.fromkeys(LABELLED, PictureText()),
    }
)

_PLAIN_WAYS: Mapping[str, Extractor] = MappingProxyType(
    {
        "text": StrippedMarkup(),
        "html": StrippedMarkup(),
        "xml": StrippedMarkup(),
        "hl7": PlainText(),
    }
)


class TextExtraction:
    """All extractors behind one call.

    Args:
        max_chars: of one artefact's text.
        ocr: read pages that are pictures; None for no.
    """

    def __init__(self, *, max_chars: int, ocr: OcrLimits | None = None) -> None:
        self._max_chars = max_chars
        self._reading = None if ocr is None else PageReading(ocr)

    def has_text(self, kind: str) -> bool:
        return kind in EXTRACTORS or self._reads(kind)

    def is_risky(self, kind: str) -> bool:
        extractor = EXTRACTORS.get(kind)
        return (extractor is not None and extractor.is_risky) or self._reads(kind)

    def __call__(self, kind: str, stream: ContentStream, *, plainly: bool) -> Extraction | None:
        """Return the text of this kind of content, or None where there is no way to any.

        A parser that fails is answered the plain way where there is one; else
        raises what the parser raised.
        """
        if plainly or self._reading is None or not self._reading.reads(kind):
            return self._written(kind, stream, plainly=plainly)
        return self._reading.added(
            kind,
            stream,
            lambda: self._written(kind, stream, plainly=False),
            max_chars=self._max_chars,
        )

    def _reads(self, kind: str) -> bool:
        return self._reading is not None and self._reading.reads(kind)

    def _written(self, kind: str, stream: ContentStream, *, plainly: bool) -> Extraction | None:
        extractor = (_PLAIN_WAYS if plainly else EXTRACTORS).get(kind)
        if extractor is None:
            return None
        try:
            extraction = extractor.extract(stream, max_chars=self._max_chars)
        except Exception as error:
            if plainly or kind not in _PLAIN_WAYS:
                raise
            note = f"the parser failed ({type(error).__name__}): tags stripped"
        else:
            return extraction if extraction.text or kind not in LABELLED else None
        stream.seek(0)
        text = _PLAIN_WAYS[kind].extract(stream, max_chars=self._max_chars).text
        return Extraction(text, note)
