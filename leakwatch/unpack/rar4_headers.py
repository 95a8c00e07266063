"""The headers of RAR 1.5 to 4, one block after the other (RAR 3.93 technote).

    0  2  CRC-32 of the rest, its low half    2  1  type
    3  2  flags                               5  2  bytes of this header
    7  4  bytes of data behind it, where flag 0x8000 is set

Where the archive's header says so, each block behind it is preceded by a salt
of 8 bytes and encrypted up to the next multiple of 16 bytes.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Generator
from dataclasses import dataclass, field

from leakwatch.errors import Corrupt, Encrypted
from leakwatch.unpack.container import MAX_NAME_CHARS, SeekableStream
from leakwatch.unpack.rar_entry import Rar4Entry
from leakwatch.unpack.rar_keys import RarKeys, decryptor
from leakwatch.unpack.zip_directory import read_at

_BLOCK = struct.Struct("<HBHH")
_FILE = struct.Struct("<LLBLLBBHL")
_HIGH_HALVES = struct.Struct("<LL")
_MAIN, _FILE_TYPE, _END = 0x73, 0x74, 0x7B
_NEW_SUB = 0x7A
_HAS_DATA = 0x8000
_MAIN_PASSWORD, _MAIN_COMMENT = 0x0080, 0x0002
_SPLIT_BEFORE, _SPLIT_AFTER, _PASSWORD, _COMMENT, _SOLID = 0x01, 0x02, 0x04, 0x08, 0x10
_DIRECTORY, _LARGE, _UNICODE, _SALT = 0xE0, 0x0100, 0x0200, 0x0400
_UNIX = 3
_UNKNOWN_SIZE = 0xFFFFFFFF
_FIRST_METHOD = 0x30
_LINK_MODE, _KIND_MODE = 0o120000, 0o170000


@dataclass(frozen=True, slots=True)
class _Block:
    type: int
    flags: int
    header: bytes = field(repr=False)
    next_at: int
    """Where its data starts, or the next block."""


def parts(
    stream: SeekableStream, at: int, end: int, keys: RarKeys
) -> Generator[Rar4Entry, None, int]:
    """Yield the file headers of one volume; return where it ends.

    Args:
        stream: holds the volume.
        at: behind its signature.
        end: where it ends at most.
        keys: for headers that are encrypted.

    Raises:
        Corrupt: a block is damaged, or ends behind the end.
        Encrypted: the headers are, and no password opens them.
    """
    is_locked = False
    while at < end:
        block = _locked_block(stream, at, end, keys) if is_locked else _block(stream, at, end)
        if block is None:
            return at
        _check(block)
        data_bytes = 0
        if block.type == _MAIN:
            is_locked = bool(block.flags & _MAIN_PASSWORD)
        elif block.type == _END:
            return block.next_at
        elif block.type in {_FILE_TYPE, _NEW_SUB}:
            entry = _entry(block, end)
            data_bytes = entry.packed_bytes
            if block.type == _FILE_TYPE:
                yield entry
        elif block.flags & _HAS_DATA:
            data_bytes = int.from_bytes(block.header[7:11], "little")
        at = block.next_at + data_bytes
    return at


def _block(stream: SeekableStream, at: int, end: int) -> _Block | None:
    """Return the block there, or None where a signature or nothing is."""
    fixed = read_at(stream, at, min(_BLOCK.size, end - at))
    if len(fixed) < _BLOCK.size:
        return None
    _, kind, flags, size = _BLOCK.unpack(fixed)
    if fixed.startswith(b"Rar!"):
        return None
    if size < _BLOCK.size or at + size > end:
        raise Corrupt("a header of the archive is damaged")
    header = fixed + stream.read(size - _BLOCK.size)
    if len(header) < size:
        raise Corrupt("the archive ends within a header")
    return _Block(kind, flags, header, at + size)


def _locked_block(stream: SeekableStream, at: int, end: int, keys: RarKeys) -> _Block | None:
    salt = read_at(stream, at, 8)
    first = stream.read(16)
    if len(first) < 16 or at + 24 > end:
        return None
    if not keys.passwords:
        raise Encrypted("the archive's headers need a password")
    for password in keys.in_order():
        clear = decryptor(*keys.key3(salt, password))
        header = clear.update(first)
        _, kind, flags, size = _BLOCK.unpack_from(header)
        padded = -(-size // 16) * 16
        if not _MAIN < kind <= _END or size < _BLOCK.size or at + 8 + padded > end:
            continue
        header += clear.update(read_at(stream, at + 24, padded - 16))
        block = _Block(kind, flags, header[:size], at + 8 + padded)
        if _is_sound(block):
            keys.note_right(password)
            return block
    raise Encrypted(f"none of {len(keys.passwords)} passwords opens the headers")


def _check(block: _Block) -> None:
    if not _is_sound(block):
        raise Corrupt("a header of the archive has a wrong checksum")


def _is_sound(block: _Block) -> bool:
    covered = len(block.header)
    if block.type == _MAIN and block.flags & _MAIN_COMMENT:
        covered = 13
    elif block.type == _FILE_TYPE and block.flags & _COMMENT and covered >= 32:
        covered = min(covered, _fixed_bytes(block))
    elif block.type not in {_MAIN, _FILE_TYPE, _NEW_SUB, _END}:
        # Their checksums cover more or less than the header; nothing is taken from them.
        return True
    stored = int.from_bytes(block.header[:2], "little")
    return zlib.crc32(block.header[2:covered]) & 0xFFFF == stored


def _fixed_bytes(block: _Block) -> int:
    """Return the bytes of a file header before its comment."""
    name_bytes = int.from_bytes(block.header[26:28], "little")
    return 32 + name_bytes + (8 if block.flags & _LARGE else 0) + (8 if block.flags & _SALT else 0)


@dataclass(frozen=True, slots=True)
class FileFields:
    """The fields of a file's header up to its name."""

    name: str = field(repr=False)
    packed_bytes: int
    size_bytes: int | None
    crc32: int
    """Of a part alone, where the file goes on in the next volume."""
    is_directory: bool
    method: int
    version: int
    host_os: int
    attributes: int
    end: int
    """Where the name ends, from the start of the header."""


