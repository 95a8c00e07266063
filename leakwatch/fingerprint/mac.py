"""HMAC-SHA256 (RFC 2104) of many short messages under one key.

``hmac.digest`` sets the key up for each message, which takes longer than a
short message itself. Here that is done once and copied.
"""

from __future__ import annotations

import hashlib

_BLOCK_BYTES = 64
_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))


class Mac:
    """Digests messages under one key. Thread-safe: what was set up is only copied.

    Args:
        key: at most 64 bytes, as all of ours are.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) > _BLOCK_BYTES:
            raise ValueError(f"a key of {len(key)} bytes; at most {_BLOCK_BYTES} are taken")
        block = key.ljust(_BLOCK_BYTES, b"\0")
        self._inner = hashlib.sha256(block.translate(_INNER))
        self._outer = hashlib.sha256(block.translate(_OUTER))

    def digest(self, message: bytes) -> bytes:
        """Return 32 bytes: what ``hmac.digest(key, message, "sha256")`` does."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()
