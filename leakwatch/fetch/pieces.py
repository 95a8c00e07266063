"""Pieces of a remote file that are here: what of a need they cover, and what is to be fetched. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

Span = tuple[int, int]
"""(offset, length)."""


class Pieces:
    """Bytes by offset; what touches is one piece, the first that came counts."""

    def __init__(self) -> None:
        self._parts: list[tuple[int, bytes]] = []

    @property
    def spans(self) -> list[Span]:
        return [(offset, len(data)) for offset, data in self._parts]

    def joined(self) -> bytes:
        """Return all pieces in order."""
        return b"".join(data for _, data in self._parts)

    def add(self, offset: int, data: bytes) -> None:
        """Take up a piece."""
        new = [
            (at, data[at - offset : at - offset + n])
            for at, n in self.lacking([(offset, len(data))])
        ]
        self._parts = list(_merged(sorted([*self._parts, *new])))

    def keep(self, need: Iterable[Span]) -> None:
        """Drop all that lies outside."""
        wanted = joined_spans(need)
        kept = (
            (max(at, start), data[max(0, start - at) : start + length - at])
            for start, length in wanted
            for at, data in self._parts
            if at < start + length and start < at + len(data)
        )
        self._parts = list(_merged(sorted(kept)))

    def lacking(self, need: Iterable[Span]) -> list[Span]:
        """Return what of a need is not here, in order."""
        found: list[Span] = []
        for start, length in joined_spans(need):
            at, end = start, start + length
            for offset, data in self._parts:
                if offset >= end or offset + len(data) <= at:
                    continue
                if offset > at:
                    found.append((at, offset - at))
                at = max(at, offset + len(data))
            if at < end:
                found.append((at, end - at))
        return found


def joined_spans(spans: Iterable[Span]) -> list[Span]:
    """Return the same bytes as spans in order that neither touch nor overlap."""
    joined: list[Span] = []
    for offset, length in sorted(span for span in spans if span[1] > 0):
        if joined and offset <= sum(joined[-1]):
            start = joined[-1][0]
            joined[-1] = (start, max(sum(joined[-1]), offset + length) - start)
        else:
            joined.append((offset, length))
    return joined


def _merged(parts: Sequence[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    at, run = 0, list[bytes]()
    end = 0
    for offset, data in parts:
        if run and offset == end:
            run.append(data)
        else:
            if run:
                yield at, b"".join(run)
            at, run = offset, [data]
        end = offset + len(data)
    if run:
        yield at, b"".join(run)
