"""Ways in which lines of a listing agree with known files, and how likely each line was to.

The probabilities p that ``accident.py`` puts together, for an unrelated line:

    checksum     known files of that very size / 2 ** 32      (CRC-32 of other bytes is uniform)
    pieces root  known files / 2 ** 64                        (what is kept of each digest)
    name         N * 2 ** -bits, N known names                (``telling.py``, ``naming.py``)
    size         the greatest of: the share of *other* known files that have it;
                 the width of a rounded size / (0.45 * size), as if all unrelated
                 files lay within a quarter of it, evenly; 1e-4, or 1e-2 for a
                 multiple of 512 or 1000

A line that says size and checksum is looked at by these alone. A name that is generic, that more than three known files or a background document
bear, is given: then only its size can agree by accident, with any of the known
files of that name.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from leakwatch.fingerprint.names import NameHasher, NameKind
from leakwatch.match.accident import Chances
from leakwatch.match.inventory import Agreed, Inventory
from leakwatch.match.lines import Bytes, Flags, Lines, Places
from leakwatch.match.naming import Names

SIZE_SPREAD = 0.45
"""Sizes within a quarter of s, from 0.8 s to 1.25 s, are 0.45 s values."""
SIZE_FLOOR = 1e-4
ROUND_FLOOR = 1e-2
_ROUND = (512, 1000)


@dataclass(frozen=True)
class Agreement:
    """What agreed in one way of looking."""

    files: Places = field(repr=False)
    """int64: every known file that a line agrees with."""
    shown: Chances = field(repr=False)
    """float64: p of every line that could have agreed."""
    agreed: Chances = field(repr=False)
    """float64: p of those that did, one file and one line each."""
    telling: int = 0
    """Agreed lines whose name tells."""
    exact: int = 0
    """Agreed lines of exact size."""
    telling_exact: int = 0

    @property
    def count(self) -> int:
        """Lines and files both: neither one file listed thrice nor one line for three."""
        return len(self.agreed)


def roots(inventory: Inventory, hasher: NameHasher, lines: Lines) -> Agreement:
    """Look by BitTorrent v2 pieces root."""
    places, numbers = lines.numbered(hasher, NameKind.PIECES_ROOT, range(len(lines)))
    chances = np.full(len(places), len(inventory) * 2.0**-64)
    return _agreement(inventory.agreed(NameKind.PIECES_ROOT, numbers), chances)


def checksums(inventory: Inventory, hasher: NameHasher, lines: Lines) -> Agreement:
    """Look by exact size and CRC-32."""
    # A size that no known file has needs no digest: nothing can agree there.
    held = inventory.between(lines.low_bytes, lines.high_bytes)
    told = np.flatnonzero(lines.is_exact & (held > 0))
    places, numbers = lines.numbered(hasher, NameKind.SIZE_CRC, told.tolist())
    chances = held[places].astype(np.float64) * 2.0**-32 + len(inventory) * 2.0**-64
    return _agreement(inventory.agreed(NameKind.SIZE_CRC, numbers), chances)


def names_with_sizes(
    inventory: Inventory, hasher: NameHasher, lines: Lines, names: Names
) -> Agreement:
    """Look by name and size, a rounded one where the name tells."""
    by_name, tells = names.chances()
    exact = np.flatnonzero(lines.is_exact & (by_name > 0))
    exact, numbers = lines.numbered(hasher, NameKind.NAME_SIZE, exact.tolist())
    by_number = inventory.agreed(NameKind.NAME_SIZE, numbers)
    rounded = np.flatnonzero(lines.is_sized & ~lines.is_exact & tells)
    within = _within(inventory, names.pairs(rounded), lines, rounded)
    every = np.concatenate([exact, rounded])
    pairs = Agreed(
        np.concatenate([by_number.asked, within.asked + len(exact)]),
        np.concatenate([by_number.files, within.files]),
    )
    chances = by_name[every] * _by_size(inventory, lines, every)
    return _agreement(pairs, chances, tells[every], np.arange(len(every)) < len(exact))


def tails_with_sizes(
    inventory: Inventory, hasher: NameHasher, lines: Lines, names: Names
) -> Agreement:
    """Look by folder, name and exact size."""
    by_name, tells = names.chances(with_folder=True)
    places = np.flatnonzero(lines.is_exact & (by_name > 0))
    places, numbers = lines.numbered(hasher, NameKind.TAIL_SIZE, places.tolist())
    chances = by_name[places] * _by_size(inventory, lines, places)
    pairs = inventory.agreed(NameKind.TAIL_SIZE, numbers)
    return _agreement(pairs, chances, tells[places], np.ones(len(places), np.bool_))


def names_alone(inventory: Inventory, lines: Lines, names: Names) -> Agreement:
    """Look by telling names; a line whose size says otherwise does not agree."""
    by_name, tells = names.chances()
    places = np.flatnonzero(tells)
    _, first = np.unique(names.of[places], return_index=True)
    places = places[first]
    pairs = names.pairs(places)
    unsized = ~lines.is_sized[places[pairs.asked]]
    fitting = _fits(inventory, pairs, lines, places) | unsized
    pairs = Agreed(pairs.asked[fitting], pairs.files[fitting])
    is_telling = np.ones(len(places), np.bool_)
    return _agreement(pairs, by_name[places], is_telling, ~is_telling)


def _within(inventory: Inventory, pairs: Agreed, lines: Lines, places: Places) -> Agreed:
    fitting = _fits(inventory, pairs, lines, places)
    return Agreed(pairs.asked[fitting], pairs.files[fitting])


def _fits(inventory: Inventory, pairs: Agreed, lines: Lines, places: Places) -> Flags:
    """Return for each pair whether the file has a size that the line allows."""
    sizes, asked = inventory.sizes(pairs.files), places[pairs.asked]
    return (lines.low_bytes[asked] <= sizes) & (sizes <= lines.high_bytes[asked])


def _by_size(inventory: Inventory, lines: Lines, places: Places) -> Chances:
    """Return the chance that an unrelated file has a size that each line allows."""
    low, high = lines.low_bytes[places], lines.high_bytes[places]
    others = np.maximum(inventory.between(low, high) - 1, 0) / max(1, len(inventory))
    middle = np.maximum(1.0, (low + high) / 2)
    spread = (high - low + 1) / (SIZE_SPREAD * middle)
    floor = np.where((low == high) & _is_round(low), ROUND_FLOOR, SIZE_FLOOR)
    return np.minimum(1.0, np.maximum(np.maximum(others, spread), floor))


def _is_round(sizes: Bytes) -> Flags:
    halfkilo, thousand = (np.equal(sizes % step, 0) for step in _ROUND)
    return halfkilo | thousand


def _agreement(
    pairs: Agreed,
    chances: Chances,
    tells: Flags | None = None,
    exact: Flags | None = None,
) -> Agreement:
    """Count pairs of lines and files: each file once, then each line once."""
    chances = np.minimum(chances, 1.0)
    _, first = np.unique(pairs.files, return_index=True)
    agreed = np.unique(pairs.asked[first])
    is_telling = tells[agreed] if tells is not None else np.zeros(len(agreed), np.bool_)
    is_exact = exact[agreed] if exact is not None else np.zeros(len(agreed), np.bool_)
    return Agreement(
        files=np.unique(pairs.files),
        shown=chances,
        agreed=chances[agreed],
        telling=int(is_telling.sum()),
        exact=int(is_exact.sum()),
        telling_exact=int((is_telling & is_exact).sum()),
    )
