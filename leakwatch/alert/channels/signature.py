"""The signature of a webhook: what a receiver checks before it believes a word.

    X-Leakwatch-Timestamp: 1795320303
    X-Leakwatch-Signature: v1=<hex HMAC-SHA256(secret, "1795320303" + "." + body)>

Pure. The timestamp is inside the signature, so that an old message cannot be
played back as a new one; the receiver chooses how old is too old.
"""

from __future__ import annotations

import hashlib
import hmac

TIMESTAMP_HEADER = "X-Leakwatch-Timestamp"
SIGNATURE_HEADER = "X-Leakwatch-Signature"


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return the value of the signature header."""
    signed = timestamp.encode("ascii") + b"." + body
    return "v1=" + hmac.new(secret.encode("utf-8"), signed, hashlib.sha256).hexdigest()


def is_signed(secret: str, timestamp: str, body: bytes, *, claimed: str) -> bool:
    """Whether the claimed signature is the body's; takes the same time either way."""
    expected = signature(secret, timestamp, body).encode("ascii")
    return hmac.compare_digest(expected, claimed.encode("utf-8", "replace"))
