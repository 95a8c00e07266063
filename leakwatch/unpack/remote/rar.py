"""A remote RAR archive: headers one behind the other, each saying how far it is to the next.

About a request a member, or one for many small ones. An archive that WinRAR 5
made has copies of most headers in one place (the quick open record): these are
read first, and the archive only where a header has no copy. A sample is taken
of the copies, as of a ZIP's directory, or is the start.
"""

from __future__ import annotations

from typing import Any

from leakwatch.errors import Corrupt, Encrypted
from leakwatch.unpack.remote import rar4, rar5
from leakwatch.unpack.remote.rar_block import Block
from leakwatch.unpack.remote.sparse import SAMPLE_BYTES, SAMPLES, Missing, Pieces, Step, spread

NEAR_BYTES = 64 * 1024
"""Read ahead where the next header is near."""
FAR_BYTES = 2 * 1024
"""Read where a large member lies before the next header."""
SAMPLE_HOPS = 24
"""Requests for headers that a sample may take."""
COPIES_BYTES = 4 * 1024 * 1024
"""Of the copies, when all are read."""
MAX_GAPS = 10_000
_HEAD_BYTES = 64 * 1024
_MAGICS = {b"Rar!\x1a\x07\x01\x00": 5, b"Rar!\x1a\x07\x00": 4}


def step(pieces: Pieces, state: dict[str, Any], *, is_full: bool, seed: int) -> Step:
    """Read headers as far as the pieces go; see ``sparse.Step``.

    Raises:
        Missing: the start.
        Encrypted: the headers are.
        Corrupt: there are none.
    """
    if "version" not in state:
        state |= _begun(pieces)
    if state.get("full") not in {None, is_full}:
        # Listed whole after a sample was taken: from the start.
        state = _begun(pieces)
    state["full"] = is_full
    made = Step(state=state, is_complete=not state.get("is_cut", False))
    try:
        if state["phase"] == "main":
            _main(pieces, made)
        if state["phase"] == "copies":
            start, end = state["copies"]
            if "asked" in state or not (is_full or end - start <= SAMPLES * SAMPLE_BYTES):
                return _sample(pieces, made, seed)
            _copies(pieces, made)
        if state["phase"] == "gaps":
            _gaps(pieces, made)
    except Missing as missing:
        hops = state["hops"] = state.get("hops", 0) + 1
        if not is_full and hops > SAMPLE_HOPS:
            made.is_done, made.is_complete = True, False
        else:
            # The main header is read again with the record that it points to.
            kept = pieces.spans() if state["phase"] == "main" else []
            made.need = [missing.span, *kept]
    return made


def _begun(pieces: Pieces) -> dict[str, Any]:
    head = pieces.get(0, _HEAD_BYTES)
    at = head.find(b"Rar!\x1a\x07")
    for magic, version in _MAGICS.items():
        if at >= 0 and head.startswith(magic, at):
            start = at + len(magic)
            gaps = [[start, pieces.size_bytes]]
            return {"version": version, "phase": "main", "gaps": gaps, "near": True}
    raise Corrupt("no RAR archive")


def _main(pieces: Pieces, made: Step) -> None:
    """Find the copies that the main header points to, if there are any."""
    state = made.state
    at = state["gaps"][0][0]
    state["phase"] = "gaps"
    block = _read(pieces, state, at)
    if block is None or block.quick_at is None:
        return
    offset = at + block.quick_at
    if not at < offset < pieces.size_bytes:
        return
    try:
        record = rar5.read_block(pieces, offset, _HEAD_BYTES)
    except Missing:
        state["phase"] = "main"
        raise
    if record is not None and record.is_quick_open:
        start = offset + record.header_bytes
        end = min(start + record.data_bytes, pieces.size_bytes)
        state |= {"phase": "copies", "quick": offset, "copies": [start, end], "gaps": []}
        state["expected"] = at + block.header_bytes + block.data_bytes
        made.directory_bytes = end - start


def _copies(pieces: Pieces, made: Step) -> None:
    """Take the next stretch of the copies; note where the archive has headers without one."""
    state = made.state
    at, end = state["copies"]
    if at < end:
        data = pieces.get(at, min(COPIES_BYTES, end - at))
        consumed = 0
        for copy_end, copy in rar5.copies(data, is_start=True):
            consumed = copy_end
            block = rar5.parse_block(copy.header)
            header_at = state["quick"] - copy.back_bytes
            if block is None or header_at < state["expected"]:
                continue  # the archive itself says what is there
            _note_gap(made, header_at)
            state["expected"] = header_at + block.header_bytes + block.data_bytes
            if block.entry is not None:
                made.entries.append(block.entry)
        state["copies"][0] = at = at + consumed if consumed else end
    if at < end:
        made.need = [(at, min(COPIES_BYTES, end - at))]
        return
    _note_gap(made, state["quick"])
    state |= {"phase": "gaps", "near": True}


def _note_gap(made: Step, until: int) -> None:
    gaps, start = made.state["gaps"], made.state["expected"]
    if start < until and len(gaps) < MAX_GAPS:
        gaps.append([start, until])
    elif start < until:
        made.state["is_cut"] = True
        made.is_complete = False


def _gaps(pieces: Pieces, made: Step) -> None:
    """Take headers from where they were left. Raises Missing where one is not here."""
    state = made.state
    while state["gaps"]:
        at, until = state["gaps"][0]
        block = _read(pieces, state, at) if at < until else None
        if block is None:
            if at != until and not (state["version"] == 4 and at == pieces.size_bytes):
                state["is_cut"], made.is_complete = True, False
            state["gaps"].pop(0)
            continue
        if block.entry is not None:
            made.entries.append(block.entry)
        state["near"] = block.data_bytes < NEAR_BYTES
        state["gaps"][0][0] = at + block.header_bytes + block.data_bytes
        if block.is_end:
            state["gaps"].pop(0)
    made.is_done = True


def _read(pieces: Pieces, state: dict[str, Any], at: int) -> Block | None:
    read = rar5.read_block if state["version"] == 5 else rar4.read_block
    block = read(pieces, at, NEAR_BYTES if state["near"] else FAR_BYTES)
    if block is not None and block.is_encryption:
        raise Encrypted("the archive's headers are encrypted")
    return block


def _sample(pieces: Pieces, made: Step, seed: int) -> Step:
    """Ask for stretches of the copies, then take those that are in them."""
    start, end = made.state["copies"]
    spans = spread(start, end - start, seed)
    if "asked" not in made.state:
        made.state["asked"] = True
        made.need = spans
        return made
    for offset, length in spans:
        for _, copy in rar5.copies(pieces.get(offset, length), is_start=offset == start):
            block = rar5.parse_block(copy.header)
            if block is not None and block.entry is not None:
                made.entries.append(block.entry)
    made.is_done, made.is_complete = True, False
    made.directory_bytes = end - start
    return made
