"""What a walk tells, where it is taken up, and what it asks of those who read content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from leakwatch.extract.base import Extraction, Gallery
from leakwatch.model.artefact import Artefact
from leakwatch.unpack.container import SeekableStream


class Extract(Protocol):
    """Turns content into text."""

    def has_text(self, kind: str) -> bool:
        """Tell whether content of this kind is read as text."""
        ...

    def is_risky(self, kind: str) -> bool:
        """Tell whether a parser of this kind may die, hang or eat memory."""
        ...

    def __call__(self, kind: str, stream: SeekableStream, *, plainly: bool) -> Extraction | None:
        """Return the text, or None for a kind that has none.

        ``plainly`` asks for the way that cannot fail. Raises anything.
        """
        ...


class Look(Protocol):
    """Turns content into hashes of the pictures in it."""

    def has_pictures(self, kind: str) -> bool:
        """Tell whether content of this kind is looked through for pictures."""
        ...

    def __call__(self, kind: str, stream: SeekableStream) -> Gallery:
        """Return the pictures in content of such a kind; raises anything."""
        ...


@dataclass(frozen=True, slots=True)
class Opened:
    """Reading of this artefact begins; what is said of it is provisional."""

    artefact: Artefact


@dataclass(frozen=True, slots=True)
class Done:
    """All that is known of this artefact; the members of a container come before."""

    artefact: Artefact


Event = Opened | Done


@dataclass(frozen=True, slots=True)
class Resume:
    """Where to take up a walk that died. Ordinals as in ``MemberPath.ordinals``."""

    after: tuple[int, ...] | None = None
    """Nothing up to here is told again, but the containers around it are re-entered."""
    plainly: tuple[int, ...] | None = None
    """This one is read the plain way: its parser died."""
    skip: bool = False
    """The first member not told yet is passed over: its unpacking died."""
