"""PDF by pdfium: the text of each page, then what its forms and notes hold.

Pages are not drawn. The values of form fields and the words of notes are no part
of a page's text for pdfium: they are asked for one by one. pdfium may abort the process or run for ever on a file of 4 KB; then, and
where it finds nothing, ``pdf_rescue`` is asked.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator, Sequence

import pypdfium2
import pypdfium2.raw as pdfium

from leakwatch.errors import Encrypted
from leakwatch.extract.base import ContentStream, Extraction
from leakwatch.extract.pdf_rescue import rescue_text
from leakwatch.extract.text_parts import TextParts
from leakwatch.extract.whole import read_whole
from leakwatch.model.coverage import PAGES_ARE_PICTURES, SECOND_WAY

MAX_PAGES = 2_000
NO_TEXT_LAYER = "no text layer"
"""Stands at the start of the note on a document that shows pictures and has no text."""
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
        document = open_pdf(stream, self._passwords)
        try:
            document.init_forms()
            parts = TextParts(max_chars)
            failed = _read_pages(document, parts)
            text, note = parts.text(), parts.note
            if not text.strip():
                return _without_text(document, stream, max_chars)
            if len(document) > MAX_PAGES:
                note = note or f"text of the first {MAX_PAGES} pages only"
        finally:
            document.close()
        if failed:
            note = note or f"{failed} pages gave no text"
        return Extraction(text, note)


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


def _read_pages(document: pypdfium2.PdfDocument, parts: TextParts) -> int:
    """Gather the text of the pages; return how many failed."""
    failed = 0
    for number in range(min(len(document), MAX_PAGES)):
        try:
            page = document[number]
        except pypdfium2.PdfiumError:
            failed += 1
            continue
        try:
            parts.add(_page_text(page) + "\n")
            for value in _values(document, page):
                parts.add(value + "\n")
        finally:
            page.close()
        if parts.is_full:
            break
    return failed


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


def _without_text(
    document: pypdfium2.PdfDocument, stream: ContentStream, max_chars: int
) -> Extraction:
    """Say what a document without text for pdfium has: text for the other, or pictures."""
    stream.seek(0)
    try:
        rescued = rescue_text(read_whole(stream), max_chars=max_chars)
    except Exception:  # noqa: BLE001  (pdfium has read it; the other need not)
        rescued = Extraction("")
    if rescued.text.strip():
        return Extraction(rescued.text, f"{SECOND_WAY}: the first found no text")
    if _has_pictures(document):
        return Extraction("", PAGES_ARE_PICTURES)
    return Extraction("", f"{NO_TEXT_LAYER}, and no pictures")


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
