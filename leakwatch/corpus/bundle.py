"""``NAME.corpus/``: the on-disk format, written once and opened by mmap.

    NAME.corpus/manifest.json
    NAME.corpus/segments/0000/ARRAY.npy     (``segment.py`` says what each holds)
    NAME.corpus/background/ARRAY.npy        (``background.py``)

Written in a working folder beside the final one, fsynced, renamed: a bundle is
there whole or not at all. Later only whole segments are added, and the manifest
is replaced by a rename: who opens the bundle sees one state or the next. No
pickle is ever read.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from leakwatch.corpus import manifest as manifest_file
from leakwatch.corpus.arrays import fsync_folder, open_array, sha256_of
from leakwatch.corpus.background import Background, background_of
from leakwatch.corpus.manifest import ArrayFile, Manifest, SegmentEntry
from leakwatch.corpus.segment import Segment, array_names, segment_of
from leakwatch.errors import CorpusCorrupt, CorpusError, CorpusExists

SUFFIX = ".corpus"
SEGMENTS = "segments"
BACKGROUND = "background"


@dataclass(frozen=True)
class Corpus:
    """An opened bundle."""

    name: str
    manifest: Manifest
    segments: tuple[Segment, ...] = field(repr=False)
    background: Background = field(repr=False)

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
    while True:
        manifest = read_manifest(path)
        try:
            if verify:
                verify_files(path, manifest)
            segments = tuple(open_segment(path, entry) for entry in manifest.segments)
            background = open_background(path, manifest)
        except CorpusCorrupt:
            # A merge may have taken the old segments away meanwhile.
            if read_manifest(path).digest == manifest.digest:
                raise
        else:
            return Corpus(name or path.name.removesuffix(SUFFIX), manifest, segments, background)


def open_background(path: Path, manifest: Manifest) -> Background:
    """Open what a bundle keeps of the documents that were not stolen; raises CorpusCorrupt."""
    arrays = _open_arrays(path, path / BACKGROUND, manifest.background.arrays)
    return background_of(arrays, manifest.background.documents, where=f"{path}: background")


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
    folders = [(segment_folder(path, entry), entry.arrays) for entry in manifest.segments]
    for folder, arrays in [*folders, (path / BACKGROUND, manifest.background.arrays)]:
        for name, expected in arrays.items():
            file = _array_path(path, folder, name)
            _sized(file, expected, path)
            try:
                intact = sha256_of(file) == expected.sha256
            except OSError as error:
                raise _unreadable(file, error, path) from None
            if not intact:
                raise CorpusCorrupt(f"{path}: {file.relative_to(path)} fails its digest")


def publish(folder: Path, path: Path) -> None:
    """Give a finished bundle its name.

    Raises:
        CorpusExists: something of that name is there.
    """
    fsync_folder(folder / SEGMENTS)
    fsync_folder(folder)
    refuse_existing(path)
    folder.chmod(0o755)
    folder.rename(path)
    fsync_folder(path.parent)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep others from changing a bundle, or from working in the same folder, meanwhile.

    Raises:
        CorpusError: somebody else has it.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise CorpusError(f"{path}: {error.strerror}") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise CorpusError(
            f"{path}: another leakwatch is changing it", hint="wait until it has ended"
        ) from None
    try:
        yield
    finally:
        os.close(handle)


def remove_unnamed(path: Path, manifest: Manifest) -> None:
    """Remove segments that the manifest does not name: an addition that did not end."""
    named = {entry.name for entry in manifest.segments}
    for folder in (path / SEGMENTS).iterdir():
        if folder.name not in named:
            shutil.rmtree(folder, ignore_errors=True)
    for file in path.glob(f".{manifest_file.NAME}.*"):
        file.unlink()


def refuse_existing(path: Path) -> None:
    """Raise CorpusExists when the name is taken, by whatever."""
    if os.path.lexists(path):
        raise CorpusExists(f"{path} is there already", hint="choose another --out, or remove it")


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put ``manifest.json`` in its place, whole, over one that may be there."""
    new = folder / f".{manifest_file.NAME}.new"
    with new.open("w", encoding="utf-8") as out:
        out.write(manifest.to_json())
        out.flush()
        os.fsync(out.fileno())
    new.rename(folder / manifest_file.NAME)
    fsync_folder(folder)


def segment_folder(path: Path, entry: SegmentEntry) -> Path:
    """Return where a segment lies; raises CorpusCorrupt for a name that leads elsewhere."""
    if not entry.name.isdigit():
        raise CorpusCorrupt(f"{path}: {manifest_file.NAME} names a file outside the bundle")
    return path / SEGMENTS / entry.name


def open_segment(path: Path, entry: SegmentEntry) -> Segment:
    """Open one segment of a bundle; raises CorpusCorrupt."""
    arrays = _open_arrays(path, segment_folder(path, entry), entry.arrays)
    segment = segment_of(arrays, where=f"{path}: segment {entry.name}")
    if len(segment) != entry.files:
        raise CorpusCorrupt(f"{path}: segment {entry.name} does not hold {entry.files} files")
    return segment


def segment_in(folder: Path, **other: NDArray[Any]) -> Segment:
    """Open the arrays of a segment that is being written, some of them replaced."""
    arrays = {
        name: other[name] if name in other else open_array(folder / f"{name}.npy")
        for name in array_names()
    }
    return segment_of(arrays, where="new segment")


def _open_arrays(
    path: Path, folder: Path, expected: Mapping[str, ArrayFile]
) -> dict[str, NDArray[Any]]:
    arrays = {}
    for name, told in expected.items():
        file = _array_path(path, folder, name)
        _sized(file, told, path)
        try:
            arrays[name] = open_array(file)
        except PermissionError as error:
            raise _unreadable(file, error, path) from None
        except (ValueError, OSError, EOFError):
            raise CorpusCorrupt(f"{path}: {file.relative_to(path)} is no NumPy array") from None
    return arrays


def _array_path(path: Path, folder: Path, name: str) -> Path:
    if not name.isidentifier():
        raise CorpusCorrupt(f"{path}: {manifest_file.NAME} names a file outside the bundle")
    return folder / f"{name}.npy"


def _sized(file: Path, expected: ArrayFile, path: Path) -> None:
    try:
        size = file.stat().st_size
    except PermissionError as error:
        raise _unreadable(file, error, path) from None
    except OSError:
        raise CorpusCorrupt(f"{path}: {file.relative_to(path)} is missing") from None
    if size != expected.size_bytes:
        raise CorpusCorrupt(
            f"{path}: {file.relative_to(path)} has {size} bytes, not {expected.size_bytes}"
        )


def _unreadable(file: Path, error: OSError, path: Path) -> CorpusError:
    return CorpusError(f"{path}: {file.relative_to(path)} cannot be read: {error.strerror}")
