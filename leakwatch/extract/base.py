"""What an extractor must offer: of text, and of pictures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from leakwatch.model.picture import MAX_PICTURES, Picture


@dataclass(frozen=True, slots=True)
class Extraction:
    """The text of one artefact."""

    text: str = field(repr=False)
    note: str | None = None
    """One line on what was left out or done another way; numbers, never content."""


@dataclass(frozen=True, slots=True)
class Gallery:
    """The pictures of one artefact, each once."""

    pictures: tuple[Picture, ...]
    note: str | None = None
    """As ``Extraction.note``."""


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """How far an artefact is looked through for pictures."""

    max_pictures: int = MAX_PICTURES
    max_pages: int = 200
    max_pixels: int = 80_000_000
    """Of one picture: an A3 page at 600 dpi has 70 million."""
    max_total_pixels: int = 1_000_000_000
    """Of all together, decoded: some 20 s of CPU."""


@dataclass(frozen=True, slots=True)
class OcrLimits:
    """How much of an artefact's pages is read by OCR."""

    max_pages: int = 40
    """Pages that look like documents; others cost next to nothing."""
    page_s: float = 8.0
    """CPU of one page; 0.4 s is common at 150 dpi."""
    total_s: float = 20.0
    """CPU of all pages together, after which no other is begun."""


class ContentStream(Protocol):
    """Content read from its start; seekable."""

    def read(self, size: int, /) -> bytes: ...

    def seek(self, offset: int, whence: int = 0, /) -> int: ...

    def tell(self) -> int: ...


class Extractor(Protocol):
    """One kind's way to text.

    To add a kind, write one file with one such class and name it in ``formats.py``.
    """

    is_risky: bool
    """True when a parser is involved that may die, hang or eat memory. The
    reading is then announced first, and taken up again without it."""

    def extract(self, stream: ContentStream, *, max_chars: int) -> Extraction:
        """Return the text of a stream at its start, at most ``max_chars`` of it.

        Raises:
            ExtractError: the bytes are of this kind but give no text; other
                exceptions of a parser need not be caught.
        """
        ...


class PictureReader(Protocol):
    """One kind's way to pictures. Always risky: decoders die, hang and eat memory."""

    def read(self, stream: ContentStream, limits: PictureLimits) -> Gallery:
        """Return the pictures of a stream at its start.

        Raises:
            LeakwatchError: none could be read; other exceptions of a decoder
                need not be caught.
        """
        ...
