"""What one child may use."""

from __future__ import annotations

from dataclasses import dataclass, field

from leakwatch.extract.base import OcrLimits, PictureLimits
from leakwatch.unpack.budget import BudgetLimits

_MIB = 1024 * 1024
PARSERS = ("leakwatch.sources.wire", "leakwatch.unpack.remote")
"""Packages whose functions read pages, and directories of remote archives."""


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """Limits of one artefact and of each child that works on it."""

    budget: BudgetLimits = field(default_factory=BudgetLimits)
    pictures: PictureLimits | None = None
    """None: nothing is looked through for pictures, and no decoder is loaded."""
    ocr: OcrLimits | None = None
    """None: pages that are pictures are not read, and Tesseract is not loaded."""
    max_text_chars: int = 64 * _MIB
    """Text of one artefact or member; the rest is cut and the cut is noted."""
    cpu_s: int = 60
    memory_bytes: int = 1024 * _MIB
    """Address space; the interpreter and its parsers take some 200 MB of it."""
    wall_s: float = 120.0
    """Time waited for the child; time that the caller takes does not count."""
    output_bytes: int = 512 * _MIB
    """Text and facts of one ``read``, one batch or one ``parse``."""
    patience: int = 20
    """What the deaths over one artefact may come to, a crash being 1 and a limit 5;
    each is answered by reading on behind it."""
