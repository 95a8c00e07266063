"""How far the reading of a document page by page came."""

from __future__ import annotations

from dataclasses import dataclass

MAX_PAGES = 2_000
_MAX_FAILED = 50
"""One behind the other: the rest is not asked for."""


@dataclass(slots=True)
class PagesRead:
    """How far the reading of pages came."""

    pages: int
    tried: int = 0
    failed: int = 0
    failed_in_a_row: int = 0

    def note_page(self, *, is_read: bool) -> None:
        self.tried += 1
        self.failed += not is_read
        self.failed_in_a_row = 0 if is_read else self.failed_in_a_row + 1

    @property
    def is_hopeless(self) -> bool:
        return self.failed_in_a_row >= _MAX_FAILED

    @property
    def note(self) -> str | None:
        if self.tried < self.pages:
            return f"text of the first {self.tried} of {self.pages} pages only"
        return f"{self.failed} pages gave no text" if self.failed else None
