"""The vault: sealed files, each written once, named by their own digest.

    <vault>/<matter>/<aa>/<sha256 of the sealed file, hex>.age

``aa`` are the first two letters of the digest. Files are for the owner alone
(0600). Nothing in the vault can be opened with what the daemon's host holds.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from leakwatch.errors import SealFailed, VaultDamaged
from leakwatch.evidence.durable import sweep, write_durably
from leakwatch.model.evidence import SealedContent

_MATTER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PLACE = re.compile(_MATTER.pattern + r"/[0-9a-f]{2}/([0-9a-f]{64})\.age")
_CHUNK_BYTES = 1 << 20


class Vault:
    """Keeps sealed files and checks them; cannot open them.

    Args:
        directory: need not exist before the first ``store``.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def store(
        self, matter: str, fill: Callable[[SealedSink], None], *, recipients: tuple[str, ...]
    ) -> SealedContent:
        """Put one sealed file away, fsynced before the return.

        Args:
            matter: id of the matter.
            fill: writes the sealed bytes.
            recipients: age public keys it is sealed to, for the record.

        Raises:
            SealFailed: the file system refused; no part of the file is left.
        """
        if not _MATTER.fullmatch(matter):
            raise SealFailed("the matter's id cannot be the name of a directory")
        sealed = None

        def fill_and_name(file: BinaryIO) -> Path:
            nonlocal sealed
            sink = SealedSink(file)
            fill(sink)
            name = sink.digest.hexdigest()
            place = f"{matter}/{name[:2]}/{name}.age"
            sealed = SealedContent(place, name, sink.size_bytes, recipients)
            return self._directory / place

        try:
            write_durably(self._directory / matter, fill_and_name)
        except OSError as error:
            raise SealFailed(
                f"matter {matter}: the vault cannot be written: {error.strerror}",
                hint="free space or restore access to the state directory; nothing was lost",
            ) from None
        if sealed is None:
            raise SealFailed(f"matter {matter}: nothing was sealed")
        return sealed

    def check(self, sealed: SealedContent) -> None:
        """Read a sealed file and compare it with its record.

        Raises:
            VaultDamaged: it is missing, altered or cannot be read.
        """
        digest, size_bytes = hashlib.sha256(), 0
        with self.open(sealed) as file:
            try:
                while chunk := file.read(_CHUNK_BYTES):
                    digest.update(chunk)
                    size_bytes += len(chunk)
            except OSError as error:
                raise VaultDamaged(f"{sealed.path}: {error.strerror}") from None
        if size_bytes != sealed.size_bytes:
            raise VaultDamaged(
                f"{sealed.path}: {size_bytes} bytes, its record says {sealed.size_bytes}"
            )
        if digest.hexdigest() != sealed.sha256:
            raise VaultDamaged(f"{sealed.path}: altered: its SHA-256 is {digest.hexdigest()}")

    def open(self, sealed: SealedContent) -> BinaryIO:
        """Open a sealed file for reading.

        Raises:
            VaultDamaged: it is missing, no regular file, or no place in a vault.
        """
        place = _PLACE.fullmatch(sealed.path)
        if place is None or place.group(1) != sealed.sha256:
            raise VaultDamaged("a record names a sealed file that no vault would hold")
        try:
            descriptor = os.open(self._directory / sealed.path, os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            raise VaultDamaged(f"{sealed.path}: missing") from None
        except OSError as error:
            raise VaultDamaged(f"{sealed.path}: {error.strerror}") from None
        return os.fdopen(descriptor, "rb")

    def sweep(self) -> int:
        """Remove what writers that were killed left behind; return how many files."""
        if not self._directory.is_dir():
            return 0
        return sum(sweep(matter) for matter in self._directory.iterdir() if matter.is_dir())


class SealedSink:
    """What a sealed file is written through: hashed and counted on its way.

    ``error`` is what the file system refused with, for callers whose library
    tells less about it than it was told.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.size_bytes = 0
        self.error: OSError | None = None

    def write(self, data: bytes) -> int:
        try:
            self._file.write(data)
        except OSError as error:
            self.error = error
            raise
        self.digest.update(data)
        self.size_bytes += len(data)
        return len(data)

    def flush(self) -> None:
        self._file.flush()
