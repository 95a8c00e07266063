"""Ledger and vault together: is everything there, and as it was?

Works on records from any place (a database, an exported file) and a vault
directory; needs no key, no network and no configuration.
"""

from __future__ import annotations

from dataclasses import dataclass

from leakwatch.errors import LedgerBroken, VaultDamaged
from leakwatch.evidence.ledger import LedgerCheck, LedgerReport, Problem
from leakwatch.evidence.vault import Vault
from leakwatch.model.evidence import EvidenceRecord, SealedContent


@dataclass(frozen=True, slots=True)
class Verification:
    """What was checked, and what was found wrong."""

    ledger: LedgerReport
    sealed: int
    """Sealed files read, each once however many records name it."""
    vault_problems: tuple[Problem, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every problem, by record; those of the ledger as a whole come last."""
        found = (*self.ledger.problems, *self.vault_problems)
        return tuple(sorted(found, key=lambda p: (p.seq is None, p.seq or 0)))

    def raise_if_broken(self) -> None:
        """Raise for the first kind of problem.

        Raises:
            LedgerBroken: the chain does not hold.
            VaultDamaged: it does, but a sealed file is missing or altered.
        """
        if self.ledger.problems:
            raise LedgerBroken(
                _summary("the ledger does not verify", self.ledger.problems),
                hint="keep database and vault as they are; tell counsel",
            )
        if self.vault_problems:
            raise VaultDamaged(
                _summary("the vault does not verify", self.vault_problems),
                hint="restore the files from a copy of the vault; tell counsel",
            )


class EvidenceCheck:
    """Checks records as they come, first to last, then the files they name.

    Two steps, so that no database need stay open while a vault is read.

    Args:
        expected_head: a head noted earlier; see ``LedgerCheck``.
    """

    def __init__(self, expected_head: str | None = None) -> None:
        self._ledger = LedgerCheck(expected_head)
        self._named: dict[SealedContent, list[int]] = {}

    def add(self, record: EvidenceRecord) -> None:
        """Check the next record against those before it."""
        self._ledger.add(record)
        if record.draft.sealed is not None:
            self._named.setdefault(record.draft.sealed, []).append(record.seq)

    def finish(self, vault: Vault) -> Verification:
        """Read every sealed file that a record names, once, and return all that is wrong."""
        problems = []
        for sealed, records in self._named.items():
            try:
                vault.check(sealed)
            except VaultDamaged as error:
                problems += [Problem(seq, error.what) for seq in records]
        return Verification(self._ledger.report(), len(self._named), tuple(problems))


def _summary(what: str, problems: tuple[Problem, ...]) -> str:
    first = problems[0]
    where = "" if first.seq is None else f"record {first.seq} "
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{what}: {where}{first.what}{more}"
