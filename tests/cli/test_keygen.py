from __future__ import annotations

import stat
from pathlib import Path

import pytest

from leakwatch.cli.main import main
from leakwatch.errors import KeyUnusable


def test_keygen_writes_a_private_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The key is there, for its owner alone, and its id is shown but not the key."""
    path = tmp_path / "key"
    assert main(["keygen", str(path)]) == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    shown = capsys.readouterr()
    assert "key id" in shown.out
    assert path.read_bytes().hex()[:16] not in shown.out + shown.err


def test_keygen_overwrites_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A second key under the same name is refused with the error's exit code."""
    path = tmp_path / "key"
    assert main(["keygen", str(path)]) == 0
    before = path.read_bytes()
    assert main(["keygen", str(path)]) == KeyUnusable.exit_code
    assert path.read_bytes() == before
    assert "never overwritten" in capsys.readouterr().err
