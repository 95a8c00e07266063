"""OCR by Tesseract, where it is installed (``leakwatch[ocr]``) and switched on.

Only of pages that look like documents, in one thread, under a limit of CPU for
each and for all. What it reads is text with some wrong letters: the fingerprint
is made for that.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from PIL import Image

from leakwatch.errors import Unsupported
from leakwatch.extract.base import ContentStream, Extraction, OcrLimits, PictureLimits
from leakwatch.extract.ocr_pages import pdf_pages, picture_pages
from leakwatch.extract.tessdata import LANGUAGE, find_tessdata

_DPI = 150
_SURE, _LEAST_SURE = 60, 25
"""Mean confidence in percent: below the first a page may be upside down, below
the second there are no letters on it."""
_PAGES: Mapping[str, Callable[[ContentStream, PictureLimits], Iterator[Image.Image]]]
_PAGES = MappingProxyType(
    {
        **dict.fromkeys(("jpeg", "png", "tiff", "gif", "webp", "bmp", "jp2", "pnm"), picture_pages),
        "pdf": pdf_pages,
    }
)


class Ocr:
    """Reads pages; holds the engine once the first is met."""

    def __init__(self, limits: OcrLimits, pictures: PictureLimits | None = None) -> None:
        self._limits = limits
        self._pictures = pictures or PictureLimits()
        self._engine: Any = None

    def read(self, kind: str, stream: ContentStream, *, max_chars: int) -> Extraction:
        """Return what is written on the pages of one of ``OCR_KINDS``; the note counts them.

        Raises:
            Unsupported: Tesseract or its model is not installed.
            Exception: what Pillow and pdfium raise, before the first page.
        """
        texts: list[str] = []
        left_out = ""
        began_s = time.process_time()
        pages = _PAGES[kind](stream, self._pictures)
        while True:
            try:
                page = next(pages, None)
            except Exception:
                if not texts:
                    raise
                break
            if page is None:
                break
            if len(texts) >= self._limits.max_pages:
                left_out = f", the first {len(texts)} only"
                break
            if time.process_time() - began_s > self._limits.total_s:
                left_out = ", cut for want of time"
                break
            texts.append(self._page(page))
        read = [text for text in texts if text]
        note = f"OCR of {len(read)} page{'s' * (len(read) != 1)}{left_out}" if texts else None
        return Extraction("\n".join(read)[:max_chars], note)

    def _page(self, page: Image.Image) -> str:
        """Return the text of one page, upside down or not; nothing if it is no text."""
        text, sureness = self._recognised(page)
        if sureness < _SURE:
            turned = self._recognised(page.transpose(Image.Transpose.ROTATE_180))
            text, sureness = max((text, sureness), turned, key=lambda read: read[1])
        return text if sureness >= _LEAST_SURE else ""

    def _recognised(self, page: Image.Image) -> tuple[str, int]:
        if self._engine is None:
            self._engine = _engine()
        self._engine.SetImage(page)
        self._engine.SetSourceResolution(_DPI)
        # Milliseconds; False when they ran out: what was read until then stands.
        self._engine.Recognize(int(self._limits.page_s * 1000))
        text = self._engine.GetUTF8Text().strip()
        sureness = int(self._engine.MeanTextConf()) if text else 0
        self._engine.Clear()
        return text, sureness


def _engine() -> Any:
    # Read when its library is loaded: threads would fight for the one core that a child has.
    os.environ["OMP_THREAD_LIMIT"] = "1"
    folder = find_tessdata()
    try:
        import tesserocr  # noqa: PLC0415 - an extra, and late: most files need none
    except ImportError:
        raise Unsupported("OCR is asked for, but tesserocr is not installed") from None
    if folder is None:
        raise Unsupported("OCR is asked for, but no model of Tesseract is installed")
    return tesserocr.PyTessBaseAPI(path=folder, lang=LANGUAGE)
