"""Listings: known files by what a directory says of files it does not show.

    one by pieces root, or three by (size, CRC-32)     conclusive
    fewer by (size, CRC-32)                            possible
    ten by name and size                               probable
    fewer by name and size                             possible
    names alone: ten long ones, half of the listing    possible, else nothing

Files that also lie in the background, and tiny ones, name nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from leakwatch.corpus.segment import IN_BACKGROUND
from leakwatch.fingerprint.lines import Line
from leakwatch.fingerprint.names import NameFacts, NameHasher, NameKind
from leakwatch.match.index import SegmentIndex
from leakwatch.model.listing import Listing, ListingEntry
from leakwatch.model.match import Grade, Method

CHECKSUMS_CONCLUSIVE = 3
NAMED_PROBABLE = 10
NAMES_ENOUGH = 10
NAMES_SHARE = 0.5
NAME_LETTERS = 8
"""Shorter names ("scan01") are anybody's."""


@dataclass(frozen=True, slots=True)
class ListingHit:
    """One known file that a listing names."""

    file: int
    method: Method
    grade: Grade
    reason: str


@dataclass
class _Tally:
    """Which known files, and how many lines, one kind of digest recognised."""

    files: set[int]
    lines: int = 0

    @property
    def count(self) -> int:
        """Lines and files both: neither one file listed thrice nor one line for three."""
        return min(self.lines, len(self.files))


def lines_of(hasher: NameHasher, listing: Listing) -> list[Line]:
    """Return a listing's files as keyed numbers: all that matching looks at."""
    return [
        Line(hasher.digests(_facts(entry)), _is_telling(entry))
        for entry in listing.entries
        if not entry.is_directory
    ]


def match_lines(
    index: SegmentIndex, lines: Sequence[Line], *, excluded: frozenset[int] = frozenset()
) -> list[ListingHit]:
    """Return the known files of one segment that a listing names, best grade first."""
    tallies = {kind: _Tally(set()) for kind in NameKind}
    for line in lines:
        for kind, number in line.numbers.items():
            if kind is NameKind.NAME and not line.is_telling:
                continue
            files = [f for f in index.by_name(kind, number) if _counts(index, f, excluded)]
            if files:
                tallies[kind].files.update(files)
                tallies[kind].lines += 1
    return _graded(tallies, len(lines))


def _graded(tallies: dict[NameKind, _Tally], shown: int) -> list[ListingHit]:
    hits: dict[int, ListingHit] = {}
    for kind, grade, method, reason in _verdicts(tallies, shown):
        for file in sorted(tallies[kind].files):
            known = hits.get(file)
            if known is None or known.grade < grade:
                hits[file] = ListingHit(file, method, grade, reason)
    return sorted(hits.values(), key=lambda hit: (-hit.grade.rank, hit.file))


def _verdicts(
    tallies: dict[NameKind, _Tally], shown: int
) -> Iterable[tuple[NameKind, Grade, Method, str]]:
    roots = tallies[NameKind.PIECES_ROOT].count
    if roots:
        reason = f"{roots} of {shown} files have a known file's Merkle root (BitTorrent v2)"
        yield NameKind.PIECES_ROOT, Grade.CONCLUSIVE, Method.LISTING, reason
    sums = tallies[NameKind.SIZE_CRC].count
    if sums:
        reason = (
            f"{sums} of {shown} files have a known file's exact size and CRC-32 "
            f"(conclusive from {CHECKSUMS_CONCLUSIVE})"
        )
        grade = Grade.CONCLUSIVE if sums >= CHECKSUMS_CONCLUSIVE else Grade.POSSIBLE
        yield NameKind.SIZE_CRC, grade, Method.LISTING, reason
    for kind in (NameKind.TAIL_SIZE, NameKind.NAME_SIZE):
        named = tallies[kind].count
        if named:
            what = "folder, name" if kind is NameKind.TAIL_SIZE else "name"
            reason = (
                f"{named} of {shown} files have a known file's {what} and exact size "
                f"(probable from {NAMED_PROBABLE})"
            )
            grade = Grade.PROBABLE if named >= NAMED_PROBABLE else Grade.POSSIBLE
            yield kind, grade, Method.NAME, reason
    names = tallies[NameKind.NAME].count
    if names >= NAMES_ENOUGH and names >= NAMES_SHARE * shown:
        reason = f"{names} of {shown} files have a known file's name"
        yield NameKind.NAME, Grade.POSSIBLE, Method.NAME, reason


def _facts(entry: ListingEntry) -> NameFacts:
    return NameFacts(entry.path, entry.size_bytes, entry.crc32, entry.pieces_root)


def _is_telling(entry: ListingEntry) -> bool:
    stem = entry.path.rpartition("/")[2].partition(".")[0]
    return sum(c.isalnum() for c in stem) >= NAME_LETTERS


def _counts(index: SegmentIndex, file: int, excluded: Sequence[int] | frozenset[int]) -> bool:
    return file not in excluded and not int(index.segment.flags[file]) & IN_BACKGROUND
