"""Drives the steps that read a remote archive's directory, without a network or a child."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from leakwatch.fetch.pieces import Pieces, joined_spans
from leakwatch.model.listing import ListingEntry
from leakwatch.sandbox.listing_frames import decode_rows
from leakwatch.unpack.remote.step import kind_of, step
from tests.support.range_site import Readable

HEAD_BYTES = 64 * 1024


@dataclass
class Read:
    """What the steps came to."""

    entries: list[ListingEntry] = field(default_factory=list)
    is_complete: bool = True
    error: str | None = None
    received_bytes: int = 0
    fetches: int = 0
    steps: int = 0
    claimed: int | None = None

    @property
    def paths(self) -> list[str]:
        return [entry.path for entry in self.entries]

    @property
    def facts(self) -> list[tuple[str, int | None, int | None]]:
        """Return (path, size, CRC-32) of each file."""
        return [(e.path, e.size_bytes, e.crc32) for e in self.entries if not e.is_directory]


def read_remote(
    file: Readable,
    *,
    kind: str | None = None,
    is_full: bool = True,
    seed: int = 1,
    max_steps: int = 2000,
) -> Read:
    """Do all steps; each must ask for something new inside the file, or end."""
    head = file.read(0, HEAD_BYTES)
    kind = kind or str(kind_of(head, {})["kind"])
    pieces, state, read = Pieces(), "", Read(received_bytes=len(head), fetches=1)
    pieces.add(0, head)
    while True:
        read.steps += 1
        assert read.steps <= max_steps, "steps without end"
        raw = state.encode()
        options: dict[str, Any] = {
            "kind": kind,
            "size": file.size_bytes,
            "state_bytes": len(raw),
            "pieces": [list(span) for span in pieces.spans],
            "full": is_full,
            "seed": seed,
        }
        answer = json.loads(json.dumps(step(raw + pieces.joined(), options)))
        if "error" in answer:
            read.error = answer["error"]
            return read
        read.entries += decode_rows(answer["rows"])
        read.is_complete &= answer["complete"]
        read.claimed = answer["claimed"] if answer["claimed"] is not None else read.claimed
        if answer["done"]:
            return read
        state = answer["state"]
        need = joined_spans((at, min(n, file.size_bytes - at)) for at, n in answer["need"])
        assert all(at >= 0 for at, _ in need)
        before = pieces.spans
        pieces.keep(need)
        lacking = pieces.lacking(need)
        for at, length in lacking:
            data = file.read(at, length)
            pieces.add(at, data)
            read.received_bytes += len(data)
            read.fetches += 1
        assert lacking or answer["rows"] or pieces.spans != before, "the same question again"
