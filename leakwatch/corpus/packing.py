"""Files -> packs for the spool. Runs in the processes of a crew (``crew.py``).

entries   one a file: digest of place, size and time; how many items; whether to look again
items     a JSON line for each file and member: [path, is member, problem, kind, outcome,
          is recorded]
picture_counts, picture_hashes, ...  pictures of each that is recorded
raw, text, letters, counts, ...   one for each that is recorded, in the same order
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus.columns import KINDS
from leakwatch.corpus.intake import CHANGED, FileReader, Taken, take
from leakwatch.corpus.known import Fingerprinter, KnownFile, RawText
from leakwatch.corpus.spool import Pack
from leakwatch.corpus.tree import Found, TreeEntry, has_changed
from leakwatch.fingerprint.grams import Values
from leakwatch.fingerprint.image import PictureHashes
from leakwatch.fingerprint.key import FingerprintKey
from leakwatch.fingerprint.minhash import PERMUTATIONS
from leakwatch.fingerprint.sketch import Sketch
from leakwatch.model.artefact import Artefact
from leakwatch.model.coverage import NO_KIND, Outcome, outcome_of

ENTRY = np.dtype([("key", "<u8", (2,)), ("items", "<u4"), ("again", "u1")])
_PICTURE_COLUMNS = ("picture_counts", "picture_hashes", "picture_quarters")
DOCUMENT_COLUMNS = (
    "entries", "items", "raw", "text", "letters", "counts", "tops", "positions", "names",
    *_PICTURE_COLUMNS,
)  # fmt: skip
KNOWN_COLUMNS = (
    "entries", "items", "raw", "text", "letters", "sizes", "counts", "tops", "signatures",
    "name_counts", "name_kinds", "name_numbers", *_PICTURE_COLUMNS,
)  # fmt: skip
_TOGETHER = 512
_TOGETHER_CHARS = 4 * 1024 * 1024
"""What is fingerprinted together: as many artefacts, or as much text of them."""
_KIND_NUMBER = {kind: number for number, kind in enumerate(KINDS)}
_NO_TEXT = bytes(16)


@dataclass(frozen=True, slots=True)
class Hands:
    """What a process works with."""

    fingerprinter: Fingerprinter
    reader: FileReader


@contextmanager
def hands(key: FingerprintKey, reader: AbstractContextManager[FileReader]) -> Iterator[Hands]:
    """Give what a process works with; the sandbox starts before anything is read."""
    with reader as opened:
        yield Hands(Fingerprinter(key), opened)


def hands_here(key: FingerprintKey, reader: FileReader) -> AbstractContextManager[Hands]:
    """Give the same around a reader that somebody else opened and will close."""
    return hands(key, nullcontext(reader))


def entry_key(entry: TreeEntry) -> bytes:
    """Return 16 bytes that tell a file as it is now from any other, and from itself later."""
    root = str(entry.root)
    if not root.startswith("/"):
        root = str(entry.root.absolute())
    told = f"{root}\0{entry.relative}\0{entry.size_bytes}\0{entry.changed_ns}"
    return hashlib.blake2b(told.encode("utf-8", "surrogateescape"), digest_size=16).digest()


def pack_known(own: Hands, batch: list[TreeEntry]) -> Pack:
    """Return the fingerprints of a batch of known files."""
    seen, made, pictures = _Seen(batch), list[KnownFile](), list[PictureHashes]()
    for some in seen.recorded(take(own.reader, batch), _is_known):
        made += own.fingerprinter.known_files([(a, taken.names) for a, taken in some])
        pictures += [own.fingerprinter.pictures(artefact) for artefact, _ in some]
    names = [sorted((_KIND_NUMBER[kind], number) for kind, number in f.names) for f in made]
    flat = [name for each in names for name in each]
    signatures = np.array([f.signature for f in made], "<u4").reshape(-1, PERMUTATIONS)
    counts, tops = _tops([f.values for f in made])
    columns = {
        **seen.columns(),
        "raw": b"".join(f.raw for f in made),
        "text": b"".join(f.text or _NO_TEXT for f in made),
        "letters": np.array([f.letters for f in made], "<u4").tobytes(),
        "sizes": np.array([f.masked_size for f in made], "<u8").tobytes(),
        "counts": counts.astype("<u4").tobytes(),
        "tops": tops.astype("<u4").tobytes(),
        "signatures": signatures.tobytes(),
        "name_counts": np.array([len(each) for each in names], "u1").tobytes(),
        "name_kinds": np.array([kind for kind, _ in flat], "u1").tobytes(),
        "name_numbers": np.array([number for _, number in flat], "<u8").tobytes(),
        **_pictures(pictures),
    }
    return Pack(columns, len(batch), sum(entry.size_bytes for entry in batch))


def pack_documents(own: Hands, batch: list[TreeEntry]) -> Pack:
    """Return the sketches of a batch of documents that were not stolen."""
    seen, made = _Seen(batch), list[tuple[RawText, Sketch]]()
    names, pictures = list[int](), list[PictureHashes]()
    for some in seen.recorded(take(own.reader, batch), _is_document):
        made += own.fingerprinter.documents([artefact for artefact, _ in some])
        names += [own.fingerprinter.name_number(artefact) for artefact, _ in some]
        pictures += [own.fingerprinter.pictures(artefact) for artefact, _ in some]
    columns = {
        **seen.columns(),
        "raw": b"".join(digests.raw for digests, _ in made),
        "text": b"".join(digests.text or _NO_TEXT for digests, _ in made),
        "letters": np.array([sketch.letters for _, sketch in made], "<u4").tobytes(),
        "counts": np.array([len(sketch.values) for _, sketch in made], "<u4").tobytes(),
        "tops": b"".join((s.values >> np.uint64(32)).astype("<u4").tobytes() for _, s in made),
        "positions": b"".join(s.positions.astype("<u4").tobytes() for _, s in made),
        "names": np.array(names, "<u8").tobytes(),
        **_pictures(pictures),
    }
    return Pack(columns, len(batch), sum(entry.size_bytes for entry in batch))


_Line = tuple[str, bool, str | None, str, str, bool]
"""Of the column ``items``."""


class _Seen:
    """What was seen in a batch; no text is held longer than its fingerprint takes."""

    def __init__(self, batch: Sequence[TreeEntry]) -> None:
        self._batch = batch
        self._items: list[tuple[int, _Line]] = []

    def recorded(
        self, items: Iterable[Taken], is_recorded: Callable[[Taken], bool]
    ) -> Iterator[list[tuple[Artefact, Taken]]]:
        """Note every file and member; yield those that are recorded, some at a time."""
        some, chars = list[tuple[Artefact, Taken]](), 0
        for taken in items:
            chosen = is_recorded(taken)
            self._items.append((taken.number, _line(taken, is_recorded=chosen)))
            if taken.artefact is None or not chosen:
                continue
            some.append((taken.artefact, taken))
            chars += len(taken.artefact.text or "")
            if len(some) == _TOGETHER or chars > _TOGETHER_CHARS:
                yield some
                some, chars = [], 0
        if some:
            yield some

    def columns(self) -> dict[str, bytes]:
        """Return the columns of all that was seen. Call last: what has changed is told here."""
        changed = {
            number
            for number, entry in enumerate(self._batch)
            if entry.found is Found.FILE and has_changed(entry)
        }
        entries = np.zeros(len(self._batch), ENTRY)
        keys = b"".join(entry_key(entry) for entry in self._batch)
        entries["key"] = np.frombuffer(keys, "<u8").reshape(-1, 2)
        numbers = [number for number, _ in self._items]
        entries["items"] = np.bincount(numbers, minlength=len(self._batch))
        lines = []
        for number, line in self._items:
            relative, is_member, problem, *rest = line
            if number in changed and problem is None and not is_member:
                problem = CHANGED
            # What is out of reach now, or in motion, may be read when the work is resumed.
            entries["again"][number] |= problem in {Found.UNREADABLE, CHANGED}
            lines.append(json.dumps([relative, is_member, problem, *rest]) + "\n")
        return {"entries": entries.tobytes(), "items": "".join(lines).encode()}


def _line(taken: Taken, *, is_recorded: bool) -> _Line:
    artefact = taken.artefact
    kind, gave = NO_KIND, Outcome.NO_TEXT
    if artefact is not None:
        kind, gave = artefact.kind, outcome_of(artefact)
    return taken.relative, taken.is_member, taken.problem, kind, gave, is_recorded


def _is_known(taken: Taken) -> bool:
    artefact = taken.artefact
    return artefact is not None and bool(artefact.sha256) and bool(artefact.size_bytes)


def _is_document(taken: Taken) -> bool:
    return taken.artefact is not None and bool(taken.artefact.sha256)


def _pictures(hashes: Sequence[PictureHashes]) -> dict[str, bytes]:
    every = PictureHashes.joined([h for h in hashes if len(h)])
    return {
        "picture_counts": np.array([len(h) for h in hashes], "<u2").tobytes(),
        "picture_hashes": every.whole.astype("<u8").tobytes(),
        "picture_quarters": every.quarters.astype("<u8").tobytes(),
    }


def _tops(values: Sequence[Values]) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """Return the distinct grams of files, and how many of each: two values may have one top."""
    sizes = np.array([len(each) for each in values], np.int64)
    tops = (np.concatenate([np.empty(0, np.uint64), *values]) >> np.uint64(32)).astype(np.uint32)
    files = np.repeat(np.arange(len(values)), sizes)
    new = np.ones(len(tops), np.bool_)
    new[1:] = (tops[1:] != tops[:-1]) | (files[1:] != files[:-1])
    return np.bincount(files[new], minlength=len(values)), tops[new]
