"""A CD image and a cabinet, as small as they can be, for tests."""

from __future__ import annotations

import struct
from collections.abc import Sequence

_SECTOR = 2048


def _both(number: int, width: int) -> bytes:
    """Write a number in both byte orders, as ISO 9660 wants it."""
    return number.to_bytes(width, "little") + number.to_bytes(width, "big")


def _record(name: bytes, sector: int, size: int, *, is_folder: bool = False) -> bytes:
    body = b"\0" + _both(sector, 4) + _both(size, 4) + bytes([124, 1, 1, 0, 0, 0, 0])
    body += bytes([2 if is_folder else 0, 0, 0]) + _both(1, 2) + bytes([len(name)]) + name
    body += b"\0" * ((len(body) + 1) % 2)
    return bytes([len(body) + 1]) + body


def iso_of(members: Sequence[tuple[str, bytes]]) -> bytes:
    """Return an ISO 9660 image with the files in its root folder."""
    first = 19
    places, sector = [], first
    for _, content in members:
        places.append(sector)
        sector += max(1, -(-len(content) // _SECTOR))
    root = b"".join(_record(dots, 18, _SECTOR, is_folder=True) for dots in (b"\0", b"\1"))
    for (name, content), place in zip(members, places, strict=True):
        root += _record(name.upper().encode() + b";1", place, len(content))
    head = b"\1CD001\1\0" + b" " * 64 + bytes(8) + _both(max(sector, 32), 4) + bytes(32)
    head += _both(1, 2) + _both(1, 2) + _both(_SECTOR, 2) + _both(10, 4)
    # The path table, which nobody reads, is said to lie where the root folder does.
    head += struct.pack("<LL", 18, 0) + struct.pack(">LL", 18, 0)
    head += _record(b"\0", 18, _SECTOR, is_folder=True)
    head = head.ljust(813, b" ") + (b"0" * 16 + b"\0") * 4 + b"\1"
    image = bytes(16 * _SECTOR) + head.ljust(_SECTOR, b"\0")
    image += b"\xffCD001\1".ljust(_SECTOR, b"\0") + root.ljust(_SECTOR, b"\0")
    for _, content in members:
        image += content.ljust(max(1, -(-len(content) // _SECTOR)) * _SECTOR, b"\0")
    # Readers want to see eight descriptors, though there are two.
    return image.ljust(32 * _SECTOR, b"\0")


def cab_of(members: Sequence[tuple[str, bytes]]) -> bytes:
    """Return a cabinet ([MS-CAB]) with the files stored in one folder of one block."""
    content = b"".join(data for _, data in members)
    files = b""
    offset = 0
    for name, data in members:
        files += struct.pack("<LLHHHH", len(data), offset, 0, 0, 0, 0) + name.encode() + b"\0"
        offset += len(data)
    files_at = 36 + 8
    data_at = files_at + len(files)
    size = data_at + 8 + len(content)
    head = struct.pack(
        "<4s5LBB5H", b"MSCF", 0, size, 0, files_at, 0, 3, 1, 1, len(members), 0, 1, 0
    )
    folder = struct.pack("<LHH", data_at, 1, 0)
    return head + folder + files + struct.pack("<LHH", 0, len(content), len(content)) + content
