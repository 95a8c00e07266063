"""Keyed digests of whole files: of their bytes and of their letters.

The digest of the bytes is an HMAC of their SHA-256, so that whoever streamed
and hashed a file need not hold it to have it recognised.
"""

from __future__ import annotations

from leakwatch.fingerprint.key import FingerprintKey
from leakwatch.fingerprint.mac import Mac
from leakwatch.model.fingerprint import ExactDigests

DIGEST_BYTES = 16
"""Kept of each HMAC-SHA256: a chance hit among a million files in 1e32 looks."""
RAW_FLOOR_BYTES = 64
"""A file below this holds nothing of anybody; equal bytes say nothing."""
TEXT_FLOOR_LETTERS = 64
"""Texts below this ("see letter", "no show") are equal by chance."""


class ExactHasher:
    """Digests files under one key. Thread-safe."""

    def __init__(self, key: FingerprintKey) -> None:
        self._raw = Mac(key.subkey("exact/raw"))
        self._text = Mac(key.subkey("exact/text"))

    def digests(self, sha256: str, letters: bytes) -> ExactDigests:
        """Return the keyed digests of one file.

        Args:
            sha256: hex digest of its bytes; empty where they could not be read.
            letters: its normalised text; empty where it has none.
        """
        text = None
        if len(letters) >= TEXT_FLOOR_LETTERS:
            text = self._text.digest(letters)[:DIGEST_BYTES].hex()
        raw = self._raw.digest(bytes.fromhex(sha256))[:DIGEST_BYTES].hex() if sha256 else ""
        return ExactDigests(raw=raw, text=text, letters=len(letters))
