"""The lines of a listing, ready to be looked up: what each says, each once.

Hostile: a line may be there 100,000 times, name a file of a negative size, or
be ten megabytes long. What no file can have counts as not said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from leakwatch.fingerprint.names import LARGEST_BYTES, NameFacts, NameHasher, NameKind
from leakwatch.match.telling import is_litter
from leakwatch.model.listing import Listing, ListingEntry

Bytes = NDArray[np.int64]
Places = NDArray[np.int64]
Numbers = NDArray[np.uint64]
Flags = NDArray[np.bool_]

UNKNOWN = -1


@dataclass(frozen=True)
class Lines:
    """The files of a listing, L of them."""

    facts: Sequence[NameFacts] = field(repr=False)
    low_bytes: Bytes = field(repr=False)
    """int64[L]: least size that the line allows; -1 where it says none."""
    high_bytes: Bytes = field(repr=False)
    """int64[L]: greatest, itself included; an exact size is both."""

    def __len__(self) -> int:
        return len(self.facts)

    @property
    def is_sized(self) -> Flags:
        return np.not_equal(self.low_bytes, UNKNOWN)

    @property
    def is_exact(self) -> Flags:
        return self.is_sized & np.equal(self.low_bytes, self.high_bytes)

    def numbered(
        self, hasher: NameHasher, kind: NameKind, among: Iterable[int]
    ) -> tuple[Places, Numbers]:
        """Return the lines that say enough for a kind of digest, with it; each digest once."""
        first: dict[int, int] = {}
        for place in among:
            number = hasher.number(kind, self.facts[place])
            if number is not None:
                first.setdefault(number, place)
        return np.array([*first.values()], np.int64), np.array([*first], np.uint64)


def lines_of(listing: Listing) -> Lines:
    """Return every file of a listing once; folders and litter are left out."""
    seen: dict[tuple[NameFacts, int, int], None] = {}
    for entry in listing.entries:
        if not entry.is_directory and not is_litter(entry.path[-64:].rpartition("/")[2]):
            seen[_line(entry)] = None
    return Lines(
        tuple(facts for facts, _, _ in seen),
        np.array([low for _, low, _ in seen], np.int64),
        np.array([high for _, _, high in seen], np.int64),
    )


def _line(entry: ListingEntry) -> tuple[NameFacts, int, int]:
    size = entry.size_bytes
    low, high = (size, size) if size is not None else entry.size_range or (UNKNOWN, UNKNOWN)
    if not 0 <= low <= high < LARGEST_BYTES:
        size, low, high = None, UNKNOWN, UNKNOWN
    return NameFacts(entry.path, size, entry.crc32, entry.pieces_root), low, high
