"""OCR added to what a file says itself. Loads Tesseract, Pillow and pdfium with the first page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from leakwatch.errors import Unsupported
from leakwatch.extract.base import ContentStream, Extraction, OcrLimits

if TYPE_CHECKING:
    from leakwatch.extract.ocr import Ocr

OCR_KINDS = frozenset(("jpeg", "png", "tiff", "gif", "webp", "bmp", "jp2", "pnm", "pdf"))


class PageReading:
    """The text of a file and then that of its pages which are pictures."""

    def __init__(self, limits: OcrLimits) -> None:
        self._limits = limits
        self._ocr: Ocr | None = None

    def reads(self, kind: str) -> bool:
        return kind in OCR_KINDS

    def added(
        self,
        kind: str,
        stream: ContentStream,
        written: Callable[[], Extraction | None],
        *,
        max_chars: int,
    ) -> Extraction | None:
        """Return what ``written`` gives, with what OCR reads behind it.

        OCR that fails takes nothing away from what is written. Raises what it
        raised where that is nothing.
        """
        extraction = written()
        said = Extraction("") if extraction is None else extraction
        stream.seek(0)
        try:
            read = self._read(kind, stream, max_chars=max_chars - len(said.text))
        except Unsupported:
            raise
        except Exception as error:
            if not said.text:
                raise
            return Extraction(said.text, said.note or f"OCR failed ({type(error).__name__})")
        if read.note is None:
            return extraction
        text = "\n".join(text for text in (said.text, read.text) if text.strip())
        return Extraction(text, read.note)

    def _read(self, kind: str, stream: ContentStream, *, max_chars: int) -> Extraction:
        if self._ocr is None:
            from leakwatch.extract.ocr import Ocr  # noqa: PLC0415 - 60 MB, only where asked for

            self._ocr = Ocr(self._limits)
        return self._ocr.read(kind, stream, max_chars=max_chars)
