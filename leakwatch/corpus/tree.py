"""A folder of files, walked without following links, and the bytes of its files."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from leakwatch.fingerprint.names import PiecesRoot
from leakwatch.model.volumes import VolumeSet, volume_of, volume_sets

_PIECE_BYTES = 1 << 20
_REST_BYTES = 1 << 14


class Found(StrEnum):
    """What lies at one place of a tree."""

    FILE = "file"
    SKIPPED = "skipped"
    """A symbolic link, pipe, socket or device."""
    UNREADABLE = "unreadable"
    """A folder that may not be listed, or an entry that may not be looked at."""


@dataclass(frozen=True, slots=True)
class Volume:
    """A file's place in an archive of several; those stand one behind the other in a walk."""

    number: int
    """From 1."""
    present: int
    """Volumes of the archive that are there."""
    count: int
    is_piece: bool
    """Cut from one file: a volume that is missing leaves a gap."""


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One file of a tree, or a reason why there is none."""

    root: Path
    relative: str = field(repr=False)
    """Below the root, separated by ``/``."""
    size_bytes: int = 0
    found: Found = Found.FILE
    changed_ns: int = 0
    """When its content was last written to; tells a file from a later one in its place."""
    volume: Volume | None = None
    """Which volume of an archive it is, by its name."""

    @property
    def path(self) -> Path:
        return self.root / self.relative

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle as a call: three times as fast as what ``dataclass`` gives one with slots."""
        fields = self.root, self.relative, self.size_bytes, self.found, self.changed_ns
        return TreeEntry, (*fields, self.volume) if self.volume else fields


def walk(root: Path, *, without: Collection[Path] = ()) -> Iterator[TreeEntry]:
    """Yield everything below a folder, hidden files too, by name; links are not followed.

    Volumes of one archive come together, in their order, where the first of them would.

    Args:
        root: the folder.
        without: files and folders that are passed over, such as what is being written.
    """
    passed_over = _below(root, without)
    pending = [""]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(root / folder) as listed:
                entries = sorted(listed, key=lambda e: e.name)
        except OSError:
            yield TreeEntry(root, folder, found=Found.UNREADABLE)
            continue
        folders = []
        files: list[tuple[str, os.DirEntry[str]]] = []
        for entry in entries:
            relative = f"{folder}/{entry.name}" if folder else entry.name
            if relative in passed_over:
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(relative)
            else:
                files.append((relative, entry))
        for relative, entry, volume in _together(files):
            yield _entry(root, relative, entry, volume)
        pending.extend(reversed(folders))


def _together(
    files: list[tuple[str, os.DirEntry[str]]],
) -> Iterator[tuple[str, os.DirEntry[str], Volume | None]]:
    """Yield the files of a folder, each set of volumes in one piece."""
    set_of: dict[int, VolumeSet] = {}
    for found in volume_sets([relative for relative, _ in files]):
        set_of.update(dict.fromkeys(found.present, found))
    told: set[int] = set()
    for place, (relative, entry) in enumerate(files):
        if place in told:
            continue
        whole = set_of.get(place)
        if whole is None:
            yield relative, entry, None
            continue
        told.update(whole.present)
        for at, volume in _numbered(whole):
            yield *files[at], volume


def _numbered(found: VolumeSet) -> Iterator[tuple[int, Volume]]:
    """Yield where each volume stands among the names, in the order of their numbers."""
    present, count = len(found.present), len(found.places)
    for number, at in enumerate(found.places, start=1):
        if at is not None:
            yield at, Volume(number, present, count, found.style.is_cut)


def count(root: Path, *, without: Collection[Path] = ()) -> int:
    """Return how many entries ``walk`` would yield, without looking at any of them."""
    passed_over = _below(root, without)
    pending, found = [""], 0
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(root / folder) as listed:
                entries = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in listed]
        except OSError:
            found += 1
            continue
        prefix = f"{folder}/" if folder else ""
        if passed_over:
            entries = [entry for entry in entries if prefix + entry[0] not in passed_over]
        folders = [prefix + name for name, is_folder in entries if is_folder]
        found += len(entries) - len(folders)
        pending += folders
    return found


def siblings(path: Path) -> list[TreeEntry]:
    """Return the volumes of the archive that a file is the first of, itself among them, or none."""
    if volume_of(path.name) is None:
        return []
    entries = [entry for entry in _files_of(path.parent) if volume_of(entry.name) is not None]
    names = [entry.name for entry in entries]
    for found in volume_sets(names):
        if names[found.present[0]] == path.name:
            numbered = _numbered(found)
            return [_entry(path.parent, names[at], entries[at], v) for at, v in numbered]
    return []


def _files_of(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as listed:
            return sorted(
                (e for e in listed if not e.is_dir(follow_symlinks=False)), key=lambda e: e.name
            )
    except OSError:
        return []


def _entry(
    root: Path, relative: str, entry: os.DirEntry[str], volume: Volume | None = None
) -> TreeEntry:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return TreeEntry(root, relative, found=Found.UNREADABLE)
    if not stat.S_ISREG(status.st_mode):
        return TreeEntry(root, relative, found=Found.SKIPPED)
    return TreeEntry(root, relative, status.st_size, changed_ns=status.st_mtime_ns, volume=volume)


def _below(root: Path, paths: Collection[Path]) -> frozenset[str]:
    """Return those of the paths that lie below a folder, as ``relative`` writes them."""
    home = root.resolve()
    resolved = [path.parent.resolve() / path.name for path in paths]
    return frozenset(
        path.relative_to(home).as_posix() for path in resolved if path.is_relative_to(home)
    )


def read_bytes(entry: TreeEntry) -> bytes:
    """Read a file, refusing to follow a link that took its place; raises OSError."""
    fd = _opened(entry)
    try:
        # All there was in one call, and room for a byte more: left empty, that was the end.
        start = os.read(fd, entry.size_bytes + 1)
        if len(start) == entry.size_bytes:
            return start
        parts = [start]
        while parts[-1]:
            parts.append(os.read(fd, _REST_BYTES))
        return b"".join(parts)
    finally:
        os.close(fd)


def has_changed(entry: TreeEntry) -> bool:
    """Tell whether the file is no longer the one that was walked past."""
    try:
        status = os.lstat(_path(entry))
    except OSError:
        return True
    return (status.st_size, status.st_mtime_ns) != (entry.size_bytes, entry.changed_ns)


def pieces_root(entry: TreeEntry) -> str | None:
    """Return the BitTorrent v2 root of a file, streamed; raises OSError."""
    root = PiecesRoot()
    with os.fdopen(_opened(entry), "rb") as data:
        while piece := data.read(_PIECE_BYTES):
            root.update(piece)
    return root.hexdigest()


def _opened(entry: TreeEntry) -> int:
    return os.open(_path(entry), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)


def _path(entry: TreeEntry) -> str:
    """Return ``entry.path``, which as a Path takes longer than the opening."""
    return f"{entry.root}/{entry.relative}"
