"""Disc images put together record by record."""

from __future__ import annotations

import struct

SECTOR = 2048


def both(value: int) -> bytes:
    return struct.pack("<L", value) + struct.pack(">L", value)


def record(name: bytes, sector: int, size: int, *, flags: int = 0, use: bytes = b"") -> bytes:
    pad = b"" if len(name) % 2 else b"\0"
    length = 33 + len(name) + len(pad) + len(use)
    head = (
        bytes([length, 0]) + both(sector) + both(size) + bytes(7) + bytes([flags, 0, 0, 1, 0, 0, 1])
    )
    return head + bytes([len(name)]) + name + pad + use


def descriptor(kind: int, root: bytes, escape: bytes = b"") -> bytes:
    raw = bytearray(SECTOR)
    raw[0:6] = bytes([kind]) + b"CD001"
    raw[88 : 88 + len(escape)] = escape
    raw[156 : 156 + len(root)] = root
    return bytes(raw)


def image(folders: dict[int, list[bytes]], *, escape: bytes = b"", root_at: int = 20) -> bytes:
    """Return an image with directories in these sectors."""
    dots = [record(b"\0", 0, 0, flags=2), record(b"\1", 0, 0, flags=2)]
    sectors = {
        n: b"".join([*dots, *records]).ljust(SECTOR, b"\0") for n, records in folders.items()
    }
    kind = 2 if escape else 1
    sectors[16] = descriptor(kind, record(b"\0", root_at, SECTOR, flags=2), escape)
    sectors[17] = descriptor(255, b"")
    return b"".join(sectors.get(n, bytes(SECTOR)) for n in range(max(sectors) + 60))


TREE = {
    20: [record(b"SUB", 21, SECTOR, flags=2), record(b"README.TXT;1", 30, 77)],
    21: [
        record(b"LAB.PDF;1", 31, 5000),
        record(b"SCAN.;1", 32, 6000, use=b"NM\x0f\x01\x00Scan 1.tif"),
    ],
}
