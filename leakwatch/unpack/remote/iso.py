"""A remote disc image: its directories, which lie near its start (ECMA-119, Joliet, Rock Ridge).

Directories are read breadth first, each once, whatever points to it.
"""

from __future__ import annotations

from typing import Any

from leakwatch.errors import Corrupt
from leakwatch.model.listing import ListingEntry
from leakwatch.unpack.container import MAX_NAME_CHARS
from leakwatch.unpack.remote.sparse import Missing, Pieces, Step

SECTOR = 2048
AHEAD_BYTES = 64 * 1024
MAX_FOLDERS = 50_000
MAX_FOLDER_BYTES = 4 * 1024 * 1024
SAMPLE_HOPS = 16
_FIRST_DESCRIPTOR, _MAX_DESCRIPTORS = 16, 16
_PRIMARY, _SUPPLEMENTARY = 1, 2
_JOLIET = (b"%/@", b"%/C", b"%/E")
_ROOT_AT = 156
_FOLDER, _GOES_ON = 0x02, 0x80


def step(pieces: Pieces, state: dict[str, Any], *, is_full: bool, seed: int) -> Step:  # noqa: ARG001
    """Read directories as far as the pieces go; see ``sparse.Step``.

    Raises:
        Missing: the descriptors.
        Corrupt: there are none.
    """
    if "queue" not in state or state.get("full") not in {None, is_full}:
        root, is_joliet = _root(pieces)
        state = {"queue": [[*root, ""]], "seen": {str(root[0]): 1}, "joliet": is_joliet}
    state["full"] = is_full
    made = Step(state=state, is_complete=not state.get("is_cut", False))
    try:
        while state["queue"]:
            at, size, path = state["queue"][0]
            data = pieces.get(at, min(size, MAX_FOLDER_BYTES), ahead=AHEAD_BYTES)
            state["queue"].pop(0)
            made.is_complete &= len(data) == size
            _take(data, path, made)
    except Missing as missing:
        hops = state["hops"] = state.get("hops", 0) + 1
        if is_full or hops <= SAMPLE_HOPS:
            made.need = [missing.span, *pieces.spans()[-1:]]
            return made
        made.is_complete = False
    made.is_done = True
    return made


def _root(pieces: Pieces) -> tuple[tuple[int, int], bool]:
    """Return (offset, bytes) of the root, and whether its names are UTF-16."""
    found: dict[bool, tuple[int, int]] = {}
    for sector in range(_FIRST_DESCRIPTOR, _FIRST_DESCRIPTOR + _MAX_DESCRIPTORS):
        raw = pieces.get(sector * SECTOR, SECTOR, ahead=AHEAD_BYTES)
        if len(raw) < SECTOR or raw[1:6] != b"CD001" or raw[0] > _SUPPLEMENTARY + 1:
            break
        is_joliet = raw[0] == _SUPPLEMENTARY and raw[88:91] in _JOLIET
        if raw[0] == _PRIMARY or is_joliet:
            found.setdefault(is_joliet, _extent(raw[_ROOT_AT:]))
    for is_joliet in (True, False):
        if is_joliet in found:
            return found[is_joliet], is_joliet
    raise Corrupt("no disc image")


def _extent(record: bytes) -> tuple[int, int]:
    return int.from_bytes(record[2:6], "little") * SECTOR, int.from_bytes(record[10:14], "little")


def _take(data: bytes, path: str, made: Step) -> None:
    at, earlier_parts = 0, 0
    while at < len(data):
        length = data[at]
        if length < 34:
            at = (at // SECTOR + 1) * SECTOR  # records do not cross sectors
            continue
        record = data[at : at + length]
        at += length
        if len(record) < length or record[33 : 33 + record[32]] in {b"\0", b"\1"}:
            continue
        name = (path + _name(record, is_joliet=made.state["joliet"]))[:MAX_NAME_CHARS]
        offset, size = _extent(record)
        if record[25] & _FOLDER:
            made.entries.append(ListingEntry(name, is_directory=True))
            _queue(offset, size, name, made)
        elif record[25] & _GOES_ON:
            earlier_parts += size
        else:
            made.entries.append(ListingEntry(name, earlier_parts + size))
            earlier_parts = 0


def _queue(offset: int, size: int, name: str, made: Step) -> None:
    seen = made.state["seen"]
    if str(offset) in seen:
        return
    if len(seen) >= MAX_FOLDERS or len(name) >= MAX_NAME_CHARS:
        made.state["is_cut"], made.is_complete = True, False
        return
    seen[str(offset)] = 1
    made.state["queue"].append([offset, size, f"{name}/"])


def _name(record: bytes, *, is_joliet: bool) -> str:
    raw = record[33 : 33 + record[32]]
    if is_joliet:
        name = raw.decode("utf-16-be", "replace")
    else:
        name = (_rock_ridge(record) or raw).decode("utf-8", "replace")
    stem, _, version = name.rpartition(";")
    name = stem if stem and version.isdigit() else name
    return name.rstrip("." if not is_joliet else "").replace("/", "_")


def _rock_ridge(record: bytes) -> bytes:
    """Return the POSIX name in the system use area (IEEE P1282, 4.1.4), if there is one."""
    at, found = 33 + record[32] + (1 - record[32] % 2), b""
    while at + 4 <= len(record) and record[at + 2] >= 4:
        if record[at : at + 2] == b"NM":
            found += record[at + 5 : at + record[at + 2]]
        at += record[at + 2]
    return found
