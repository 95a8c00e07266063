"""Which pages are worth reading by OCR, made ready for it: grey, about 150 dpi.

A page is light, with some dark on it, and large enough that its letters can be
read. A photograph is not: it costs a look at a small copy, and no OCR.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pypdfium2
import pypdfium2.raw
from numpy.typing import NDArray
from PIL import Image

from leakwatch.extract.base import ContentStream, PictureLimits
from leakwatch.extract.image import PictureBudget, load, opened

MIN_SIDE_PX = 600
"""Of the longer side: an A5 page at 75 dpi."""
READING_PX = 1754
"""The longer side of an A4 page at 150 dpi: smaller pages are enlarged to it."""
MOST_PX = 2600
"""Larger pages are shrunk: more costs time and reads no better."""
_LOOK_PX = 512
_PAPER_SHARE, _MIN_PAPER = 0.9, 110
_LIGHT_BELOW_PAPER, _DARK_BELOW_PAPER = 45, 60
_MIN_LIGHT, _MIN_DARK, _MAX_DARK = 0.45, 0.0008, 0.35
_MIN_EDGES = 0.001
_MIN_GROUND = 0.6
"""Share of one shade from which a dark picture is light writing on a dark ground."""
_TURNED = 1.6
_FEW_CHARS = 100
_LOOK_DEPTH = 4

Grey = NDArray[np.uint8]


def picture_pages(stream: ContentStream, limits: PictureLimits) -> Iterator[Image.Image]:
    """Yield the pages of a picture file that look like documents. Raises as Pillow does."""
    budget = PictureBudget(limits)
    with opened(stream) as image:
        for number in range(limits.max_pages):
            try:
                image.seek(number)
            except EOFError:
                return
            if max(image.size) < MIN_SIDE_PX:
                continue
            budget.enter(image.size)
            image.draft("L", (READING_PX, READING_PX))
            load(image)
            page = _ready(image)
            if page is not None:
                yield page


def pdf_pages(stream: ContentStream, limits: PictureLimits) -> Iterator[Image.Image]:
    """Yield the pages of a PDF that show a picture and hold next to no text."""
    document = pypdfium2.PdfDocument(stream)
    budget = PictureBudget(limits)
    try:
        for number in range(min(len(document), limits.max_pages)):
            page = document[number]
            if _is_scan(page, budget):
                width, height = page.get_size()
                scale = READING_PX / max(width, height, 1.0)
                drawn = page.render(scale=scale, grayscale=True).to_pil()
                ready = _ready(drawn)
                if ready is not None:
                    yield ready
            page.close()
    finally:
        document.close()


def _is_scan(page: pypdfium2.PdfPage, budget: PictureBudget) -> bool:
    """Tell whether a page is a picture; its size is judged before it is drawn."""
    text_page = page.get_textpage()
    try:
        if text_page.count_chars() >= _FEW_CHARS:
            return False
    finally:
        text_page.close()
    largest = 0
    images = [pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]
    for embedded in page.get_objects(filter=images, max_depth=_LOOK_DEPTH):
        size = embedded.get_px_size()
        budget.enter(size)
        largest = max(largest, *size)
    return largest >= MIN_SIDE_PX


def looks_like_page(grey: Grey) -> bool:
    """Tell a page from a photograph, by a copy of some 500 pixels a side."""
    paper = _shade(grey, _PAPER_SHARE)
    if paper < _MIN_PAPER:
        return False
    light = np.mean(grey > paper - _LIGHT_BELOW_PAPER)
    dark = np.mean(grey < paper - _DARK_BELOW_PAPER)
    steps = np.abs(np.diff(grey.astype(np.int16), axis=1))
    edges = np.mean(steps > _LIGHT_BELOW_PAPER)
    return bool(light >= _MIN_LIGHT and _MIN_DARK <= dark <= _MAX_DARK and edges >= _MIN_EDGES)


def is_turned(grey: Grey) -> bool:
    """Tell whether lines run from top to bottom: columns differ more than rows do."""
    dark = (grey < _shade(grey, _PAPER_SHARE) - _DARK_BELOW_PAPER).astype(np.float32)
    rows, columns = dark.mean(axis=1), dark.mean(axis=0)
    across, down = np.abs(np.diff(rows)).mean(), np.abs(np.diff(columns)).mean()
    return bool(down > _TURNED * across)


def _shade(grey: Grey, share: float) -> int:
    """Return the shade that this share of the pixels does not exceed."""
    counts = np.cumsum(np.bincount(grey.ravel(), minlength=256))
    return int(np.searchsorted(counts, share * grey.size))


def _is_negative(grey: Grey) -> bool:
    shade = _shade(grey, 0.5)
    ground = np.mean(np.abs(grey.astype(np.int16) - shade) <= 12)
    return bool(shade < _MIN_PAPER and ground >= _MIN_GROUND)


def _ready(image: Image.Image) -> Image.Image | None:
    """Return a decoded page as OCR reads it best, or None for what is no page."""
    if image.mode[0] in "IF":
        return None  # an X-ray, not a scan
    if image.mode in {"RGBA", "LA", "PA", "P"}:
        # What is transparent is paper.
        image = image.convert("RGBA")
        paper = Image.new("RGBA", image.size, (255, 255, 255, 255))
        image = Image.alpha_composite(paper, image)
    grey = image if image.mode == "L" else image.convert("L")
    small = grey.copy()
    small.thumbnail((_LOOK_PX, _LOOK_PX), Image.Resampling.BOX)
    look = np.asarray(small)
    is_dark = _is_negative(look)
    if is_dark:
        look = np.invert(look)
    if not looks_like_page(look):
        return None
    if is_dark:
        grey = Image.fromarray(np.invert(np.asarray(grey)))
    if is_turned(look):
        grey = grey.transpose(Image.Transpose.ROTATE_90)
    longer = max(grey.size)
    if READING_PX <= longer <= MOST_PX:
        return grey
    scale = (READING_PX if longer < READING_PX else MOST_PX) / longer
    size = (max(1, round(grey.width * scale)), max(1, round(grey.height * scale)))
    return grey.resize(size, Image.Resampling.LANCZOS)
