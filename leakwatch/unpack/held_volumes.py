"""Volumes among the members of a container, held until it is known what belongs together."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field

from leakwatch.model.volumes import MAX_VOLUMES, Style, VolumeName, volume_of, volume_sets
from leakwatch.unpack.volumes import VOLUME_KINDS, JoinedStream


@dataclass(frozen=True, slots=True)
class HeldSet:
    """Volumes that are read as one archive."""

    name: str = field(repr=False)
    """Of the first that is there."""
    stream: JoinedStream


class HeldVolumes:
    """The volumes met in one container.

    A first volume is known by its name and what it looks like; a later one by
    its name and by what came before it. So a file that is merely called ``.001``
    is no volume, and a lone ``.zip`` is opened at once.

    Args:
        max_bytes: for all that is held.
    """

    def __init__(self, max_bytes: int) -> None:
        self._left = max_bytes
        self._names: list[str] = []
        self._bodies: list[io.BytesIO] = []
        self._stems: set[tuple[str, Style]] = set()
        self._given_up: set[tuple[str, Style]] = set()

    @property
    def held_bytes(self) -> int:
        return sum(body.getbuffer().nbytes for body in self._bodies)

    @property
    def room_bytes(self) -> int:
        return self._left

    def wants(self, name: str, kind: str) -> bool:
        """Tell whether a member is to be held rather than opened."""
        volume = volume_of(name)
        if volume is None or len(self._names) >= MAX_VOLUMES:
            return False
        key = (volume.stem, volume.style)
        if key in self._stems:
            return True
        return _is_first(volume, kind)

    def keep(self, name: str, body: io.BytesIO, *, is_cut: bool) -> bool:
        """Hold a volume; False where it is too large, and the set is given up."""
        volume = volume_of(name)
        if volume is None:
            return False
        key = (volume.stem, volume.style)
        self._stems.add(key)
        size_bytes = body.getbuffer().nbytes
        if is_cut or size_bytes > self._left or key in self._given_up:
            self._given_up.add(key)
            return False
        self._left -= size_bytes
        self._names.append(name)
        self._bodies.append(body)
        return True

    def sets(self) -> Iterator[HeldSet]:
        """Yield what belongs together, and what was held and belongs to nothing."""
        alone = set(range(len(self._names)))
        for found in volume_sets(self._names):
            alone -= set(found.present)
            if self._is_whole(found.present[0]):
                bodies = [None if at is None else self._bodies[at] for at in found.places]
                joined = JoinedStream(bodies, fill=found.style.is_cut)
                yield HeldSet(self._names[found.present[0]], joined)
        for at in sorted(alone):
            if self._is_whole(at):
                yield HeldSet(self._names[at], JoinedStream([self._bodies[at]]))

    def _is_whole(self, at: int) -> bool:
        volume = volume_of(self._names[at])
        return volume is not None and (volume.stem, volume.style) not in self._given_up


def _is_first(volume: VolumeName, kind: str) -> bool:
    if volume.style is Style.PARTS:
        return kind in {"rar", "exe"}
    if volume.style is Style.OLD_RAR:
        # Only once another volume was met is "x.rar" one of several.
        return kind == "rar" and volume.number > 1
    if volume.style is Style.OLD_ZIP:
        return volume.number <= MAX_VOLUMES
    return volume.number == 1 and kind in VOLUME_KINDS
