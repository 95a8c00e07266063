"""OCR: how many scanned letters are known by a corpus of their text; run by ``make bench``.

Usage: python -m tests.bench.ocr [--letters N]

Notes are drawn as scans: at 150 and 75 dpi, clean, noisy, as a fax. The corpus
holds the text of half of them; of the other half none may be matched. They are
the evaluation notes where those are, else made-up ones of the demonstration's
clinic. Needs the extra ``ocr`` and Tesseract's English model.
"""

# ruff: noqa: T201 - a bench prints
from __future__ import annotations

import argparse
import csv
import io
import json
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from leakwatch.demo.clinic import generate
from leakwatch.errors import ConfigError
from leakwatch.wiring.ocr import ocr_limits
from tests.bench.accuracy_data import eval_folder, read_notes
from tests.support.pictures import PAGE_PX

_COLUMNS, _LINES, _LINE_PX, _FONT_PX = 78, 58, 13, 11
"""Of a page at 75 dpi: 10.5 points."""
_FONTS = (
    "/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
)
_SURE = {"conclusive", "probable"}


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--letters", type=int, default=40)
    count = parser.parse_args().letters
    try:
        ocr_limits(wanted=True)
    except ConfigError as error:
        print(f"left out: {error.what}: {error.hint}")
        return
    known, others = _notes(count)
    print(f"{len(known)} known notes, {len(others)} others; probable or better")
    print(f"{'scans':24} {'found':>8} {'wrong':>8} {'s/page':>8}")
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        _build(here, known)
        for kind, (scale, change, form) in _KINDS.items():
            scans = here / kind
            scans.mkdir()
            drawn = 0
            for name, text in {**known, **others}.items():
                sheets = [change(page) for page in written(text, scale=scale)]
                drawn += len(sheets)
                _save(sheets, scans / f"{name}.{form.lower()}", form)
            began_s = time.perf_counter()
            found = _scan(here, scans)
            took_s = time.perf_counter() - began_s
            right = sum(name in found.get(name, ()) for name in known)
            wrong = sum(bool(found.get(name, set()) - {name}) for name in (*known, *others))
            shares = f"{right / len(known):8.3f} {wrong / (len(known) + len(others)):8.3f}"
            print(f"{kind:24} {shares} {took_s / drawn:8.2f}", flush=True)


def _notes(count: int) -> tuple[dict[str, str], dict[str, str]]:
    """Return so many known notes and as many others, by name."""
    folder = eval_folder(None)
    if folder is not None:
        roles = read_notes(folder)
        known, others = ([t.text for t in roles[role]] for role in ("known", "negative"))
    else:
        texts = [f.text for f in generate(1) if f.path.endswith(".txt")]
        known, others = texts[::2], texts[1::2]
    return (
        {f"k{n:04}": text for n, text in enumerate(known[:count])},
        {f"o{n:04}": text for n, text in enumerate(others[:count])},
    )


def _build(here: Path, known: Mapping[str, str]) -> None:
    here.joinpath("known").mkdir()
    for name, text in known.items():
        here.joinpath("known", f"{name}.txt").write_text(text, encoding="utf-8")
    _command("keygen", str(here / "key"))
    out = ["--out", str(here / "c.corpus"), "--map", str(here / "map.csv")]
    _command("corpus", "build", str(here / "known"), *out, "--key", str(here / "key"))


def _scan(here: Path, scans: Path) -> dict[str, set[str]]:
    """Return the names of the known files told for each scan."""
    corpus = ["--corpus", str(here / "c.corpus"), "--key", str(here / "key")]
    output = _command("scan", str(scans), *corpus, "--ocr", "--json")
    with here.joinpath("map.csv").open(encoding="utf-8", newline="") as file:
        names = {row["file"]: Path(row["path"]).stem for row in csv.DictReader(file)}
    found: dict[str, set[str]] = {}
    for line in output.splitlines():
        told = json.loads(line)
        sure = {names[m["file"]] for m in told["matches"] if m["grade"] in _SURE}
        found.setdefault(Path(told["artefact"]).stem, set()).update(sure)
    return found


def written(text: str, *, scale: int) -> Iterator[Image.Image]:
    """Yield the pages of a letter, 75 dpi times ``scale``."""
    lines = [line for part in text.splitlines() for line in textwrap.wrap(part, _COLUMNS) or [""]]
    font = _font(_FONT_PX * scale)
    for start in range(0, len(lines), _LINES):
        page = Image.new("L", (PAGE_PX[0] * scale, PAGE_PX[1] * scale), 252)
        draw = ImageDraw.Draw(page)
        for row, line in enumerate(lines[start : start + _LINES]):
            draw.text((45 * scale, (50 + row * _LINE_PX) * scale), line, fill=20, font=font)
        yield page


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    for path in _FONTS:
        if Path(path).exists():
            return ImageFont.truetype(path, size)
    return ImageFont.load_default(size=size)


def noisy(page: Image.Image) -> Image.Image:
    """Return a page as a cheap scanner gives it: skewed a little, grey, with noise."""
    turned = page.rotate(0.7, Image.Resampling.BICUBIC, fillcolor=252)
    noise = np.random.default_rng(page.width).normal(0, 10, (page.height, page.width))
    grey = np.asarray(turned, np.float32) * 0.9 + noise
    return Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))


def fax(page: Image.Image) -> Image.Image:
    """Return a page in black and white."""
    return page.point(lambda shade: 255 * (shade > 140)).convert("1", dither=Image.Dither.NONE)


_KINDS: Mapping[str, tuple[int, Callable[[Image.Image], Image.Image], str]] = {
    "150 dpi, clean, PDF": (2, lambda page: page, "PDF"),
    "150 dpi, noisy, PDF": (2, noisy, "PDF"),
    "150 dpi, fax, TIFF": (2, fax, "TIFF"),
    "75 dpi, clean, PDF": (1, lambda page: page, "PDF"),
    "75 dpi, noisy, PDF": (1, noisy, "PDF"),
}


def _save(sheets: list[Image.Image], path: Path, form: str) -> None:
    file = io.BytesIO()
    sheets[0].save(file, form, save_all=True, append_images=sheets[1:])
    path.write_bytes(file.getvalue())


def _command(*words: str) -> str:
    command = [sys.executable, "-m", "leakwatch", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603


if __name__ == "__main__":
    main()
