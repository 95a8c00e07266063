"""The legal team's side: a sealed file and a private key -> the WARC inside.

Needs no database, no configuration and no network. ``age -d`` does the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyrage

from leakwatch.errors import EvidenceError, KeyUnusable, MissingFile, VaultDamaged
from leakwatch.evidence.durable import write_durably

_PRIVATE = "AGE-SECRET-KEY-1"
_CHUNK_BYTES = 1 << 20
_DAMAGED = "the sealed file is no age file, cut short or altered"


@dataclass(frozen=True, slots=True)
class Unsealed:
    """What came out of a sealed file."""

    path: Path
    sha256: str
    """Hex digest of the WARC file as written."""
    size_bytes: int


def read_identities(path: Path) -> list[pyrage.x25519.Identity]:
    """Read private keys from a file as ``age-keygen`` writes it.

    Raises:
        MissingFile: it is not there or may not be read.
        KeyUnusable: it holds no usable private key; the message shows none of it.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise MissingFile(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise KeyUnusable(f"{path}: not a text file of age keys") from None
    if lines and lines[0].startswith(("age-encryption.org/", "-----BEGIN AGE")):
        raise KeyUnusable(
            f"{path}: the key file is itself sealed with a passphrase",
            hint="open it first: age -d KEYFILE > KEY, and remove KEY afterwards",
        )
    keys = [line.strip() for line in lines if line.strip().startswith(_PRIVATE)]
    try:
        identities = [pyrage.x25519.Identity.from_str(key) for key in keys]
    except pyrage.IdentityError:
        raise KeyUnusable(f"{path}: a private key in it is malformed") from None
    if not identities:
        raise KeyUnusable(f"{path}: holds no age private key", hint="expected AGE-SECRET-KEY-1...")
    return identities


def unseal(
    sealed: BinaryIO, identities: Sequence[pyrage.x25519.Identity], target: Path
) -> Unsealed:
    """Open a sealed file into ``target``, for its owner alone (0600).

    Args:
        sealed: the age file, open for reading.
        identities: private keys; the first that fits is used.
        target: must not exist.

    Raises:
        EvidenceError: the target exists or cannot be written.
        KeyUnusable: none of the keys opens it.
        VaultDamaged: it is no age file, cut short or altered.
    """
    if target.exists():
        raise EvidenceError(f"{target}: is there already; it is not written over")

    def fill(file: BinaryIO) -> Path:
        pyrage.decrypt_io(sealed, file, identities)
        return target

    try:
        write_durably(target.parent, fill)
        digest, size_bytes = _digest(target)
    except OSError as error:
        if error.errno is None:  # age speaks of a chunk that fails its check, not a file system
            raise VaultDamaged(_DAMAGED) from None
        raise EvidenceError(f"{target}: {error.strerror}") from None
    except pyrage.DecryptError as error:
        if "matching keys" in str(error):
            raise KeyUnusable("the private key is none of those the content is sealed to") from None
        raise VaultDamaged(_DAMAGED) from None
    return Unsealed(target, digest, size_bytes)


def _digest(path: Path) -> tuple[str, int]:
    digest, size_bytes = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            size_bytes += len(chunk)
    return digest.hexdigest(), size_bytes
