"""What a container format must offer to be walked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from leakwatch.errors import Corrupt

CHUNK_BYTES = 64 * 1024
MAX_NAME_CHARS = 4096
"""Longer member names are cut: no file system holds them, no listing needs them."""
MAX_PASSWORDS = 32
"""As many are tried on one archive; each may cost a key derivation."""


class Stream(Protocol):
    """Bytes read forwards."""

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes, ``b""`` only at the end."""
        ...


class SeekableStream(Stream, Protocol):
    """Bytes read anywhere."""

    def seek(self, offset: int, whence: int = 0, /) -> int: ...

    def tell(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Member:
    """One regular file of a container, not yet opened."""

    name: str = field(repr=False)
    """As written in the container, control characters and all; never a path."""
    ordinal: int
    """Position in the container, from 0; folders and links count, though not given."""
    size_bytes: int | None
    """What the container claims; None where it says nothing."""
    crc32: int | None
    packed_bytes: int | None
    chunks: Callable[[], Iterator[bytes]] = field(repr=False)
    """Opens the content: bounded chunks, not yet charged to any budget.

    Raises UnpackError (Encrypted, Corrupt, Unsupported), also half-way.
    """
    kind: str | None = None
    """What it is, where it is a stretch of the container's own bytes told apart:
    nothing is unpacked, and no budget is charged. None to be told by its content."""
    in_place: Callable[[int], SeekableStream] | None = field(default=None, repr=False)
    """Gives the same content where it lies, so many bytes of it at most: where the
    container can be read anywhere and has it as it is, neither packed nor locked.

    Raises UnpackError.
    """


class Container(Protocol):
    """One container format.

    To add a format, write one file with one such class and name it in
    ``formats.py``.
    """

    @property
    def needs_seek(self) -> bool:
        """False for formats read forwards (gzip, tar): these are never held in memory."""
        ...

    def members(self, stream: SeekableStream, passwords: Sequence[str] = (), /) -> Iterator[Member]:
        """Yield the members in the container's own order, folders and links left out.

        ``passwords`` are tried in order where something is encrypted; what none
        of them opens raises ``Encrypted`` when it is read, and is still listed.

        A forward format gets a stream whose ``seek`` may not be called, and its
        members must be read, in order, before the next is asked for. A member
        that is not opened costs nothing but its entry. Never holds more of the
        container than one entry and one chunk.

        Raises:
            UnpackError: the container itself gives out here; what came before stands.
        """
        ...


class Document(Container, Protocol):
    """A format that is a text itself, and a container only where files are attached to it."""

    def has_members(self, stream: SeekableStream, /) -> bool:
        """Tell whether there are any; leaves the stream anywhere. Raises anything."""
        ...


class Mismatch(Corrupt):
    """All bytes came out, but a checksum or a size says otherwise."""
