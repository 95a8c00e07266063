"""PDF by pdfium: the text of each page, then what its forms and notes hold.

Pages are not drawn. The values of form fields and the words of notes are no part
of a page's text for pdfium: they are asked for one by one. pdfium may abort the process or run for ever on a file of 4 KB; then, and
where it finds nothing, ``pdf_rescue`` is asked.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Iterator, Sequence

import pypdfium2
import pypdfium2.raw as pdfium

from leakwatch.errors import Encrypted
from leakwatch.extract.base import ContentStream, Extraction
from leakwatch.extract.cpu import cpu_at_most
from leakwatch.extract.page_count import MAX_PAGES, PagesRead
from leakwatch.extract.pdf_rescue import rescue_text
from leakwatch.extract.text_parts import TextParts
from leakwatch.extract.whole import read_whole
from leakwatch.model.coverage import PAGES_ARE_PICTURES, SECOND_WAY

_MAX_CPU_S, _HANGING_CPU_S = 20.0, 30.0
"""After the first, between two pages, what there is is told; a page may hang to the second."""
NO_TEXT_LAYER = "no text layer, and no pictures"
_MAX_NOTES = 2_000
"""Of one page."""
_MAX_VALUE_BYTES = 1024 * 1024
_PAGES_LOOKED_AT = 20
_SOFT_HYPHENS = str.maketrans({"\ufffe": "", "\u00ad": "", "\0": ""})


class PdfText:
    """Text of a PDF; ``passwords`` are tried in order on one that has one."""

    is_risky = True

    def __init__(self, passwords: Sequence[str] = ()) -> None:
        self._passwords = passwords

    def extract(self, stream: ContentStream, *, max_chars: int) -> Extraction:
        with cpu_at_most(_HANGING_CPU_S):
            found = _first_way(stream, self._passwords, max_chars)
        if found.text.strip():
            return found
        return _second_way(stream, max_chars) or found


def _first_way(stream: ContentStream, passwords: Sequence[str], max_chars: int) -> Extraction:
    document = open_pdf(stream, passwords)
    try:
        document.init_forms()
        parts = TextParts(max_chars)
        read = _read_pages(document, parts)
        text, note = parts.text(), parts.note or read.note
        if not text.strip():
            text, note = "", PAGES_ARE_PICTURES if _has_pictures(document) else NO_TEXT_LAYER
        return Extraction(text, note)
    finally:
        document.close()


def _second_way(stream: ContentStream, max_chars: int) -> Extraction | None:
    """Return the text that pdf_oxide finds, or None."""
    stream.seek(0)
    try:
        found = rescue_text(read_whole(stream), max_chars=max_chars)
    except Exception:  # noqa: BLE001  (pdfium has read it; the other need not)
        return None
    note = f"{SECOND_WAY}: the first found no text"
    return Extraction(found.text, note) if found.text.strip() else None


def open_pdf(stream: ContentStream, passwords: Sequence[str] = ()) -> pypdfium2.PdfDocument:
    """Open a document, with the first of the passwords that fits if it needs one.

    Raises:
        Encrypted: none of them fits.
        PdfiumError: it is damaged beyond reading.
    """
    for password in (None, *passwords):
        try:
            stream.seek(0)
            return pypdfium2.PdfDocument(stream, password=password)
        except pypdfium2.PdfiumError as error:
            if error.err_code != pdfium.FPDF_ERR_PASSWORD:
                raise
    raise Encrypted("the document has a password")


def _read_pages(document: pypdfium2.PdfDocument, parts: TextParts) -> PagesRead:
    """Gather the text of the pages, as long as it makes sense."""
    read = PagesRead(len(document))
    end_s = time.process_time() + _MAX_CPU_S
    for number in range(min(read.pages, MAX_PAGES)):
        try:
            page = document[number]
        except pypdfium2.PdfiumError:
            read.note_page(is_read=False)
        else:
            read.note_page(is_read=True)
            _read_page(document, page, parts)
        if parts.is_full or read.is_hopeless or time.process_time() > end_s:
            break
    return read


def _read_page(document: pypdfium2.PdfDocument, page: pypdfium2.PdfPage, parts: TextParts) -> None:
    try:
        parts.add(_page_text(page) + "\n")
        for value in _values(document, page):
            parts.add(value + "\n")
    finally:
        page.close()


def _page_text(page: pypdfium2.PdfPage) -> str:
    text_page = page.get_textpage()
    try:
        return str(text_page.get_text_range()).translate(_SOFT_HYPHENS)
    finally:
        text_page.close()


def _values(document: pypdfium2.PdfDocument, page: pypdfium2.PdfPage) -> Iterator[str]:
    """Yield what a page's form fields and notes hold."""
    for number in range(min(pdfium.FPDFPage_GetAnnotCount(page), _MAX_NOTES)):
        note = pdfium.FPDFPage_GetAnnot(page, number)
        if not note:
            continue
        try:
            value = _string_of(note, b"Contents")
            if document.formenv and pdfium.FPDFAnnot_GetSubtype(note) == pdfium.FPDF_ANNOT_WIDGET:
                value = _field_value(document.formenv, note) or value
            if value.strip():
                yield value
        finally:
            pdfium.FPDFPage_CloseAnnot(note)


def _field_value(form: object, note: object) -> str:
    """Return a field's value, which may be its parent's."""
    return wide_string(
        lambda buffer, size: pdfium.FPDFAnnot_GetFormFieldValue(form, note, buffer, size)
    )


def _string_of(note: object, key: bytes) -> str:
    return wide_string(
        lambda buffer, size: pdfium.FPDFAnnot_GetStringValue(note, key, buffer, size)
    )


def wide_string(get: Callable[[object, int], int]) -> str:
    """Ask pdfium for a string of UTF-16: first for its size, then for itself."""
    size = get(None, 0)
    if not 2 < size <= _MAX_VALUE_BYTES:
        return ""
    buffer = ctypes.create_string_buffer(size)
    get(ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size)
    return buffer.raw[:size].decode("utf-16-le", "replace").translate(_SOFT_HYPHENS)


def _has_pictures(document: pypdfium2.PdfDocument) -> bool:
    for number in range(min(len(document), _PAGES_LOOKED_AT)):
        try:
            page = document[number]
        except pypdfium2.PdfiumError:
            continue
        try:
            images = [pdfium.FPDF_PAGEOBJ_IMAGE]
            if next(iter(page.get_objects(filter=images, max_depth=4)), None) is not None:
                return True
        finally:
            page.close()
    return False
