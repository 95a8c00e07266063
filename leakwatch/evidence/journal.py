"""Where an observation waits until the database has it.

One file an entry, named by the entry's id. An entry is there whole or not at
all, also after kill -9 or a power cut. It must hold no content: digests,
flags and times only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from leakwatch.errors import EvidenceError
from leakwatch.evidence.durable import (
    is_partial,
    make_directory,
    sweep,
    sync_directory,
    write_durably,
)

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


class IntakeJournal:
    """A directory of entries; safe to share between processes.

    Args:
        directory: made if it is not there; what killed writers left is removed.

    Raises:
        EvidenceError: the directory cannot be made or read.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        try:
            make_directory(directory)
            sweep(directory)
        except OSError as error:
            raise _refused(error) from None

    def put(self, entry: str, data: bytes) -> None:
        """Keep an entry, replacing one of the same id; fsynced before the return.

        Raises:
            EvidenceError: the file system refused; an earlier entry stands.
            ValueError: the id cannot be a file name.
        """

        def fill(file: BinaryIO) -> Path:
            file.write(data)
            return path

        path = self._path(entry)
        try:
            write_durably(self._directory, fill)
        except OSError as error:
            raise _refused(error) from None

    def pending(self) -> Sequence[tuple[str, bytes]]:
        """Return every entry and its data, in the order they were put.

        Raises:
            EvidenceError: the directory cannot be read.
        """
        found = []
        try:
            for path in self._directory.iterdir():
                if is_partial(path):
                    continue
                try:
                    found.append((path.stat().st_mtime_ns, path.name, path.read_bytes()))
                except FileNotFoundError:
                    continue  # another process has just finished with it
        except OSError as error:
            raise _refused(error) from None
        return [(name, data) for _, name, data in sorted(found)]

    def remove(self, entry: str) -> None:
        """Drop an entry; harmless if it is not there.

        Raises:
            EvidenceError: the file system refused.
            ValueError: the id cannot be a file name.
        """
        path = self._path(entry)
        try:
            path.unlink(missing_ok=True)
            sync_directory(self._directory)
        except OSError as error:
            raise _refused(error) from None

    def _path(self, entry: str) -> Path:
        if not _ID.fullmatch(entry):
            raise ValueError("a journal id is 1 to 128 of A-Z a-z 0-9 . _ -")
        return self._directory / entry


def _refused(error: OSError) -> EvidenceError:
    return EvidenceError(
        f"intake journal: {error.strerror}",
        hint="free space or restore access to the state directory",
    )
