"""The custodian's own CSVs: which opaque id is which path; what was not read, and why.

They are never part of a bundle. Each is written row by row into the working folder and brought to its place when
what it belongs to is there.
"""

from __future__ import annotations

import csv
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

MAP_COLUMNS = ("file", "path")
UNREAD_COLUMNS = ("path", "kind", "reason")


@contextmanager
def new_rows(path: Path, columns: Sequence[str]) -> Iterator[Callable[..., None]]:
    """Give a function that writes a row of so many texts; the owner alone may read the file."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(columns)

        def write(*row: str) -> None:
            writer.writerow(row)

        yield write


def place_rows(written: Path, path: Path) -> None:
    """Copy such a file to its place, whole or not at all."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as out, written.open("rb") as rows:
            shutil.copyfileobj(rows, out)
            out.flush()
            os.fsync(out.fileno())
        Path(name).rename(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
