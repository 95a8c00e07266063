"""Which kinds give text, and who reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from leakwatch.errors import Encrypted
from leakwatch.extract.base import SECOND_WAY, ContentStream, Extraction, Extractor
from leakwatch.extract.carved import CarvedText
from leakwatch.extract.html import HtmlPage
from leakwatch.extract.message import OutlookMessage
from leakwatch.extract.office import OfficePackage
from leakwatch.extract.ole_objects import OleObject
from leakwatch.extract.opendocument import OpenDocument
from leakwatch.extract.page_packages import Book, FixedPages
from leakwatch.extract.pdf import PdfText
from leakwatch.extract.pdf_rescue import PdfRescue
from leakwatch.extract.plain import PlainText
from leakwatch.extract.powerpoint_binary import PowerPointBinary
from leakwatch.extract.rtf import RichText
from leakwatch.extract.sheet_markup import WorkbookMarkup
from leakwatch.extract.spreadsheet import Workbook, WorkbookBinary
from leakwatch.extract.stripped import StrippedMarkup
from leakwatch.extract.word_binary import WordBinary
from leakwatch.extract.workbook_binary import WorkbookRecords
from leakwatch.extract.xml import XmlText

EXTRACTORS: Mapping[str, Extractor] = MappingProxyType(
    {
        "text": PlainText(),
        "html": HtmlPage(),
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
    }
)

_PLAIN_WAYS: Mapping[str, Extractor] = MappingProxyType(
    {
        "text": StrippedMarkup(),
        "html": StrippedMarkup(),
        "xml": StrippedMarkup(),
        "pdf": PdfRescue(),
        "xlsx": WorkbookMarkup(),
        "xls": WorkbookRecords(),
        "doc": CarvedText(),
        "ppt": CarvedText(),
        "ole": CarvedText(),
    }
)
"""The second way of each kind: asked where the first raises, or has died."""


class TextExtraction:
    """All extractors behind one call.

    Args:
        max_chars: of one artefact's text.
        passwords: tried in order on documents that have one.
    """

    def __init__(self, *, max_chars: int, passwords: Sequence[str] = ()) -> None:
        self._max_chars = max_chars
        self._extractors = EXTRACTORS
        if passwords:
            self._extractors = {**EXTRACTORS, "pdf": PdfText(passwords)}

    def has_text(self, kind: str) -> bool:
        return kind in self._extractors

    def is_risky(self, kind: str) -> bool:
        extractor = self._extractors.get(kind)
        return extractor is not None and extractor.is_risky

    def __call__(self, kind: str, stream: ContentStream, *, plainly: bool) -> Extraction | None:
        """Return the text of this kind of content, or None where there is no way to any.

        A parser that fails is answered the second way where there is one; else
        raises what the parser raised.
        """
        extractor = (_PLAIN_WAYS if plainly else self._extractors).get(kind)
        if extractor is None:
            return None
        try:
            return extractor.extract(stream, max_chars=self._max_chars)
        except Encrypted:
            raise
        except Exception as error:
            if plainly or kind not in _PLAIN_WAYS:
                raise
            note = f"{SECOND_WAY}: the first failed ({type(error).__name__})"
        stream.seek(0)
        text = _PLAIN_WAYS[kind].extract(stream, max_chars=self._max_chars).text
        return Extraction(text, note)
