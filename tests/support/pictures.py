"""Pictures drawn for tests: blobs that stand for photographs, and scanned letters."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

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
    """Return blobs of colour: no two seeds look alike."""
    noise = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC)


def letter(seed: int) -> Image.Image:
    """Return the scan of a letter; all are under the same heavy letterhead."""
    page = Image.new("L", PAGE_PX, 255)
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(size=12)
    draw.rectangle((40, 20, 300, 100), fill=30)
    draw.text((320, 45), "Kowhai Health Centre", fill=0, font=ImageFont.load_default(size=24))
    draw.line((40, 110, 580, 110), fill=0, width=3)
    rng = random.Random(seed)
    y = 130
    for _ in range(4):
        for _ in range(rng.randint(3, 6)):
            line = " ".join(rng.choice(_WORDS) for _ in range(rng.randint(9, 11)))
            draw.text((50, y), line, fill=0, font=font)
            y += 18
        y += 30
    return page


def saved(image: Image.Image, form: str, **options: Any) -> bytes:
    """Return the picture as a file."""
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


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
