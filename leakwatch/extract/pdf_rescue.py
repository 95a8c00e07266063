"""PDF by pdf_oxide, for what pdfium cannot read: a third of its speed, more patience.

Loaded when it is first needed: 27 MB that few files ask for.
"""

from __future__ import annotations

import operator

from leakwatch.errors import Encrypted
from leakwatch.extract.base import ContentStream, Extraction
from leakwatch.extract.panics import as_errors
from leakwatch.extract.text_parts import TextParts
from leakwatch.extract.whole import read_whole

_MAX_PAGES = 2_000


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
    import pdf_oxide  # noqa: PLC0415 - as the module says

    parts, failed = TextParts(max_chars), 0
    pdf_oxide.disable_logging()
    with as_errors("pdf_oxide"):
        document = pdf_oxide.PdfDocument.from_bytes(data)
        if not document.authenticate(""):
            raise Encrypted("the document has a password")
        pages = operator.index(document.page_count)
    for number in range(min(pages, _MAX_PAGES)):
        try:
            with as_errors("pdf_oxide"):
                text = document.extract_text(number, extract_tables=False)
        except Exception:  # noqa: BLE001  (hostile bytes raise anything)
            failed += 1
            continue
        if not parts.add(text + "\n"):
            break
    note = parts.note or (f"{failed} pages gave no text" if failed else None)
    return Extraction(parts.text(), note)
