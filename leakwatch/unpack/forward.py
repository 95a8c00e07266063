"""Chunks as a stream that is read forwards."""

from __future__ import annotations

import io
from collections.abc import Iterator


class ChunkStream:
    """Gives chunks of whatever size, one a read; holds none."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._at = 0

    def read(self, _size: int = -1, /) -> bytes:
        """Return the next chunk that is not empty; ``b""`` only at the end."""
        data = next((chunk for chunk in self._chunks if chunk), b"")
        self._at += len(data)
        return data

    def seek(self, _offset: int, _whence: int = 0, /) -> int:
        raise io.UnsupportedOperation("this is read forwards")

    def tell(self) -> int:
        return self._at
