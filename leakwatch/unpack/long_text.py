"""Text too long to be held, read in parts that overlap: a database dump, mostly.

part 1 |--------------------|
part 2                   |--------------------|
part 3                                     |----------
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from leakwatch.unpack.blobs import BLOB_KINDS
from leakwatch.unpack.container import CHUNK_BYTES, Member, Stream

LONG_KINDS = BLOB_KINDS
"""Kinds of text that may be cut anywhere and still be read: of a page, the tags are stripped."""
OVERLAP_BYTES = 64 * 1024
"""Told in two parts, so that no passage is lost to the cut between them."""
_UNBROKEN = bytes(
    65 if (chr(byte).isalnum() and byte < 128) or byte in b"+/=_-\r\n\\" else 32
    for byte in range(256)
)
"""What a file written into text consists of, line breaks and all, to ``A``."""
_ALIGNMENT = 4
"""Cuts fall between the characters of UTF-16 and UTF-32."""


@dataclass(frozen=True, slots=True)
class LongText:
    """Gives the parts of a text, each of the text's own kind.

    Args:
        kind: of ``LONG_KINDS``.
        part_bytes: length of a part, without the overlap. One that would cut a
            file written into the text ends behind it, at twice the length at most.
    """

    kind: str
    part_bytes: int
    needs_seek: bool = False

    def members(self, stream: Stream, _passwords: Sequence[str] = (), /) -> Iterator[Member]:
        """Yield the parts, the first at least."""
        state = _State(stream)
        ordinal = 0
        while ordinal == 0 or state.has_more():
            at = state.at_bytes - len(state.overlap)
            yield Member(
                name=f"part {ordinal + 1} at byte {at}",
                ordinal=ordinal,
                size_bytes=None,
                crc32=None,
                packed_bytes=None,
                chunks=partial(_part, state, state.at_bytes, self.part_bytes),
                kind="xml" if self.kind == "html" else self.kind,
            )
            # What nobody read of a part is passed over, not told in the next.
            for _ in _part(state, state.part_start, self.part_bytes):
                pass
            state.part_start = state.at_bytes
            ordinal += 1


class _State:
    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._pending = b""
        self.at_bytes = 0
        self.part_start = 0
        self.overlap = b""

    def has_more(self) -> bool:
        if not self._pending:
            self._pending = self._stream.read(CHUNK_BYTES)
        return bool(self._pending)

    def take(self, size: int) -> bytes:
        """Return at most so many of the next bytes."""
        data, self._pending = self._pending[:size], self._pending[size:]
        self.at_bytes += len(data)
        self.overlap = (self.overlap + data)[-OVERLAP_BYTES:]
        return data

    def unbroken(self) -> int:
        """Return how many of the bytes at hand go on with what may be a file."""
        end = self._pending.translate(_UNBROKEN).find(b" ")
        return len(self._pending) if end < 0 else end


def _part(state: _State, start: int, part_bytes: int) -> Iterator[bytes]:
    """Yield what is left of the part that started at ``start``."""
    if state.at_bytes == start and state.overlap:
        yield state.overlap
    while state.at_bytes - start < part_bytes and state.has_more():
        yield state.take(min(CHUNK_BYTES, part_bytes - (state.at_bytes - start)))
    while state.at_bytes - start < 2 * part_bytes and state.has_more():
        size = state.unbroken()
        if size == 0:
            return
        if len(state._pending) > size:  # noqa: SLF001
            size += -(state.at_bytes + size) % _ALIGNMENT
        yield state.take(min(size, 2 * part_bytes - (state.at_bytes - start)))
