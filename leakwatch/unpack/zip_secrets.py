"""Encrypted ZIP members: the traditional cipher, and WinZip's AES (AE-1, AE-2).

Traditional (APPNOTE 6.1): the last of twelve bytes before the data tells
whether a password may be right; one wrong password in 256 passes. The cipher
works byte by byte, a megabyte a second here, so libarchive does it for long
members where there is one.

AES (winzip.com, "AES Encryption Information"): salt, two bytes of check, data
under AES-CTR with a counter that runs from its low end, ten bytes of HMAC-SHA-1.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from leakwatch.errors import Corrupt, Encrypted, Unsupported
from leakwatch.unpack.container import MAX_PASSWORDS
from leakwatch.unpack.forward import ChunkStream
from leakwatch.unpack.libarchive_reader import LibarchiveReader
from leakwatch.unpack.zip_directory import Aes, ZipEntry

PREFIX_BYTES = 12
_LONG_BYTES = 256 * 1024
_FLAG_DESCRIPTOR, _FLAG_STRONG = 0x8, 0x40
_AES_ROUNDS = 1000
_AES_CODE_BYTES = 10
_BLOCK_BYTES = 16
_MAX_STRENGTH = 3
_CRC_TABLE = tuple(zlib.crc32(bytes([n]), 0xFFFFFFFF) ^ 0xFFFFFFFF for n in range(256))
_LOW = 0xFFFFFFFF
_OTHER_ENCODINGS = ("cp1252", "cp437", "cp1251", "cp866", "gbk", "shift_jis")
"""Of passwords that are not ASCII, beside UTF-8: what programs on Windows take."""

Packed = Callable[[], Iterator[bytes]]
"""Opens the packed bytes of a member from their start."""


@dataclass(slots=True)
class ZipKeys:
    """The passwords of one archive."""

    passwords: Sequence[str] = field(repr=False)
    right: bytes | None = field(default=None, repr=False)
    """One that opened something."""
    _raw: tuple[bytes, ...] | None = field(default=None, repr=False)

    def in_order(self) -> Iterator[bytes]:
        """Yield the passwords as bytes, one that was right before first."""
        if self._raw is None:
            raw = (_encoded(password) for password in self.passwords[:MAX_PASSWORDS])
            self._raw = tuple(dict.fromkeys(chain.from_iterable(raw)))
        if self.right is not None:
            yield self.right
        yield from (password for password in self._raw if password != self.right)


@dataclass(frozen=True, slots=True)
class Opened:
    """A member's data, decrypted but still packed."""

    chunks: Iterator[bytes]
    method: int
    password: bytes = field(repr=False)
    has_crc: bool = True


def openings(entry: ZipEntry, packed: Packed, keys: ZipKeys) -> Iterator[Opened]:
    """Yield what each password that may be right makes of a member; at least one.

    Raises:
        Encrypted: none may be, or the cipher is another.
        Corrupt: the member is cut short.
    """
    if not keys.passwords:
        raise Encrypted("the member needs a password")
    if entry.flags & _FLAG_STRONG:
        raise Encrypted("the member is encrypted by a cipher there is no reader for")
    found = _by_aes(entry, entry.aes, packed, keys) if entry.aes else _by_old(entry, packed, keys)
    first = next(found, None)
    if first is None:
        raise Encrypted(f"none of {len(keys.passwords)} passwords opens the member")
    yield first
    yield from found


def _encoded(password: str) -> Iterator[bytes]:
    yield password.encode("utf-8", "surrogatepass")
    if not password.isascii():
        for encoding in _OTHER_ENCODINGS:
            try:
                yield password.encode(encoding)
            except UnicodeEncodeError:
                continue


def _by_old(entry: ZipEntry, packed: Packed, keys: ZipKeys) -> Iterator[Opened]:
    start = _start(packed(), PREFIX_BYTES)
    # Where the checksum follows the data, its writer did not know it yet.
    known = entry.dos_time >> 8 if entry.flags & _FLAG_DESCRIPTOR else entry.crc32 >> 24
    for password in keys.in_order():
        state = _State(password)
        if state.decrypted(start)[-1] != known & 0xFF:
            continue
        if entry.packed_bytes > _LONG_BYTES and password.isascii():
            yield Opened(_quickly(entry, packed, password, known & 0xFF), entry.method, password)
        else:
            yield Opened(_slowly(state, packed), entry.method, password)


