"""One known file on its way into a bundle."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from leakwatch.fingerprint.exact import ExactHasher
from leakwatch.fingerprint.grams import Values
from leakwatch.fingerprint.key import FingerprintKey
from leakwatch.fingerprint.minhash import Signature, signature
from leakwatch.fingerprint.names import NameFacts, NameHasher, NameKind
from leakwatch.fingerprint.normalise import letters
from leakwatch.fingerprint.sketch import Sketcher
from leakwatch.model.artefact import Artefact

_ID_BYTES = 10


@dataclass(frozen=True, slots=True)
class KnownFile:
    """Everything a bundle keeps of one file."""

    raw: bytes
    """Keyed digest of its bytes; also what orders and names the files."""
    text: bytes | None
    """Keyed digest of its letters; None below the floor."""
    letters: int
    values: Values = field(repr=False)
    """uint64, ascending, distinct."""
    signature: Signature = field(repr=False)
    names: frozenset[tuple[NameKind, int]] = frozenset()
    subject: int | None = None
    """Opaque token of the person it is about."""
    category: str | None = None

    @property
    def id(self) -> str:
        return file_id(self.raw)

    def with_names_of(self, other: KnownFile) -> KnownFile:
        """Return this file, known under the other's names too."""
        return replace(self, names=self.names | other.names)


def file_id(raw: bytes) -> str:
    """Return the opaque id of a known file: the same bytes have the same id for ever."""
    digest = hashlib.sha256(b"known-file" + raw).digest()[:_ID_BYTES]
    return "k-" + base64.b32encode(digest).decode("ascii").lower()


class Fingerprinter:
    """Makes everything a bundle keeps of a file, under one key. Thread-safe."""

    def __init__(self, key: FingerprintKey) -> None:
        self._sketcher = Sketcher(key)
        self._exact = ExactHasher(key)
        self._names = NameHasher(key)
        self.params = self._sketcher.params

    def known_file(self, artefact: Artefact, names: Iterable[NameFacts] = ()) -> KnownFile:
        """Return the fingerprint of an artefact.

        Args:
            artefact: as the sandbox read it.
            names: what listings would say of it.
        """
        text = letters(artefact.text or "")
        sketch = self._sketcher.sketch(text)
        digests = self._exact.digests(artefact.sha256, text)
        return KnownFile(
            raw=bytes.fromhex(digests.raw),
            text=bytes.fromhex(digests.text) if digests.text else None,
            letters=len(text),
            values=sketch.distinct,
            signature=signature(sketch.distinct),
            names=frozenset(i for facts in names for i in self._names.digests(facts).items()),
        )
