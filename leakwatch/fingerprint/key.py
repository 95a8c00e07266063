"""The fingerprint key: 32 random bytes, from which every sub-key comes.

Whoever holds key and bundle can test guesses; with either alone nobody can.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from leakwatch.errors import KeyUnusable, MissingFile

KEY_BYTES = 32
_KEY_ID_BYTES = 8
_OPEN_TO_ALL = 0o007


class FingerprintKey:
    """The root key, held privately; gives sub-keys by purpose.

    Raises:
        KeyUnusable: ``root`` is not 32 bytes.
    """

    __slots__ = ("_root", "key_id")

    def __init__(self, root: bytes) -> None:
        if len(root) != KEY_BYTES:
            raise KeyUnusable(f"a fingerprint key is {KEY_BYTES} bytes, not {len(root)}")
        self._root = root
        digest = hashes.Hash(hashes.SHA256())
        digest.update(self.subkey("key-id"))
        self.key_id = digest.finalize()[:_KEY_ID_BYTES].hex()
        """Public: says which key, tells nothing about it."""

    def subkey(self, purpose: str, length_bytes: int = 32) -> bytes:
        """Return the sub-key of one purpose (HKDF-SHA256, RFC 5869)."""
        info = f"leakwatch/1/{purpose}".encode()
        kdf = HKDF(algorithm=hashes.SHA256(), length=length_bytes, salt=None, info=info)
        return kdf.derive(self._root)

    @classmethod
    def load(cls, path: Path) -> FingerprintKey:
        """Read a key file.

        Raises:
            MissingFile: it is not there or may not be read.
            KeyUnusable: wrong size, not a plain file, or open to every user.
        """
        try:
            with path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                root = file.read(KEY_BYTES + 1) if stat.S_ISREG(mode) else b""
        except OSError as error:
            raise MissingFile(
                f"fingerprint key: {path}: {error.strerror}",
                hint="make one with: leakwatch keygen FILE",
            ) from None
        if not stat.S_ISREG(mode):
            raise KeyUnusable(f"fingerprint key: {path} is not a plain file")
        if mode & _OPEN_TO_ALL:
            raise KeyUnusable(
                f"fingerprint key: {path} is open to every user", hint=f"chmod 600 {path}"
            )
        if len(root) != KEY_BYTES:
            raise KeyUnusable(f"fingerprint key: {path} does not hold {KEY_BYTES} bytes")
        return cls(root)

    def __repr__(self) -> str:
        return f"FingerprintKey(key_id={self.key_id!r})"

    def __reduce__(self) -> str:
        raise TypeError("a fingerprint key is not pickled")


def keygen(path: Path) -> FingerprintKey:
    """Write a new key to ``path``, readable by its owner alone.

    Raises:
        KeyUnusable: something is there already (a key is never overwritten:
            every corpus made with it would be lost), or it cannot be written.
    """
    root = os.urandom(KEY_BYTES)
    try:
        # O_EXCL: neither a file nor a dangling link is written through.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise KeyUnusable(f"{path} is there already: a key is never overwritten") from None
    except OSError as error:
        raise KeyUnusable(f"{path}: {error.strerror}") from None
    with os.fdopen(handle, "wb") as file:
        file.write(root)
        file.flush()
        os.fsync(file.fileno())
    return FingerprintKey(root)
