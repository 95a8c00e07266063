"""One header of a RAR archive, of either version."""

from __future__ import annotations

from dataclasses import dataclass, field

from leakwatch.model.listing import ListingEntry


@dataclass(frozen=True, slots=True)
class Block:
    """What one header says."""

    header_bytes: int
    data_bytes: int
    """What lies between this header and the next."""
    entry: ListingEntry | None = field(default=None, repr=False)
    is_end: bool = False
    is_encryption: bool = False
    """All headers behind this one are encrypted."""
    is_quick_open: bool = False
    """Its data are copies of headers."""
    quick_at: int | None = None
    """Of a main header: from its start to that of the quick open record."""
