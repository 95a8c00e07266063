"""Whether pages that are pictures are read: asked for, and possible here."""

from __future__ import annotations

from importlib.util import find_spec

from leakwatch.errors import ConfigError
from leakwatch.extract.base import OcrLimits
from leakwatch.extract.tessdata import LANGUAGE, find_tessdata


def ocr_limits(*, wanted: bool) -> OcrLimits | None:
    """Return the limits of OCR, or None where nobody asks for it.

    Raises:
        ConfigError: it is asked for and not installed; the hint says what is missing.
    """
    if not wanted:
        return None
    if find_spec("tesserocr") is None:
        raise ConfigError("OCR is asked for and not installed", hint="pip install 'leakwatch[ocr]'")
    if find_tessdata() is None:
        raise ConfigError(
            f"OCR is asked for and Tesseract's model {LANGUAGE!r} is not installed",
            hint=f"on Debian and Ubuntu: apt-get install tesseract-ocr-{LANGUAGE}",
        )
    return OcrLimits()
