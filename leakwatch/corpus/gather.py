"""Folders -> a spool, and a spool -> columns. What an earlier run read is not read again."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus.columns import expand
from leakwatch.corpus.crew import Crew
from leakwatch.corpus.digests import Digests, Indices, as_digests, once, places
from leakwatch.corpus.intake import batches
from leakwatch.corpus.packing import ENTRY, Hands, entry_key
from leakwatch.corpus.spool import Pack, Spool
from leakwatch.corpus.stages import Stages
from leakwatch.corpus.tree import TreeEntry, count, walk
from leakwatch.model.coverage import NO_KIND

_RECORDED = b"true]\n"
_FROM_JSON = json.JSONDecoder().decode


@dataclass(frozen=True, slots=True)
class Problem:
    """One file that is not known as it should be."""

    path: str = field(repr=False)
    slug: str
    """``empty``, ``changed``, ``skipped``, ``unreadable``, or what stopped its reading."""
    kind: str = NO_KIND


@dataclass(frozen=True, slots=True)
class Item:
    """One file or member that was seen."""

    folder: Path
    relative: str = field(repr=False)
    """Below its folder."""
    is_member: bool
    problem: str | None
    kind: str
    outcome: str
    """``model.coverage.Outcome``: what it gave, its problem left aside."""
    record: int
    """Row of the spool's columns, or -1."""

    @property
    def path(self) -> str:
        return f"{self.folder}/{self.relative}"


@dataclass(frozen=True, slots=True)
class Gathered:
    """What lies in the folders now, as the spool has it."""

    items: Indices
    """Lines of the spool's ``items``, in the order of the walk."""
    folders: NDArray[np.uint16]
    """Which folder each lies in."""
    records: Indices
    """For every line of the spool, its row in the other columns, or -1."""

    @property
    def rows(self) -> Indices:
        """Return the rows of what is recorded, in the order of the walk."""
        rows = self.records[self.items]
        return rows[rows >= 0]


class Gathering:
    """Reads folders into a spool.

    Args:
        spool: with what an earlier run left there.
        pack: what is made of a batch.
        crew: processes to make it in.
        stages: told of progress.
    """

    def __init__(
        self,
        spool: Spool,
        pack: Callable[[Hands, list[TreeEntry]], Pack],
        *,
        crew: Crew[Hands],
        stages: Stages,
    ) -> None:
        self._spool = spool
        self._pack = pack
        self._crew = crew
        self._stages = stages
        self._seen = bytearray()
        self._in_folder: list[int] = []

    def read(self, folders: Sequence[Path], *, stage: str, without: Collection[Path]) -> Gathered:
        """Read everything in some folders that was not read before; links are not followed.

        Args:
            folders: distinct ones.
            stage: what this is called in front of a progress bar.
            without: files and folders that are passed over.
        """
        if folders:
            self._stages.begin(f"{stage}: counting")
            total = sum(count(folder, without=without) for folder in folders)
            self._stages.begin(stage, total)
        done = _Done(self._spool.column("entries", ENTRY))
        if done.files:
            self._stages.say(f"resuming: {done.files} files already read")
        for folder in folders:
            work = batches(self._unread(folder, without, done))
            for batch, pack in self._crew.in_order(self._pack, work):
                self._spool.append(pack)
                size_bytes = sum(entry.size_bytes for entry in batch)
                self._stages.advance(len(batch), size_bytes=size_bytes)
            self._in_folder.append(len(self._seen) // 16)
        self._spool.commit()
        return self._gathered()

    def _unread(self, folder: Path, without: Collection[Path], done: _Done) -> Iterator[TreeEntry]:
        for entry in walk(folder, without=without):
            key = entry_key(entry)
            self._seen += key
            if key in done:
                self._stages.advance(1)
            else:
                yield entry

    def _gathered(self) -> Gathered:
        entries = self._spool.column("entries", ENTRY)
        keys = _keys(entries)
        # A file that was looked at again has a later entry: that one counts.
        latest = len(keys) - 1 - once(keys[::-1])
        chosen = latest[places(as_digests(bytes(self._seen)), keys[latest])]
        ends = np.cumsum(entries["items"].astype(np.int64))
        sizes = entries["items"].astype(np.int64)[chosen]
        folders = np.repeat(
            np.arange(len(self._in_folder), dtype=np.uint16),
            np.diff([0, *self._in_folder]),
        )
        # The last of a line's values; to read the others takes ten times as long.
        recorded = np.fromiter(
            (line.endswith(_RECORDED) for line in self._lines()),
            np.bool_,
            int(entries["items"].sum()),
        )
        return Gathered(
            items=expand(ends[chosen] - sizes, sizes),
            folders=np.repeat(folders, sizes),
            records=np.where(recorded, np.cumsum(recorded) - 1, -1),
        )

    def _lines(self) -> Iterator[bytes]:
        with self._spool.lines("items") as lines:
            yield from lines


def items_of(spool: Spool, gathered: Gathered, folders: Sequence[Path]) -> Iterator[Item]:
    """Yield everything that was seen, in the order of the walk."""
    with spool.lines("items") as opened:
        lines = list(opened)
    for line, folder in zip(gathered.items.tolist(), gathered.folders.tolist(), strict=True):
        relative, is_member, problem, kind, outcome, _ = _FROM_JSON(lines[line].decode())
        record = int(gathered.records[line])
        yield Item(folders[folder], relative, is_member, problem, kind, outcome, record)


def problems_of(spool: Spool, gathered: Gathered, folders: Sequence[Path]) -> Iterator[Problem]:
    """Yield what could not be read as it should be, in the order it was read; holds no list."""
    folder_of = np.full(len(gathered.records), -1, np.int32)
    folder_of[gathered.items] = gathered.folders
    with spool.lines("items") as lines:
        for line, folder in zip(lines, folder_of.tolist(), strict=True):
            relative, _, problem, kind, _, _ = _FROM_JSON(line.decode())
            if problem is not None and folder >= 0:
                yield Problem(f"{folders[folder]}/{relative}", problem, kind)


class _Done:
    """Which files an earlier run has read, as they are now."""

    def __init__(self, entries: NDArray[Any]) -> None:
        keys = _keys(entries[entries["again"] == 0])
        keys = keys[once(keys)]
        self._keys = keys
        self._firsts = np.ascontiguousarray(keys[:, 0])
        self.files = len(keys)

    def __contains__(self, key: bytes) -> bool:
        if not self.files:
            return False
        [[first, rest]] = as_digests(key)
        start = int(np.searchsorted(self._firsts, first, "left"))
        while start < self.files and self._firsts[start] == first:
            if self._keys[start, 1] == rest:
                return True
            start += 1
        return False


def _keys(entries: NDArray[Any]) -> Digests:
    return as_digests(np.ascontiguousarray(entries["key"]).tobytes())
