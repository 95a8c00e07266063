"""Keyed digests of what a listing tells of a file: size, checksum, name, Merkle root."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from enum import StrEnum

from leakwatch.fingerprint.exact import RAW_FLOOR_BYTES
from leakwatch.fingerprint.key import FingerprintKey
from leakwatch.fingerprint.normalise import letters

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

    path: str
    size_bytes: int | None = None
    crc32: int | None = None
    pieces_root: str | None = None


class NameHasher:
    """Digests names and numbers under one key, to 64 bits. Thread-safe."""

    def __init__(self, key: FingerprintKey) -> None:
        self._keys = {kind: key.subkey(f"name/{kind}") for kind in NameKind}

    def digests(self, facts: NameFacts) -> dict[NameKind, int]:
        """Return a 64-bit number for each kind that the facts suffice for.

        Sizes and checksums of files below 64 bytes are left out: too many
        files share them.
        """
        parts = [p for p in (letters(part) for part in facts.path.split("/")) if p]
        size = facts.size_bytes
        told: dict[NameKind, bytes] = {}
        if size is not None and size >= RAW_FLOOR_BYTES:
            if facts.crc32 is not None:
                told[NameKind.SIZE_CRC] = b"%d/%d" % (size, facts.crc32)
            if parts:
                told[NameKind.NAME_SIZE] = b"%d/%s" % (size, parts[-1])
            if len(parts) > 1:
                told[NameKind.TAIL_SIZE] = b"%d/%s/%s" % (size, parts[-2], parts[-1])
        if facts.pieces_root and (size is None or size >= RAW_FLOOR_BYTES):
            told[NameKind.PIECES_ROOT] = facts.pieces_root.lower().encode("ascii", "replace")
        if parts:
            told[NameKind.NAME] = parts[-1]
        return {kind: self._number(kind, message) for kind, message in told.items()}

    def name(self, name: str) -> int | None:
        """Return the digest of a base name, or None for one without letters."""
        return self.digests(NameFacts(path=name.rpartition("/")[2])).get(NameKind.NAME)

    def _number(self, kind: NameKind, message: bytes) -> int:
        return int.from_bytes(hmac.digest(self._keys[kind], message, hashlib.sha256)[:8], "little")


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
