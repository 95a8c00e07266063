"""gzip (RFC 1952): one file a stream, possibly in several pieces one after the other."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from functools import partial

from leakwatch.errors import Corrupt
from leakwatch.unpack.container import CHUNK_BYTES, MAX_NAME_CHARS, Member, Stream

_MAGIC = b"\x1f\x8b"
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_HEADER_BYTES = 10
_FLAG_EXTRA, _FLAG_NAME = 4, 8
_UNNAMED = "content"


class GzipStream:
    """Gives the one file of a gzip stream; its pieces are joined as ``gzip -d`` joins them."""

    needs_seek = False

    def members(self, stream: Stream, _passwords: Sequence[str] = (), /) -> Iterator[Member]:
        """Yield one member, named as the header says.

        Raises:
            Corrupt: after the member, when bytes that are no gzip follow it.
        """
        head = stream.read(CHUNK_BYTES)
        state = _Pieces(stream, head)
        yield Member(
            name=_stored_name(head),
            ordinal=0,
            size_bytes=None,
            crc32=None,
            packed_bytes=None,
            chunks=partial(_inflate, state),
        )
        if state.garbage_bytes:
            raise Corrupt(f"at least {state.garbage_bytes} bytes after the end are not gzip")


class _Pieces:
    """Packed input with what was read ahead of the inflater."""

    def __init__(self, stream: Stream, head: bytes) -> None:
        self._stream = stream
        self.pending = head
        self.garbage_bytes = 0

    def fill(self) -> bool:
        """Read on when nothing is pending; False at the end of the input."""
        if not self.pending:
            self.pending = self._stream.read(CHUNK_BYTES)
        return bool(self.pending)

    def at_next_piece(self) -> bool:
        """Tell whether another piece follows; zero padding is passed over silently."""
        while self.fill():
            self.pending = self.pending.lstrip(b"\0")
            if not self.pending:
                continue
            if len(self.pending) < len(_MAGIC):
                self.pending += self._stream.read(CHUNK_BYTES)
            if self.pending.startswith(_MAGIC):
                return True
            self.garbage_bytes = len(self.pending)
            return False
        return False


def _inflate(pieces: _Pieces) -> Iterator[bytes]:
    is_first = True
    while is_first or pieces.at_next_piece():
        is_first = False
        inflater = zlib.decompressobj(_GZIP_WINDOW)
        while not inflater.eof:
            if not pieces.fill():
                raise Corrupt("the gzip stream is cut short")
            try:
                data = inflater.decompress(pieces.pending, CHUNK_BYTES)
            except zlib.error:
                raise Corrupt("the gzip stream is damaged") from None
            pieces.pending = inflater.unconsumed_tail or inflater.unused_data
            if data:
                yield data


def _stored_name(head: bytes) -> str:
    """Return the FNAME field (Latin-1 by RFC 1952, UTF-8 in practice)."""
    if len(head) < _HEADER_BYTES or not head[3] & _FLAG_NAME:
        return _UNNAMED
    start = _HEADER_BYTES
    if head[3] & _FLAG_EXTRA:
        start += 2 + int.from_bytes(head[start : start + 2], "little")
    raw = head[start : start + MAX_NAME_CHARS].partition(b"\0")[0]
    try:
        return raw.decode("utf-8") or _UNNAMED
    except UnicodeDecodeError:
        return raw.decode("latin-1")
