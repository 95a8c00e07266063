"""What makes two fingerprints comparable."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FingerprintParams:
    """Everything two sketches must share before they may be compared.

    Comparing under unequal params is a refused operation
    (``IncompatibleParams``), not a wrong number.
    """

    key_id: str
    """Public hash of a sub-key: says which key, tells nothing about it."""
    normaliser: str = "nfkd-casefold-alnum/1"
    grams: str = "open-syncmer/1"
    k: int = 16
    s: int = 12
    minhash_permutations: int = 64
    minhash_scheme: str = "affine32"

    def as_dict(self) -> dict[str, Any]:
        """Return a JSON-ready object with every field."""
        return asdict(self)

    @property
    def scheme(self) -> str:
        """Return ``KEY_ID:RECIPE``: equal for what may be compared gram by gram.

        Signatures are left out: they are made anew from the grams.
        """
        recipe = {n: v for n, v in asdict(self).items() if not n.startswith(("key", "minhash"))}
        canonical = json.dumps(recipe, sort_keys=True, separators=(",", ":"))
        return f"{self.key_id}:{hashlib.sha256(canonical.encode('ascii')).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class ExactDigests:
    """Keyed digests of one file; hex. None where the file gives none."""

    raw: str
    """HMAC of the raw bytes' SHA-256."""
    text: str | None
    """HMAC of the normalised text; None for no text or too little of it."""
    letters: int
    """Length of the normalised text, in letters."""
