"""The matcher: artefact or listing -> the known files it holds, in all corpora."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from leakwatch.corpus.bundle import Corpus
from leakwatch.corpus.known import file_id
from leakwatch.corpus.segment import IN_BACKGROUND
from leakwatch.errors import IncompatibleParams, WrongKey
from leakwatch.fingerprint.compact import compact, expand
from leakwatch.fingerprint.exact import RAW_FLOOR_BYTES, ExactHasher
from leakwatch.fingerprint.key import FingerprintKey
from leakwatch.fingerprint.lines import LineKeeper
from leakwatch.fingerprint.names import NameHasher, NameKind
from leakwatch.fingerprint.sizes import SizeMask
from leakwatch.fingerprint.sketch import Sketch, Sketcher, check_comparable
from leakwatch.match.grade import Graded, counting, grade_equal_text, grade_scores
from leakwatch.match.index import SegmentIndex
from leakwatch.match.inventory import Inventory
from leakwatch.match.lines import Lines, kept_of, lines_kept, lines_of
from leakwatch.match.listing import match_lines
from leakwatch.match.pictures import PictureMatches
from leakwatch.match.readings import readings
from leakwatch.match.score import Scores, score_many
from leakwatch.model.artefact import Artefact
from leakwatch.model.fingerprint import ExactDigests
from leakwatch.model.listing import Listing
from leakwatch.model.match import Grade, Match, Method, Passage
from leakwatch.model.sighting import StoredArtefact, StoredListing
from leakwatch.ports import Reading

PASSAGES_TOLD = 20
_PUBLIC = "the same file is also among the documents that were not stolen"


@dataclass(frozen=True, slots=True)
class _Shelf:
    """One segment of one corpus, ready to be searched."""

    corpus: Corpus
    index: SegmentIndex
    population: int
    withdrawn: frozenset[int]

    def id(self, file: int) -> str:
        return file_id(self.index.segment.raw(file))

    def is_public(self, file: int) -> bool:
        return bool(int(self.index.segment.flags[file]) & IN_BACKGROUND)

    def live(self, files: Iterable[int]) -> Iterator[int]:
        return (file for file in files if file not in self.withdrawn)


@dataclass(frozen=True, slots=True)
class _LookedFor:
    """What is compared of one artefact."""

    digests: ExactDigests
    sketches: Sequence[Sketch]
    """Of each of its readings."""
    size_bytes: int
    pictures: Iterable[Match]
    """Files that hold one of its pictures."""

    def kept(self) -> tuple[bytes, ...]:
        """Return what may be stored of the sketches."""
        return tuple(compact(sketch) for sketch in self.sketches if len(sketch.values))


class CorpusMatcher:
    """Implements ``ports.Matcher`` over opened corpora.

    Args:
        corpora: opened bundles, each under a name of its own.
        key: the key that all of them were built with.

    Raises:
        WrongKey: a corpus was built with another key.
        IncompatibleParams: a corpus was fingerprinted by another recipe.
    """

    def __init__(self, corpora: Sequence[Corpus], key: FingerprintKey) -> None:
        self._sketcher = Sketcher(key)
        self._exact = ExactHasher(key)
        self._names = NameHasher(key)
        self._pictures = PictureMatches(corpora, key)
        self._keeper = LineKeeper(key)
        for corpus in corpora:
            check_comparable(
                self._sketcher.params, corpus.manifest.params, what=f"corpus {corpus.name}"
            )
        by_corpus = [(list(_shelves(corpus)), corpus) for corpus in corpora]
        self._shelves = [shelf for shelves, _ in by_corpus for shelf in shelves]
        mask = SizeMask(key)
        self._inventories = [(s, _inventory(s, corpus, mask)) for s, corpus in by_corpus]
        self.corpora = corpora_digest({c.name: c.manifest_sha256 for c in corpora})
        """Names this state of these corpora."""

    @property
    def scheme(self) -> str:
        """Return key and recipe of what this matcher makes and compares."""
        return self._sketcher.params.scheme

    def match_artefact(self, artefact: Artefact, *, keep: bool = False) -> Reading:
        """Return every known file found in the artefact, surest first."""
        return self.match_artefacts([artefact], keep=keep)[0]

    def match_artefacts(
        self, artefacts: Sequence[Artefact], *, keep: bool = False
    ) -> list[Reading]:
        """Return what ``match_artefact`` does for each: together, in a fraction of the time."""
        read = [list(readings(artefact.text or "")) for artefact in artefacts]
        made = iter(self._sketcher.sketch_many([text for texts in read for text in texts]))
        looked_for = [
            _LookedFor(
                self._exact.digests(artefact.sha256, texts[0]),
                [next(made) for _ in texts],
                artefact.size_bytes,
                self._pictures.of(artefact),
            )
            for artefact, texts in zip(artefacts, read, strict=True)
        ]
        return [
            Reading(
                one.digests,
                matches,
                sketches=one.kept() if keep else (),
                pictures=self._pictures.kept_of(artefact) if keep else b"",
            )
            for artefact, one, matches in zip(
                artefacts, looked_for, self._matches(looked_for), strict=True
            )
        ]

    def match_stored(self, artefact: StoredArtefact) -> Reading:
        """Return what ``match_artefact`` would for the artefact this was kept of."""
        self._require(artefact.scheme)
        sketches = [expand(data, self._sketcher.params) for data in artefact.sketches]
        pictures = self._pictures.of_kept(artefact.pictures)
        looked_for = _LookedFor(artefact.digests, sketches, artefact.size_bytes, pictures)
        return Reading(artefact.digests, self._matches([looked_for])[0])

    def match_listing(self, listing: Listing, *, keep: bool = False) -> Reading:
        """Return every known file that the listing names, surest first."""
        lines = lines_of(listing)
        kept = kept_of(lines, self._names, self._keeper) if keep else None
        return Reading(None, self._named(lines), lines=kept)

    def match_stored_listing(self, listing: StoredListing) -> Reading:
        """Return what ``match_listing`` would for the listing this was kept of."""
        self._require(listing.scheme)
        return Reading(None, self._named(lines_kept(listing.lines, self._keeper)))

    def _matches(self, looked_for: Sequence[_LookedFor]) -> list[tuple[Match, ...]]:
        found = [_Best() for _ in looked_for]
        owners = [number for number, one in enumerate(looked_for) for _ in one.sketches]
        sketches = [sketch for one in looked_for for sketch in one.sketches]
        for shelf in self._shelves:
            for one, best, (raw, text) in zip(
                looked_for, found, _may_be_equal(shelf, looked_for), strict=True
            ):
                if raw and one.size_bytes >= RAW_FLOOR_BYTES:
                    best.add(_equal_bytes(shelf, one.digests))
                if text:
                    best.add(_equal_text(shelf, one.digests))
            for owner, matches in zip(owners, _similar_texts(shelf, sketches), strict=True):
                found[owner].add(matches)
        for one, best in zip(looked_for, found, strict=True):
            best.add(one.pictures)
        return [best.matches() for best in found]

    def _named(self, lines: Lines) -> tuple[Match, ...]:
        found = _Best()
        for shelves, inventory in self._inventories:
            for hit in match_lines(inventory, self._names, lines):
                segment, file = inventory.home(hit.file)
                shelf = shelves[segment]
                match = Match(
                    file=shelf.id(file),
                    corpus=shelf.corpus.name,
                    method=hit.method,
                    grade=hit.grade,
                    chance=hit.chance,
                    reasons=(hit.reason,),
                )
                found.add([match])
        return found.matches()

    def _require(self, scheme: str) -> None:
        """Refuse to compare what was kept under another key or recipe."""
        if scheme == self.scheme:
            return
        key = scheme.partition(":")[0]
        if key != self._sketcher.params.key_id:
            raise WrongKey(
                f"it was seen under key {key}, now in use is {self._sketcher.params.key_id}"
            )
        raise IncompatibleParams("it was seen by a leakwatch that fingerprints differently")

    def has_name(self, name: str) -> bool:
        """Tell whether a known file has this base name (case, accents, punctuation aside)."""
        number = self._names.name(name)
        return number is not None and any(
            next(shelf.live(shelf.index.by_name(NameKind.NAME, number)), None) is not None
            for shelf in self._shelves
        )


def corpora_digest(manifests: Mapping[str, str]) -> str:
    """Return one hex digest of corpora by name and manifest digest."""
    lines = "".join(f"{name} {digest}\n" for name, digest in sorted(manifests.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


class _Best:
    """One match a known file: the surest, and of equals the first."""

    def __init__(self) -> None:
        self._by_file: dict[tuple[str, str], Match] = {}

    def add(self, matches: Iterable[Match]) -> None:
        for match in matches:
            known = self._by_file.get((match.corpus, match.file))
            if known is None or known.grade < match.grade:
                self._by_file[match.corpus, match.file] = match

    def matches(self) -> tuple[Match, ...]:
        if not self._by_file:
            return ()
        return tuple(sorted(self._by_file.values(), key=_surest_first))


def _surest_first(match: Match) -> tuple[float | str, ...]:
    """Of two files that are there as good as whole, the one that more of the text is of."""
    shares = round(match.stolen_in_leak or 0.0, 1), match.leak_in_stolen or 0.0
    return -match.grade.rank, *(-share for share in shares), match.corpus, match.file


def _shelves(corpus: Corpus) -> Iterator[_Shelf]:
    for segment, entry in zip(corpus.segments, corpus.manifest.segments, strict=True):
        yield _Shelf(corpus, SegmentIndex(segment), entry.population, frozenset(entry.withdrawn))


def _inventory(shelves: Sequence[_Shelf], corpus: Corpus, mask: SizeMask) -> Inventory:
    """Return all files of a corpus as listings ask for them."""
    return Inventory(
        [shelf.index.segment for shelf in shelves],
        [shelf.withdrawn for shelf in shelves],
        mask=mask,
        common_names=corpus.background.names,
    )


def _may_be_equal(shelf: _Shelf, looked_for: Sequence[_LookedFor]) -> list[tuple[bool, bool]]:
    return shelf.index.may_hold(
        [bytes.fromhex(one.digests.raw) for one in looked_for],
        [bytes.fromhex(one.digests.text or "") for one in looked_for],
    )


def _equal_bytes(shelf: _Shelf, digests: ExactDigests) -> Iterator[Match]:
    for file in shelf.live(shelf.index.by_raw(bytes.fromhex(digests.raw))):
        yield _equal(shelf, file, Grade.CONCLUSIVE, "every byte is the same")


def _equal_text(shelf: _Shelf, digests: ExactDigests) -> Iterator[Match]:
    if digests.text is None:
        return
    for file in shelf.live(shelf.index.by_text(bytes.fromhex(digests.text))):
        reason = f"all {digests.letters} letters are the same"
        yield _equal(shelf, file, grade_equal_text(digests.letters), reason)


def _equal(shelf: _Shelf, file: int, grade: Grade, reason: str) -> Match:
    public = shelf.is_public(file)
    return Match(
        file=shelf.id(file),
        corpus=shelf.corpus.name,
        method=Method.EXACT,
        grade=Grade.POSSIBLE if public else grade,
        stolen_in_leak=1.0,
        leak_in_stolen=1.0,
        jaccard=1.0,
        passage_chars=int(shelf.index.segment.letters[file]) or None,
        reasons=(reason, _PUBLIC) if public else (reason,),
    )


def _similar_texts(shelf: _Shelf, sketches: Sequence[Sketch]) -> Iterator[list[Match]]:
    """Yield the matches of each text."""
    manifest = shelf.corpus.manifest
    scores = score_many(
        shelf.index,
        sketches,
        policy=manifest.common,
        population=shelf.population,
        excluded=shelf.withdrawn,
        floor=manifest.calibration.possible,
    )
    for found in scores:
        graded = ((scored, grade_scores(scored, manifest.calibration)) for scored in found)
        yield [_similar(shelf, scored, grade) for scored, grade in graded if grade is not None]


def _similar(shelf: _Shelf, scores: Scores, graded: Graded) -> Match:
    calibration = shelf.corpus.manifest.calibration
    counted = {name: counting(scores, name) for name in calibration.survival}
    longest = sorted(scores.passages, key=lambda span: span[0] - span[1])[:PASSAGES_TOLD]
    return Match(
        file=shelf.id(scores.file),
        corpus=shelf.corpus.name,
        method=Method.TEXT,
        grade=graded.grade,
        stolen_in_leak=max(scores.cont, scores.complete),
        leak_in_stolen=scores.leak_in_stolen,
        jaccard=scores.jaccard,
        passage_chars=scores.passage_chars,
        passages=tuple(Passage(start, end) for start, end in sorted(longest)),
        passage_count=len(scores.passages),
        passage_total_chars=_covered(scores.passages),
        shared_unique=scores.shared_unique,
        chance=calibration.chance(**counted),
        chance_basis=calibration.documents or None,
        reasons=graded.reasons,
    )


def _covered(passages: Sequence[tuple[int, int]]) -> int:
    """Return the letters that lie in a passage; passages are in order and may overlap."""
    total = reached = 0
    for start, end in passages:
        total += max(0, end - max(start, reached))
        reached = max(reached, end)
    return total
