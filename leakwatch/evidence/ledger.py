"""Checking the chain of records. Pure; one pass, whatever its length.

A ledger is sound when seq runs from 1 without gaps, each record names the
digest of the one before, and each digest is that of the record's own canonical
bytes. That proves nothing was changed in between by somebody who did not
rewrite all that follows; a head noted elsewhere, earlier, proves the rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from leakwatch.errors import EvidenceError
from leakwatch.evidence.record import FIRST_PREVIOUS, record_sha256
from leakwatch.model.evidence import EvidenceRecord


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong."""

    seq: int | None
    """The record it was found at; None for the ledger as a whole."""
    what: str


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """What checking a ledger came to."""

    records: int
    head: str
    """Digest of the last record; 64 zeros for an empty ledger."""
    problems: tuple[Problem, ...]
    """In the order of the ledger."""

    @property
    def is_sound(self) -> bool:
        return not self.problems


class LedgerCheck:
    """Checks records as they come, first to last.

    Args:
        expected_head: hex digest noted when the ledger was shorter or as long
            as now; it must still be that of one of its records.
    """

    def __init__(self, expected_head: str | None = None) -> None:
        self._wanted = None if expected_head is None else expected_head.strip().lower()
        self._has_wanted = self._wanted in (None, FIRST_PREVIOUS)
        self._problems: list[Problem] = []
        self._records = 0
        self._seq = 0
        self._head = FIRST_PREVIOUS

    def add(self, record: EvidenceRecord) -> None:
        """Check the next record against those before it."""
        if record.seq != self._seq + 1:
            self._problem(record, f"expected record {self._seq + 1} here, found {record.seq}")
        if record.previous_sha256 != self._head:
            self._problem(record, "does not name the digest of the record before it")
        try:
            digest = record_sha256(record.seq, record.draft, record.previous_sha256)
        except EvidenceError as error:
            self._problem(record, error.what)
        else:
            if digest != record.sha256:
                self._problem(record, "was altered: its digest is not that of what it says")
        self._has_wanted |= record.sha256 == self._wanted
        self._records += 1
        self._seq = record.seq
        self._head = record.sha256

    def report(self) -> LedgerReport:
        """Return what has come of all records so far."""
        problems = tuple(self._problems)
        if not self._has_wanted:
            says = f"the noted head {self._wanted} is no record of this ledger: it was cut or rewritten"
            problems += (Problem(None, says),)
        return LedgerReport(self._records, self._head, problems)

    def _problem(self, record: EvidenceRecord, what: str) -> None:
        self._problems.append(Problem(record.seq, what))


def check_ledger(
    records: Iterable[EvidenceRecord], *, expected_head: str | None = None
) -> LedgerReport:
    """Check a whole ledger at once."""
    check = LedgerCheck(expected_head)
    for record in records:
        check.add(record)
    return check.report()
