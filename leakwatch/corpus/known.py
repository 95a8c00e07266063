"""One known file on its way into a bundle."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from leakwatch.fingerprint.exact import ExactHasher
from leakwatch.fingerprint.grams import Values
from leakwatch.fingerprint.image import PictureHasher, PictureHashes
from leakwatch.fingerprint.key import FingerprintKey
from leakwatch.fingerprint.minhash import Signature, signatures
from leakwatch.fingerprint.names import NameFacts, NameHasher, NameKind
from leakwatch.fingerprint.normalise import letters
from leakwatch.fingerprint.sizes import SizeMask
from leakwatch.fingerprint.sketch import Sketch, Sketcher
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
    masked_size: int = field(default=0, repr=False)
    """Size in bytes, masked under the key (``fingerprint/sizes.py``)."""

    @property
    def id(self) -> str:
        return file_id(self.raw)

    def merged(self, copy: KnownFile) -> KnownFile:
        """Return this file, known under the names of another copy of it too."""
        return replace(
            self,
            names=self.names | copy.names,
            subject=self.subject if self.subject is not None else copy.subject,
            category=self.category or copy.category,
        )


def file_id(raw: bytes) -> str:
    """Return the opaque id of a known file: the same bytes have the same id for ever."""
    digest = hashlib.sha256(b"known-file" + raw).digest()[:_ID_BYTES]
    return "k-" + base64.b32encode(digest).decode("ascii").lower()


@dataclass(frozen=True, slots=True)
class RawText:
    """Keyed digests of a document that is not known."""

    raw: bytes
    text: bytes | None


class Fingerprinter:
    """Makes everything a bundle keeps of a file, under one key. Thread-safe."""

    def __init__(self, key: FingerprintKey) -> None:
        self._sketcher = Sketcher(key)
        self._exact = ExactHasher(key)
        self._names = NameHasher(key)
        self._pictures = PictureHasher(key)
        self._sizes = SizeMask(key)
        self.params = self._sketcher.params

    def known_file(self, artefact: Artefact, names: Iterable[NameFacts] = ()) -> KnownFile:
        """Return the fingerprint of an artefact.

        Args:
            artefact: as the sandbox read it.
            names: what listings would say of it.
        """
        return self.known_files([(artefact, names)])[0]

    def known_files(
        self, artefacts: Sequence[tuple[Artefact, Iterable[NameFacts]]]
    ) -> list[KnownFile]:
        """Return what ``known_file`` does for each: together, several times faster."""
        made = self.documents([artefact for artefact, _ in artefacts])
        signed = signatures([sketch.distinct for _, sketch in made])
        masked = self._sizes.masked_each(
            [digests.raw for digests, _ in made],
            [artefact.size_bytes for artefact, _ in artefacts],
        )
        return [
            KnownFile(
                raw=digests.raw,
                text=digests.text,
                letters=sketch.letters,
                values=sketch.distinct,
                signature=signature,
                names=frozenset(i for facts in names for i in self._names.digests(facts).items()),
                masked_size=size,
            )
            for (_, names), (digests, sketch), signature, size in zip(
                artefacts, made, signed, masked, strict=True
            )
        ]

    def name_number(self, artefact: Artefact) -> int:
        """Return the keyed number of an artefact's base name; nought for none."""
        return self._names.name(artefact.path.names[-1]) or 0

    def document(self, artefact: Artefact) -> tuple[RawText, Sketch]:
        """Return the digests and the sketch of an artefact that was read to its end."""
        return self.documents([artefact])[0]

    def documents(self, artefacts: Sequence[Artefact]) -> list[tuple[RawText, Sketch]]:
        """Return what ``document`` does for each: together, several times faster."""
        texts = [letters(artefact.text or "") for artefact in artefacts]
        return [
            (self._digests(artefact, text), sketch)
            for artefact, text, sketch in zip(
                artefacts, texts, self._sketcher.sketch_many(texts), strict=True
            )
        ]

    def _digests(self, artefact: Artefact, text: bytes) -> RawText:
        digests = self._exact.digests(artefact.sha256, text)
        exact = bytes.fromhex(digests.text) if digests.text else None
        return RawText(bytes.fromhex(digests.raw), exact)

    def pictures(self, artefact: Artefact) -> PictureHashes:
        """Return the keyed hashes of the artefact's pictures, those that say enough."""
        return self._pictures.upright(artefact.pictures)
