"""Picture files -> hashes of what they show; a page or frame of a file is a picture.

Sizes are judged by the header, before a pixel is decoded: a file of 100 bytes
may claim 50,000 x 50,000. Large pictures are shrunk while they are decoded
(JPEG) or at once after, to the side that PDQ works on.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

# Named one by one: Pillow would else load all of its plugins for a TIFF.
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from leakwatch.errors import BudgetExceeded, ExtractError
from leakwatch.extract.base import ContentStream, Gallery, PictureLimits
from leakwatch.fingerprint.pdq import SIDE_PX, pdq
from leakwatch.model.picture import Picture

MIN_SIDE_PX = 64
"""Smaller pictures are icons, rules and bullets: they show nobody."""
FORMATS = tuple(
    plugin.format
    for plugin in (
        JpegImagePlugin.JpegImageFile,
        PngImagePlugin.PngImageFile,
        TiffImagePlugin.TiffImageFile,
        GifImagePlugin.GifImageFile,
        BmpImagePlugin.BmpImageFile,
        WebPImagePlugin.WebPImageFile,
        Jpeg2KImagePlugin.Jpeg2KImageFile,
        PpmImagePlugin.PpmImageFile,
        AvifImagePlugin.AvifImageFile,
    )
)
# A child may make no threads.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
_AS_IT_IS = frozenset({"L", "RGB"})
_GREYS = frozenset({"1", "LA", "La"})
_PALETTES = frozenset({"P", "PA"})


class PictureBudget:
    """What one artefact's pictures may come to."""

    def __init__(self, limits: PictureLimits) -> None:
        self._limits = limits
        self._pixels_left = limits.max_total_pixels

    def enter(self, size: tuple[int, int]) -> None:
        """Count a picture of this size before it is decoded.

        Raises:
            BudgetExceeded: it is too large, or one too many.
        """
        pixels = size[0] * size[1]
        if pixels > self._limits.max_pixels:
            what = f"a picture of {pixels} pixels is over the limit of {self._limits.max_pixels}"
            raise BudgetExceeded(what, limit="pixels")
        self._pixels_left -= pixels
        if self._pixels_left < 0:
            what = f"pictures left out after {self._limits.max_total_pixels} pixels"
            raise BudgetExceeded(what, limit="total_pixels")


class PictureFile:
    """Pictures of a file in one of ``FORMATS``."""

    def read(self, stream: ContentStream, limits: PictureLimits) -> Gallery:
        found: dict[bytes, Picture] = {}
        note = None
        frames = picture_frames(stream, PictureBudget(limits))
        try:
            for number, picture in enumerate(frames):
                if number >= limits.max_pages:
                    note = f"pictures of the first {number} frames only"
                    break
                if picture is not None:
                    found.setdefault(picture.hashes[0], picture)
                if len(found) >= limits.max_pictures:
                    note = f"pictures cut after {limits.max_pictures}"
                    break
        except Exception as error:
            if not found:
                raise
            note = f"a later page gave no picture ({type(error).__name__})"
        return Gallery(tuple(found.values()), note)


def picture_frames(stream: ContentStream, budget: PictureBudget) -> Iterator[Picture | None]:
    """Yield the picture of each page or frame, None for one that is too small.

    Raises:
        BudgetExceeded: a picture is too large.
        ExtractError: the header is none of these formats' or claims too much.
        Exception: whatever else Pillow raises.
    """
    number = 0
    with opened(stream) as image:
        while True:
            try:
                image.seek(number)
            except EOFError:
                return
            if min(image.size) >= MIN_SIDE_PX:
                budget.enter(image.size)
                yield hash_picture(image)
            else:
                yield None
            number += 1


def hash_picture(image: Image.Image) -> Picture:
    """Return the hashes of a picture whose size was judged; decodes it."""
    # Twice the side: JPEG shrinks by halves, and the rest is to be done well.
    image.draft(None, (2 * SIDE_PX, 2 * SIDE_PX))
    load(image)
    if image.mode[0] in "IF":
        image = Image.fromarray(_as_bytes(np.asarray(image)))
    if image.mode in _PALETTES:
        # Some have transparent colours: those convert to this mode without a warning.
        image = image.convert("RGBA")
    if image.mode not in _AS_IT_IS:
        image = image.convert("L" if image.mode in _GREYS else "RGB")
    if max(image.size) > SIDE_PX:
        size = tuple(max(1, round(s * SIDE_PX / max(image.size))) for s in image.size)
        image = image.resize((size[0], size[1]), Image.Resampling.BILINEAR)
    return pdq(np.asarray(image))


def opened(stream: ContentStream, formats: Sequence[str] = FORMATS) -> Image.Image:
    """Open a picture whose pixels nobody has touched yet.

    Raises:
        BudgetExceeded: it claims far too many.
        ExtractError: the header is none of the formats'.
    """
    try:
        try:
            return Image.open(stream, formats=formats)  # type: ignore[arg-type]
        except (ValueError, UnidentifiedImageError):
            # A comment with a wrong checksum, a colour profile that unpacks to megabytes:
            # what shows the picture on a screen does without.
            stream.seek(0)
            with _leniently():
                return Image.open(stream, formats=formats)  # type: ignore[arg-type]
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BudgetExceeded("a picture is far too large", limit="pixels") from None
    except UnidentifiedImageError:
        raise ExtractError("the header is no picture's") from None


def load(image: Image.Image) -> None:
    """Decode; of a file that is cut off, what there is."""
    try:
        image.load()
    except (OSError, ValueError):
        with _leniently():
            image.load()


@contextlib.contextmanager
def _leniently() -> Iterator[None]:
    """Have Pillow make do with what is whole."""
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


def _as_bytes(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Stretch 16 and 32 bit greys, as X-rays have them, over the range of a byte."""
    numbers = values.astype(np.float32)
    np.nan_to_num(numbers, copy=False)
    low, high = numbers.min(), numbers.max()
    # In place: with 80 million pixels each copy is a third of what a child may have.
    numbers -= low
    numbers *= np.float32(255.0) / max(high - low, np.float32(1e-9))
    return numbers.astype(np.uint8)
