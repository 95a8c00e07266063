"""The legal team's side: open what was sealed, with the private key alone."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator  # type: ignore[import-untyped]

from leakwatch.errors import EvidenceError, KeyUnusable, MissingFile, VaultDamaged
from leakwatch.evidence.seal import AgeSealer
from leakwatch.evidence.unseal import read_identities, unseal
from tests.support.evidence import a_capture, a_matter, new_identity


@pytest.fixture
def sealed(tmp_path: Path) -> tuple[Path, Any]:
    """A sealed file and the identity that opens it."""
    identity = new_identity()
    content = AgeSealer(tmp_path / "vault").seal(
        a_matter(str(identity.to_public())), [a_capture(b"fiction" * 50_000)]
    )
    return tmp_path / "vault" / content.path, identity


def test_a_sealed_file_opens_into_a_warc(sealed: tuple[Path, Any], tmp_path: Path) -> None:
    """The WARC is written for its owner alone, and its digest is told."""
    path, identity = sealed
    with path.open("rb") as file:
        opened = unseal(file, [new_identity(), identity], tmp_path / "out" / "e-1.warc.gz")
    raw = opened.path.read_bytes()
    assert opened.sha256 == hashlib.sha256(raw).hexdigest()
    assert opened.size_bytes == len(raw)
    assert opened.path.stat().st_mode & 0o777 == 0o600
    with opened.path.open("rb") as warc:
        bodies = [
            record.content_stream().read()
            for record in ArchiveIterator(warc)
            if record.rec_type == "response"
        ]
    assert bodies == [b"fiction" * 50_000]


def test_nothing_is_written_over(sealed: tuple[Path, Any], tmp_path: Path) -> None:
    """A file of that name stays as it was."""
    path, identity = sealed
    target = tmp_path / "there"
    target.write_bytes(b"before")
    with path.open("rb") as file, pytest.raises(EvidenceError, match="is there already"):
        unseal(file, [identity], target)
    assert target.read_bytes() == b"before"


def test_another_key_does_not_open_it(sealed: tuple[Path, Any], tmp_path: Path) -> None:
    """A wrong key is told apart from a damaged file, and leaves no output."""
    path, _ = sealed
    with path.open("rb") as file, pytest.raises(KeyUnusable, match="none of those"):
        unseal(file, [new_identity()], tmp_path / "out" / "x")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("keep", [0, 10, 100, -1])
def test_a_cut_file_gives_nothing(sealed: tuple[Path, Any], tmp_path: Path, keep: int) -> None:
    """What was decrypted before the damage showed is not left lying about."""
    path, identity = sealed
    path.write_bytes(path.read_bytes()[:keep])
    with path.open("rb") as file, pytest.raises(VaultDamaged):
        unseal(file, [identity], tmp_path / "out" / "x")
    assert list((tmp_path / "out").iterdir()) == []


def test_keys_are_read_as_age_writes_them(tmp_path: Path) -> None:
    """Comments and blank lines are skipped, several keys are taken."""
    identities = [new_identity(), new_identity()]
    path = tmp_path / "key"
    path.write_text("# created: never\n\n" + "\n".join(map(str, identities)) + "\n")
    assert [str(i) for i in read_identities(path)] == [str(i) for i in identities]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "holds no age private key"),
        ("age1publickey\n", "holds no age private key"),
        ("AGE-SECRET-KEY-1NOTAKEY\n", "malformed"),
        ("age-encryption.org/v1\n-> scrypt x 18\n", "passphrase"),
    ],
)
def test_a_useless_key_file_is_said_to_be(tmp_path: Path, content: str, says: str) -> None:
    """The message says what is wrong and shows no key."""
    path = tmp_path / "key"
    path.write_text(content)
    with pytest.raises(KeyUnusable, match=says) as raised:
        read_identities(path)
    assert not re.search("NOTAKEY|publickey", str(raised.value))


def test_a_missing_key_file_is_named(tmp_path: Path) -> None:
    """The path is in the message."""
    with pytest.raises(MissingFile, match="nowhere"):
        read_identities(tmp_path / "nowhere")
