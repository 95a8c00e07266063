"""Pictures drawn for tests: blobs that stand for photographs, and scanned letters."""

from __future__ import annotations

import functools
import io
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from leakwatch.extract.base import PictureLimits
from leakwatch.extract.image import PictureFile
from leakwatch.fingerprint.image import PictureHashes
from leakwatch.model.picture import HASH_BYTES, ORIENTATIONS, QUARTERS_BYTES, Picture

PAGE_PX = (620, 877)
_LINES = (
    "knee pain swelling review clinic invented referral bloods normal weeks mild right left",
    "ankle physiotherapy exercise medication twice daily letter summary history of no further",
)
_WORDS = [word for line in _LINES for word in line.split()]


def photo(seed: int, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """Return blobs of colour, coarse and fine: no two seeds look alike."""
    rng = np.random.default_rng(seed)
    coarse, fine = (
        Image.fromarray(rng.integers(0, 256, (9 * n, 12 * n, 3), dtype=np.uint8)).resize(
            size, Image.Resampling.BICUBIC
        )
        for n in (1, 4)
    )
    return Image.blend(coarse, fine, 0.5)


def letter(
    seed: int, *, scale: int = 1, letterhead: bool = True, paragraphs: int = 4
) -> Image.Image:
    """Return the scan of a letter, 75 dpi times ``scale``; all have the same heavy letterhead."""
    page, draw = _page(scale)
    if letterhead:
        draw.rectangle(_scaled((40, 20, 300, 100), scale), fill=30)
        draw.text((320 * scale, 45 * scale), "Kowhai Health Centre", fill=0, font=_font(24 * scale))
        draw.line(_scaled((40, 110, 580, 110), scale), fill=0, width=3 * scale)
    rng = random.Random(seed)
    y = 130
    for _ in range(paragraphs):
        for _ in range(rng.randint(3, 6)):
            line = " ".join(rng.choice(_WORDS) for _ in range(rng.randint(9, 11)))
            draw.text((50 * scale, y * scale), line, fill=0, font=_font(12 * scale))
            y += 18
        y += 30
    return page


def form(seed: int | None, *, scale: int = 1) -> Image.Image:
    """Return the scan of a form, the same for all, filled in by hand; blank for no seed."""
    page, draw = _page(scale)
    rng = random.Random(seed)
    draw.text((40 * scale, 30 * scale), "Referral form", fill=0, font=_font(28 * scale))
    for row in range(22):
        y = 80 + 33 * row
        draw.rectangle(_scaled((40, y, 580, y + 30), scale), outline=0, width=scale + 1)
        label = f"{_WORDS[row % len(_WORDS)]} {_WORDS[(3 * row + 1) % len(_WORDS)]}"
        draw.text((45 * scale, (y + 4) * scale), label, fill=0, font=_font(10 * scale))
        if seed is not None:
            said = " ".join(rng.choice(_WORDS) for _ in range(rng.randint(1, 4)))
            draw.text((240 * scale, (y + 7) * scale), said, fill=30, font=_font(15 * scale))
    return page


def _page(scale: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    page = Image.new("L", (PAGE_PX[0] * scale, PAGE_PX[1] * scale), 255)
    return page, ImageDraw.Draw(page)


@functools.cache
def _font(size: int) -> Any:
    return ImageFont.load_default(size=size)


def _scaled(box: tuple[int, int, int, int], scale: int) -> tuple[int, int, int, int]:
    return (box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale)


def saved(image: Image.Image, form: str, **options: Any) -> bytes:
    """Return the picture as a file."""
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


LABELLED_FORMATS = ("JPEG", "PNG", "TIFF", "GIF", "WEBP", "PPM")


def labelled_picture(form: str, words: str, size: tuple[int, int] = (72, 64)) -> bytes:
    """Return a picture file with words written into it, the way of its format."""
    image = photo(1, size)
    if form == "PNG":
        info = PngInfo()
        info.add_itxt("Comment", words, zip=True)
        return saved(image, form, pnginfo=info)
    if form == "GIF":
        return saved(image.convert("P"), form, comment=words.encode())
    if form == "PPM":
        return saved(image, form).replace(b"\n", b"\n# " + words.encode() + b"\n", 1)
    exif = Image.Exif()
    exif[0x010E], exif[0x010F] = words.encode(), "Camera Maker"
    return saved(image, form, exif=exif)


def pages(images: Sequence[Image.Image], form: str) -> bytes:
    """Return a PDF or TIFF with one picture a page."""
    # Of a copy: Pillow keeps the options of one saving for the next.
    return saved(images[0].copy(), form, save_all=True, append_images=list(images[1:]))


def hashed(image: Image.Image) -> Picture:
    """Return the hashes of a picture, as if it had been read from a file."""
    [picture] = PictureFile().read(io.BytesIO(saved(image, "PNG")), PictureLimits()).pictures
    return picture


def made_up(seed: int, *, quality: int = 100) -> Picture:
    """Return random hashes."""
    rng = random.Random(seed)
    return Picture(
        hashes=tuple(rng.randbytes(HASH_BYTES) for _ in range(ORIENTATIONS)),
        quarters=tuple(rng.randbytes(QUARTERS_BYTES) for _ in range(ORIENTATIONS)),
        quality=quality,
    )


def flipped(
    hashes: PictureHashes, *, whole: int, quarters: Sequence[int], seed: int
) -> PictureHashes:
    """Return one row of hashes with so many bits of the whole and of each quarter flipped."""
    rng = random.Random(seed)
    parts = [hashes.whole[0], *hashes.quarters[0].reshape(4, 4)]
    changed = [
        _flip(part, count, rng) for part, count in zip(parts, (whole, *quarters), strict=True)
    ]
    return PictureHashes(changed[0][None, :], np.concatenate(changed[1:])[None, :])


def _flip(words: Any, count: int, rng: random.Random) -> Any:
    words = words.copy()
    for bit in rng.sample(range(256), count):
        words[bit // 64] ^= np.uint64(1 << (bit % 64))
    return words
