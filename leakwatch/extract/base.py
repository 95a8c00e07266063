"""What an extractor must offer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Extraction:
    """The text of one artefact."""

    text: str = field(repr=False)
    note: str | None = None
    """One line on what was left out or done another way; numbers, never content."""


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
