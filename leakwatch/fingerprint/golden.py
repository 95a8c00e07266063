"""The self-test: a known key and text must give a known fingerprint.

Run when the daemon starts: a NumPy, OpenSSL or Unicode table that computes
something else would make every look-up a silent miss.
"""

from __future__ import annotations

import hashlib

import numpy as np

from leakwatch.errors import SelfTestFailed
from leakwatch.fingerprint.exact import ExactHasher
from leakwatch.fingerprint.key import FingerprintKey
from leakwatch.fingerprint.minhash import signature
from leakwatch.fingerprint.normalise import letters
from leakwatch.fingerprint.sketch import Sketcher

TEXT = (
    "Mrs Éxample Tëst, born 1 Januar 1900, of Nowhere Straße 5, came about her ﬁctional "
    "left knee. ΑΒΓ абв. The invented swelling, noticed after a made-up walk of 7½ km on "
    "Midsummer Island, had gone down; she asks for a letter to the Ministry of Silly Gaits. "
)
REPEATS = 300
"""Long enough for several chunks (64 KB each)."""
EXPECTED = "58889a22aabd9c9f866f489fd63c2c4f6e2dd02bec935f1da2ea472baed2041e"


def fingerprint_digest() -> str:
    """Return one hex digest over everything fingerprinted of the golden text."""
    key = FingerprintKey(bytes(range(32)))
    text = letters("".join(f"{n} {TEXT}" for n in range(REPEATS)))
    sketch = Sketcher(key).sketch(text)
    exact = ExactHasher(key).digests(hashlib.sha256(text).hexdigest(), text)
    digest = hashlib.sha256(f"{sketch.params.as_dict()} {exact}".encode())
    digest.update(sketch.values.astype("<u8").tobytes())
    digest.update(sketch.positions.astype("<i8").tobytes())
    digest.update(signature(sketch.distinct).astype("<u4").tobytes())
    return digest.hexdigest()


def check() -> None:
    """Compute the golden fingerprint.

    Raises:
        SelfTestFailed: this machine computes another one.
    """
    got = fingerprint_digest()
    if got != EXPECTED:
        raise SelfTestFailed(
            f"fingerprints come out wrong on this machine (NumPy {np.__version__}): "
            f"{got[:12]} not {EXPECTED[:12]}"
        )
