"""The lines of a listing, ready to be looked up: what each says, each once.

Hostile: a line may be there 100,000 times, name a file of a negative size, or
be ten megabytes long. What no file can have counts as not said.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leakwatch.fingerprint.lines import Line, LineKeeper
from leakwatch.fingerprint.names import (
    LARGEST_BYTES,
    NameFacts,
    NameHasher,
    NameKind,
    usable_size,
)
from leakwatch.match.telling import is_litter, telling_parts
from leakwatch.model.listing import Listing, ListingEntry

Bytes = NDArray[np.int64]
Places = NDArray[np.int64]
Numbers = NDArray[np.uint64]
Flags = NDArray[np.bool_]

UNKNOWN = -1
Words = Mapping[Any, float]
"""Words of a name, or what stands for them -> bits that each tells."""


@dataclass(frozen=True)
class Spoken:
    """One line as a listing says it."""

    facts: NameFacts = field(repr=False)

    @property
    def is_summed(self) -> bool:
        """Tell whether it says size and checksum."""
        return self.facts.crc32 is not None and usable_size(self.facts.size_bytes) is not None

    @property
    def base(self) -> str:
        """Return the base name."""
        return self.facts.path.rpartition("/")[2]

    @property
    def folder(self) -> Hashable:
        """Return the name of the folder it lies in."""
        return self.facts.path.rpartition("/")[0].rpartition("/")[2]

    def number(self, hasher: NameHasher, kind: NameKind) -> int | None:
        """Return the digest of one kind; None where the line does not say enough."""
        if kind is NameKind.PIECES_ROOT and not self.facts.pieces_root:
            return None
        return hasher.number(kind, self.facts)

    def words(self) -> Words:
        """Return what the name tells."""
        return telling_parts(self.base)

    def folder_words(self) -> Words:
        """Return what the name of the folder tells."""
        return telling_parts(str(self.folder))


@dataclass(frozen=True)
class Kept:
    """One line as it was kept: numbers for names."""

    line: Line = field(repr=False)

    @property
    def is_summed(self) -> bool:
        """Tell whether it said size and checksum."""
        return NameKind.SIZE_CRC in self.line.numbers

    @property
    def base(self) -> int | None:
        """Return what stands for the base name."""
        return self.line.numbers.get(NameKind.NAME)

    @property
    def folder(self) -> Hashable:
        """Return what stands for the name of its folder."""
        return tuple(self.line.folder_words)

    def number(self, hasher: NameHasher, kind: NameKind) -> int | None:  # noqa: ARG002 - as Spoken
        """Return the digest of one kind; None where the line did not say enough."""
        return self.line.numbers.get(kind)

    def words(self) -> Words:
        """Return what the name tells."""
        return self.line.words

    def folder_words(self) -> Words:
        """Return what the name of the folder tells."""
        return self.line.folder_words


@dataclass(frozen=True)
class Lines:
    """The files of a listing, L of them."""

    every: Sequence[Spoken | Kept] = field(repr=False)
    low_bytes: Bytes = field(repr=False)
    """int64[L]: least size that the line allows; -1 where it says none."""
    high_bytes: Bytes = field(repr=False)
    """int64[L]: greatest, itself included; an exact size is both."""

    def __len__(self) -> int:
        return len(self.every)

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
            number = self.every[place].number(hasher, kind)
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
        tuple(Spoken(facts) for facts, _, _ in seen),
        np.array([low for _, low, _ in seen], np.int64),
        np.array([high for _, _, high in seen], np.int64),
    )


def kept_of(lines: Lines, hasher: NameHasher, keeper: LineKeeper) -> bytes:
    """Return what may be kept of a listing: ``lines_kept`` matches as it does."""
    # Whoever lists many files repeats words and folders.
    tokens: dict[str, int] = {}
    folders: dict[Hashable, dict[int, float]] = {}

    def keyed(words: Words) -> dict[int, float]:
        for word in words:
            if word not in tokens:
                tokens[word] = keeper.token(str(word))
        return {tokens[word]: bits for word, bits in words.items()}

    def line(place: int) -> Line:
        said = lines.every[place]
        numbers = {kind: said.number(hasher, kind) for kind in NameKind}
        low, high = int(lines.low_bytes[place]), int(lines.high_bytes[place])
        if said.folder not in folders:
            folders[said.folder] = keyed(said.folder_words())
        return Line(
            {kind: number for kind, number in numbers.items() if number is not None},
            None if low == UNKNOWN else (low, high),
            keyed(said.words()),
            folders[said.folder],
        )

    return keeper.seal(line(place) for place in range(len(lines)))


def lines_kept(data: bytes, keeper: LineKeeper) -> Lines:
    """Return the lines that ``kept_of`` was given.

    Raises:
        FingerprintError: the bytes are damaged, or sealed under another key.
    """
    kept = keeper.open(data)
    ranges = [line.size_range or (UNKNOWN, UNKNOWN) for line in kept]
    return Lines(
        tuple(map(Kept, kept)),
        np.array([low for low, _ in ranges], np.int64),
        np.array([high for _, high in ranges], np.int64),
    )


def _line(entry: ListingEntry) -> tuple[NameFacts, int, int]:
    size = entry.size_bytes
    low, high = (size, size) if size is not None else entry.size_range or (UNKNOWN, UNKNOWN)
    if not 0 <= low <= high < LARGEST_BYTES:
        size, low, high = None, UNKNOWN, UNKNOWN
    crc32 = entry.crc32
    if crc32 is not None and not 0 < crc32 < 1 << 32:
        # Nought is what encrypted members say (AE-2), whatever their sum.
        crc32 = None
    return NameFacts(entry.path, size, crc32, entry.pieces_root), low, high
