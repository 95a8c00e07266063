"""The central directory of a remote ZIP file: found, sampled, or read slice by slice.

(PKWARE APPNOTE 6.3; ``unpack.zip_directory`` shows the layout of the end record.)

A sample is slices spread over the directory, one at random in each of equal
stretches: whoever puts harmless entries first, or at any fixed place, hides
nothing. A slice begins amid an entry, so it is read from the first signature
after which entries follow each other without a gap.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from leakwatch.errors import Corrupt, Encrypted
from leakwatch.model.listing import ListingEntry
from leakwatch.unpack.container import MAX_NAME_CHARS
from leakwatch.unpack.remote.sparse import SAMPLE_BYTES, Pieces, Span, Step, spread
from leakwatch.unpack.zip_directory import END_BYTES, END_MAGIC, MAX_TAIL_BYTES, decode_name

SLICE_BYTES = 4 * 1024 * 1024
"""Of a directory that is read whole; longer than any entry."""
TAIL_BYTES = MAX_TAIL_BYTES + 76
"""The longest comment, the end record, and what ZIP64 puts before it."""
MAX_PLACES = 4
"""End records that may be the true one, of which each directory is read."""
_END = struct.Struct("<4s4H2LH")
_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_ENTRY_MAGIC = b"PK\x01\x02"
_MAX_ENTRY_BYTES = 46 + 3 * 0xFFFF
_ONES_32 = 0xFFFFFFFF
_ZIP64_TAG, _UNICODE_PATH = 0x0001, 0x7075
_UNICODE_MARK = _UNICODE_PATH.to_bytes(2, "little")
_ENCRYPTED_VERSION = 62
"""Needed to open a directory that is itself encrypted (APPNOTE 4.4.3.2)."""


@dataclass(frozen=True, slots=True)
class _Place:
    """One directory that an end record points to."""

    start: int
    end: int
    entries: int
    is_cut: bool = False
    """It begins in the volume before."""

    def first_need(self, *, is_full: bool, seed: int) -> list[Span]:
        length = self.end - self.start
        if is_full:
            return [(self.start, min(SLICE_BYTES, length))]
        return spread(self.start, length, seed)


@dataclass(slots=True)
class _Read:
    """What was read of a stretch of a directory."""

    entries: list[ListingEntry] = field(default_factory=list)
    consumed: int = 0
    """Bytes up to the first entry that is not all here."""
    has_gaps: bool = False


def step(pieces: Pieces, state: dict[str, Any], *, is_full: bool, seed: int) -> Step:
    """Do the next step; see ``sparse.Step``.

    Args:
        pieces: of the file.
        state: of the step before; empty at first.
        is_full: read all of the directory, not a sample.
        seed: of the sample's places.

    Raises:
        Missing: pieces that find the directory.
        Corrupt: there is no directory.
        Encrypted: the directory is.
    """
    if "places" not in state:
        places = _locate(pieces)
        known = [[p.start, p.end, p.entries, int(p.is_cut)] for p in places]
        return _planned(places, {"places": known}, is_full=is_full, seed=seed)
    places = [_Place(s, e, n, is_cut=bool(cut)) for s, e, n, cut in state["places"]]
    if state.get("mode") != ("full" if is_full else "sample"):
        return _planned(places, state, is_full=is_full, seed=seed)
    if not is_full:
        return _sampled(pieces, places, state)
    return _slice(pieces, places, state)


def _planned(places: list[_Place], state: dict[str, Any], *, is_full: bool, seed: int) -> Step:
    """Return what is to be fetched first, now that the directory is found."""
    need = places[0].first_need(is_full=is_full, seed=seed)
    if not is_full:
        need = [span for place in places for span in place.first_need(is_full=False, seed=seed)]
    mode = {
        "mode": "full" if is_full else "sample",
        "seed": seed,
        "place": 0,
        "at": places[0].start,
    }
    return _told(places, Step(need=need, state={"places": state["places"], **mode}))


def _told(places: list[_Place], made: Step) -> Step:
    made.claimed = sum(place.entries for place in places)
    made.directory_bytes = sum(place.end - place.start for place in places)
    return made


def _sampled(pieces: Pieces, places: list[_Place], state: dict[str, Any]) -> Step:
    made = Step(state=state, is_done=True)
    spans = [s for p in places for s in p.first_need(is_full=False, seed=state["seed"])]
    for offset, length in spans:
        place = next((p for p in places if p.start <= offset < p.end), None)
        if place is None:
            continue  # an empty archive
        read = _entries(
            pieces.get(offset, length), is_start=offset == place.start and not place.is_cut
        )
        made.entries += read.entries
        is_all = (offset, length) == (place.start, place.end - place.start)
        made.is_complete &= is_all and not read.has_gaps and not place.is_cut
    return _told(places, made)


def _slice(pieces: Pieces, places: list[_Place], state: dict[str, Any]) -> Step:
    number, at = state["place"], state["at"]
    place = places[number]
    length = min(SLICE_BYTES, place.end - at)
    data = pieces.get(at, length)
    is_start = at == place.start
    read = _entries(data, is_start=not (is_start and place.is_cut))
    made = Step(
        entries=read.entries, is_complete=not (read.has_gaps or (is_start and place.is_cut))
    )
    at += read.consumed
    if at >= place.end or length == place.end - (at - read.consumed):
        made.is_complete &= at >= place.end
        number += 1
        at = places[number].start if number < len(places) else 0
    if number == len(places):
        made.is_done = True
    else:
        made.need = [(at, min(SLICE_BYTES, places[number].end - at))]
        made.state = {**state, "place": number, "at": at}
    return _told(places, made)


def _locate(pieces: Pieces) -> list[_Place]:
    tail_at = max(0, pieces.size_bytes - TAIL_BYTES)
    tail = pieces.get(tail_at, TAIL_BYTES)
    places: list[_Place] = []
    problem: Corrupt | None = None
    for at in _ends(tail, tail_at + len(tail) == pieces.size_bytes):
        try:
            place = _place(pieces, tail, at, tail_at + at)
        except Corrupt as error:
            problem = problem or error
            continue
        if place not in places:
            places.append(place)
    if not places:
        raise problem or Corrupt("the archive has no directory")
    return places


def _ends(tail: bytes, is_tail: bool) -> list[int]:
    """Return where the end record may start.

    A comment may hold a false one, so all whose comment ends with the file are
    looked at; where none does, the last that is whole (data follows the archive).
    """
    found: list[int] = []
    last: int | None = None
    at = tail.rfind(END_MAGIC)
    while at >= 0:
        end = at + END_BYTES + int.from_bytes(tail[at + 20 : at + 22], "little")
        if at + END_BYTES <= len(tail):
            if end == len(tail) and is_tail:
                found.append(at)
            elif end <= len(tail) and last is None:
                last = at
        at = tail.rfind(END_MAGIC, 0, at)
    # The foremost of them is the true one by the standard.
    return found[-MAX_PLACES:] or ([] if last is None else [last])


def _place(pieces: Pieces, tail: bytes, at: int, end: int) -> _Place:
    _, disk, first_disk, _, entries, length, offset, _ = _END.unpack_from(tail, at)
    wide = _zip64(pieces, end)
    if wide is not None:
        end, disk, first_disk, entries, length, offset = wide
    if not length and not entries:
        return _Place(end, end, 0)
    start = end - length
    if start < 0 and first_disk != disk:
        return _Place(0, end, entries, is_cut=True)
    for candidate in (start, offset):
        # Right before the end record, whatever was put in front; else where it says.
        if 0 <= candidate < end and _begins(pieces, candidate, end):
            return _Place(candidate, end, entries)
    if first_disk != disk:
        return _Place(max(0, start), end, entries, is_cut=True)
    raise Corrupt("the archive's directory is not where it says")


def _begins(pieces: Pieces, at: int, end: int) -> bool:
    # What is fetched to see this is the first slice of a sample.
    return pieces.get(at, 4, ahead=min(SAMPLE_BYTES, end - at)) == _ENTRY_MAGIC


def _zip64(pieces: Pieces, end: int) -> tuple[int, int, int, int, int, int] | None:
    """Return (start of record, disk, directory's disk, entries, bytes, offset), or None."""
    if end < _LOCATOR.size:
        return None
    magic, _, offset, _ = _LOCATOR.unpack(pieces.get(end - _LOCATOR.size, _LOCATOR.size))
    if magic != b"PK\x06\x07":
        return None
    for at in (end - _LOCATOR.size - _END64.size, offset):
        if not 0 <= at < end:
            continue
        raw = pieces.get(at, _END64.size)
        if len(raw) == _END64.size and raw.startswith(b"PK\x06\x06"):
            fields = _END64.unpack(raw)
            if fields[3] >= _ENCRYPTED_VERSION and fields[1] > _END64.size - 12:
                raise Encrypted("the archive's directory is encrypted")
            return at, fields[4], fields[5], fields[7], fields[8], fields[9]
    raise Corrupt("the archive has no ZIP64 directory where it says")


def _entries(data: bytes, *, is_start: bool) -> _Read:
    """Read entries one behind the other; behind a gap, go on where they are whole again.

    Args:
        data: a stretch of a directory.
        is_start: an entry begins where it does.
    """
    read = _Read()
    at = 0 if is_start else _synchronised(data, 0)
    while at is not None:
        at, is_over = _run(data, at, read)
        read.consumed = at
        if is_over:
            return read
        read.has_gaps = True
        at = _synchronised(data, at + 1)
    # No entry begins in the rest, but for what may be the start of one.
    read.consumed = max(read.consumed, len(data) - _MAX_ENTRY_BYTES)
    return read


def _run(data: bytes, at: int, read: _Read) -> tuple[int, bool]:
    """Take entries; return where they end, and whether that is for want of bytes."""
    end = len(data)
    while at + _ENTRY.size <= end:
        fixed = _ENTRY.unpack_from(data, at)
        if fixed[0] != _ENTRY_MAGIC:
            # A digital signature may follow the last entry (APPNOTE 4.3.13).
            return (end, True) if fixed[0] == b"PK\x05\x05" else (at, False)
        following = at + _ENTRY.size + fixed[10] + fixed[11] + fixed[12]
        if following > end:
            return at, True
        read.entries.append(_entry(data, at + _ENTRY.size, fixed))
        at = following
    return at, data[at : at + 4] == _ENTRY_MAGIC[: end - at]


def _entry(data: bytes, name_at: int, fixed: tuple[Any, ...]) -> ListingEntry:
    flags, crc32, size = fixed[3], fixed[7], fixed[9]
    extra_at = name_at + fixed[10]
    raw, unicode_path = data[name_at:extra_at], b""
    extra = data[extra_at : extra_at + fixed[11]]
    if extra and (size == _ONES_32 or _UNICODE_MARK in extra):
        for tag, value in _extra_fields(extra):
            if tag == _ZIP64_TAG and size == _ONES_32 and len(value) >= 8:
                size = int.from_bytes(value[:8], "little")
            elif tag == _UNICODE_PATH:
                unicode_path = value
    name = decode_name(raw, flags, unicode_path)[:MAX_NAME_CHARS].replace("\\", "/")
    return ListingEntry(
        path=name,
        size_bytes=size if size < 2**63 else None,
        crc32=crc32,
        is_directory=name.endswith("/"),
    )


def _extra_fields(raw: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(raw):
        tag, length = struct.unpack_from("<2H", raw, at)
        yield tag, raw[at + 4 : at + 4 + length]
        at += 4 + length


def _synchronised(data: bytes, start: int) -> int | None:
    """Return the first place from which one entry ends where another begins."""
    at = data.find(_ENTRY_MAGIC, start)
    while at >= 0:
        if at + _ENTRY.size <= len(data):
            fixed = _ENTRY.unpack_from(data, at)
            following = at + _ENTRY.size + fixed[10] + fixed[11] + fixed[12]
            if fixed[10] and (following == len(data) or data.startswith(_ENTRY_MAGIC, following)):
                return at
        at = data.find(_ENTRY_MAGIC, at + 1)
    return None
