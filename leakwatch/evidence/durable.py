"""Files that are there whole or not at all, whatever is killed or cut off.

A file is written under a temporary name in the directory that will hold it,
fsynced, renamed, and the directory fsynced. The writer holds a lock on the
temporary file, so that ``sweep`` can tell a dead writer's remains from work in
progress, in this process or another.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

_PARTIAL = ".partial-"
_DIRECTORY_MODE = 0o700
_FILE_MODE = 0o600


def write_durably(directory: Path, fill: Callable[[BinaryIO], Path]) -> Path:
    """Write one file and return its path once it would survive a power cut.

    Args:
        directory: made if it is not there; on the file system of the result.
        fill: writes the content and returns the path it is to have. A file of
            that name is replaced.

    Raises:
        OSError: the file system refused; nothing is left behind.
    """
    make_directory(directory)
    partial, descriptor = _open_partial(directory)
    try:
        with os.fdopen(descriptor, "wb") as file:
            target = fill(file)
            file.flush()
            os.fsync(file.fileno())
            make_directory(target.parent)
            partial.rename(target)
        sync_directory(target.parent)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return target


def sweep(directory: Path) -> int:
    """Remove what writers that were killed left behind; return how many files."""
    removed = 0
    for path in directory.glob(f"{_PARTIAL}*"):
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)
            removed += 1
        except BlockingIOError:
            continue  # its writer is alive
        finally:
            os.close(descriptor)
    return removed


def is_partial(path: Path) -> bool:
    return path.name.startswith(_PARTIAL)


def make_directory(directory: Path) -> None:
    """Make a directory and its parents, for the owner alone, each entry fsynced."""
    if directory.is_dir():
        return
    make_directory(directory.parent)
    directory.mkdir(mode=_DIRECTORY_MODE, exist_ok=True)
    sync_directory(directory.parent)


def sync_directory(directory: Path) -> None:
    """Make the names in a directory survive a power cut."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _open_partial(directory: Path) -> tuple[Path, int]:
    while True:
        path = directory / f"{_PARTIAL}{secrets.token_hex(8)}"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, _FILE_MODE)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return path, descriptor
        os.close(descriptor)  # swept between its making and its locking
