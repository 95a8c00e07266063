"""What is left of a ZIP file without its directory: a download cut short, mostly.

Members are found by their local headers, one behind the other. A header that
leaves sizes to a descriptor behind the data makes us look for the next
signature; only then.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from leakwatch.unpack.container import CHUNK_BYTES, MAX_NAME_CHARS, SeekableStream
from leakwatch.unpack.zip_directory import (
    EXTRA_AES,
    ZipEntry,
    aes_of,
    decode_name,
    extra_fields,
    read_at,
)

_LOCAL = struct.Struct("<4s5H3L2H")
_LOCAL_MAGIC = b"PK\x03\x04"
_DESCRIPTOR = struct.Struct("<4s3L")
_DESCRIPTOR_MAGIC = b"PK\x07\x08"
_FLAG_DESCRIPTOR = 0x8


def salvage(stream: SeekableStream) -> Iterator[ZipEntry]:
    """Yield the members whose local headers follow each other from the first one on."""
    at = _find(stream, (_LOCAL_MAGIC,), 0)
    while at is not None:
        raw = read_at(stream, at, _LOCAL.size)
        if len(raw) < _LOCAL.size or not raw.startswith(_LOCAL_MAGIC):
            return
        _, _, flags, method, dos_time, _, crc32, packed, size, name_bytes, extra_bytes = (
            _LOCAL.unpack(raw)
        )
        name, extra = stream.read(name_bytes), dict(extra_fields(stream.read(extra_bytes)))
        start = at + _LOCAL.size + name_bytes + extra_bytes
        following = start + packed
        if flags & _FLAG_DESCRIPTOR and not packed:
            end, following = _end_of(stream, start)
            # The name may be said to reach behind the end of the file.
            packed = max(0, end - start)
            found = read_at(stream, end, _DESCRIPTOR.size)
            if found.startswith(_DESCRIPTOR_MAGIC) and len(found) == _DESCRIPTOR.size:
                _, crc32, _, size = _DESCRIPTOR.unpack(found)
        yield ZipEntry(
            name=decode_name(name, flags)[:MAX_NAME_CHARS],
            flags=flags,
            method=method,
            crc32=crc32,
            packed_bytes=packed,
            size_bytes=size,
            header_offset=at,
            unix_mode=0,
            dos_time=dos_time,
            aes=aes_of(extra.get(EXTRA_AES)),
        )
        at = following


def _end_of(stream: SeekableStream, start: int) -> tuple[int, int]:
    """Return where data of unknown length ends and where the next header is to be expected."""
    end = _find(stream, (_DESCRIPTOR_MAGIC, _LOCAL_MAGIC), start)
    if end is None:
        file_bytes = stream.seek(0, 2)
        return file_bytes, file_bytes
    return end, _find(stream, (_LOCAL_MAGIC,), end) or stream.seek(0, 2)


def _find(stream: SeekableStream, marks: tuple[bytes, ...], start: int) -> int | None:
    """Return where the first of some four-byte marks stands, reading piece by piece."""
    overlap = 3
    while data := read_at(stream, start, CHUNK_BYTES):
        found = [at for mark in marks if (at := data.find(mark)) >= 0]
        if found:
            return start + min(found)
        if len(data) <= overlap:
            return None
        start += len(data) - overlap
    return None
