"""One file packed as a stream, possibly in several pieces one behind the other.

What gzip, bzip2, xz and their like have in common: a decoder that stops at the
end of its piece, and whatever comes then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from leakwatch.errors import Corrupt, UnpackError
from leakwatch.unpack.container import CHUNK_BYTES, Member, Stream

UNNAMED = "content"


class Decoder(Protocol):
    """One piece: the interface of ``bz2.BZ2Decompressor``."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes:
        """What was given behind the end of the piece."""
        ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def unnamed(_head: bytes) -> str:
    return UNNAMED


@dataclass(frozen=True, slots=True)
class PackedStream:
    """Gives the one file of a packed stream, its pieces joined as the usual programs join them."""

    kind: str
    magics: tuple[bytes, ...]
    """What a piece starts with."""
    new_decoder: Callable[[], Decoder]
    reason: Callable[[Exception], UnpackError | None]
    """Says what an exception of the decoder means; None for one that is not its own."""
    name_of: Callable[[bytes], str] = unnamed
    """Returns the name that the first bytes of the stream give the file."""
    needs_seek: bool = False

    def members(self, stream: Stream, _passwords: Sequence[str] = (), /) -> Iterator[Member]:
        """Yield one member.

        Raises:
            Corrupt: after the member, when bytes that are no such piece follow it.
        """
        head = stream.read(CHUNK_BYTES)
        pieces = _Pieces(stream, head, self.magics)
        yield Member(
            name=self.name_of(head),
            ordinal=0,
            size_bytes=None,
            crc32=None,
            packed_bytes=None,
            chunks=partial(self._content, pieces),
        )
        if pieces.garbage_bytes:
            raise Corrupt(
                f"at least {pieces.garbage_bytes} bytes after the end are not {self.kind}"
            )

    def _content(self, pieces: _Pieces) -> Iterator[bytes]:
        is_first = True
        while is_first or pieces.at_next_piece():
            is_first = False
            decoder = self.new_decoder()
            while not decoder.eof:
                try:
                    data = self._step(decoder, pieces)
                except Exception as error:
                    reason = self.reason(error)
                    if reason is None:
                        raise
                    raise reason from None
                if data:
                    yield data
            pieces.pending = decoder.unused_data

    def _step(self, decoder: Decoder, pieces: _Pieces) -> bytes:
        packed = b""
        if decoder.needs_input:
            if not pieces.fill():
                raise Corrupt(f"the {self.kind} stream is cut short")
            packed, pieces.pending = pieces.pending, b""
        return decoder.decompress(packed, CHUNK_BYTES)


class _Pieces:
    """Packed input with what was read ahead of the decoder."""

    def __init__(self, stream: Stream, head: bytes, magics: tuple[bytes, ...]) -> None:
        self._stream = stream
        self._magics = magics
        self.pending = head
        self.garbage_bytes = 0

    def fill(self) -> bool:
        """Read on when nothing is pending; False at the end of the input."""
        if not self.pending:
            self.pending = self._stream.read(CHUNK_BYTES)
        return bool(self.pending)

    def at_next_piece(self) -> bool:
        """Tell whether another piece follows; zero padding is passed over silently."""
        longest = max(map(len, self._magics))
        while self.fill():
            self.pending = self.pending.lstrip(b"\0")
            if not self.pending:
                continue
            while len(self.pending) < longest and (more := self._stream.read(CHUNK_BYTES)):
                self.pending += more
            if self.pending.startswith(self._magics):
                return True
            self.garbage_bytes = len(self.pending)
            return False
        return False
