"""A folder of ``.npy`` files: written whole or in pieces, sealed by digest, opened by mmap."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus.manifest import ArrayFile

SMALL_BYTES = 1 << 16
"""Files up to this are read, not mapped: an empty array cannot be mapped."""
_PIECE_BYTES = 1 << 20


class ArrayWriter:
    """One array on its way to disk: appended to, its length told at the end."""

    def __init__(self, path: Path, dtype: str) -> None:
        self._file = path.open("w+b")
        self._dtype = np.dtype(dtype)
        self._length = 0
        self._header()
        self._start = self._file.tell()

    def append(self, array: NDArray[Any]) -> None:
        """Add elements of the same type."""
        self._file.write(np.ascontiguousarray(array, dtype=self._dtype).data)
        self._length += len(array)

    def close(self) -> None:
        self._file.seek(0)
        self._header()
        if self._file.tell() != self._start:
            raise RuntimeError("the header of a .npy file outgrew its place")
        self._file.close()

    def _header(self) -> None:
        # NumPy pads the header so that any length fits the same place.
        fields = {
            "descr": np.lib.format.dtype_to_descr(self._dtype),
            "fortran_order": False,
            "shape": (self._length,),
        }
        np.lib.format.write_array_header_1_0(self._file, fields)


class ArrayFolder:
    """Arrays below one folder, by name.

    Args:
        path: made if it is not there.
    """

    def __init__(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self.path = path

    def put(self, name: str, array: NDArray[Any]) -> None:
        """Write a whole array."""
        with (self.path / f"{name}.npy").open("wb") as out:
            np.save(out, np.ascontiguousarray(array), allow_pickle=False)

    @contextmanager
    def stream(self, name: str, dtype: str) -> Iterator[ArrayWriter]:
        """Give a writer to append the array's elements to."""
        writer = ArrayWriter(self.path / f"{name}.npy", dtype)
        try:
            yield writer
        finally:
            writer.close()

    def get(self, name: str) -> NDArray[Any]:
        """Open an array that was put or streamed."""
        return open_array(self.path / f"{name}.npy")

    def seal(self) -> dict[str, ArrayFile]:
        """Bring everything to the disk; return size and digest of each array."""
        sealed = {}
        for file in sorted(self.path.glob("*.npy")):
            with file.open("rb") as written:
                os.fsync(written.fileno())
            sealed[file.stem] = ArrayFile(sha256_of(file), file.stat().st_size)
        fsync_folder(self.path)
        return sealed


def open_array(file: Path) -> NDArray[Any]:
    """Open one array, large ones by mmap; raises ValueError, OSError, EOFError."""
    mapped = file.stat().st_size > SMALL_BYTES
    array = np.load(file, mmap_mode="r" if mapped else None, allow_pickle=False)
    # As a plain array: every slice of a memmap costs microseconds more.
    plain: NDArray[Any] = array.view(np.ndarray)
    return plain


def sha256_of(file: Path) -> str:
    """Return the hex digest of a file."""
    digest = hashlib.sha256()
    with file.open("rb") as data:
        while piece := data.read(_PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def fsync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
