"""The headers of RAR 5 to 7, one block after the other (RAR 5.0 technote).

    CRC-32 of the rest (4), bytes of the header (v), type (v), flags (v),
    [bytes of the extra area (v)] [bytes of data (v)] fields ... extra area

v is a number of 7 bits a byte, lowest first. Behind an encryption header each
block is preceded by an IV of 16 bytes and encrypted up to a multiple of 16.
"""

from __future__ import annotations

import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

from leakwatch.errors import Corrupt, Encrypted
from leakwatch.unpack.container import MAX_NAME_CHARS, SeekableStream
from leakwatch.unpack.rar_entry import Cipher5, Rar5Entry
from leakwatch.unpack.rar_keys import Key5, RarKeys, check_of, decryptor
from leakwatch.unpack.zip_directory import read_at

_MAX_HEADER_BYTES = 2 * 1024 * 1024
_MAX_VINT_BYTES = 10
_FIRST_BYTES = 16
_FILE, _ENCRYPTION, _END = 2, 4, 5
_HAS_EXTRA, _HAS_DATA, _SPLIT_BEFORE, _SPLIT_AFTER = 0x01, 0x02, 0x08, 0x10
_DIRECTORY, _HAS_TIME, _HAS_CRC, _SIZE_UNKNOWN = 0x01, 0x02, 0x04, 0x08
_EXTRA_CIPHER, _EXTRA_LINK = 0x01, 0x05
_HARD_LINK, _COPY = 4, 5


class HeaderFields:
    """Reads fields off a header, one after the other; raises Corrupt where it ends early."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data = data
        self.at = at

    def number(self) -> int:
        value = 0
        for place, byte in enumerate(self.data[self.at : self.at + _MAX_VINT_BYTES]):
            value |= (byte & 0x7F) << 7 * place
            if byte < 0x80:
                self.at += place + 1
                return value
        raise Corrupt("a number in a header has no end")

    def take(self, size: int) -> bytes:
        piece = self.data[self.at : self.at + size]
        if len(piece) < size:
            raise Corrupt("a header of the archive is too short")
        self.at += size
        return piece


@dataclass(frozen=True, slots=True)
class FileFields:
    """The fields of a file's header, its extra area left aside."""

    name: str = field(repr=False)
    size_bytes: int | None
    crc32: int | None
    """As it stands there: it may depend on the password, or be that of a part."""
    is_directory: bool
    compression: int
    host_os: int


def file_fields(fields: HeaderFields) -> FileFields:
    """Read what follows the type, the flags and the sizes. Raises Corrupt."""
    flags, size, _ = fields.number(), fields.number(), fields.number()
    if flags & _HAS_TIME:
        fields.take(4)
    crc32 = int.from_bytes(fields.take(4), "little") if flags & _HAS_CRC else None
    compression, host_os = fields.number(), fields.number()
    return FileFields(
        name=fields.take(fields.number()).decode("utf-8", "replace")[:MAX_NAME_CHARS],
        size_bytes=None if flags & _SIZE_UNKNOWN else size,
        crc32=crc32,
        is_directory=bool(flags & _DIRECTORY),
        compression=compression,
        host_os=host_os,
    )


@dataclass(frozen=True, slots=True)
class _Block:
    type: int
    flags: int
    data_bytes: int
    fields: HeaderFields
    extra: bytes = field(repr=False)
    next_at: int


def parts(
    stream: SeekableStream, at: int, end: int, keys: RarKeys
) -> Generator[Rar5Entry, None, int]:
    """Yield the file headers of one volume; return where it ends.

    Arguments and errors as in ``rar4_headers.parts``.
    """
    key: Key5 | None = None
    while at < end:
        block = _block(stream, at, end, key)
        if block is None:
            return at
        if block.type == _ENCRYPTION:
            key = keys.key5(_cipher_of_headers(block.fields))
        elif block.type == _FILE:
            yield _entry(block, end)
        elif block.type == _END:
            return block.next_at
        at = block.next_at + block.data_bytes
    return at


