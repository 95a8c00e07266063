"""Pictures of an artefact -> matches, in all corpora that keep pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from leakwatch.corpus.bundle import Corpus
from leakwatch.corpus.known import file_id
from leakwatch.corpus.segment import Segment
from leakwatch.errors import IncompatibleParams
from leakwatch.fingerprint.image import SCHEME, PictureHasher, PictureHashes, Words
from leakwatch.fingerprint.kept_pictures import PictureKeeper
from leakwatch.fingerprint.key import FingerprintKey
from leakwatch.match.image import KnownPictures, PictureMatcher
from leakwatch.model.artefact import Artefact
from leakwatch.model.match import Match, Method


@dataclass(frozen=True, slots=True)
class _Shelf:
    corpus: Corpus
    segment: Segment
    withdrawn: frozenset[int]
    matcher: PictureMatcher


class PictureMatches:
    """Finds known files by their pictures. Thread-safe.

    Args:
        corpora: opened bundles; those without pictures are passed over.
        key: the key that all of them were built with.

    Raises:
        IncompatibleParams: a corpus keeps pictures in another way.
    """

    def __init__(self, corpora: Sequence[Corpus], key: FingerprintKey) -> None:
        self._hasher = PictureHasher(key)
        self._keeper = PictureKeeper(key)
        for corpus in corpora:
            check_scheme(corpus.manifest.images, what=f"corpus {corpus.name}")
        self._shelves = [
            shelf for c in corpora if c.manifest.images for shelf in _shelves(c, self._hasher.blank)
        ]

    def of(self, artefact: Artefact) -> Iterator[Match]:
        """Yield the known files that hold a picture of the artefact."""
        if self._shelves and artefact.pictures:
            yield from self._like(self._turned(artefact))

    def kept_of(self, artefact: Artefact) -> bytes:
        """Return what may be kept of the artefact's pictures; empty for none."""
        return self._keeper.seal(self._turned(artefact))

    def of_kept(self, data: bytes) -> Iterator[Match]:
        """Yield what ``of`` would for the artefact that this was kept of.

        Raises:
            FingerprintError: the bytes are damaged.
        """
        if self._shelves and data:
            yield from self._like(self._keeper.open(data))

    def _turned(self, artefact: Artefact) -> list[PictureHashes]:
        return [self._hasher.turned(picture) for picture in artefact.pictures]

    def _like(self, turned: Sequence[PictureHashes]) -> Iterator[Match]:
        for shelf in self._shelves:
            for hit in shelf.matcher.match(turned, excluded=shelf.withdrawn):
                yield Match(
                    file=file_id(shelf.segment.raw(hit.file)),
                    corpus=shelf.corpus.name,
                    method=Method.IMAGE,
                    grade=hit.grade,
                    reasons=(hit.reason,),
                )


def check_scheme(scheme: str | None, *, what: str) -> None:
    """Refuse pictures that were kept in another way; None is a corpus without any.

    Raises:
        IncompatibleParams: the scheme is not this version's.
    """
    if scheme not in {None, SCHEME}:
        raise IncompatibleParams(
            f"{what} keeps its pictures as {scheme}, this version as {SCHEME}",
            hint="build it again",
        )


def _shelves(corpus: Corpus, blank: Words) -> Iterator[_Shelf]:
    for segment, entry in zip(corpus.segments, corpus.manifest.segments, strict=True):
        known = KnownPictures(
            hashes=PictureHashes(segment.image_hashes, segment.image_quarters),
            files=segment.image_files,
            groups=segment.groups[segment.image_files],
            flags=segment.image_flags,
            background=corpus.background.pictures,
        )
        matcher = PictureMatcher(known, blank=blank)
        yield _Shelf(corpus, segment, frozenset(entry.withdrawn), matcher)
