"""A listing: names, sizes and checksums of files seen without their content."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ListingEntry:
    """One line of a listing."""

    path: str = field(repr=False)
    """As shown, separated by ``/``; hostile."""
    size_bytes: int | None = None
    """Exact size; None when unknown or rounded."""
    crc32: int | None = None
    pieces_root: str | None = None
    """BitTorrent v2 Merkle root, hex (BEP 52)."""
    is_directory: bool = False
    url: str | None = field(default=None, repr=False)
    """Where its bytes could be fetched, or None."""
    size_range: tuple[int, int] | None = None
    """Least and greatest size in bytes that a rounded one ("2.4 MB") stands for."""

    def row(self) -> list[object]:
        """Return it as it leaves a child: JSON-ready, without the address, which no child knows."""
        root, sizes = self.pieces_root, self.size_range
        return [self.path, self.size_bytes, self.crc32, root, int(self.is_directory), sizes]


@dataclass(frozen=True, slots=True)
class Listing:
    """What a directory, an archive or a torrent says it holds."""

    origin: str
    """``zip``, ``autoindex``, ``torrent``, ..."""
    entries: tuple[ListingEntry, ...] = field(repr=False)
    is_complete: bool = True
