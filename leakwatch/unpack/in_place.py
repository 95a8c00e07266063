"""A stretch of a container read as a file of its own: nothing is copied, nothing held.

A member that lies in its container as it is (a ZIP file stored in a ZIP file,
and so on down) can be opened there, however large it is.
"""

from __future__ import annotations

import io
from typing import TypeGuard

from leakwatch.unpack.container import CHUNK_BYTES, SeekableStream, Stream


def in_place(stream: SeekableStream, start: int, size_bytes: int) -> io.BufferedReader:
    """Return a stream of so many bytes of another from an offset on.

    Others may read the other stream in between: it is sought anew each time.
    """
    return io.BufferedReader(_Stretch(stream, start, size_bytes), CHUNK_BYTES)


def stretch(stream: SeekableStream, start: int, size_bytes: int, most: int) -> SeekableStream:
    """Return as much of a stretch as is there, and is wanted; see ``Member.in_place``."""
    there = max(0, stream.seek(0, io.SEEK_END) - start)
    return in_place(stream, start, min(size_bytes, there, most))


def can_seek(stream: Stream) -> TypeGuard[SeekableStream]:
    """Tell whether a stream says of itself that it can be read anywhere."""
    seekable = getattr(stream, "seekable", None)
    return seekable is not None and bool(seekable())


class _Stretch(io.RawIOBase):
    def __init__(self, stream: SeekableStream, start: int, size_bytes: int) -> None:
        super().__init__()
        self._stream = stream
        self._start = start
        self._size_bytes = size_bytes
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size_bytes}[whence]
        if base + offset < 0:
            raise ValueError("before the start")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # bytes-like, as io calls it
        size = min(len(buffer), self._size_bytes - self._at)
        if size <= 0:
            return 0
        self._stream.seek(self._start + self._at)
        data = self._stream.read(size)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
