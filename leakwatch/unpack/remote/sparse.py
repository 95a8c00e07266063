"""A remote file of which some pieces are here."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from leakwatch.model.listing import ListingEntry

Span = tuple[int, int]
"""(offset, length)."""


SAMPLES = 8
SAMPLE_BYTES = 120 * 1024
"""Of a directory; with head and tail of the file some 1.1 MB in all."""


def spread(start: int, length: int, seed: int) -> list[Span]:
    """Return where a directory is sampled: all of a short one, else at random in equal stretches.

    The first place is its start, for that is fetched anyway to see that it is there.
    """
    if length <= SAMPLES * SAMPLE_BYTES:
        return [(start, length)]
    rng, stretch = random.Random(seed), length // SAMPLES  # noqa: S311 - guards nothing by itself
    jumps = [0, *(rng.randrange(stretch - SAMPLE_BYTES + 1) for _ in range(SAMPLES - 1))]
    return [(start + n * stretch + jump, SAMPLE_BYTES) for n, jump in enumerate(jumps)]


class Missing(BaseException):
    """Bytes are needed that are not here.

    Not an ``Exception``: what reads the file must not take it for a damaged one.
    """

    def __init__(self, offset: int, length: int) -> None:
        super().__init__(offset, length)
        self.span = offset, length


@dataclass(frozen=True, slots=True)
class Pieces:
    """What is here of a file of ``size_bytes``."""

    size_bytes: int
    parts: tuple[tuple[int, bytes], ...] = field(repr=False)
    """(offset, bytes), in any order; none empty."""

    @classmethod
    def cut(cls, size_bytes: int, body: bytes, spans: Iterable[Span]) -> Pieces:
        """Return the pieces that ``body`` joins, in the order of ``spans``."""
        parts, at = [], 0
        for offset, length in spans:
            if length:
                parts.append((offset, body[at : at + length]))
            at += length
        return cls(size_bytes, tuple(parts))

    def get(self, offset: int, length: int, *, ahead: int = 0) -> bytes:
        """Return the bytes there, fewer only at the file's end.

        Args:
            offset: from 0.
            length: how many are needed.
            ahead: how many to ask for, when asking, in place of ``length``.

        Raises:
            Missing: not all of them are here.
        """
        length = min(length, self.size_bytes - offset)
        if length <= 0 or offset < 0:
            return b""
        for start, data in self.parts:
            if start <= offset and offset + length <= start + len(data):
                return data[offset - start : offset - start + length]
        raise Missing(offset, max(length, min(ahead, self.size_bytes - offset)))

    def spans(self) -> list[Span]:
        """Return what is here."""
        return [(offset, len(data)) for offset, data in self.parts]


@dataclass(slots=True)
class Step:
    """What a format made of the pieces it was given."""

    need: list[Span] = field(default_factory=list)
    """All that the next step is to have at hand; what it had and is not here may be dropped."""
    state: dict[str, Any] = field(default_factory=dict)
    """Given to the next step as it is."""
    entries: list[ListingEntry] = field(default_factory=list)
    is_done: bool = False
    is_complete: bool = True
    """Nothing of the directory is known to have been passed over."""
    claimed: int | None = None
    """Entries in all, by the archive's own word."""
    directory_bytes: int | None = None
    """How long the directory is, where that is known."""
