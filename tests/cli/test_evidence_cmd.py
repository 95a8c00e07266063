"""``leakwatch evidence`` on a real database and a real vault."""

from __future__ import annotations

import asyncio
import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from leakwatch.cli.evidence_cmd import evidence
from leakwatch.cli.invocation import Invocation
from leakwatch.errors import EntityUnknown, EvidenceError, LedgerBroken, VaultDamaged
from leakwatch.evidence.record import record_sha256
from leakwatch.evidence.seal import AgeSealer
from leakwatch.model.evidence import EvidenceRecord, SealedContent
from leakwatch.store import schema
from leakwatch.store.session import SqlStore
from tests.support.evidence import START, a_capture, a_draft, a_matter, new_identity

ROOT = Path(__file__).resolve().parents[2]
SECRET = b"Fictional Patient"


class Place:
    """A state directory with three records, the second of them sealed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.identity = new_identity()
        self.url = f"sqlite:///{root / 'leakwatch.db'}"
        self.config = root / "leakwatch.toml"
        self.config.write_text('state_dir = "."\n[fingerprint]\nkey_file = "no.key"\n')
        self.key = root / "legal.key"
        self.key.write_text(str(self.identity))
        matter = a_matter(str(self.identity.to_public()))
        self.sealed: SealedContent = AgeSealer(root / "vault").seal(matter, [a_capture(SECRET)])
        self.records: list[EvidenceRecord] = asyncio.run(self._fill())

    async def _fill(self) -> list[EvidenceRecord]:
        await schema.upgrade(self.url)
        store = SqlStore(self.url, chain=record_sha256)
        drafts = (a_draft(1), a_draft(2, self.sealed), a_draft(3))
        try:
            async with store.begin() as tx:
                await tx.matters.sync([a_matter("age1fiction")], START)
                return [await tx.evidence.append(draft) for draft in drafts]
        finally:
            await store.aclose()

    def run(self, *arguments: str) -> Any:
        """Run one command as ``leakwatch --config FILE evidence ...`` would."""
        from typer.main import get_command  # noqa: PLC0415 - as slow as the command line

        invocation = Invocation(config=self.config, debug=False)
        return get_command(evidence)(list(arguments), standalone_mode=False, obj=invocation)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_verify_prints_counts_and_head(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """A sound ledger gives its head, to be noted elsewhere."""
    place.run("verify", "--json", "--expect-head", place.records[1].sha256)
    assert json.loads(capsys.readouterr().out) == {
        "records": 3,
        "head": place.records[2].sha256,
        "sealed_files": 1,
        "ok": True,
        "problems": [],
    }


def test_verify_fails_on_a_head_it_does_not_know(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    """A ledger that was cut or made anew is exit code 72, and all problems are printed."""
    with pytest.raises(LedgerBroken) as raised:
        place.run("verify", "--expect-head", "0f" * 32)
    assert raised.value.exit_code == 72
    assert "0f" * 32 in capsys.readouterr().out


def test_verify_fails_on_a_damaged_vault(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """A missing sealed file is exit code 73, named by record and path."""
    (place.root / "vault" / place.sealed.path).unlink()
    with pytest.raises(VaultDamaged) as raised:
        place.run("verify")
    assert raised.value.exit_code == 73
    assert "record 2: " in capsys.readouterr().out


def test_the_list_is_what_the_digests_are_of(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    """``list --json`` gives each record whole, as the documented check by hand needs it."""
    place.run("list", "--json")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["sha256"] for line in lines] == [r.sha256 for r in place.records]
    assert lines[1]["sealed"]["sha256"] == place.sealed.sha256
    assert lines[1]["facts"]["nonce"] == f"{2:032x}"
    place.run("list")
    assert place.records[0].draft.id in capsys.readouterr().out
    place.run("list", "--json", "--matter", "another")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("by", ["seq", "id", "start of id"])
def test_open_gives_the_content_of_a_record(place: Place, by: str) -> None:
    """A record is named by its seq, its id or a unique start of it."""
    name = place.records[1].draft.id
    given = {"seq": "2", "id": name, "start of id": name[:7]}[by]
    out = place.root / "opened"
    place.run("open", given, "--identity", str(place.key), "--out", str(out))
    assert SECRET in gzip.decompress((out / f"{name}.warc.gz").read_bytes())


def test_open_needs_sealed_content_and_a_record(place: Place) -> None:
    """A record without content, and no record at all, are told apart."""
    rest = ("--identity", str(place.key), "--out", str(place.root / "opened"))
    with pytest.raises(EvidenceError, match="no content was sealed"):
        place.run("open", "1", *rest)
    with pytest.raises(EntityUnknown):
        place.run("open", "99", *rest)


def test_open_works_from_a_file_alone(place: Place, tmp_path: Path) -> None:
    """The legal team needs the sealed file and the key: no settings, no database."""
    code = (
        "from leakwatch.cli.evidence_cmd import evidence; import sys; "
        "evidence(sys.argv[1:], standalone_mode=False)"
    )
    sealed = place.root / "vault" / place.sealed.path
    given = ["--sealed", str(sealed), "--identity", str(place.key), "--out", str(tmp_path / "o")]
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code, "open", *given],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stderr
    assert [p.name for p in (tmp_path / "o").iterdir()] == [f"{place.sealed.sha256}.warc.gz"]
