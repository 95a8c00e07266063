"""ZIP files with encrypted members, which the standard library reads but does not write."""

from __future__ import annotations

import hashlib
import hmac
import struct
import zlib
from collections.abc import Sequence

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from leakwatch.unpack.zip_secrets import PREFIX_BYTES

_SALT = bytes(range(16))


def traditional(members: Sequence[tuple[str, bytes]], password: bytes) -> bytes:
    """Pack stored members under the traditional cipher."""
    return _archive(
        [
            (name, 0, zlib.crc32(data), _locked(data, password), len(data), b"")
            for name, data in members
        ]
    )


def winzip(
    members: Sequence[tuple[str, bytes]], password: bytes, *, version: int = 2, strength: int = 3
) -> bytes:
    """Pack stored members under WinZip's AES; version 2 keeps no checksum."""
    extra = struct.pack("<HHHHBH", 0x9901, 7, version, 0x4541, strength, 0)
    return _archive(
        [
            (
                name,
                99,
                zlib.crc32(data) if version == 1 else 0,
                _counted(data, password, strength),
                len(data),
                extra,
            )
            for name, data in members
        ]
    )


def _counted(data: bytes, password: bytes, strength: int) -> bytes:
    key_bytes, salt = 8 + 8 * strength, _SALT[: 4 + 4 * strength]
    derived = hashlib.pbkdf2_hmac("sha1", password, salt, 1000, 2 * key_bytes + 2)
    cipher = Cipher(algorithms.AES(derived[:key_bytes]), modes.ECB()).encryptor()  # noqa: S305
    blocks = range(1, len(data) // 16 + 2)
    mask = b"".join(cipher.update(n.to_bytes(16, "little")) for n in blocks)
    packed = bytes(a ^ b for a, b in zip(data, mask, strict=False))
    code = hmac.digest(derived[key_bytes : 2 * key_bytes], packed, "sha1")[:10]
    return salt + derived[-2:] + packed + code


def _locked(data: bytes, password: bytes) -> bytes:
    one, two, three = 0x12345678, 0x23456789, 0x34567890

    def stir(byte: int) -> None:
        nonlocal one, two, three
        one = _step(one, byte)
        two = ((two + (one & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        three = _step(three, two >> 24)

    for byte in password:
        stir(byte)
    out = bytearray()
    prefix = bytes(PREFIX_BYTES - 1) + (zlib.crc32(data) >> 24).to_bytes(1, "big")
    for byte in prefix + data:
        mask = three | 2
        out.append(byte ^ (mask * (mask ^ 1) >> 8 & 0xFF))
        stir(byte)
    return bytes(out)


def _step(crc: int, byte: int) -> int:
    return zlib.crc32(bytes([byte & 0xFF]), crc ^ 0xFFFFFFFF) ^ 0xFFFFFFFF


def _archive(members: Sequence[tuple[str, int, int, bytes, int, bytes]]) -> bytes:
    """Lay out members (name, method, CRC-32, packed, size, extra field), all encrypted."""
    body, directory = b"", b""
    for name, method, crc, packed, size, extra in members:
        raw = name.encode()
        shared = struct.pack("<5H3L2H", 51, 1, method, 0, 0x21, crc, len(packed), size, len(raw), 0)
        shared = shared[:-2] + struct.pack("<H", len(extra))
        directory += b"PK\x01\x02" + struct.pack("<H", 51) + shared
        directory += struct.pack("<3H2L", 0, 0, 0, 0, len(body)) + raw + extra
        body += b"PK\x03\x04" + shared + raw + extra + packed
    count = len(members)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(directory), len(body), 0)
    return body + directory + end
