"""Where Tesseract's models may lie: public data, readable for a child."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

LANGUAGE = "eng"
PLACES = (
    "/usr/share/tesseract-ocr",
    "/usr/share/tessdata",
    "/usr/share/tesseract/tessdata",
    "/usr/local/share/tessdata",
    "/usr/local/share/tesseract-ocr",
)
"""Debian and Ubuntu keep them in a folder for each release below the first."""


def find_tessdata(places: tuple[str, ...] = PLACES) -> str | None:
    """Return the folder that has the model of ``LANGUAGE``, or None."""
    for folder in _folders(places):
        if folder.joinpath(f"{LANGUAGE}.traineddata").is_file():
            return f"{folder}/"
    return None


def _folders(places: tuple[str, ...]) -> Iterator[Path]:
    for place in map(Path, places):
        yield place
        # The newest release first.
        yield from sorted(place.glob("*/tessdata"), reverse=True)
