"""An artefact: a piece of content found, addressed by a member path."""

from __future__ import annotations

from dataclasses import dataclass, field

from leakwatch.model.listing import Listing
from leakwatch.model.picture import Picture

MEMBER_SEPARATOR = "!/"


@dataclass(frozen=True, slots=True)
class MemberPath:
    """Where an artefact sits: ``dump.zip!/a/b.pdf``.

    The names are hostile and may themselves be patient data: they are for the
    person at the terminal and the sealed evidence, never for the store. What
    the store keeps is ``ordinal``.
    """

    names: tuple[str, ...] = field(repr=False)
    """Outermost first; one entry a nesting level."""
    ordinals: tuple[int, ...]
    """Position of each member in its container, from 0; empty for the whole."""

    def __str__(self) -> str:
        return MEMBER_SEPARATOR.join(self.names)

    @property
    def ordinal(self) -> str:
        """Return the position alone: ``""`` for the whole, ``3.0`` for a member."""
        return ".".join(str(n) for n in self.ordinals)

    def child(self, name: str, ordinal: int) -> MemberPath:
        """Return the path of a member of this container."""
        return MemberPath((*self.names, name), (*self.ordinals, ordinal))


@dataclass(frozen=True, slots=True)
class Artefact:
    """One piece of content as the sandbox reports it."""

    path: MemberPath
    kind: str
    """What it is: ``text``, ``html``, ``zip``, ``gzip``, ... or ``unknown``."""
    size_bytes: int
    sha256: str
    """Hex digest of the raw bytes; never stored: the store keeps its HMAC.

    Empty when they could not be read to their end: ``size_bytes`` and
    ``crc32`` are then what the archive's directory says (0 if nothing).
    """
    crc32: int
    text: str | None = field(default=None, repr=False)
    """Extracted text; None when the kind gives none (not when it is empty)."""
    error: str | None = None
    """Slug of what stopped the reading of this member, or None."""
    detail: str | None = None
    """One line about the error: numbers and kinds, never content or names."""
    is_container: bool = False
    pictures: tuple[Picture, ...] = field(default=(), repr=False)
    """What it shows, where pictures were asked for; never stored."""
    listing: Listing | None = None
    """What it says of other files: a torrent, a file tree pasted as text."""
