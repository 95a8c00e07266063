"""Several volumes read as one stream, and what their names tell of a set.

    x.part1.rar x.part2.rar ...     x.rar x.r00 x.r01 ... x.s00 ...
    x.7z.001 x.7z.002 ...           x.z01 x.z02 ... x.zip
    x.zip.001 ...                   x.tar.gz.aa x.tar.gz.ab ...
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from leakwatch.unpack.container import SeekableStream

MAX_VOLUMES = 800
"""As many are read together: each takes a descriptor."""
_PART = re.compile(r"(?P<stem>.*)\.part(?P<number>[0-9]{1,5})\.(?P<ext>rar|exe)", re.I | re.S)
_OLD_RAR = re.compile(r"(?P<stem>.*)\.(?P<letter>[r-z])(?P<number>[0-9]{2})", re.I | re.S)
_OLD_ZIP = re.compile(r"(?P<stem>.*)\.z(?P<number>[0-9]{2,4})", re.I | re.S)
_LAST_ZIP = re.compile(r"(?P<stem>.*)\.zip", re.I | re.S)
_FIRST_RAR = re.compile(r"(?P<stem>.*)\.rar", re.I | re.S)
_NUMBERED = re.compile(r"(?P<stem>.*)\.(?P<number>[0-9]{3,5})", re.S)
_LETTERED = re.compile(r"(?P<stem>.*)[._](?P<letters>[a-z]{2})", re.S)


class JoinedStream:
    """Volumes one behind the other, readable anywhere; holds nothing."""

    def __init__(self, volumes: Sequence[SeekableStream]) -> None:
        self._volumes = volumes
        sizes = [volume.seek(0, 2) for volume in volumes]
        ends = list(accumulate(sizes))
        self.size_bytes = ends[-1] if ends else 0
        self.starts = [0, *ends[:-1]]
        """Where each volume begins."""
        self._at = 0

    def read(self, size: int = -1, /) -> bytes:
        """Return at most ``size`` bytes, short only at the end."""
        wanted = self.size_bytes - self._at if size < 0 else size
        pieces = []
        while wanted > 0 and self._at < self.size_bytes:
            number = bisect_right(self.starts, self._at) - 1
            volume = self._volumes[number]
            volume.seek(self._at - self.starts[number])
            piece = volume.read(wanted)
            if not piece:
                # An empty volume, or one that shrank since.
                break
            pieces.append(piece)
            self._at += len(piece)
            wanted -= len(piece)
        return b"".join(pieces) if len(pieces) != 1 else pieces[0]

    def seek(self, offset: int, whence: int = 0, /) -> int:
        base = {0: 0, 1: self._at, 2: self.size_bytes}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at


def starts_of(stream: SeekableStream) -> Sequence[int]:
    """Return where the volumes of a stream begin: a single one at 0."""
    return stream.starts if isinstance(stream, JoinedStream) else (0,)
