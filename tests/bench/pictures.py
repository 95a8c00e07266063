"""Pictures: false matches, copies found, and speed; run by ``make bench``.

Usage: python -m tests.bench.pictures [--pages N] [--known N]

The first table takes every pair of different pictures of a kind and counts
those that are taken for one picture: by the distance of the whole alone, and
with the quarters. The second distorts each picture and counts the copies that
are still found. The third times hashing, and looking up among ``--known`` hashes.
"""

# ruff: noqa: T201 - a bench prints
from __future__ import annotations

import argparse
import io
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, UnidentifiedImageError

from leakwatch.extract.base import PictureLimits
from leakwatch.extract.image import MIN_SIDE_PX, PictureFile, hash_picture
from leakwatch.fingerprint.image import PictureHasher, PictureHashes
from leakwatch.fingerprint.key import FingerprintKey
from leakwatch.fingerprint.likeness import LIKE_BITS, SAME_BITS, compare
from leakwatch.fingerprint.pdq import pdq
from leakwatch.match.image_index import PictureIndex
from leakwatch.model.picture import Picture
from tests.support.pictures import form, letter, photo

EVAL = Path(__file__).resolve().parents[3] / "shared" / "eval"
HASHER = PictureHasher(FingerprintKey(bytes(range(32))))
SCALE = 2
"""Pages at 150 dpi."""
SAMPLE = 40
"""Pictures of a kind that are distorted."""

VARIANT_BITS = 64
"""Evaluation pictures nearer than this are taken for variants of one picture."""
_SUFFIXES = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".gif", ".webp"}
_BLOCK = 20_000

Pictures = Sequence[Image.Image]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--known", type=int, default=500_000)
    options = parser.parse_args()
    count = range(options.pages)
    kinds: dict[str, Pictures] = {
        "letters, one letterhead": [letter(n, scale=SCALE) for n in count],
        "letters, no letterhead": [letter(n, scale=SCALE, letterhead=False) for n in count],
        "one form, filled in": [form(n, scale=SCALE) for n in count],
        "photographs": list(_photographs()),
    }
    print(f"{'pairs of different pictures':28} {'pairs':>8} ", end="")
    print(f"{f'<= {SAME_BITS}':>8} {f'<= {LIKE_BITS}':>8} {'same':>8} {'alike':>8}")
    for name, pictures in kinds.items():
        if pictures:
            print(f"{name:28} {_pairs(pictures)}")
    print(f"\n{'copies found: same, alike':28}" + "".join(f"{name:>14}" for name in DISTORTIONS))
    for name, pictures in kinds.items():
        if pictures:
            print(f"{name:28}{_copies(pictures[:SAMPLE])}")
    print()
    _speed(options.known)


def _photographs() -> Iterator[Image.Image]:
    """Yield the evaluation pictures, of variants of one picture the first."""
    index = PictureIndex(PictureHashes.joined([]).whole)
    kept: list[PictureHashes] = []
    for path in sorted(p for p in EVAL.rglob("*") if p.suffix.lower() in _SUFFIXES):
        try:
            image = Image.open(path).convert("RGB")
        except (UnidentifiedImageError, OSError):
            continue
        if min(image.size) < MIN_SIDE_PX or not len(rows := HASHER.upright([_hashes(image)])):
            continue
        query, _ = index.near(HASHER.turned(_hashes(image)).whole, bits=VARIANT_BITS)
        if not len(query):
            kept.append(rows)
            index = PictureIndex(PictureHashes.joined(kept).whole)
            yield image


def _hashes(image: Image.Image) -> Picture:
    return hash_picture(image.copy())


def _pairs(pictures: Pictures) -> str:
    rows = HASHER.upright([_hashes(image) for image in pictures])
    one, other = np.triu_indices(len(rows), k=1)
    counts = np.zeros(4, np.int64)
    for start in range(0, len(one), _BLOCK):
        part = slice(start, start + _BLOCK)
        found = compare(rows.take(one[part]), rows.take(other[part]), blank=HASHER.blank)
        bits = found.bits
        counts += [(bits <= SAME_BITS).sum(), (bits <= LIKE_BITS).sum(), 0, 0]
        counts += [0, 0, found.same.sum(), found.like.sum()]
    return f"{len(one):8}" + "".join(f"{count:9}" for count in counts)


