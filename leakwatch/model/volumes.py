"""What names of files tell of archives that come in volumes. Pure and total.

x.part1.rar x.part2.rar ...     x.rar x.r00 x.r01 ... x.s00 ...
x.7z.001 x.7z.002 ...           x.z01 x.z02 ... x.zip
x.tar.gz.001 ...                x.tar.gz.aa x.tar.gz.ab ...
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

MAX_VOLUMES = 800
"""As many are read together: each takes a descriptor."""
_LAST = MAX_VOLUMES + 1
_MAX_NAME_CHARS = 4096


class Style(StrEnum):
    """How the volumes of an archive are told apart."""

    PARTS = "parts"
    """RAR: each volume has headers of its own."""
    OLD_RAR = "old_rar"
    OLD_ZIP = "old_zip"
    """Offsets count from the start of a volume; the last has the directory."""
    PIECES = "pieces"
    """One file, cut."""

    @property
    def is_cut(self) -> bool:
        """Tell whether later volumes are nothing without the first."""
        return self is Style.PIECES


@dataclass(frozen=True, slots=True)
class VolumeName:
    """One name, taken apart."""

    stem: str = field(repr=False)
    style: Style
    number: int
    """From 1."""


@dataclass(frozen=True, slots=True)
class VolumeSet:
    """Names that belong together."""

    style: Style
    places: tuple[int | None, ...]
    """Where each volume stands in what was looked at; None for one that is not there."""

    @property
    def present(self) -> list[int]:
        return [place for place in self.places if place is not None]


def volume_of(name: str) -> VolumeName | None:
    """Return which volume a name names, or None. The last of ``.zip`` volumes has no number."""
    if len(name) > _MAX_NAME_CHARS:
        return None
    ending = name[-16:].lower()
    for pattern, read in _READERS.items():
        match = pattern.search(ending)
        if match is not None:
            found = read(match)
            if found is None or not 1 <= found[1] <= _LAST:
                return None
            stem = name[: len(name) - len(ending) + match.start()]
            return VolumeName(stem.lower(), *found) if stem else None
    return None


def volume_sets(names: Sequence[str]) -> list[VolumeSet]:
    """Return the sets among some names: two volumes or more each, in order of the names."""
    found: dict[tuple[str, Style], dict[int, int]] = {}
    for place, name in enumerate(names):
        volume = volume_of(name)
        if volume is not None:
            numbers = found.setdefault((volume.stem, volume.style), {})
            numbers.setdefault(volume.number, place)
    sets = [_set(style, numbers) for (_, style), numbers in found.items()]
    return [one for one in sets if one is not None]


def _set(style: Style, numbers: dict[int, int]) -> VolumeSet | None:
    if style is Style.OLD_ZIP:
        # The directory lies in the last: without it there is nothing to read by.
        last = numbers.pop(_LAST, None)
        if last is None or not numbers:
            return None
        numbers[max(numbers) + 1] = last
    if len(numbers) < 2 or (style in {Style.OLD_RAR, Style.PIECES} and 1 not in numbers):
        return None
    count = max(numbers)
    # Of numbers far apart no set is made.
    if count > MAX_VOLUMES or count > 2 * len(numbers) + 8:
        return None
    return VolumeSet(style, tuple(numbers.get(n) for n in range(1, count + 1)))


def _old_rar(match: re.Match[str]) -> tuple[Style, int]:
    return Style.OLD_RAR, (ord(match[1]) - ord("r")) * 100 + int(match[2]) + 2


def _letters(match: re.Match[str]) -> tuple[Style, int]:
    first, second = (ord(letter) - ord("a") for letter in match[1])
    return Style.PIECES, first * 26 + second + 1


_READERS: Mapping[re.Pattern[str], Callable[[re.Match[str]], tuple[Style, int] | None]] = (
    MappingProxyType(
        {
            re.compile(r"\.part([0-9]{1,5})\.(?:rar|exe|sfx)\Z"): lambda m: (
                Style.PARTS,
                int(m[1]),
            ),
            re.compile(r"\.rar\Z"): lambda _: (Style.OLD_RAR, 1),
            re.compile(r"\.zip\Z"): lambda _: (Style.OLD_ZIP, _LAST),
            re.compile(r"\.z([0-9]{2,3})\Z"): lambda m: (Style.OLD_ZIP, int(m[1])),
            re.compile(r"\.([r-y])([0-9]{2})\Z"): _old_rar,
            re.compile(r"\.([0-9]{3,4})\Z"): lambda m: (Style.PIECES, int(m[1])),
            re.compile(r"[._]([a-z]{2})\Z"): _letters,
        }
    )
)
"""The end of a name -> (style, number)."""
