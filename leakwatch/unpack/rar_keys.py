"""Keys of encrypted RAR archives: passwords tried in order, at a bounded cost.

An archive names the cost of its own key derivation; one that asks for too much
stays shut and says so.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

from leakwatch.errors import Encrypted
from leakwatch.unpack.container import MAX_PASSWORDS
from leakwatch.unpack.rar_entry import Cipher5

MAX_KDF_COUNT = 20
"""Two to the power of this: a second for a key. WinRAR writes 15, the format allows 24."""
_MAX_ITERATIONS = 1 << 25
"""For all keys of an archive together: some 15 seconds."""
_RAR3_ROUNDS = 0x40000
_RAR3_IV_EVERY = 0x4000
_RAR3_PASSWORD_CHARS = 127
_HASH_KEY_AFTER, _CHECK_AFTER = 16, 32


@dataclass(frozen=True, slots=True)
class Key5:
    """What RAR5 derives from a password."""

    password: str = field(repr=False)
    key: bytes = field(repr=False)
    hash_key: bytes = field(repr=False)

    def keyed(self, crc32: int) -> int:
        """Return a checksum as an archive with keyed checksums stores it."""
        digest = hmac.digest(self.hash_key, crc32.to_bytes(4, "little"), "sha256")
        folded = 0
        for at in range(0, len(digest), 4):
            folded ^= int.from_bytes(digest[at : at + 4], "little")
        return folded


@dataclass(slots=True)
class RarKeys:
    """The passwords of one archive, and what was derived from them."""

    passwords: Sequence[str] = field(repr=False)
    _right: list[str] = field(default_factory=list, repr=False)
    _derived5: dict[tuple[int, bytes], Key5 | None] = field(default_factory=dict, repr=False)
    _derived3: dict[tuple[bytes, str], tuple[bytes, bytes]] = field(
        default_factory=dict, repr=False
    )
    _iterations: int = 0

    def in_order(self) -> Iterator[str]:
        """Yield the passwords, one that was right before first."""
        yield from list(self._right)
        yield from (p for p in self.passwords[:MAX_PASSWORDS] if p not in self._right)

    def note_right(self, password: str) -> None:
        """Remember a password that opened something."""
        if password not in self._right:
            self._right.insert(0, password)

    def key5(self, cipher: Cipher5) -> Key5:
        """Return the key of the first password that fits the stored check.

        Without a check the first password is taken; what comes out tells.

        Raises:
            Encrypted: none fits, or the key would cost too much.
        """
        if not self.passwords:
            raise Encrypted("the member needs a password")
        place = (cipher.kdf_count, cipher.salt)
        if place not in self._derived5:
            self._derived5[place] = self._find5(cipher)
        found = self._derived5[place]
        if found is None:
            raise Encrypted(f"none of {len(self.passwords)} passwords opens it")
        return found

    def key3(self, salt: bytes, password: str) -> tuple[bytes, bytes]:
        """Return key and IV that RAR 3 derives. Raises Encrypted at too high a cost."""
        place = (salt, password)
        if place not in self._derived3:
            self._charge(_RAR3_ROUNDS)
            self._derived3[place] = _derive3(salt, password)
        return self._derived3[place]

    def _find5(self, cipher: Cipher5) -> Key5 | None:
        if cipher.kdf_count > MAX_KDF_COUNT:
            raise Encrypted(f"its key would take 2^{cipher.kdf_count} rounds to derive")
        count = 1 << cipher.kdf_count
        for password in self.in_order():
            if cipher.check is not None:
                self._charge(count)
                long = self._derive5(password, cipher.salt, count + _CHECK_AFTER)
                folded = bytes(a ^ b ^ c ^ d for a, b, c, d in zip(*_quarters(long), strict=True))
                if folded != cipher.check:
                    continue
                self.note_right(password)
            self._charge(2 * count)
            return Key5(
                password,
                self._derive5(password, cipher.salt, count),
                self._derive5(password, cipher.salt, count + _HASH_KEY_AFTER),
            )
        return None

    def _derive5(self, password: str, salt: bytes, count: int) -> bytes:
        raw = password.encode("utf-8", "surrogatepass")
        return hashlib.pbkdf2_hmac("sha256", raw, salt, count)

    def _charge(self, iterations: int) -> None:
        self._iterations += iterations
        if self._iterations > _MAX_ITERATIONS:
            raise Encrypted("its keys take too many rounds to derive")


def decryptor(key: bytes, vector: bytes) -> CipherContext:
    """Return an AES-CBC decryptor."""
    return Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()


def check_of(stored: bytes) -> bytes | None:
    """Return the 8 bytes of a password check, or None where its own checksum is wrong."""
    check, checksum = stored[:8], stored[8:12]
    return check if hashlib.sha256(check).digest()[:4] == checksum else None


def _quarters(long: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    return long[:8], long[8:16], long[16:24], long[24:32]


def _derive3(salt: bytes, password: str) -> tuple[bytes, bytes]:
    """RAR 2.9 to 4: SHA-1 over 2^18 times (password, salt, counter); AES-128 key and IV."""
    seed = password[:_RAR3_PASSWORD_CHARS].encode("utf-16-le", "surrogatepass") + salt
    digest = hashlib.sha1(usedforsecurity=False)
    vector = bytearray()
    for start in range(0, _RAR3_ROUNDS, _RAR3_IV_EVERY):
        digest.update(seed + start.to_bytes(3, "little"))
        vector.append(digest.digest()[19])
        for at in range(start + 1, start + _RAR3_IV_EVERY, 1024):
            end = min(at + 1024, start + _RAR3_IV_EVERY)
            digest.update(b"".join([seed + n.to_bytes(3, "little") for n in range(at, end)]))
    raw = digest.digest()[:16]
    return b"".join(raw[at : at + 4][::-1] for at in range(0, 16, 4)), bytes(vector)
