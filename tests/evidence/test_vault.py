"""Sealed files are written once, and checked against their records."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from leakwatch.errors import SealFailed, VaultDamaged
from leakwatch.evidence.vault import SealedSink, Vault
from leakwatch.model.evidence import SealedContent

CONTENT = b"sealed bytes " * 1000


def _store(vault: Vault, content: bytes = CONTENT, matter: str = "m") -> SealedContent:
    def fill(sink: SealedSink) -> None:
        for start in range(0, len(content), 777):
            sink.write(content[start : start + 777])

    return vault.store(matter, fill, recipients=("age1x",))


def test_a_file_is_named_by_its_own_digest(tmp_path: Path) -> None:
    """The record gives place, digest and size of what lies in the vault."""
    sealed = _store(Vault(tmp_path / "vault"))
    digest = hashlib.sha256(CONTENT).hexdigest()
    assert sealed == SealedContent(f"m/{digest[:2]}/{digest}.age", digest, 13_000, ("age1x",))
    assert (tmp_path / "vault" / sealed.path).read_bytes() == CONTENT
    Vault(tmp_path / "vault").check(sealed)


def test_the_vault_is_for_the_owner_alone(tmp_path: Path) -> None:
    """Neither files nor directories are open to other users."""
    sealed = _store(Vault(tmp_path / "vault"))
    path = tmp_path / "vault" / sealed.path
    assert path.stat().st_mode & 0o777 == 0o600
    assert {p.stat().st_mode & 0o777 for p in path.parents[:3]} == {0o700}


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda p: p.unlink(), "missing"),
        (lambda p: p.write_bytes(CONTENT[:-1]), "12999 bytes, its record says 13000"),
        (lambda p: p.write_bytes(b"X" + CONTENT[1:]), "altered"),
        (lambda p: (p.rename(p.with_suffix(".x")), p.symlink_to(p.with_suffix(".x"))), "symbolic"),
    ],
)
def test_damage_is_named(tmp_path: Path, damage: object, says: str) -> None:
    """A missing, cut, altered or redirected file is VaultDamaged, and says which."""
    vault = Vault(tmp_path)
    sealed = _store(vault)
    damage(tmp_path / sealed.path)  # type: ignore[operator]
    with pytest.raises(VaultDamaged, match=says):
        vault.check(sealed)


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "m/ab/../x.age", ""])
def test_a_record_cannot_point_outside_the_vault(tmp_path: Path, path: str) -> None:
    """Paths come out of a database that others may have written to."""
    sealed = replace(_store(Vault(tmp_path)), path=path)
    with pytest.raises(VaultDamaged, match="no vault would hold"):
        Vault(tmp_path).check(sealed)


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    """When sealing breaks off, no partial file stays."""

    def broken(sink: SealedSink) -> None:
        sink.write(b"half")
        raise RuntimeError("broken off")

    with pytest.raises(RuntimeError):
        Vault(tmp_path).store("m", broken, recipients=())
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


@pytest.mark.parametrize("matter", ["", ".", "..", "a/b", "../x"])
def test_a_matter_is_one_directory(tmp_path: Path, matter: str) -> None:
    """No matter's id leads out of the vault."""
    with pytest.raises(SealFailed):
        _store(Vault(tmp_path), matter=matter)


def test_sweep_takes_remains_and_nothing_else(tmp_path: Path) -> None:
    """What a killed writer left goes; sealed files stay."""
    vault = Vault(tmp_path)
    sealed = _store(vault)
    (tmp_path / "m" / ".partial-00").write_bytes(b"remains")
    assert vault.sweep() == 1
    vault.check(sealed)
    assert Vault(tmp_path / "none").sweep() == 0
