"""Which kinds give text, and who reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from leakwatch.errors import Encrypted
from leakwatch.extract.base import ContentStream, Extraction, Extractor, OcrLimits
from leakwatch.extract.carved import CarvedText
from leakwatch.extract.dicom_text import DicomText
from leakwatch.extract.eml import MailText
from leakwatch.extract.hl7 import Hl7Message
from leakwatch.extract.html import HtmlPage
from leakwatch.extract.message import OutlookMessage
from leakwatch.extract.office import OfficePackage
from leakwatch.extract.ole_objects import OleObject
from leakwatch.extract.opendocument import OpenDocument
from leakwatch.extract.page_packages import Book, FixedPages
from leakwatch.extract.page_reading import PageReading
from leakwatch.extract.pdf import PdfText
from leakwatch.extract.pdf_rescue import PdfRescue
from leakwatch.extract.picture_text import PictureText
from leakwatch.extract.plain import PlainText
from leakwatch.extract.powerpoint_binary import PowerPointBinary
from leakwatch.extract.rtf import RichText
from leakwatch.extract.runs import TextRuns
from leakwatch.extract.sheet_markup import WorkbookMarkup
from leakwatch.extract.spreadsheet import Workbook, WorkbookBinary
from leakwatch.extract.stripped import StrippedMarkup
from leakwatch.extract.word_binary import WordBinary
from leakwatch.extract.workbook_binary import WorkbookRecords
from leakwatch.extract.xml import XmlText
from leakwatch.model.coverage import SECOND_WAY

UNREADABLE = ("unknown", "sqlite", "pst")
"""Kinds that nobody reads, and that may hold text as it is: databases, mail stores, backups."""
LABELLED = ("jpeg", "png", "gif", "webp", "tiff", "pnm")
"""Pictures that may have words written into them; one that has none has no text."""
_MAY_BE_MUTE = frozenset((*LABELLED, *UNREADABLE))
EXTRACTORS: Mapping[str, Extractor] = MappingProxyType(
    {
        "text": PlainText(),
        "html": HtmlPage(),
        "eml": MailText(HtmlPage()),
        "xml": XmlText(),
        "pdf": PdfText(),
        "docx": OfficePackage(),
        "pptx": OfficePackage(),
        "opc": OfficePackage(),
        "xlsx": Workbook(),
        "odf": OpenDocument(),
        "epub": Book(),
        "xps": FixedPages(),
        "doc": WordBinary(),
        "xls": WorkbookBinary(),
        "ppt": PowerPointBinary(),
        "msg": OutlookMessage(),
        "ole": OleObject(),
        "rtf": RichText(),
        "hl7": Hl7Message(),
        "dicom": DicomText(),
        **dict.fromkeys(LABELLED, PictureText()),
        **dict.fromkeys(UNREADABLE, TextRuns()),
    }
)

_SECOND_WAYS: Mapping[str, Extractor] = MappingProxyType(
    {
        "text": StrippedMarkup(),
        "html": StrippedMarkup(),
        "xml": StrippedMarkup(),
        "eml": MailText(StrippedMarkup()),
        "pdf": PdfRescue(),
        "xlsx": WorkbookMarkup(),
        "xls": WorkbookRecords(),
        "hl7": PlainText(),
        "doc": CarvedText(),
        "ppt": CarvedText(),
        "rtf": CarvedText(),
        "ole": CarvedText(),
    }
)
"""The second way of each kind: asked where the first raises, or has died."""


class TextExtraction:
    """All extractors behind one call.

    Args:
        max_chars: of one artefact's text.
        passwords: tried in order on documents that have one.
        ocr: read pages that are pictures; None for no.
    """

    def __init__(
        self, *, max_chars: int, passwords: Sequence[str] = (), ocr: OcrLimits | None = None
    ) -> None:
        self._max_chars = max_chars
        self._extractors = EXTRACTORS
        if passwords:
            self._extractors = {**EXTRACTORS, "pdf": PdfText(passwords)}
        self._reading = None if ocr is None else PageReading(ocr)

    def has_text(self, kind: str) -> bool:
        return kind in self._extractors or self._reads(kind)

    def is_risky(self, kind: str) -> bool:
        extractor = self._extractors.get(kind)
        return (extractor is not None and extractor.is_risky) or self._reads(kind)

    def __call__(self, kind: str, stream: ContentStream, *, plainly: bool) -> Extraction | None:
        """Return the text of this kind of content, or None where there is no way to any.

        A parser that fails is answered the second way where there is one; else
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
        extractor = (_SECOND_WAYS if plainly else self._extractors).get(kind)
        if extractor is None:
            return None
        try:
            extraction = extractor.extract(stream, max_chars=self._max_chars)
        except Encrypted:
            raise
        except Exception as error:
            if plainly or kind not in _SECOND_WAYS:
                raise
            stream.seek(0)
            text = _SECOND_WAYS[kind].extract(stream, max_chars=self._max_chars).text
            if not text.strip():
                # Nobody has read it: what the first said of it stands.
                raise
            return Extraction(text, f"{SECOND_WAY}: the first failed ({type(error).__name__})")
        return extraction if extraction.text or kind not in _MAY_BE_MUTE else None
