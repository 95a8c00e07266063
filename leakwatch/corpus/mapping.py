"""The custodian's own CSV: which opaque id is which path. Never part of a bundle.

It is written row by row into the working folder and brought to its place when
what it belongs to is there.
"""

from __future__ import annotations

import csv
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

COLUMNS = ("file", "path")


@contextmanager
def new_map(path: Path) -> Iterator[Callable[[str, str], None]]:
    """Give a function that writes a row of id and path; the owner alone may read the file."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        yield lambda file, known: writer.writerow((file, known))


def place_map(written: Path, path: Path) -> None:
    """Copy a map to its place, whole or not at all."""
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
