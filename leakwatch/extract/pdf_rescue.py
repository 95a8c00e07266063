"""PDF by pdf_oxide, for what pdfium cannot read: a third of its speed, more patience.

Loaded when it is first needed: 27 MB that few files ask for.
"""

from __future__ import annotations

import operator
import time

from leakwatch.errors import Encrypted
from leakwatch.extract.base import ContentStream, Extraction
from leakwatch.extract.cpu import cpu_at_most
from leakwatch.extract.page_count import MAX_PAGES, PagesRead
from leakwatch.extract.panics import as_errors
from leakwatch.extract.text_parts import TextParts
from leakwatch.extract.whole import read_whole

_MAX_CPU_S, _HANGING_CPU_S = 10.0, 15.0
"""After the first, between two pages, what there is is told; a page may hang to the second."""


class PdfRescue:
    """Text of a PDF, the second way."""

    is_risky = True

    def extract(self, stream: ContentStream, *, max_chars: int) -> Extraction:
        return rescue_text(read_whole(stream), max_chars=max_chars)


def rescue_text(data: bytes, *, max_chars: int) -> Extraction:
    """Return the text of a PDF's pages; those that fail are counted in the note.

    Raises:
        Encrypted: it has a password.
        Exception: whatever pdf_oxide raises.
    """
    with cpu_at_most(_HANGING_CPU_S):
        return _pages_text(data, max_chars)


def _pages_text(data: bytes, max_chars: int) -> Extraction:
    import pdf_oxide  # noqa: PLC0415 - as the module says

    parts = TextParts(max_chars)
    pdf_oxide.disable_logging()
    with as_errors("pdf_oxide"):
        document = pdf_oxide.PdfDocument.from_bytes(data)
        if not document.authenticate(""):
            raise Encrypted("the document has a password")
        read = PagesRead(operator.index(document.page_count))
    end_s = time.process_time() + _MAX_CPU_S
    for number in range(min(read.pages, MAX_PAGES)):
        try:
            with as_errors("pdf_oxide"):
                text = document.extract_text(number, extract_tables=False)
        except Exception:  # noqa: BLE001  (hostile bytes raise anything)
            read.note_page(is_read=False)
        else:
            read.note_page(is_read=True)
            parts.add(text + "\n")
        if parts.is_full or read.is_hopeless or time.process_time() > end_s:
            break
    return Extraction(parts.text(), parts.note or read.note)
