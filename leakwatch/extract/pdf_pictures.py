"""Pictures in a PDF: a scan is a PDF with one picture a page.

pdfium may abort the process or run for ever on a file of 4 KB: only ever in
the sandbox child, where that costs this one file its pictures.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import islice

import pypdfium2
import pypdfium2.raw

from leakwatch.errors import BudgetExceeded, Encrypted
from leakwatch.extract.base import ContentStream, Gallery, PictureLimits
from leakwatch.extract.image import MIN_SIDE_PX, PictureBudget, hash_picture, opened
from leakwatch.model.picture import Picture

_MAX_OBJECTS = 2_000
"""Pictures looked at in one file, icons too."""
_MAX_FORM_DEPTH = 4


class PdfPictures:
    """Embedded pictures, page by page, each once."""

    def read(self, stream: ContentStream, limits: PictureLimits) -> Gallery:
        budget = PictureBudget(limits)
        found: dict[bytes, Picture] = {}
        failed, note = 0, None
        document = _opened(stream)
        try:
            for embedded in islice(_embedded(document, limits.max_pages), _MAX_OBJECTS):
                try:
                    picture = _picture(embedded, budget)
                except BudgetExceeded as error:
                    note = error.what
                    if error.limit == "total_pixels":
                        break
                except Exception:  # noqa: BLE001  (hostile bytes raise anything)
                    failed += 1
                else:
                    found.setdefault(picture.hashes[0], picture)
                if len(found) >= limits.max_pictures:
                    note = f"pictures cut after {limits.max_pictures}"
                    break
            if len(document) > limits.max_pages:
                note = note or f"pictures of the first {limits.max_pages} pages only"
        finally:
            document.close()
        if failed and not note:
            note = f"{failed} pictures could not be decoded"
        return Gallery(tuple(found.values()), note)


def _opened(stream: ContentStream) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(stream)
    except pypdfium2.PdfiumError as error:
        if error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD:
            raise Encrypted("the document has a password") from None
        raise


def _embedded(document: pypdfium2.PdfDocument, max_pages: int) -> Iterator[pypdfium2.PdfImage]:
    for number in range(min(len(document), max_pages)):
        try:
            page = document[number]
        except pypdfium2.PdfiumError:
            continue
        images = [pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]
        for embedded in page.get_objects(filter=images, max_depth=_MAX_FORM_DEPTH):
            if min(embedded.get_px_size()) >= MIN_SIDE_PX:
                yield embedded
        page.close()


def _picture(embedded: pypdfium2.PdfImage, budget: PictureBudget) -> Picture:
    budget.enter(embedded.get_px_size())
    if embedded.get_filters(skip_simple=True) == ["DCTDecode"]:
        # The scanner's own JPEG: decoded as it would be if it lay there as a file.
        raw = bytes(embedded.get_data(decode_simple=True))
        with opened(io.BytesIO(raw), ("JPEG",)) as image:
            if image.size != embedded.get_px_size():
                budget.enter(image.size)
            return hash_picture(image)
    return hash_picture(embedded.get_bitmap().to_pil())
