"""Files -> packs for the spool. Runs in the processes of a crew (``crew.py``).

entries   one a file: digest of place, size and time; how many items; whether to look again
items     a JSON line for each file and member: [path, is member, problem, is recorded]
raw, text, letters, counts, ...   one for each that is recorded, in the same order
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace

import numpy as np

from leakwatch.corpus.columns import KINDS
from leakwatch.corpus.intake import CHANGED, FileReader, Taken, take
from leakwatch.corpus.known import Fingerprinter, KnownFile
from leakwatch.corpus.spool import Pack
from leakwatch.corpus.tree import Found, TreeEntry, has_changed
from leakwatch.fingerprint.key import FingerprintKey
from leakwatch.fingerprint.minhash import PERMUTATIONS

ENTRY = np.dtype([("key", "<u8", (2,)), ("items", "<u4"), ("again", "u1")])
DOCUMENT_COLUMNS = (
    "entries",
    "items",
    "raw",
    "text",
    "letters",
    "counts",
    "tops",
    "positions",
    "names",
)
KNOWN_COLUMNS = (
    "entries", "items", "raw", "text", "letters", "sizes", "counts", "tops", "signatures",
    "name_counts", "name_kinds", "name_numbers",
)  # fmt: skip
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
    told = f"{entry.root.absolute()}\0{entry.relative}\0{entry.size_bytes}\0{entry.changed_ns}"
    return hashlib.blake2b(told.encode("utf-8", "surrogateescape"), digest_size=16).digest()


def pack_known(own: Hands, batch: list[TreeEntry]) -> Pack:
    """Return the fingerprints of a batch of known files."""
    items = _items(own, batch)
    made = own.fingerprinter.known_files(
        [
            (taken.artefact, taken.names)
            for taken in items
            if taken.artefact is not None and _is_known(taken)
        ]
    )
    names = [sorted((_KIND_NUMBER[kind], number) for kind, number in f.names) for f in made]
    flat = [name for each in names for name in each]
    signatures = np.array([f.signature for f in made], "<u4").reshape(-1, PERMUTATIONS)
    tops = [_tops(f) for f in made]
    columns = {
        **_entries(batch, items, [_is_known(taken) for taken in items]),
        "raw": b"".join(f.raw for f in made),
        "text": b"".join(f.text or _NO_TEXT for f in made),
        "letters": np.array([f.letters for f in made], "<u4").tobytes(),
        "sizes": np.array([f.masked_size for f in made], "<u8").tobytes(),
        "counts": np.array([len(t) for t in tops], "<u4").tobytes(),
        "tops": b"".join(t.tobytes() for t in tops),
        "signatures": signatures.tobytes(),
        "name_counts": np.array([len(each) for each in names], "u1").tobytes(),
        "name_kinds": np.array([kind for kind, _ in flat], "u1").tobytes(),
        "name_numbers": np.array([number for _, number in flat], "<u8").tobytes(),
    }
    return Pack(columns, len(batch), sum(entry.size_bytes for entry in batch))


def pack_documents(own: Hands, batch: list[TreeEntry]) -> Pack:
    """Return the sketches of a batch of documents that were not stolen."""
    items = _items(own, batch)
    read = [taken.artefact for taken in items if taken.artefact and _is_document(taken)]
    made = own.fingerprinter.documents(read)
    names = [own.fingerprinter.name_number(artefact) for artefact in read]
    columns = {
        **_entries(batch, items, [_is_document(taken) for taken in items]),
        "raw": b"".join(digests.raw for digests, _ in made),
        "text": b"".join(digests.text or _NO_TEXT for digests, _ in made),
        "letters": np.array([sketch.letters for _, sketch in made], "<u4").tobytes(),
        "counts": np.array([len(sketch.values) for _, sketch in made], "<u4").tobytes(),
        "tops": b"".join((s.values >> np.uint64(32)).astype("<u4").tobytes() for _, s in made),
        "positions": b"".join(s.positions.astype("<u4").tobytes() for _, s in made),
        "names": np.array(names, "<u8").tobytes(),
    }
    return Pack(columns, len(batch), sum(entry.size_bytes for entry in batch))


def _items(own: Hands, batch: Sequence[TreeEntry]) -> list[Taken]:
    """Return everything in a batch; the texts are dropped with it."""
    items = list(take(own.reader, batch))
    changed = {
        n for n, entry in enumerate(batch) if entry.found is Found.FILE and has_changed(entry)
    }
    return [
        replace(taken, problem=CHANGED)
        if taken.number in changed and taken.problem is None and not taken.is_member
        else taken
        for taken in items
    ]


def _is_known(taken: Taken) -> bool:
    artefact = taken.artefact
    return artefact is not None and bool(artefact.sha256) and bool(artefact.size_bytes)


def _is_document(taken: Taken) -> bool:
    return taken.artefact is not None and bool(taken.artefact.sha256)


def _entries(
    batch: Sequence[TreeEntry], items: Sequence[Taken], recorded: Sequence[bool]
) -> dict[str, bytes]:
    entries = np.zeros(len(batch), ENTRY)
    keys = b"".join(entry_key(entry) for entry in batch)
    entries["key"] = np.frombuffer(keys, "<u8").reshape(-1, 2)
    entries["items"] = np.bincount([taken.number for taken in items], minlength=len(batch))
    for taken in items:
        # What is out of reach now, or in motion, may be read when the work is resumed.
        entries["again"][taken.number] |= taken.problem in {Found.UNREADABLE, CHANGED}
    lines = (
        json.dumps([taken.relative, taken.is_member, taken.problem, is_recorded]) + "\n"
        for taken, is_recorded in zip(items, recorded, strict=True)
    )
    return {"entries": entries.tobytes(), "items": "".join(lines).encode()}


def _tops(file: KnownFile) -> np.ndarray[tuple[int], np.dtype[np.uint32]]:
    """Return the distinct grams of a file: two values may have the same highest bits."""
    tops = (file.values >> np.uint64(32)).astype("<u4")
    new = np.ones(len(tops), np.bool_)
    np.not_equal(tops[1:], tops[:-1], out=new[1:])
    return tops[new]
