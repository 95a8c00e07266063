"""Many small inputs read by few children.

A fork with its confinement costs some milliseconds, as much as reading a
hundred notes. Inputs that share a child share its fate: one that a parser
takes over could speak for those behind it. So only kinds named by the caller
go together: plain text, which no C parser touches, or all where the inputs are
the caller's own. One that ends its child costs itself: those before it are
told, it is read alone, and those behind it share another child.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Container, Iterable, Iterator, Sequence
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

SMALL_BYTES = 512 * 1024
_BATCH_BYTES = 8 * 1024 * 1024
_BATCH_INPUTS = 1024
_FACT_BYTES = 64 * 1024
"""Allowed for the facts of one input and its members, beside their text."""
MAX_BATCH_DEATHS = 8
"""Children that a batch may cost; then what is left of it is read one by one."""


class _AnyKind:
    def __contains__(self, _kind: object) -> bool:
        return True


ANY_KIND: Container[str] = _AnyKind()
"""Whatever it is, it may share a child: for inputs that are all the caller's own."""


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


def slots_of(inputs: Iterable[tuple[str, Body]], together: Container[str]) -> Iterator[list[Slot]]:
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


def batch_job(
    small: Sequence[Slot], limits: ReadLimits, passwords: Sequence[str] = ()
) -> tuple[dict[str, Any], bytes]:
    """Return a child's orders and its input: the small bodies one after the other."""
    bodies = [slot.small or b"" for slot in small]
    orders = {
        "op": "batch",
        "sizes": [len(body) for body in bodies],
        # Looked at once; a child could but see the same.
        "texts": "".join("t" if slot.kind == "text" else "-" for slot in small),
        "passwords": passwords,
        **read_orders(limits, limits.output_bytes),
    }
    return orders, b"".join(bodies)


def hear_batch(small: Sequence[Slot], run: ChildRun, limits: ReadLimits) -> bool:
    """Fill the slots with what a child tells; those it did not finish stay empty.

    Returns:
        Whether it said by itself that it leaves the rest to another.
    """
    heard: list[list[Artefact]] = [[] for _ in small]
    output_bytes = limits.output_bytes + _FACT_BYTES * len(small)
    try:
        for frame in run.frames(output_bytes=output_bytes):
            if frame.type == "rest":
                return True
            if frame.type == "plain":
                for slot in _plain(frame, small):
                    slot.artefacts = [_text(slot)]
            else:
                _hear(frame, small, heard)
    except BadFrame:
        run.refuse()
    return False


def left_of(small: Sequence[Slot], *, has_rested: bool) -> list[Slot]:
    """Return those that another child should read together.

    The first that a dead child left untold is the one it died of, and is left
    out: it is read alone. So is one that a child would not even begin with.
    """
    left = [slot for slot in small if slot.artefacts is None]
    return left if has_rested and len(left) < len(small) else left[1:]


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


def _look_at(slot: Slot, together: Container[str]) -> None:
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
