"""The names of a listing's lines: whose they are, and how likely an unrelated file bears one."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

import numpy as np

from leakwatch.corpus.columns import expand
from leakwatch.fingerprint.names import NameHasher, NameKind
from leakwatch.match.accident import Chances
from leakwatch.match.inventory import Agreed, Inventory
from leakwatch.match.lines import Flags, Lines, Numbers, Places, Words

HOLDERS_GENERIC = 3
"""A name that more known files bear is a generic one."""


@dataclass(frozen=True)
class Bits:
    """What the names of L lines tell, in bits."""

    every: Chances = field(repr=False)
    """float64[L]: all words of the name."""
    fresh: Chances = field(repr=False)
    """float64[L]: those that no line before has: words of one listing are not independent."""

    @classmethod
    def nought(cls, lines: int) -> Bits:
        return cls(np.zeros(lines), np.zeros(lines))

    def add(self, place: int, parts: Words, told: set[Hashable]) -> None:
        """Weigh the words of one line; ``told`` holds those of the lines before."""
        if parts:
            self.every[place] = sum(parts.values())
            self.fresh[place] = sum(bits for part, bits in parts.items() if part not in told)
            told.update(parts)


@dataclass(frozen=True)
class Names:
    """Names of L lines, of which U are distinct."""

    of: Places = field(repr=False)
    """int64[L]: which of the distinct names; -1 for a line without letters."""
    agreed: Agreed = field(repr=False)
    """Known files of each distinct name, ``asked`` ascending."""
    holders: Places = field(repr=False)
    """int64[U]: how many known files bear each."""
    bits: Bits = field(repr=False)
    """What each line's name tells."""
    tail_bits: Bits = field(repr=False)
    """What the name of its folder tells, and its own unless that is common."""
    known: int
    """Known names."""

    def chances(self, *, with_folder: bool = False) -> tuple[Chances, Flags]:
        """Return for each line the chance of its name, and whether the name tells.

        The chance of a name that tells nothing, or nothing new, is how many
        known files bear it: with any of them its size may agree.
        """
        bits = self.tail_bits if with_folder else self.bits
        named = self.of >= 0
        tells = named & (self.known * np.exp2(-bits.every) < 1.0)
        by_bits = self.known * np.exp2(-bits.fresh)
        # One more: what a line without a name points to, at -1.
        holders = np.append(self.holders, 0)[self.of].astype(np.float64)
        chances = np.where(by_bits < 1.0, by_bits, holders)
        return np.where(named, chances, 0.0), tells

    def pairs(self, places: Places) -> Agreed:
        """Return (index into ``places``, known file of that line's name), pair by pair."""
        starts = np.searchsorted(self.agreed.asked, self.of[places], "left")
        counts = np.searchsorted(self.agreed.asked, self.of[places], "right") - starts
        return Agreed(
            np.repeat(np.arange(len(places)), counts), self.agreed.files[expand(starts, counts)]
        )


def names_of(inventory: Inventory, hasher: NameHasher, lines: Lines) -> Names:
    """Look up every line's base name.

    Args:
        inventory: the known files.
        hasher: of the same key.
        lines: of the listing.
    """
    of, numbers = _numbered(hasher, lines)
    agreed = inventory.agreed(NameKind.NAME, numbers)
    holders = np.bincount(agreed.asked, minlength=len(numbers))
    is_common = (holders > HOLDERS_GENERIC) | np.isin(numbers, inventory.common_names)
    bits, tail_bits = Bits.nought(len(lines)), Bits.nought(len(lines))
    if agreed.count:
        bits, tail_bits = _weighed(lines, of >= 0, np.append(is_common, np.True_)[of])
    return Names(
        of=of,
        agreed=agreed,
        holders=holders,
        bits=bits,
        tail_bits=tail_bits,
        known=max(len(inventory), inventory.numbers(NameKind.NAME)),
    )


def _numbered(hasher: NameHasher, lines: Lines) -> tuple[Places, Numbers]:
    """Return which distinct number each line's base name has, and the numbers.

    A line with a checksum is left out, as one without a name: by the checksum
    it is a known file or it is none, whatever it is called.
    """
    by_base: dict[str | int, int] = {}
    distinct: dict[int, int] = {}
    of = np.full(len(lines), -1, np.int64)
    for place, line in enumerate(lines.every):
        if line.is_summed:
            continue
        base = line.base
        index = by_base.get(base) if base else None
        if index is None:
            number = line.number(hasher, NameKind.NAME)
            index = -1 if number is None else distinct.setdefault(number, len(distinct))
            by_base[base or ""] = index
        of[place] = index
    return of, np.array([*distinct], np.uint64)


def _weighed(lines: Lines, named: Flags, is_generic: Flags) -> tuple[Bits, Bits]:
    """Weigh the name of every line: alone, and with that of its folder.

    Args:
        lines: of the listing.
        named: bool[L]: which of them have a name that counts.
        is_generic: bool[L]: more than three known files bear the name, or a
            background document: whatever its words, it tells nothing.
    """
    alone, tail = Bits.nought(len(lines)), Bits.nought(len(lines))
    told_alone: set[Hashable] = set()
    told_tail: set[Hashable] = set()
    folders: dict[Hashable, Words] = {}
    for place in np.flatnonzero(named).tolist():
        line = lines.every[place]
        parts = {} if is_generic[place] else line.words()
        alone.add(place, parts, told_alone)
        folder = line.folder
        if folder not in folders:
            folders[folder] = line.folder_words()
        tail.add(place, {**folders[folder], **parts}, told_tail)
    return alone, tail
