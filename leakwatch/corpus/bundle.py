"""``NAME.corpus/``: the on-disk format, written once and opened by mmap.

    NAME.corpus/manifest.json
    NAME.corpus/segments/0000/ARRAY.npy     (``segment.py`` says what each holds)

Written under a temporary name beside the final one, fsynced, renamed: a bundle
is there whole or not at all. No pickle is ever read.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus import manifest as manifest_file
from leakwatch.corpus.manifest import ArrayFile, Manifest, SegmentEntry
from leakwatch.corpus.segment import Segment, array_names, segment_of
from leakwatch.errors import CorpusCorrupt, CorpusError, CorpusExists

SUFFIX = ".corpus"
_SEGMENTS = "segments"
_SMALL_BYTES = 1 << 16
"""Arrays up to this are read, not mapped: an empty one cannot be mapped."""
_PIECE_BYTES = 1 << 20


@dataclass(frozen=True)
class Corpus:
    """An opened bundle."""

    name: str
    manifest: Manifest
    segments: tuple[Segment, ...] = field(repr=False)

    @property
    def files(self) -> int:
        """Return how many files are known, withdrawn ones left out."""
        return self.manifest.files

    @property
    def manifest_sha256(self) -> str:
        """Return the digest that names this state of the corpus."""
        return self.manifest.digest

    def info(self) -> dict[str, Any]:
        """Return what may be said of the bundle to anybody, JSON-ready."""
        return self.manifest.info()


def open_corpus(path: Path, *, name: str | None = None, verify: bool = True) -> Corpus:
    """Open a bundle.

    Args:
        path: the ``NAME.corpus`` directory.
        name: what matches call it; its directory's stem unless given.
        verify: compute every file's digest; else sizes and shapes alone.

    Raises:
        CorpusError: there is no bundle there, or one of another schema.
        CorpusCorrupt: a file of it is missing or altered; the message names it.
    """
    manifest = read_manifest(path)
    if verify:
        verify_files(path, manifest)
    segments = tuple(_open_segment(path, entry) for entry in manifest.segments)
    return Corpus(name or path.name.removesuffix(SUFFIX), manifest, segments)


def read_manifest(path: Path) -> Manifest:
    """Read and check ``manifest.json`` alone; raises as ``open_corpus``."""
    try:
        text = (path / manifest_file.NAME).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CorpusError(
            f"{path}: not a corpus ({manifest_file.NAME} is missing)",
            hint="a corpus is the NAME.corpus directory that `leakwatch corpus build` writes",
        ) from None
    except UnicodeDecodeError:
        raise CorpusCorrupt(f"{path}: {manifest_file.NAME} is damaged: not UTF-8") from None
    except OSError as error:
        raise CorpusError(f"{path}: not a corpus: {error.strerror}") from None
    return manifest_file.parse(text, where=str(path))


def verify_files(path: Path, manifest: Manifest) -> None:
    """Compute the digest of every file the manifest names.

    Raises:
        CorpusCorrupt: one is missing or altered.
    """
    for entry in manifest.segments:
        for name, expected in entry.arrays.items():
            file = _array_path(path, entry, name)
            if _sized(file, expected, path) and _sha256(file) != expected.sha256:
                raise CorpusCorrupt(f"{path}: {file.relative_to(path)} fails its digest")


def write_segment(folder: Path, name: str, segment: Segment, *, population: int) -> SegmentEntry:
    """Write the arrays of one segment below a bundle's folder; return its manifest entry."""
    home = folder / _SEGMENTS / name
    home.mkdir(parents=True)
    arrays: dict[str, ArrayFile] = {}
    for array in array_names():
        file = home / f"{array}.npy"
        with file.open("wb") as out:
            np.save(out, np.ascontiguousarray(getattr(segment, array)), allow_pickle=False)
            out.flush()
            os.fsync(out.fileno())
        arrays[array] = ArrayFile(_sha256(file), file.stat().st_size)
    _fsync_folder(home)
    return SegmentEntry(name=name, files=len(segment), population=population, arrays=arrays)


@contextmanager
def new_bundle(path: Path) -> Iterator[Path]:
    """Give a temporary folder that becomes ``path`` when the block ends well.

    Raises:
        CorpusExists: something of that name is there.
        CorpusError: the folder around it cannot be written.
    """
    refuse_existing(path)
    try:
        folder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    except OSError as error:
        raise CorpusError(f"{path}: cannot be written: {error.strerror}") from None
    try:
        yield folder
        _fsync_folder(folder / _SEGMENTS)
        _fsync_folder(folder)
        folder.chmod(0o755)
        refuse_existing(path)
        folder.rename(path)
        _fsync_folder(path.parent)
    except OSError as error:
        raise CorpusError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def refuse_existing(path: Path) -> None:
    """Raise CorpusExists when the name is taken, by whatever."""
    if os.path.lexists(path):
        raise CorpusExists(f"{path} is there already", hint="choose another --out, or remove it")


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write ``manifest.json``, fsynced."""
    with (folder / manifest_file.NAME).open("w", encoding="utf-8") as out:
        out.write(manifest.to_json())
        out.flush()
        os.fsync(out.fileno())


def _open_segment(path: Path, entry: SegmentEntry) -> Segment:
    arrays: dict[str, NDArray[Any]] = {}
    for name, expected in entry.arrays.items():
        file = _array_path(path, entry, name)
        _sized(file, expected, path)
        mapped = expected.size_bytes > _SMALL_BYTES
        try:
            array = np.load(file, mmap_mode="r" if mapped else None, allow_pickle=False)
        except (ValueError, OSError, EOFError):
            raise CorpusCorrupt(f"{path}: {file.relative_to(path)} is no NumPy array") from None
        # As a plain array: every slice of a memmap costs microseconds more.
        arrays[name] = array.view(np.ndarray)
    segment = segment_of(arrays, where=f"{path}: segment {entry.name}")
    if len(segment) != entry.files:
        raise CorpusCorrupt(f"{path}: segment {entry.name} does not hold {entry.files} files")
    return segment


def _array_path(path: Path, entry: SegmentEntry, name: str) -> Path:
    for part in (entry.name, name):
        if not part.isidentifier() and not part.isdigit():
            raise CorpusCorrupt(f"{path}: {manifest_file.NAME} names a file outside the bundle")
    return path / _SEGMENTS / entry.name / f"{name}.npy"


def _sized(file: Path, expected: ArrayFile, path: Path) -> bool:
    try:
        size = file.stat().st_size
    except OSError:
        raise CorpusCorrupt(f"{path}: {file.relative_to(path)} is missing") from None
    if size != expected.size_bytes:
        raise CorpusCorrupt(
            f"{path}: {file.relative_to(path)} has {size} bytes, not {expected.size_bytes}"
        )
    return True


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as data:
        while piece := data.read(_PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def _fsync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
