"""Content sealed to the legal team's keys: whoever seals cannot open again.

A sealed file is an ordinary age file (age-encryption.org/v1) for one or more
X25519 recipients; inside is a gzipped WARC::

    age header     one stanza a recipient: the file key, wrapped for that key
    age payload    64 KiB chunks, ChaCha20-Poly1305, last chunk marked
      gzip(WARC)   see warc.py

age gives secrecy and integrity, not origin: who sealed it, when and what, is
said by the record in the ledger, which holds the sealed file's SHA-256.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyrage

from leakwatch.errors import SealFailed
from leakwatch.evidence.vault import SealedSink, Vault
from leakwatch.evidence.warc import warc_chunks
from leakwatch.model.capture import Capture
from leakwatch.model.evidence import SealedContent
from leakwatch.model.matter import Matter


class AgeSealer:
    """Implements ``ports.Sealer`` over a vault directory.

    Args:
        directory: of the vault; made if it is not there. What killed writers
            left in it is removed.

    Raises:
        SealFailed: the directory cannot be read.
    """

    def __init__(self, directory: Path) -> None:
        self._vault = Vault(directory)
        try:
            self._vault.sweep()
        except OSError as error:
            raise SealFailed(f"the vault cannot be read: {error.strerror}") from None

    def seal(self, matter: Matter, captures: Sequence[Capture]) -> SealedContent:
        """See ``ports.Sealer``. Nothing is written in clear, not even for a moment."""
        recipients = _recipients(matter)

        def fill(sink: SealedSink) -> None:
            try:
                pyrage.encrypt_io(_Chunks(warc_chunks(captures)), sink, recipients)
            except (pyrage.EncryptError, OSError):
                if sink.error is not None:
                    raise sink.error from None
                raise SealFailed(f"matter {matter.id}: age could not seal the content") from None

        keys = tuple(key.strip() for key in matter.evidence_keys)
        return self._vault.store(matter.id, fill, recipients=keys)

    def check(self, sealed: SealedContent) -> None:
        """Raises VaultDamaged if the sealed file is missing or altered."""
        self._vault.check(sealed)


def check_keys(matter: Matter) -> None:
    """Return if content can be sealed to every key of a matter.

    Raises:
        SealFailed: one of them is none; the message says which.
    """
    _recipients(matter)


class _Chunks:
    """An iterator of byte strings, read as a file."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def read(self, size: int) -> bytes:
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return b""
            self._rest = memoryview(chunk)
        given, self._rest = self._rest[:size], self._rest[size:]
        return bytes(given)


def _recipients(matter: Matter) -> list[pyrage.x25519.Recipient]:
    """Return the keys of a matter; a message about a bad one never shows it."""
    if not matter.evidence_keys:
        raise SealFailed(
            f"matter {matter.id}: no evidence key, so nothing can be sealed",
            hint="add the legal team's age public key to evidence_keys",
        )
    recipients = []
    for number, key in enumerate(matter.evidence_keys, start=1):
        try:
            recipients.append(pyrage.x25519.Recipient.from_str(key.strip()))
        except pyrage.RecipientError:
            raise SealFailed(
                f"matter {matter.id}: evidence key {number} of {len(matter.evidence_keys)} "
                "is no age public key",
                hint="expected age1..., as age-keygen prints it after 'Public key:'",
            ) from None
    return recipients
