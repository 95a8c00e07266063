"""Short digests: all that a checkpoint keeps of what a page said.

Unkeyed, so they hide nothing from somebody who can guess the whole input; they
are made over as much as possible at once, and never over a lone document name.
"""

from __future__ import annotations

import hashlib


def digest(*parts: str, chars: int = 12) -> str:
    """Return the first ``chars`` hex letters of a SHA-256 over length-prefixed parts."""
    found = hashlib.sha256()
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        found.update(len(raw).to_bytes(8, "big") + raw)
    return found.hexdigest()[:chars]
