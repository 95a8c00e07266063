"""Keys of encrypted 7z archives: passwords tried in order, at a bounded cost."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from leakwatch.errors import Corrupt, Encrypted
from leakwatch.unpack.container import MAX_PASSWORDS

_MAX_POWER = 22
"""Rounds are two to the power of this; 7-Zip writes 19, the format allows 24."""
_NO_HASH = 0x3F
_MAX_ROUNDS = 1 << 25
"""For all keys of an archive together: some 15 seconds."""
_AT_ONCE = 1024


@dataclass(slots=True)
class SevenZipKeys:
    """The passwords of one archive, and what was derived from them."""

    passwords: Sequence[str] = field(repr=False)
    right: str | None = field(default=None, repr=False)
    """One that opened something."""
    _derived: dict[tuple[bytes, str], bytes] = field(default_factory=dict, repr=False)
    _rounds: int = 0

    def in_order(self) -> Iterator[str]:
        """Yield the passwords, one that was right before first."""
        if self.right is not None:
            yield self.right
        yield from (p for p in self.passwords[:MAX_PASSWORDS] if p != self.right)

    def derive(self, properties: bytes, password: str) -> bytes:
        """Return the AES-256 key: SHA-256 over 2^n times (salt, password, counter).

        Raises:
            Encrypted: it would cost too much.
            Corrupt: the properties are damaged.
        """
        power, salt, _ = _parts(properties)
        place = (bytes([power]) + salt, password)
        if place not in self._derived:
            self._derived[place] = self._derive(power, salt, password)
        return self._derived[place]

    def _derive(self, power: int, salt: bytes, password: str) -> bytes:
        seed = salt + password.encode("utf-16-le", "surrogatepass")
        if power == _NO_HASH:
            return seed.ljust(32, b"\0")[:32]
        if power <= _MAX_POWER:
            self._rounds += 1 << power
        if power > _MAX_POWER or self._rounds > _MAX_ROUNDS:
            raise Encrypted(f"its keys take 2^{power} rounds each to derive")
        digest = hashlib.sha256()
        for start in range(0, 1 << power, _AT_ONCE):
            end = min(start + _AT_ONCE, 1 << power)
            digest.update(b"".join([seed + n.to_bytes(8, "little") for n in range(start, end)]))
        return digest.digest()


def vector_of(properties: bytes) -> bytes:
    """Return the IV. Raises Corrupt."""
    return _parts(properties)[2].ljust(16, b"\0")


def _parts(properties: bytes) -> tuple[int, bytes, bytes]:
    """Return (power, salt, IV) of a cipher's properties."""
    if not properties:
        raise Corrupt("the cipher's properties are damaged")
    first = properties[0]
    salt_bytes, vector_bytes, at = first >> 7, first >> 6 & 1, 1
    if first & 0xC0:
        if len(properties) < 2:
            raise Corrupt("the cipher's properties are damaged")
        salt_bytes += properties[1] >> 4
        vector_bytes += properties[1] & 0x0F
        at = 2
    salt = properties[at : at + salt_bytes]
    vector = properties[at + salt_bytes : at + salt_bytes + vector_bytes]
    return first & 0x3F, salt, vector[:16]
