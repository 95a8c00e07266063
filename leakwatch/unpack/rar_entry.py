"""What a RAR archive's headers say of one member, whichever format they are in."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, replace
from typing import ClassVar

RAR4_MAGIC = b"Rar!\x1a\x07\x00"
RAR5_MAGIC = b"Rar!\x1a\x07\x01\x00"
NAME_IN_CARVED = b"x"
"""Carved archives hold no hostile name."""


@dataclass(frozen=True, slots=True)
class Cipher5:
    """How a member of RAR5 is encrypted (technote: file encryption record)."""

    kdf_count: int
    """PBKDF2 iterations are 2 to the power of this."""
    salt: bytes = field(repr=False)
    vector: bytes = field(repr=False)
    check: bytes | None = field(repr=False)
    """8 bytes that a right password gives, where stored."""
    is_tweaked: bool
    """The checksum is not the content's own but keyed."""


@dataclass(frozen=True, slots=True)
class RarEntry:
    """One file header: claims, all of them."""

    name: str = field(repr=False)
    size_bytes: int | None
    """None where the writer did not know."""
    crc32: int | None
    """Of the content; None where there is none, or one keyed by the password."""
    extents: tuple[tuple[int, int], ...]
    """(offset, bytes) of the packed data, one a volume."""
    method: int
    """0 is stored, 1 to 5 packed."""
    is_directory: bool = False
    link_target: str | None = field(default=None, repr=False)
    """Where this is a link; the member named there where ``is_copy``."""
    is_copy: bool = False
    """A hard link or a copy of another member: no data of its own."""
    is_solid: bool = False
    """Needs the members before it to be unpacked."""
    is_encrypted: bool = False
    continues_before: bool = False
    continues_after: bool = False
    is_cut: bool = False
    """Its data would end behind the end of the file."""

    magic: ClassVar[bytes]
    end: ClassVar[bytes]
    """What ends an archive: libarchive, which reads ahead, needs it."""

    @property
    def packed_bytes(self) -> int:
        return sum(size for _, size in self.extents)

    def main_header(self, *, is_solid: bool) -> bytes:
        """Return the archive header of a carved archive."""
        raise NotImplementedError

    def header(self, packed_bytes: int) -> bytes:
        """Return the file header for a carved archive, whole and in one volume."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Rar4Entry(RarEntry):
    """A member of RAR 1.5 to 4."""

    flags: int = 0
    host_os: int = 0
    raw_crc: int = 0
    unpack_version: int = 0
    attributes: int = 0
    salt: bytes = field(default=b"", repr=False)

    magic: ClassVar[bytes] = RAR4_MAGIC
    end: ClassVar[bytes] = b"\xc4\x3d\x7b\x00\x40\x07\x00"

    def main_header(self, *, is_solid: bool) -> bytes:
        flags = 0x0008 if is_solid else 0
        return _with_crc16(b"\x73" + flags.to_bytes(2, "little") + b"\x0d\x00" + bytes(6))

    def header(self, packed_bytes: int) -> bytes:
        # Password, solid, dictionary and salt stay; sizes are always given in 64 bits.
        flags = (self.flags & (0x0004 | 0x0010 | 0x00E0 | 0x0400)) | 0x8000 | 0x0100
        size = self.size_bytes or 0
        salt = self.salt if self.flags & 0x0400 else b""
        head_bytes = 32 + 8 + len(NAME_IN_CARVED) + len(salt)
        fields = (
            b"\x74",
            flags.to_bytes(2, "little"),
            head_bytes.to_bytes(2, "little"),
            (packed_bytes & 0xFFFFFFFF).to_bytes(4, "little"),
            (size & 0xFFFFFFFF).to_bytes(4, "little"),
            bytes([self.host_os]),
            self.raw_crc.to_bytes(4, "little"),
            bytes(4),
            bytes([self.unpack_version, 0x30 + self.method]),
            len(NAME_IN_CARVED).to_bytes(2, "little"),
            self.attributes.to_bytes(4, "little"),
            (packed_bytes >> 32).to_bytes(4, "little"),
            (size >> 32).to_bytes(4, "little"),
            NAME_IN_CARVED,
            salt,
        )
        return _with_crc16(b"".join(fields))


@dataclass(frozen=True, slots=True)
class Rar5Entry(RarEntry):
    """A member of RAR 5 to 7."""

    compression: int = 0
    """The compression information field."""
    host_os: int = 0
    cipher: Cipher5 | None = None
    raw_crc: int | None = field(default=None, repr=False)
    """The checksum as stored, keyed or not."""

    magic: ClassVar[bytes] = RAR5_MAGIC
    end: ClassVar[bytes] = b"\x1d\x77\x56\x51\x03\x05\x04\x00"

    def main_header(self, *, is_solid: bool) -> bytes:
        return _with_crc32(b"\x01\x00" + vint(0x04 if is_solid else 0))

    def header(self, packed_bytes: int) -> bytes:
        # Decrypted on the way in, so no encryption record; checked on the way out.
        crc = b"" if self.crc32 is None else self.crc32.to_bytes(4, "little")
        is_unknown = self.size_bytes is None
        fields = (
            b"\x02\x02",
            vint(packed_bytes),
            vint((0x04 if crc else 0) | (0x08 if is_unknown else 0)),
            vint(self.size_bytes or 0),
            vint(0),
            crc,
            vint(self.compression),
            vint(self.host_os),
            vint(len(NAME_IN_CARVED)),
            NAME_IN_CARVED,
        )
        return _with_crc32(b"".join(fields))


def merged(first: RarEntry, later: RarEntry) -> RarEntry:
    """Return one entry for two parts of a member that lie in volumes one after the other.

    The checksum of the whole stands in the last part.
    """
    entry = replace(
        first,
        extents=first.extents + later.extents,
        crc32=later.crc32,
        continues_after=later.continues_after,
        is_cut=first.is_cut or later.is_cut,
    )
    if isinstance(entry, Rar4Entry) and isinstance(later, Rar4Entry):
        return replace(entry, raw_crc=later.raw_crc)
    if isinstance(entry, Rar5Entry) and isinstance(later, Rar5Entry):
        return replace(entry, raw_crc=later.raw_crc)
    return entry


def vint(number: int) -> bytes:
    """Return a number as RAR5 writes it: 7 bits a byte, lowest first."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _with_crc16(block: bytes) -> bytes:
    return (zlib.crc32(block) & 0xFFFF).to_bytes(2, "little") + block


def _with_crc32(data: bytes) -> bytes:
    block = vint(len(data)) + data
    return zlib.crc32(block).to_bytes(4, "little") + block