def _block(stream: SeekableStream, at: int, end: int, key: Key5 | None) -> _Block | None:
    """Return the block there, or None where a signature or nothing is."""
    vector = b""
    if key is not None:
        vector = read_at(stream, at, 16)
        at += len(vector)
    first = read_at(stream, at, min(_FIRST_BYTES, end - at))
    if len(first) < 7 or first.startswith(b"Rar!"):
        return None
    if key is not None and (len(vector) < 16 or len(first) < 16):
        raise Corrupt("the archive ends within a header")
    clear = decryptor(key.key, vector) if key is not None else None
    header = clear.update(first) if clear is not None else first
    fields = HeaderFields(header, 4)
    size = fields.number()
    whole = fields.at + size
    padded = whole if clear is None else -(-whole // 16) * 16
    if size > _MAX_HEADER_BYTES or at + padded > end:
        raise Corrupt("a header of the archive is damaged")
    if padded > len(header):
        rest = read_at(stream, at + len(first), padded - len(first))
        header += clear.update(rest) if clear is not None else rest
    header = header[:whole]
    if len(header) < whole or zlib.crc32(header[4:]) != int.from_bytes(header[:4], "little"):
        raise Corrupt("a header of the archive has a wrong checksum")
    fields = HeaderFields(header, fields.at)
    kind, flags = fields.number(), fields.number()
    extra_bytes = fields.number() if flags & _HAS_EXTRA else 0
    data_bytes = fields.number() if flags & _HAS_DATA else 0
    extra = header[len(header) - extra_bytes :] if extra_bytes else b""
    return _Block(kind, flags, data_bytes, fields, extra, at + padded)


def _cipher_of_headers(fields: HeaderFields) -> Cipher5:
    version, flags = fields.number(), fields.number()
    if version != 0:
        raise Encrypted("the headers are encrypted in an unknown way")
    count, salt = fields.take(1)[0], fields.take(16)
    check = check_of(fields.take(12)) if flags & 1 else None
    return Cipher5(count, salt, b"", check, is_tweaked=False)


def _entry(block: _Block, end: int) -> Rar5Entry:
    file = file_fields(block.fields)
    compression = file.compression
    cipher: Cipher5 | None = None
    link: tuple[int, str] | None = None
    for kind, record in _records(block.extra):
        if kind == _EXTRA_CIPHER:
            cipher = _cipher(record)
        elif kind == _EXTRA_LINK:
            link = _link(record)
    data_bytes = max(0, min(block.data_bytes, end - block.next_at))
    return Rar5Entry(
        name=file.name,
        size_bytes=file.size_bytes,
        crc32=None if cipher is not None and cipher.is_tweaked else file.crc32,
        extents=((block.next_at, data_bytes),),
        method=compression >> 7 & 7,
        is_directory=file.is_directory,
        link_target=link[1] if link else None,
        is_copy=link is not None and link[0] in {_HARD_LINK, _COPY},
        is_solid=bool(compression & 0x40),
        is_encrypted=cipher is not None,
        continues_before=bool(block.flags & _SPLIT_BEFORE),
        continues_after=bool(block.flags & _SPLIT_AFTER),
        is_cut=data_bytes < block.data_bytes,
        compression=compression,
        host_os=file.host_os,
        cipher=cipher,
        raw_crc=file.crc32,
    )


def _records(extra: bytes) -> Iterator[tuple[int, HeaderFields]]:
    fields = HeaderFields(extra)
    while fields.at < len(extra):
        try:
            size = fields.number()
            record = HeaderFields(fields.take(size))
            yield record.number(), record
        except Corrupt:
            # The header's checksum is right, so this is how it was written.
            return


def _cipher(record: HeaderFields) -> Cipher5:
    _, flags = record.number(), record.number()
    count, salt, vector = record.take(1)[0], record.take(16), record.take(16)
    check = check_of(record.take(12)) if flags & 1 else None
    return Cipher5(count, salt, vector, check, is_tweaked=bool(flags & 2))


def _link(record: HeaderFields) -> tuple[int, str]:
    kind, _ = record.number(), record.number()
    return kind, record.take(record.number()).decode("utf-8", "replace")
