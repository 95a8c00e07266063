"""Headers of tar archives: v7, ustar, GNU, pax (POSIX.1-2017, "pax"; GNU tar manual). Pure.

One block of 512 bytes:

      0 100  name           100 24  mode, uid, gid     124 12  size
    136  12  mtime          148  8  checksum           156  1  type
    157 100  link target    257  8  magic, version     345 155  prefix (ustar)

    386  96  4 x (offset, length)   482 1  more follow   483 12  real size (GNU sparse)

Numbers are octal digits, or with the first bit set two's complement, big-endian.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from leakwatch.unpack.container import MAX_NAME_CHARS

BLOCK_BYTES = 512
_USTAR, _GNU = b"ustar\0", b"ustar "
_OCTAL = re.compile(rb"[ \0]*([0-7]*)[ \0]*")
_CHECKSUM = re.compile(rb"[ \0]*[0-7]{1,8}[ \0]*")
_RECORD = re.compile(rb"([1-9][0-9]{0,18}) ")
_MAX_SIZE = 1 << 63
_ENTRIES_IN_HEADER, _ENTRIES_IN_BLOCK = 4, 21
MAX_SPARSE_ENTRIES = 100_000
"""Stretches of data in one sparse file; a longer map is cut, and the file comes out too short."""

Stretch = tuple[int, int]
"""Offset and length of data in a sparse file."""


@dataclass(frozen=True, slots=True)
class TarHeader:
    """One header block: claims, all of them."""

    name: str = field(repr=False)
    type: bytes
    size_bytes: int
    """Of what follows in the archive."""
    stretches: tuple[Stretch, ...] = ()
    """GNU sparse files: where what follows belongs."""
    real_bytes: int = 0
    """GNU sparse files: their size with the holes."""
    has_more_stretches: bool = False


def is_header(block: bytes) -> bool:
    """Tell whether a block's checksum is its own: sums of bytes, or by old tars of signed ones."""
    if len(block) < BLOCK_BYTES or _CHECKSUM.fullmatch(block, 148, 156) is None:
        return False
    if block[0] == 0 and block[257:262] != b"ustar":
        return False
    said = _number(block[148:156])
    rest = block[:148] + block[156:BLOCK_BYTES]
    total = sum(rest) + 8 * 0x20
    return said in {total, total - 256 * sum(byte > 127 for byte in rest)}


def parse_header(block: bytes) -> TarHeader | None:
    """Return what a block of ``BLOCK_BYTES`` says, or None if it is no header."""
    if not is_header(block):
        return None
    magic = block[257:263]
    raw_name = block[:100].partition(b"\0")[0]
    prefix = block[345:500].partition(b"\0")[0]
    if magic == _USTAR and prefix:
        raw_name = prefix + b"/" + raw_name
    size_bytes = _number(block[124:136])
    if not 0 <= size_bytes < _MAX_SIZE:
        return None
    kind = block[156:157]
    is_sparse = kind == b"S" and magic == _GNU
    return TarHeader(
        name=decode_name(raw_name),
        type=kind,
        size_bytes=size_bytes,
        stretches=_stretches(block[386:], _ENTRIES_IN_HEADER) if is_sparse else (),
        real_bytes=max(0, _number(block[483:495])) if is_sparse else 0,
        has_more_stretches=is_sparse and block[482] != 0,
    )


def parse_more_stretches(block: bytes) -> tuple[tuple[Stretch, ...], bool]:
    """Return the stretches of an extension block, and whether another block follows."""
    return _stretches(block, _ENTRIES_IN_BLOCK), len(block) > 504 and block[504] != 0


def _stretches(raw: bytes, count: int) -> tuple[Stretch, ...]:
    fields = [raw[at : at + 24] for at in range(0, 24 * count, 24)]
    return tuple((_number(f[:12]), _number(f[12:])) for f in fields if f.strip(b"\0 "))


def _number(raw: bytes) -> int:
    if raw[:1] in {b"\x80", b"\xff"}:
        value = int.from_bytes(raw[1:], "big")
        return value if raw[:1] == b"\x80" else value - (1 << 8 * (len(raw) - 1))
    found = _OCTAL.match(raw)
    return int(found[1] or b"0", 8) if found else 0


def decode_name(raw: bytes) -> str:
    """Decode a name: UTF-8 where it is that, else Latin-1, so that every byte is told."""
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError:
        name = raw.decode("latin-1")
    return name[:MAX_NAME_CHARS]


def parse_pax(raw: bytes) -> list[tuple[bytes, bytes]]:
    """Return the ``length keyword=value`` records of an extended header, as far as they are whole."""
    records, at = [], 0
    while found := _RECORD.match(raw, at):
        end = at + int(found[1])
        key, mark, value = raw[found.end() : end - 1].partition(b"=")
        if end <= found.end() or end > len(raw) or not mark:
            break
        records.append((key, value))
        at = end
    return records


def parse_sparse_map(numbers: list[int]) -> tuple[Stretch, ...]:
    """Pair offsets with lengths."""
    pairs = zip(numbers[::2], numbers[1::2], strict=False)
    return tuple(pairs)[:MAX_SPARSE_ENTRIES]