def file_fields(header: bytes, flags: int) -> FileFields:
    """Read a file's header, its block's seven bytes before it. Raises Corrupt."""
    at = _BLOCK.size + _FILE.size
    if len(header) < at:
        raise Corrupt("a file header is too short")
    fields = _FILE.unpack_from(header, _BLOCK.size)
    packed, size, host_os, crc32, _, version, method, name_bytes, attributes = fields
    if flags & _LARGE and len(header) >= at + _HIGH_HALVES.size:
        high_packed, high_size = _HIGH_HALVES.unpack_from(header, at)
        packed, size = packed | high_packed << 32, size | high_size << 32
        at += _HIGH_HALVES.size
    name = decode_name(header[at : at + name_bytes], is_unicode=bool(flags & _UNICODE))
    return FileFields(
        name=name[:MAX_NAME_CHARS],
        packed_bytes=packed,
        size_bytes=None if size in {_UNKNOWN_SIZE, 2**64 - 1} else size,
        crc32=crc32,
        is_directory=flags & _DIRECTORY == _DIRECTORY,
        method=method,
        version=version,
        host_os=host_os,
        attributes=attributes,
        end=at + name_bytes,
    )


def _entry(block: _Block, end: int) -> Rar4Entry:
    file = file_fields(block.header, block.flags)
    is_link = file.host_os == _UNIX and (file.attributes & _KIND_MODE) == _LINK_MODE
    data_bytes = max(0, min(file.packed_bytes, end - block.next_at))
    return Rar4Entry(
        name=file.name,
        size_bytes=file.size_bytes,
        crc32=file.crc32,
        extents=((block.next_at, data_bytes),),
        method=max(0, file.method - _FIRST_METHOD),
        is_directory=file.is_directory,
        link_target="" if is_link else None,
        is_solid=bool(block.flags & _SOLID),
        is_encrypted=bool(block.flags & _PASSWORD),
        continues_before=bool(block.flags & _SPLIT_BEFORE),
        continues_after=bool(block.flags & _SPLIT_AFTER),
        is_cut=data_bytes < file.packed_bytes,
        flags=block.flags,
        host_os=file.host_os,
        raw_crc=file.crc32,
        unpack_version=file.version,
        attributes=file.attributes,
        salt=block.header[file.end : file.end + 8] if block.flags & _SALT else b"",
    )


def decode_name(raw: bytes, *, is_unicode: bool) -> str:
    """Return a member's name: UTF-8, CP437, or as ``unpack_name`` has it."""
    plain, nul, packed = raw.partition(b"\0")
    if is_unicode and nul:
        name = unpack_name(plain, packed)
    else:
        try:
            name = plain.decode("utf-8")
        except UnicodeDecodeError:
            name = plain.decode("utf-8" if is_unicode else "cp437", "replace")
    return name.replace("\\", "/")


def unpack_name(plain: bytes, packed: bytes) -> str:
    """Return a name written as differences from its 8-bit form.

    The first byte is the common high byte. Then each pair of bits, four to a
    byte, says how a character is made: 0 a byte alone, 1 with the high byte,
    2 two bytes, 3 a run copied from the 8-bit form, corrected or not.
    """
    units: list[int] = []
    given = iter(packed)
    high = next(given, 0)
    flags = bits = 0
    try:
        while len(units) <= MAX_NAME_CHARS:
            if not bits:
                flags, bits = next(given), 8
            bits -= 2
            way = flags >> bits & 3
            if way == 0:
                units.append(next(given))
            elif way == 1:
                units.append(next(given) | high << 8)
            elif way == 2:
                units.append(next(given) | next(given) << 8)
            else:
                length = next(given)
                correction = next(given) if length & 0x80 else None
                for _ in range((length & 0x7F) + 2):
                    base = plain[len(units)] if len(units) < len(plain) else ord("?")
                    if correction is None:
                        units.append(base)
                    else:
                        units.append((base + correction) & 0xFF | high << 8)
    except StopIteration:
        pass
    return struct.pack(f"<{len(units)}H", *units).decode("utf-16-le", "replace")
