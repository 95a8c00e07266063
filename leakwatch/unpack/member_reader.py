"""One member's bytes, read forwards, counted and hashed on the way."""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Iterator

from leakwatch.errors import BudgetExceeded, Corrupt, LeakwatchError, UnpackError
from leakwatch.unpack.budget import MemberAccount
from leakwatch.unpack.container import CHUNK_BYTES, Member, Mismatch


class MemberReader:
    """A forward stream over a member.

    What stops the reading ends the stream and is kept in ``error``: whoever
    reads needs no handler, and what came before is kept.
    """

    def __init__(self, member: Member, account: MemberAccount) -> None:
        self._member = member
        self._account = account
        self._chunks: Iterator[bytes] | None = None
        self._pending = b""
        self._at = 0
        """How much of what is pending was given out."""
        self._sha256 = hashlib.sha256()
        self._crc32 = 0
        self._is_at_end = False
        self.error: LeakwatchError | None = None

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; ``b""`` at the end or where reading stopped."""
        if self._at == len(self._pending):
            self._pending, self._at = self._pull(), 0
        data = self._pending[self._at : self._at + size]
        self._at += len(data)
        return data

    def seek(self, _offset: int, _whence: int = 0, /) -> int:
        raise io.UnsupportedOperation("a member is read forwards")

    def tell(self) -> int:
        return self.read_bytes - len(self._pending) + self._at

    def peek(self, size: int) -> bytes:
        """Return the next ``size`` bytes, fewer at the end, without consuming them."""
        parts = [self._pending[self._at :]]
        have = len(parts[0])
        while have < size and (data := self._pull()):
            parts.append(data)
            have += len(data)
        self._pending, self._at = b"".join(parts), 0
        return self._pending[:size]

    def hold(self, max_bytes: int) -> tuple[io.BytesIO, bool]:
        """Read to the end; return the first bytes and whether there were more."""
        held = io.BytesIO()
        while data := self.read(CHUNK_BYTES):
            room = max_bytes - held.tell()
            try:
                held.write(data[: max(room, 0)])
            except MemoryError:
                # The buffer is gone with it; the rest is read for the digests.
                held, max_bytes = io.BytesIO(), 0
        is_cut = self.read_bytes > held.tell()
        held.seek(0)
        return held, is_cut

    def drain(self) -> None:
        """Read to the end, for the digests."""
        self._pending, self._at = b"", 0
        while self._pull():
            pass

    @property
    def read_bytes(self) -> int:
        return self._account.size_bytes

    @property
    def is_whole(self) -> bool:
        """All bytes were read, so the digests are the content's own."""
        return self._is_at_end and (self.error is None or isinstance(self.error, Mismatch))

    def facts(self) -> tuple[int, str, int]:
        """Return (size, SHA-256, CRC-32) of the content, or what the container claims."""
        if self.is_whole:
            return self.read_bytes, self._sha256.hexdigest(), self._crc32
        claimed = self._member.size_bytes
        return self.read_bytes if claimed is None else claimed, "", self._member.crc32 or 0

    def _pull(self) -> bytes:
        if self._is_at_end:
            return b""
        try:
            if self._chunks is None:
                self._chunks = self._member.chunks()
            data = next(self._chunks, b"")
            self._account.take(len(data))
        except Exception as error:  # noqa: BLE001  (hostile bytes raise anything)
            self.error = as_unpack_error(error)
            data = b""
        self._is_at_end = not data
        self._sha256.update(data)
        self._crc32 = zlib.crc32(data, self._crc32)
        return data


def as_unpack_error(error: Exception) -> UnpackError:
    """Map whatever hostile bytes raised to the one tree, most specific first."""
    if isinstance(error, UnpackError):
        return error
    if isinstance(error, MemoryError):
        return BudgetExceeded("memory is over its limit", limit="memory")
    return Corrupt(f"the bytes follow no format ({type(error).__name__})")
