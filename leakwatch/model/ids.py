"""Names of things, derived from what they are.

An id made from its facts makes repeated work idempotent: after a crash the
same finding, alert or delivery gets the same id again, and the store keeps one.
"""

from __future__ import annotations

import base64
import hashlib

_LENGTH = 12
"""Base32 letters kept: 60 bits; two of a million ids agree with p = 4e-7."""


def derived_id(prefix: str, *facts: str) -> str:
    """Return ``prefix-xxxxxxxxxxxx``, a function of the facts and their order.

    Args:
        prefix: one letter that says what kind of thing is named.
        facts: what makes it itself; each is length-prefixed, so that
            ``("ab", "c")`` and ``("a", "bc")`` differ.
    """
    digest = hashlib.sha256()
    for fact in (prefix, *facts):
        raw = fact.encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(8, "big") + raw)
    letters = base64.b32encode(digest.digest()).decode("ascii").lower()
    return f"{prefix}-{letters[:_LENGTH]}"


def finding_id(matter: str, location: str) -> str:
    """One finding a matter and canonical location, for ever."""
    return derived_id("f", matter, location)


def alert_id(finding: str, revision: int) -> str:
    """One alert a finding revision."""
    return derived_id("a", finding, str(revision))


def delivery_id(alert: str, recipient: str, channel: str) -> str:
    """The idempotency key of one message to one recipient over one channel."""
    return derived_id("d", alert, recipient, channel)