def _copies(pictures: Pictures) -> str:
    cells = []
    for distort in DISTORTIONS.values():
        same = like = 0
        for image in pictures:
            rows = HASHER.upright([_hashes(image)])
            turned = HASHER.turned(_hashes(distort(image.convert("L"))))
            everyone = rows.take(np.zeros(len(turned), np.int64))
            found = compare(turned, everyone, blank=HASHER.blank)
            same += bool(found.same.any())
            like += bool(found.like.any())
        cells.append(f"{same / len(pictures):8.2f}{like / len(pictures):6.2f}")
    return "".join(cells)


def _saved(image: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("L")


def _resized(image: Image.Image, longest: float) -> Image.Image:
    factor = longest / max(image.size)
    return image.resize((round(image.width * factor), round(image.height * factor)))


def _cropped(image: Image.Image, share: float) -> Image.Image:
    x, y = image.width * share, image.height * share
    return image.crop((round(x), round(y), round(image.width - x), round(image.height - y)))


def _skewed(image: Image.Image, degrees: float) -> Image.Image:
    return image.rotate(degrees, resample=Image.Resampling.BICUBIC, fillcolor=255)


def _noisy(image: Image.Image) -> Image.Image:
    noise = np.random.default_rng(1).normal(0, 12, (image.height, image.width))
    return Image.fromarray(np.clip(np.asarray(image) * 0.9 + noise, 0, 255).astype(np.uint8))


def _stamped(image: Image.Image) -> Image.Image:
    stamped, (width, height) = image.copy(), image.size
    box = (round(width * 0.55), round(height * 0.6), round(width * 0.9), round(height * 0.75))
    ImageDraw.Draw(stamped).rectangle(box, fill=190)
    return stamped


DISTORTIONS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "JPEG 20": lambda image: _saved(image, 20),
    "half size": lambda image: _resized(image, max(image.size) / 2),
    "to 256 px": lambda image: _resized(image, 256),
    "upside down": lambda image: image.rotate(180),
    "noise, darker": _noisy,
    "0.3 degrees": lambda image: _skewed(image, 0.3),
    "1 degree": lambda image: _skewed(image, 1.0),
    "a box stamped": _stamped,
    "crop 0.5 %": lambda image: _cropped(image, 0.005),
    "crop 2 %": lambda image: _cropped(image, 0.02),
}


def _speed(known: int) -> None:
    pixels = np.asarray(photo(1, (776, 516)))
    print(f"hash of {pixels.shape[1]} x {pixels.shape[0]} pixels", end="")
    print(f"{_best_ms(partial(pdq, pixels)):10.1f} ms")
    for form_, name in (("JPEG", "a JPEG"), ("PNG", "a PNG")):
        file = io.BytesIO()
        photo(1, (776, 516)).save(file, form_)
        took = _best_ms(partial(_read, file.getvalue()))
        print(f"{name} of that size, decoded and hashed {took:10.1f} ms")
    rng = np.random.default_rng(1)
    index = PictureIndex(rng.integers(0, 2**64, (known, 4), dtype=np.uint64))
    queries = rng.integers(0, 2**64, (8, 4), dtype=np.uint64)
    began = time.perf_counter()
    index.near(queries, bits=SAME_BITS)
    print(f"{known} hashes: tables and first look-up {time.perf_counter() - began:10.2f} s")
    for bits in (SAME_BITS, LIKE_BITS):
        took = _best_ms(partial(index.near, queries, bits=bits))
        print(f"look-up of 8 orientations within {bits} bits {took:10.1f} ms")


def _read(body: bytes) -> object:
    return PictureFile().read(io.BytesIO(body), PictureLimits())


def _best_ms(way: Callable[[], object]) -> float:
    took = []
    for _ in range(7):
        began = time.perf_counter()
        way()
        took.append(time.perf_counter() - began)
    return min(took) * 1000


if __name__ == "__main__":
    main()
