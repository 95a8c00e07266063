"""What the walk of an open directory remembers, without a single name.

A directory's name may be a patient's. So directories still to be visited are
kept by position (``3.0``: the first subdirectory of the fourth), guarded by a
digest over their parent's subdirectories: when those changed, all of them are
visited again. What was told is kept as digests over groups of some ten entries
with sizes and dates; a lone name is hashed only in a directory of one entry.

Checkpoint: ``{"v": VERSION, "told": base64 of 5-byte digests, "queue": [[position,
next child, digest of siblings]]}``.
"""

from __future__ import annotations

import base64
import hashlib
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from leakwatch.sources.digest import digest

VERSION = "tree/1"
MAX_TOLD = 40_000
"""Groups remembered (267 KB); a tree of more is told again as it is walked."""
MAX_QUEUE = 5_000
MAX_DEPTH = 24
_DIGEST_BYTES = 5
_GROUP = 8
_MAX_GROUPS = 64

Position = tuple[int, ...]
"""Ordinals of subdirectories, sorted by name, from the root on."""
Row = Mapping[str, Any]
"""One entry, as ``wire.autoindex`` gives it."""


@dataclass(slots=True)
class Siblings:
    """Subdirectories of one directory of which some are still to be visited."""

    parent: Position
    following: int
    """Ordinal of the next one to visit."""
    state: str
    """Digest of all their names, in order."""


@dataclass(slots=True)
class Frontier:
    """The checkpoint while a poll works on it."""

    told: dict[bytes, None] = field(default_factory=dict)
    queue: deque[Siblings] = field(default_factory=deque)

    @classmethod
    def load(cls, checkpoint: Mapping[str, Any]) -> Frontier:
        """Read a checkpoint; what is not one of ours counts as the first poll."""
        if checkpoint.get("v") != VERSION:
            return cls()
        raw = base64.b64decode(checkpoint["told"])
        told = (raw[i : i + _DIGEST_BYTES] for i in range(0, len(raw), _DIGEST_BYTES))
        queue = (
            Siblings(tuple(int(n) for n in at.split(".") if n), following, state)
            for at, following, state in checkpoint["queue"]
        )
        return cls(dict.fromkeys(told), deque(queue))

    def snapshot(self) -> dict[str, Any]:
        """Return the checkpoint, independent of what the poll does next."""
        told = b"".join(list(self.told)[-MAX_TOLD:])
        queue = [[".".join(map(str, s.parent)), s.following, s.state] for s in self.queue]
        return {"v": VERSION, "told": base64.b64encode(told).decode("ascii"), "queue": queue}

    def add(self, parent: Position, names: Sequence[str]) -> None:
        """Queue a directory's subdirectories, behind all that wait already."""
        is_open = len(self.queue) < MAX_QUEUE and len(parent) < MAX_DEPTH
        if names and is_open and all(s.parent != parent for s in self.queue):
            self.queue.append(Siblings(parent, 0, siblings_state(names)))

    def following(self, names: Sequence[str]) -> int | None:
        """Return the ordinal of the next one of the foremost siblings.

        None when there is none: then they have left the queue.

        Args:
            names: what their parent holds now; if that is not what it held when
                they were queued, all are visited from the first on.
        """
        siblings = self.queue[0]
        if siblings.state != siblings_state(names):
            siblings.state, siblings.following = siblings_state(names), 0
        if siblings.following >= len(names):
            self.queue.popleft()
            return None
        return siblings.following

    def advance(self, names: Sequence[str]) -> None:
        """Count the next one of the foremost siblings as visited; the last one ends them."""
        self.queue[0].following += 1
        if self.queue[0].following >= len(names):
            self.queue.popleft()

    def news(self, path: str, rows: Sequence[Row]) -> list[Row] | None:
        """Note a directory's entries; return those in groups not told before.

        Args:
            path: the directory, relative to the root: alike on every mirror.
            rows: all its entries.

        Returns:
            None when the directory is as it was told.
        """
        changed: list[Row] = []
        is_news = False
        for mark, group in _groups(path, rows):
            if mark not in self.told:
                is_news = True
                changed += group
            self.told.pop(mark, None)
            self.told[mark] = None
        return changed if is_news else None


def siblings_state(names: Sequence[str]) -> str:
    """Return a digest of the subdirectories of one directory, in order."""
    return digest(*names)


def _groups(path: str, rows: Sequence[Row]) -> list[tuple[bytes, list[Row]]]:
    """Return groups of entries, each with a digest of where it is and all it shows."""
    count = 1
    while count < _MAX_GROUPS and len(rows) >= 2 * _GROUP * count:
        count *= 2
    groups: list[list[Row]] = [[] for _ in range(count)]
    for row in rows:
        groups[int(digest(row["name"]), 16) % count].append(row)
    marked = []
    for number, group in enumerate(groups):
        found = hashlib.sha256(digest(path, str(count), str(number)).encode())
        for line in sorted(digest(r["name"], str(r["size_bytes"]), r["shown"]) for r in group):
            found.update(line.encode())
        marked.append((found.digest()[:_DIGEST_BYTES], group))
    return marked
