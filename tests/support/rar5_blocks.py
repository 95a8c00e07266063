"""RAR 5 archives put together block by block, with a quick open record."""

from __future__ import annotations

import struct
import zlib

MAGIC_5 = b"Rar!\x1a\x07\x01\x00"


def vint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def block(body: bytes) -> bytes:
    raw = vint(len(body)) + body
    return struct.pack("<L", zlib.crc32(raw)) + raw


def file_header(name: bytes, size: int, data_bytes: int) -> bytes:
    fields = vint(4) + vint(size) + vint(0) + struct.pack("<L", 7) + vint(0) + vint(1)
    return block(vint(2) + vint(2) + vint(data_bytes) + fields + vint(len(name)) + name)


def quick_archive(count: int, *, without: int = 0, back_by: int = 0) -> bytes:
    """Return an archive with a quick open record that leaves out every n-th header."""
    headers = [file_header(f"export/{n:06}.txt".encode(), 1000 + n, 900) for n in range(count)]
    main_bytes = len(block(vint(1) + vint(1) + vint(12) + vint(0) + b"\x0b\x01\x01" + bytes(9)))
    places, at = [], 8 + main_bytes
    for header in headers:
        places.append(at)
        at += len(header) + 900
    offset = at - 8
    padded = bytearray()
    value = offset
    for _ in range(8):
        padded.append(value & 0x7F | 0x80)
        value >>= 7
    locator = b"\x0b\x01\x01" + bytes(padded) + b"\x00"
    main = block(vint(1) + vint(1) + vint(len(locator)) + vint(0) + locator)
    assert len(main) == main_bytes
    copies = b"".join(
        block(vint(0) + vint(at - place + back_by) + vint(len(header)) + header)
        for n, (place, header) in enumerate(zip(places, headers, strict=True))
        if not without or n % without
    )
    fields = vint(0) + vint(len(copies)) + vint(0) + vint(0) + vint(1) + vint(2) + b"QO"
    record = block(vint(3) + vint(2) + vint(len(copies)) + fields)
    body = b"".join(header + bytes(900) for header in headers)
    return MAGIC_5 + main + body + record + copies + block(vint(5) + vint(0) + vint(0))
