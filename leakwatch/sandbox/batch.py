"""Many small inputs read by few children.

A fork with its confinement costs some milliseconds, as much as reading a
hundred notes. Inputs that share a child share its fate: one that a parser
takes over could speak for those behind it. So only kinds named by the caller
go together, by default plain text, which no C parser touches.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from leakwatch.model.artefact import Artefact, MemberPath
from leakwatch.sandbox.bad_frame import BadFrame
from leakwatch.sandbox.frames import Frame, decode_artefact
from leakwatch.sandbox.intake import Body, Intake
from leakwatch.sandbox.limits import ReadLimits
from leakwatch.sandbox.reading import read_orders, with_facts
from leakwatch.sandbox.worker import ChildRun
from leakwatch.unpack.sniff import HEAD_BYTES, sniff

SMALL_BYTES = 256 * 1024
_BATCH_BYTES = 4 * 1024 * 1024
_BATCH_INPUTS = 1024


@dataclass(slots=True)
class Slot:
    """One input of a batch, in the caller's order."""

    name: str = field(repr=False)
    body: Body = field(repr=False)
    small: bytes | None = field(default=None, repr=False)
    """Its bytes, where it goes with others."""
    kind: str = ""
    """What those look like."""
    artefacts: list[Artefact] | None = None
    """What was read of it; None means it must be read on its own."""


def slots_of(inputs: Iterable[tuple[str, Body]], together: Collection[str]) -> Iterator[list[Slot]]:
    """Yield the inputs in order, in batches."""
    batch: list[Slot] = []
    size_bytes = 0
    for name, body in inputs:
        slot = Slot(name, body)
        _look_at(slot, together)
        batch.append(slot)
        size_bytes += len(slot.small or b"")
        if len(batch) >= _BATCH_INPUTS or size_bytes >= _BATCH_BYTES:
            yield batch
            batch, size_bytes = [], 0
    if batch:
        yield batch


def batch_job(slots: list[Slot], limits: ReadLimits) -> tuple[dict[str, Any], bytes]:
    """Return a child's orders and its input: the small bodies one after the other."""
    bodies = [slot.small for slot in slots if slot.small is not None]
    orders = {
        "op": "batch",
        "sizes": [len(body) for body in bodies],
        # Looked at once; a child could but see the same.
        "texts": all(slot.kind == "text" for slot in slots if slot.small is not None),
        **read_orders(limits, limits.output_bytes),
    }
    return orders, b"".join(bodies)


def hear_batch(slots: list[Slot], run: ChildRun, limits: ReadLimits) -> None:
    """Fill the slots with what a child tells; those it did not finish stay empty."""
    small = [slot for slot in slots if slot.small is not None]
    heard: list[list[Artefact]] = [[] for _ in small]
    output_bytes = limits.output_bytes + 4096 * len(small)
    try:
        for frame in run.frames(output_bytes=output_bytes):
            if frame.type == "plain":
                for slot in _plain(frame, small):
                    slot.artefacts = [_text(slot)]
            else:
                _hear(frame, small, heard)
    except BadFrame:
        run.refuse()


def _hear(frame: Frame, small: Sequence[Slot], heard: Sequence[list[Artefact]]) -> None:
    index = _index(frame, len(small))
    slot = small[index]
    if frame.type == "done":
        artefact = decode_artefact(frame, slot.name)
        if not artefact.path.ordinals:
            artefact = with_facts(artefact, _facts(slot.small or b""))
            slot.artefacts = heard[index]
        heard[index].append(artefact)


def _index(frame: Frame, end: int) -> int:
    index = frame.header.get("i", 0)
    if type(index) is not int or not 0 <= index < end:
        raise BadFrame("no such input")
    return index


def _plain(frame: Frame, small: Sequence[Slot]) -> Sequence[Slot]:
    """Return the inputs, one after another, that a child found to be their own text."""
    index, count = _index(frame, len(small)), frame.header.get("n")
    if type(count) is not int or not 0 < count <= len(small) - index:
        raise BadFrame("no such inputs")
    return small[index : index + count]


def _text(slot: Slot) -> Artefact:
    body = slot.small or b""
    facts = _facts(body)
    return Artefact(
        path=MemberPath((slot.name,), ()),
        kind="text",
        size_bytes=facts.size_bytes,
        sha256=facts.sha256,
        crc32=facts.crc32,
        # Bytes as good as any text a child may send: no more is done with either.
        text=str(body, "utf-8", "replace"),
    )


def _facts(body: bytes) -> Intake:
    return Intake(-1, len(body), hashlib.sha256(body).hexdigest(), zlib.crc32(body), b"")


def _look_at(slot: Slot, together: Collection[str]) -> None:
    """Take in the bytes of an input that may share a child."""
    if not isinstance(slot.body, (bytes, Path)):
        return
    data = slot.body if isinstance(slot.body, bytes) else _file_start(slot.body)
    if data is None or len(data) > SMALL_BYTES:
        return
    kind = sniff(data[:HEAD_BYTES])
    if kind in together:
        slot.small, slot.kind = data, kind


def _file_start(path: Path) -> bytes | None:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return os.pread(fd, SMALL_BYTES + 1, 0)
    except OSError:
        return None
    finally:
        os.close(fd)
