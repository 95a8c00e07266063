"""What has been read so far: columns on disk, with a journal, so that reading resumes.

    WORK/known/journal          a line each commit: its CRC, then how long each column is and its CRC
    WORK/known/COLUMN           bytes, appended to

Every column is free of positions in another one: whatever is appended says how
many records it brings, never where they start. So a commit is a list of
lengths, and going back to it is a truncation.

The folder holds paths and file sizes. It is the custodian's, mode 0700, and is
removed when the bundle is written.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

_JOURNAL = "journal"
_VERSION = 1
_PIECE_BYTES = 1 << 20
COMMIT_FILES = 1024
"""Files read between two commits: what a kill costs."""
COMMIT_BYTES = 64 * 1024 * 1024


class SpoolDamaged(Exception):
    """What was read cannot be trusted; it has to be read again."""


@dataclass(frozen=True, slots=True)
class Pack:
    """What was read of some files: bytes to append to each column."""

    columns: Mapping[str, bytes] = field(repr=False)
    files: int
    size_bytes: int
    """Of the files that were read."""


class Spool:
    """Columns that grow pack by pack.

    Args:
        folder: made if it is not there.
        names: of the columns.
        identity: what must be equal for earlier packs to be of use, JSON-ready.

    Raises:
        SpoolDamaged: there are earlier packs, and their journal is broken, of
            another identity, or belied by the columns.
    """

    def __init__(self, folder: Path, names: Sequence[str], *, identity: Mapping[str, Any]) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._names = tuple(names)
        self._sizes = dict.fromkeys(self._names, 0)
        self._crcs = dict.fromkeys(self._names, 0)
        self._grown: set[str] = set()
        self._waiting_files = self._waiting_bytes = 0
        header = {"version": _VERSION, "columns": list(self._names), **identity}
        self._restore(json.loads(json.dumps(header)))
        self._files: dict[str, BinaryIO] = {
            name: (folder / name).open("ab") for name in (*self._names, _JOURNAL)
        }
        if not (folder / _JOURNAL).stat().st_size:
            self._note(header)

    def append(self, pack: Pack) -> None:
        """Add a pack; commit when enough has come together."""
        for name, data in pack.columns.items():
            self._files[name].write(data)
            self._sizes[name] += len(data)
            self._grown |= {name} if data else set()
            self._crcs[name] = zlib.crc32(data, self._crcs[name])
        self._waiting_files += pack.files
        self._waiting_bytes += pack.size_bytes
        if self._waiting_files >= COMMIT_FILES or self._waiting_bytes >= COMMIT_BYTES:
            self.commit()

    def commit(self) -> None:
        """Bring everything appended to the disk: from here on a resumed run goes on."""
        if not self._waiting_files:
            return
        for name in sorted(self._grown):
            self._files[name].flush()
            os.fsync(self._files[name].fileno())
        self._grown.clear()
        self._note({name: [self._sizes[name], self._crcs[name]] for name in self._names})
        self._waiting_files = self._waiting_bytes = 0

    def close(self) -> None:
        """Close the files without a commit."""
        for file in self._files.values():
            # On a full disk what still waits to be written fails here once more.
            with suppress(OSError):
                file.close()

    def column(self, name: str, dtype: str | np.dtype[Any]) -> NDArray[Any]:
        """Map what a column holds; commit first."""
        if not self._sizes[name]:
            return np.empty(0, np.dtype(dtype))
        mapped = np.memmap(self._folder / name, dtype=dtype, mode="r")
        return mapped.view(np.ndarray)

    def lines(self, name: str) -> BinaryIO:
        """Open a column of lines."""
        return (self._folder / name).open("rb")

    def _note(self, fields: Mapping[str, Any]) -> None:
        text = json.dumps(fields, separators=(",", ":")).encode()
        self._files[_JOURNAL].write(b"%08x %s\n" % (zlib.crc32(text), text))
        self._files[_JOURNAL].flush()
        os.fsync(self._files[_JOURNAL].fileno())

    def _restore(self, header: Mapping[str, Any]) -> None:
        path = self._folder / _JOURNAL
        notes = _read_journal(path) if path.exists() else []
        if not notes:
            for name in (*self._names, _JOURNAL):
                (self._folder / name).unlink(missing_ok=True)
            return
        if notes[0] != header:
            raise SpoolDamaged("it was begun by another version or with another key")
        last = notes[-1] if len(notes) > 1 else dict.fromkeys(self._names, (0, 0))
        for name in self._names:
            size, crc = last[name]
            file = self._folder / name
            if size and _crc_of(file, size) != crc:
                raise SpoolDamaged(f"its column {name} is not what the journal says")
            if file.exists():
                os.truncate(file, size)
            self._sizes[name], self._crcs[name] = size, crc


def _read_journal(path: Path) -> list[Any]:
    """Return the notes of a journal, and cut off a last one that was not finished."""
    notes, good = [], 0
    lines = path.read_bytes().splitlines(keepends=True)
    for number, line in enumerate(lines):
        crc, _, text = line.rstrip(b"\n").partition(b" ")
        if not line.endswith(b"\n") or crc != b"%08x" % zlib.crc32(text):
            if number < len(lines) - 1:
                raise SpoolDamaged("its journal is broken")
            os.truncate(path, good)
            break
        notes.append(json.loads(text))
        good += len(line)
    return notes


def _crc_of(file: Path, size: int) -> int | None:
    """Return the CRC of a file's first bytes, or None where it has fewer."""
    crc, left = 0, size
    try:
        with file.open("rb") as data:
            while left and (piece := data.read(min(left, _PIECE_BYTES))):
                crc = zlib.crc32(piece, crc)
                left -= len(piece)
    except OSError:
        return None
    return None if left else crc
