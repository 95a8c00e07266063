"""Ledger and vault checked together."""

from __future__ import annotations

from pathlib import Path

import pytest

from leakwatch.errors import LedgerBroken, VaultDamaged
from leakwatch.evidence.seal import AgeSealer
from leakwatch.evidence.vault import Vault
from leakwatch.evidence.verify import EvidenceCheck, Verification
from leakwatch.model.evidence import EvidenceRecord, SealedContent
from tests.support.evidence import a_capture, a_draft, a_ledger, a_matter, new_identity


@pytest.fixture
def sealed(tmp_path: Path) -> SealedContent:
    sealer = AgeSealer(tmp_path)
    return sealer.seal(a_matter(str(new_identity().to_public())), [a_capture()])


@pytest.fixture
def ledger(sealed: SealedContent) -> list[EvidenceRecord]:
    """Three records, of which two name the same sealed file."""
    return a_ledger([a_draft(1, sealed), a_draft(2), a_draft(3, sealed)])


def _verify(records: list[EvidenceRecord], vault: Path, head: str | None = None) -> Verification:
    check = EvidenceCheck(head)
    for record in records:
        check.add(record)
    return check.finish(Vault(vault))


def test_what_is_whole_verifies(ledger: list[EvidenceRecord], tmp_path: Path) -> None:
    """Every record and each sealed file, once, is counted, and nothing is raised."""
    found = _verify(ledger, tmp_path, ledger[1].sha256)
    assert (found.ledger.records, found.sealed, found.problems) == (3, 1, ())
    found.raise_if_broken()


def test_a_damaged_file_is_told_at_every_record_that_names_it(
    ledger: list[EvidenceRecord], sealed: SealedContent, tmp_path: Path
) -> None:
    """A sound chain over a damaged vault is VaultDamaged."""
    (tmp_path / sealed.path).write_bytes(b"")
    found = _verify(ledger, tmp_path)
    assert [p.seq for p in found.problems] == [1, 3]
    with pytest.raises(VaultDamaged, match=r"record 1 .*0 bytes.*\(and 1 more\)"):
        found.raise_if_broken()


def test_a_broken_chain_comes_first(
    ledger: list[EvidenceRecord], sealed: SealedContent, tmp_path: Path
) -> None:
    """With both broken the error is the ledger's, and all problems are listed by record."""
    (tmp_path / sealed.path).unlink()
    found = _verify([ledger[0], ledger[2]], tmp_path, "f" * 64)
    assert [p.seq for p in found.problems] == [1, 3, 3, 3, None]
    with pytest.raises(LedgerBroken, match="record 3 expected record 2"):
        found.raise_if_broken()
