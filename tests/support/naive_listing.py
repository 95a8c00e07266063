"""What a listing says of known files, said slowly: plain facts, no digests, no arrays.

The oracle that ``match/listing.py`` is held to: every line against every known
file, by the definitions of the documentation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from leakwatch.fingerprint.normalise import letters
from leakwatch.match.accident import accident
from leakwatch.match.telling import telling_parts
from leakwatch.model.match import Grade

FLOOR_BYTES = 64


@dataclass(frozen=True)
class Fact:
    """One file, known or listed: where it lies, its size, its checksum."""

    path: str
    size: int | None = None
    crc: int | None = None

    @property
    def name(self) -> bytes:
        return letters(self.path.rpartition("/")[2])

    @property
    def tail(self) -> tuple[bytes, bytes]:
        above, _, _ = self.path.rpartition("/")
        folders = [plain for part in above.split("/") if (plain := letters(part))]
        return folders[-1] if folders else b"", self.name


Pairs = list[tuple[Fact, Fact]]


def verdicts(known: Sequence[Fact], shown: Sequence[Fact]) -> list[tuple[set[Fact], Grade, float]]:
    """Return files, grade and chance of each way of looking that says something."""
    shown = list(dict.fromkeys(shown))
    found = []
    for pairs, lines, highest in (
        _checksums(known, shown),
        _named(known, shown, with_folder=True),
        _named(known, shown, with_folder=False),
    ):
        chance = _chance([p for _, p in lines], [dict(lines)[line] for line in _counted(pairs)])
        grade = _capped(highest(_counted(pairs)), chance)
        if grade is not None:
            found.append(({file for _, file in pairs}, grade, chance))
    return found


def _checksums(
    known: Sequence[Fact], shown: Sequence[Fact]
) -> tuple[Pairs, list[tuple[Fact, float]], Callable[[list[Fact]], Grade | None]]:
    lines: dict[tuple[int, int], tuple[Fact, float]] = {}
    for line in shown:
        same_size = sum(file.size == line.size for file in known)
        if line.size is not None and line.crc is not None and line.size >= FLOOR_BYTES:
            key = line.size, line.crc
            if same_size and key not in lines:
                lines[key] = line, same_size / 2**32 + len(known) / 2**64
    pairs = [
        (line, file)
        for line, _ in lines.values()
        for file in known
        if (file.size, file.crc) == (line.size, line.crc)
    ]

    def highest(hits: list[Fact]) -> Grade | None:
        return Grade.CONCLUSIVE if len(hits) >= 3 else Grade.POSSIBLE if hits else None

    return pairs, list(lines.values()), highest


def _named(
    known: Sequence[Fact], shown: Sequence[Fact], *, with_folder: bool
) -> tuple[Pairs, list[tuple[Fact, float]], Callable[[list[Fact]], Grade | None]]:
    every, fresh = _bits(known, shown, with_folder=with_folder)
    lines: dict[object, tuple[Fact, float]] = {}
    telling = set()
    for line in shown:
        if line.crc is not None and line.size is not None and line.size >= FLOOR_BYTES:
            continue  # by its checksum it is a known file or it is none
        holders = sum(file.name == line.name for file in known)
        by_bits = len(known) * 2 ** -fresh[line]
        chance = by_bits if by_bits < 1 else float(holders)
        said = line.tail if with_folder else line.name
        if line.size is None or line.size < FLOOR_BYTES or not chance or not all(_flat(said)):
            continue
        if (said, line.size) not in lines:
            lines[said, line.size] = line, min(1.0, chance * _by_size(known, line.size))
            if len(known) * 2 ** -every[line] < 1:
                telling.add(line)
    pairs = [
        (line, file)
        for line, _ in lines.values()
        for file in known
        if file.size == line.size
        and (file.tail == line.tail if with_folder else file.name == line.name)
    ]

    def highest(hits: list[Fact]) -> Grade | None:
        if len(telling & set(hits)) >= 3 or len(hits) >= 10:
            return Grade.PROBABLE
        return Grade.POSSIBLE if telling & set(hits) or len(hits) >= 4 else None

    return pairs, list(lines.values()), highest


def _flat(said: bytes | tuple[bytes, bytes]) -> tuple[bytes, ...]:
    return said if isinstance(said, tuple) else (said,)


def _bits(
    known: Sequence[Fact], shown: Sequence[Fact], *, with_folder: bool
) -> tuple[dict[Fact, float], dict[Fact, float]]:
    every, fresh = {}, {}
    told: set[str] = set()
    for line in shown:
        every[line] = fresh[line] = 0.0
        is_summed = line.crc is not None and (line.size or 0) >= FLOOR_BYTES
        if is_summed or not line.name:
            continue
        above, _, base = line.path.rpartition("/")
        parts: dict[str, float] = {}
        if with_folder:
            parts |= telling_parts(above.rpartition("/")[2])
        if sum(file.name == line.name for file in known) <= 3:
            parts |= telling_parts(base)
        every[line] = sum(parts.values())
        fresh[line] = sum(bits for part, bits in parts.items() if part not in told)
        told |= set(parts)
    return every, fresh


def _by_size(known: Sequence[Fact], size: int) -> float:
    others = max(0, sum(file.size == size for file in known) - 1) / len(known)
    floor = 1e-2 if size % 512 == 0 or size % 1000 == 0 else 1e-4
    return min(1.0, max(others, 1 / (0.45 * size), floor))


def _counted(pairs: Pairs) -> list[Fact]:
    """Return the lines that count: each file once, by its first line; then each line once."""
    first: dict[Fact, Fact] = {}
    for line, file in pairs:
        first.setdefault(file, line)
    return list(dict.fromkeys(first.values()))


def _chance(shown: list[float], agreed: list[float]) -> float:
    # Held to the exact sum over all outcomes by a test of its own.
    return accident(np.array(shown), np.array(agreed))


def _capped(highest: Grade | None, chance: float) -> Grade | None:
    ceilings = {Grade.CONCLUSIVE: 1e-6, Grade.PROBABLE: 1e-4, Grade.POSSIBLE: 1e-2}
    for grade, ceiling in ceilings.items():
        if highest is not None and grade <= highest and chance < ceiling:
            return grade
    return None
