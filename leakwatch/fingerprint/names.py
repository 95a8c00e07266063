"""Keyed digests of what a listing tells of a file: size, checksum, name, Merkle root."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

from leakwatch.fingerprint.exact import RAW_FLOOR_BYTES
from leakwatch.fingerprint.key import FingerprintKey
from leakwatch.fingerprint.mac import Mac
from leakwatch.fingerprint.normalise import letters

LONGEST_PART = 4096
"""Characters of one part of a path; no system has longer ones, so none is known."""
LARGEST_BYTES = 1 << 62
BLOCK_BYTES = 16 * 1024
"""Leaf of a BitTorrent v2 Merkle tree (BEP 52)."""


class NameKind(StrEnum):
    """What of a listing's line was digested."""

    SIZE_CRC = "size_crc"
    PIECES_ROOT = "pieces_root"
    TAIL_SIZE = "tail_size"
    """Last two parts of the path, with the size."""
    NAME_SIZE = "name_size"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class NameFacts:
    """What one line of a listing says; None where it does not."""

    path: str = field(repr=False)
    size_bytes: int | None = None
    crc32: int | None = None
    pieces_root: str | None = None


class NameHasher:
    """Digests names and numbers under one key, to 64 bits. Thread-safe."""

    def __init__(self, key: FingerprintKey) -> None:
        self._macs = {kind: Mac(key.subkey(f"name/{kind}")) for kind in NameKind}

    def digests(self, facts: NameFacts) -> dict[NameKind, int]:
        """Return a 64-bit number for each kind that the facts suffice for.

        Sizes and checksums of files below 64 bytes are left out: too many
        files share them. What no file can have (a negative size, a checksum
        of more than 32 bits) counts as not said.
        """
        told = {kind: self.number(kind, facts) for kind in NameKind}
        return {kind: number for kind, number in told.items() if number is not None}

    def number(self, kind: NameKind, facts: NameFacts) -> int | None:
        """Return the number of one kind; None where the facts do not suffice."""
        message = _MESSAGES[kind](facts)
        if message is None:
            return None
        return int.from_bytes(self._macs[kind].digest(message)[:8], "little")

    def name(self, name: str) -> int | None:
        """Return the digest of a base name, or None for one without letters."""
        return self.number(NameKind.NAME, NameFacts(path=name.rpartition("/")[2]))


def usable_size(size_bytes: int | None) -> int | None:
    """Return a size that can tell a file from others, else None."""
    if size_bytes is None or not RAW_FLOOR_BYTES <= size_bytes < LARGEST_BYTES:
        return None
    return size_bytes


def _size_crc(facts: NameFacts) -> bytes | None:
    size, crc32 = usable_size(facts.size_bytes), facts.crc32
    if size is None or crc32 is None or not 0 <= crc32 < 1 << 32:
        return None
    return b"%d/%d" % (size, crc32)


def _pieces_root(facts: NameFacts) -> bytes | None:
    is_small = facts.size_bytes is not None and usable_size(facts.size_bytes) is None
    if not facts.pieces_root or is_small:
        return None
    return facts.pieces_root[:LONGEST_PART].lower().encode("ascii", "replace")


def _name(facts: NameFacts) -> bytes | None:
    return _ends(facts.path)[0]


def _name_size(facts: NameFacts) -> bytes | None:
    return _sized(facts, _ends(facts.path)[0])


def _tail_size(facts: NameFacts) -> bytes | None:
    return _sized(facts, _ends(facts.path)[1])


def _sized(facts: NameFacts, tail: bytes | None) -> bytes | None:
    size = usable_size(facts.size_bytes)
    return b"%d/%s" % (size, tail) if size is not None and tail is not None else None


_MESSAGES: Mapping[NameKind, Callable[[NameFacts], bytes | None]] = MappingProxyType(
    {
        NameKind.SIZE_CRC: _size_crc,
        NameKind.PIECES_ROOT: _pieces_root,
        NameKind.TAIL_SIZE: _tail_size,
        NameKind.NAME_SIZE: _name_size,
        NameKind.NAME: _name,
    }
)
"""What of the facts each kind of digest is taken of; None where they do not suffice."""


@lru_cache(maxsize=4)  # The same path is asked for, for one kind after another.
def _ends(path: str) -> tuple[bytes | None, bytes | None]:
    """Return the letters of a base name; and with those of the last folder that has any before."""
    folder, _, part = path.rpartition("/")
    name = _part_letters(part)
    if not name:
        return None, None
    while folder:
        folder, _, part = folder.rpartition("/")
        if plain := _part_letters(part):
            return name, plain + b"/" + name
    return name, None


def _part_letters(part: str) -> bytes:
    return letters(part) if len(part) <= LONGEST_PART else b""


class PiecesRoot:
    """The BitTorrent v2 ``pieces root`` of a file, fed in pieces of any size (BEP 52)."""

    def __init__(self) -> None:
        self._rest = b""
        self._leaves: list[bytes] = []

    def update(self, data: bytes) -> None:
        data = self._rest + data
        whole = len(data) - len(data) % BLOCK_BYTES
        for start in range(0, whole, BLOCK_BYTES):
            self._leaves.append(hashlib.sha256(data[start : start + BLOCK_BYTES]).digest())
        self._rest = data[whole:]

    def hexdigest(self) -> str | None:
        """Return the root in hex; None for an empty file, which has none."""
        layer = list(self._leaves)
        if self._rest:
            layer.append(hashlib.sha256(self._rest).digest())
        if not layer:
            return None
        # The tree is filled up to a power of two with leaves of 32 zero bytes.
        layer += [bytes(32)] * ((1 << (len(layer) - 1).bit_length()) - len(layer))
        while len(layer) > 1:
            pairs = zip(layer[::2], layer[1::2], strict=True)
            layer = [hashlib.sha256(left + right).digest() for left, right in pairs]
        return layer[0].hex()