def _start(chunks: Iterator[bytes], size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = next(chunks, b"")
        if not piece:
            raise Corrupt("the member is cut short")
        data += piece
    return data[:size]


class _State:
    """The three numbers of the traditional cipher."""

    def __init__(self, password: bytes) -> None:
        self._keys = (0x12345678, 0x23456789, 0x34567890)
        for byte in password:
            self._keys = _stirred(*self._keys, byte)

    def decrypted(self, data: bytes) -> bytes:
        """Return the next bytes in clear."""
        table, low = _CRC_TABLE, _LOW
        one, two, three = self._keys
        out = bytearray(len(data))
        for at, byte in enumerate(data):
            mask = three | 2
            clear = byte ^ (mask * (mask ^ 1) >> 8 & 0xFF)
            out[at] = clear
            one = table[(one ^ clear) & 0xFF] ^ one >> 8
            two = ((two + (one & 0xFF)) * 134775813 + 1) & low
            three = table[(three ^ two >> 24) & 0xFF] ^ three >> 8
        self._keys = one, two, three
        return bytes(out)


def _stirred(one: int, two: int, three: int, byte: int) -> tuple[int, int, int]:
    one = _CRC_TABLE[(one ^ byte) & 0xFF] ^ one >> 8
    two = ((two + (one & 0xFF)) * 134775813 + 1) & _LOW
    return one, two, _CRC_TABLE[(three ^ two >> 24) & 0xFF] ^ three >> 8


def _slowly(state: _State, packed: Packed) -> Iterator[bytes]:
    skip = PREFIX_BYTES
    for data in packed():
        piece, skip = data[skip:], max(0, skip - len(data))
        if piece:
            yield state.decrypted(piece)


def _quickly(entry: ZipEntry, packed: Packed, password: bytes, check: int) -> Iterator[bytes]:
    """Let libarchive decrypt: it is shown a stored member with the same cipher."""
    left = entry.packed_bytes - PREFIX_BYTES
    head = local_header(0, 1, check << 24, entry.packed_bytes, left)
    stream = ChunkStream(chain([head], packed()))
    try:
        for member in LibarchiveReader(("zip",)).members(stream, [password.decode()]):
            for data in member.chunks():
                left -= len(data)
                yield data
                if left <= 0:
                    # Behind the end it would find the made-up checksum wrong.
                    return
    except Unsupported:
        state = _State(password)
        state.decrypted(_start(packed(), PREFIX_BYTES))
        yield from _slowly(state, packed)


def local_header(method: int, flags: int, crc32: int, packed: int, size: int) -> bytes:
    """Return the header of a member called ``x``, sizes in 64 bits."""
    extra = struct.pack("<2H2Q", 1, 16, size, packed)
    fixed = (b"PK\x03\x04", 45, flags, method, 0, 0x21, crc32, _LOW, _LOW, 1, len(extra))
    return struct.pack("<4s5H3L2H", *fixed) + b"x" + extra


def _by_aes(entry: ZipEntry, aes: Aes, packed: Packed, keys: ZipKeys) -> Iterator[Opened]:
    if not 1 <= aes.strength <= _MAX_STRENGTH:
        raise Encrypted("the member is encrypted by a cipher there is no reader for")
    salt_bytes, key_bytes = 4 + 4 * aes.strength, 8 + 8 * aes.strength
    start = _start(packed(), salt_bytes + 2)
    for password in keys.in_order():
        derived = hashlib.pbkdf2_hmac(
            "sha1", password, start[:salt_bytes], _AES_ROUNDS, 2 * key_bytes + 2
        )
        if derived[-2:] == start[salt_bytes:]:
            cipher, code = derived[:key_bytes], derived[key_bytes : 2 * key_bytes]
            data_bytes = entry.packed_bytes - salt_bytes - 2 - _AES_CODE_BYTES
            chunks = _counted(cipher, code, packed(), salt_bytes + 2, data_bytes)
            yield Opened(chunks, aes.method, password, has_crc=aes.version == 1)


def _counted(
    key: bytes, code_key: bytes, chunks: Iterator[bytes], skip: int, data_bytes: int
) -> Iterator[bytes]:
    """Yield data in clear, then check its code. Raises Corrupt."""
    cipher = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305  (makes CTR)
    code = hmac.new(code_key, digestmod="sha1")
    counter, rest, stored = 1, b"", b""
    left = data_bytes
    for data in chunks:
        piece, skip = data[skip:], max(0, skip - len(data))
        stored += piece[max(0, left) :]
        piece = piece[: max(0, left)]
        left -= len(piece)
        code.update(piece)
        rest += piece
        end = len(rest) if left <= 0 else len(rest) // _BLOCK_BYTES * _BLOCK_BYTES
        clear, rest = rest[:end], rest[end:]
        if clear:
            blocks = -(-len(clear) // _BLOCK_BYTES)
            numbers = range(counter, counter + blocks)
            counter += blocks
            mask = cipher.update(b"".join([n.to_bytes(_BLOCK_BYTES, "little") for n in numbers]))
            yield _masked(clear, mask[: len(clear)])
    if left > 0 or not hmac.compare_digest(code.digest()[:_AES_CODE_BYTES], stored):
        raise Corrupt("the member's authentication code is wrong")


def _masked(data: bytes, mask: bytes) -> bytes:
    mixed = int.from_bytes(data, "little") ^ int.from_bytes(mask, "little")
    return mixed.to_bytes(len(data), "little")
