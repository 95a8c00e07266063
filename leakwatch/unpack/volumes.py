"""Several volumes read as one stream."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from leakwatch.unpack.container import SeekableStream

VOLUME_KINDS = frozenset(
    {"rar", "7z", "zip", "exe", "gzip", "bzip2", "xz", "zstd", "tar", "docx", "xlsx", "pptx", "odf"}
)
"""What the first volume of an archive looks like."""


class JoinedStream:
    """Volumes one behind the other, readable anywhere; holds nothing.

    Args:
        volumes: in order; None for one that is not there.
        fill: put zeros as long as the first volume in the place of a missing
            one, so that what is cut into equal pieces keeps its offsets.
    """

    def __init__(self, volumes: Sequence[SeekableStream | None], *, fill: bool = False) -> None:
        self._volumes = volumes
        sizes = [-1 if volume is None else volume.seek(0, 2) for volume in volumes]
        hole = next((size for size in sizes if size > 0), 0) if fill else 0
        ends = list(accumulate(hole if size < 0 else size for size in sizes))
        self.size_bytes = ends[-1] if ends else 0
        self.starts = [0, *ends[:-1]]
        """Where each volume begins."""
        self.missing = [n for n, volume in enumerate(volumes, start=1) if volume is None]
        """Numbers of those that are not there, from 1."""
        self._ends = ends
        self._at = 0

    def read(self, size: int = -1, /) -> bytes:
        """Return at most ``size`` bytes, short only at the end."""
        wanted = self.size_bytes - self._at if size < 0 else size
        pieces = []
        while wanted > 0 and self._at < self.size_bytes:
            piece = self._piece(wanted)
            if not piece:
                # A volume that shrank since.
                break
            pieces.append(piece)
            self._at += len(piece)
            wanted -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _piece(self, wanted: int) -> bytes:
        number = bisect_right(self.starts, self._at) - 1
        volume = self._volumes[number]
        if volume is None:
            return bytes(min(wanted, self._ends[number] - self._at))
        volume.seek(self._at - self.starts[number])
        return volume.read(wanted)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        base = {0: 0, 1: self._at, 2: self.size_bytes}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def head(self, size: int) -> bytes:
        """Return the first bytes of the first volume that is there; move to the start."""
        number = next((n for n, volume in enumerate(self._volumes) if volume is not None), 0)
        self.seek(self.starts[number])
        data = self.read(size)
        self.seek(0)
        return data


def starts_of(stream: SeekableStream) -> Sequence[int]:
    """Return where the volumes of a stream begin: a single one at 0."""
    return stream.starts if isinstance(stream, JoinedStream) else (0,)


def missing_of(stream: SeekableStream) -> str | None:
    """Return what to say of volumes that are not there, or None."""
    if not isinstance(stream, JoinedStream) or not stream.missing:
        return None
    told = ", ".join(map(str, stream.missing[:10])) + (", ..." if len(stream.missing) > 10 else "")
    return f"of {len(stream.starts)} volumes these are missing: {told}"
