"""Passwords from a file, for commands that open archives."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from leakwatch.cli.render import Output
from leakwatch.errors import MissingFile

_MAX_FILE_BYTES = 1024 * 1024
_MAX_TRIED = 32
_OPEN_TO_OTHERS = stat.S_IRGRP | stat.S_IROTH


def read_passwords(path: Path, output: Output) -> tuple[str, ...]:
    """Return the passwords in a file, one a line, none twice; warn of a file open to others.

    There is no option that takes a password itself: what is typed stands in the
    shell's history and in the list of processes.

    Raises:
        MissingFile: it is not there, may not be read, or is no text.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            raw = file.read(_MAX_FILE_BYTES + 1)
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise MissingFile(f"password file: {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise MissingFile(f"password file: {path} is not UTF-8 text") from None
    if len(raw) > _MAX_FILE_BYTES:
        raise MissingFile(f"password file: {path} is over {_MAX_FILE_BYTES} bytes")
    if mode & _OPEN_TO_OTHERS:
        output.notice(f"password file: {path} may be read by others: chmod 600")
    passwords = tuple(dict.fromkeys(line for line in text.splitlines() if line))
    if len(passwords) > _MAX_TRIED:
        output.notice(f"password file: only the first {_MAX_TRIED} are tried on each archive")
    return passwords
