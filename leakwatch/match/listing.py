"""Listings: known files by what a directory says of files it does not show.

    one by pieces root, or three by (size, CRC-32)               conclusive
    fewer by (size, CRC-32)                                      possible
    three telling names with exact size, or ten of any names     probable
    one telling name with size (rounded too), or four of any     possible
    names alone: ten telling ones, a quarter of the listing      possible

Each only if accident is rare enough (``accident.py``): 1e-6, 1e-4, 1e-2. Files
that also lie in the background, and tiny ones, name nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leakwatch.fingerprint.names import NameHasher
from leakwatch.match.accident import accident, capped, said
from leakwatch.match.agreement import (
    Agreement,
    checksums,
    names_alone,
    names_with_sizes,
    roots,
    tails_with_sizes,
)
from leakwatch.match.inventory import Inventory
from leakwatch.match.lines import Lines, lines_of
from leakwatch.match.naming import names_of
from leakwatch.model.listing import Listing
from leakwatch.model.match import Grade, Method

CHECKSUMS_CONCLUSIVE = 3
TELLING_PROBABLE = 3
NAMED_PROBABLE = 10
NAMED_POSSIBLE = 4
"""Three of ``scan001.pdf`` mean nothing."""
NAMES_ENOUGH = 10
NAMES_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class ListingHit:
    """One known file that a listing names."""

    file: int
    """Counted on from segment to segment (``Inventory.home``)."""
    method: Method
    grade: Grade
    chance: float
    """Upper bound of the chance that an unrelated listing agrees as much."""
    reason: str


@dataclass(frozen=True, slots=True)
class _Verdict:
    agreement: Agreement
    method: Method
    grade: Grade
    chance: float
    reason: str


def match_entries(inventory: Inventory, hasher: NameHasher, listing: Listing) -> list[ListingHit]:
    """Return what ``match_lines`` does for the lines of a hostile listing."""
    return match_lines(inventory, hasher, lines_of(listing))


def match_lines(inventory: Inventory, hasher: NameHasher, lines: Lines) -> list[ListingHit]:
    """Return the known files of one corpus that a listing names, best grade first.

    Args:
        inventory: the known files.
        hasher: of the same key.
        lines: of the listing, as it was seen or as it was kept.
    """
    if not len(lines) or not len(inventory):
        return []
    verdicts = _verdicts(inventory, hasher, lines)
    hits: dict[int, ListingHit] = {}
    for verdict in sorted(verdicts, key=lambda v: (-v.grade.rank, v.chance)):
        told = verdict.method, verdict.grade, verdict.chance, verdict.reason
        for file in verdict.agreement.files.tolist():
            if file not in hits:
                hits[file] = ListingHit(file, *told)
    return [*hits.values()]


def _verdicts(inventory: Inventory, hasher: NameHasher, lines: Lines) -> Iterator[_Verdict]:
    for agreement, method, highest, what in _looks(inventory, hasher, lines):
        if highest is None:
            continue
        chance = accident(agreement.shown, agreement.agreed)
        grade = capped(highest, chance)
        if grade is not None:
            reason = (
                f"{agreement.count} of {len(lines)} files have {what} of a known file; "
                f"by accident so much agrees {said(chance)}"
            )
            yield _Verdict(agreement, method, grade, chance, reason)


def _looks(
    inventory: Inventory, hasher: NameHasher, lines: Lines
) -> Iterator[tuple[Agreement, Method, Grade | None, str]]:
    """Yield what agrees in each way, with the highest grade that its counts allow."""
    found = roots(inventory, hasher, lines)
    yield found, Method.LISTING, Grade.CONCLUSIVE if found.count else None, "the Merkle root"
    found = checksums(inventory, hasher, lines)
    what = f"the exact size and CRC-32 (conclusive from {CHECKSUMS_CONCLUSIVE})"
    yield found, Method.LISTING, _checked(found), what
    names = names_of(inventory, hasher, lines)
    if not names.agreed.count:
        return
    found = tails_with_sizes(inventory, hasher, lines, names)
    yield found, Method.NAME, _named(found), "the folder, name and size"
    found = names_with_sizes(inventory, hasher, lines, names)
    yield found, Method.NAME, _named(found), "the name and size"
    found = names_alone(inventory, lines, names)
    enough = found.count >= max(NAMES_ENOUGH, NAMES_SHARE * len(lines))
    yield found, Method.NAME, Grade.POSSIBLE if enough else None, "the name, a telling one,"


def _checked(found: Agreement) -> Grade | None:
    if found.count >= CHECKSUMS_CONCLUSIVE:
        return Grade.CONCLUSIVE
    # One or two may be some file that everybody has and the background lacks.
    return Grade.POSSIBLE if found.count else None


def _named(found: Agreement) -> Grade | None:
    if found.telling_exact >= TELLING_PROBABLE or found.exact >= NAMED_PROBABLE:
        return Grade.PROBABLE
    if found.telling or found.count >= NAMED_POSSIBLE:
        return Grade.POSSIBLE
    return None
