"""Documents that are ZIP files: their parts, read piece by piece under one cap.

``zipfile`` rather than ``unpack``'s own reader, which stands above this layer.
Names are compared, never used as paths.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, cast

from leakwatch.errors import Corrupt, Encrypted
from leakwatch.extract.base import ContentStream

_MAX_TOTAL_BYTES = 128 * 1024 * 1024
"""Unpacked bytes of one document's parts: some fifteen seconds of CPU at worst."""
_CHUNK_BYTES = 64 * 1024
_NUMBER = re.compile(r"(\d+)")
_DAMAGE = (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, ValueError)


class Package:
    """The parts of a document in a ZIP file."""

    def __init__(self, stream: ContentStream, *, max_total_bytes: int = _MAX_TOTAL_BYTES) -> None:
        """Read the directory.

        Raises:
            Corrupt: there is none.
        """
        try:
            self._archive = zipfile.ZipFile(cast("IO[bytes]", stream))
        except _DAMAGE:
            raise Corrupt("the document's directory is damaged") from None
        self._max_bytes = max_total_bytes
        self._left = max_total_bytes
        self._damaged = 0

    def parts(self, is_wanted: Callable[[str], bool]) -> list[zipfile.ZipInfo]:
        """Return the parts whose tidy name is wanted, in the order of their numbers.

        Of two parts by one name both are given: which of them a program shows is
        anybody's guess.
        """
        found = [info for info in self._archive.infolist() if is_wanted(tidy_name(info.filename))]
        return sorted(found, key=lambda info: _natural(tidy_name(info.filename)))

    def chunks(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        """Yield a part's bytes, up to where it is damaged or the cap is reached.

        Raises:
            Encrypted: it needs a password.
        """
        if info.flag_bits & 1:
            raise Encrypted("a part of the document has a password")
        try:
            with self._archive.open(info) as part:
                while self._left > 0 and (data := part.read(_CHUNK_BYTES)):
                    self._left -= len(data)
                    yield data
        except _DAMAGE:
            self._damaged += 1

    @property
    def note(self) -> str | None:
        if self._left <= 0:
            return f"read in part: the document unpacks to over {self._max_bytes} bytes"
        return f"{self._damaged} parts of the document are damaged" if self._damaged else None


def tidy_name(name: str) -> str:
    """Return a part's name for comparison: no case, no backslash, no leading slash."""
    return name.replace("\\", "/").lstrip("/").lower()


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort ``slide10`` behind ``slide2``."""
    return [
        (int(piece), "") if piece.isdecimal() and len(piece) < 10 else (-1, piece)
        for piece in _NUMBER.split(name)
    ]
