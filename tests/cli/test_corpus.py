from __future__ import annotations

import json
from pathlib import Path

import pytest

from leakwatch.cli.main import main
from leakwatch.errors import CorpusCorrupt, CorpusError, CorpusExists, KeyUnusable, MissingFile
from tests.support.corpora import note, write_tree


@pytest.fixture
def home(tmp_path: Path) -> Path:
    write_tree(tmp_path / "files", {"a.txt": note(1), "sub/b.html": f"<p>{note(2)}</p>", "e": b""})
    write_tree(tmp_path / "forms", {"form.txt": note("form")})
    assert main(["keygen", str(tmp_path / "key")]) == 0
    return tmp_path


def build(home: Path, *options: str) -> int:
    files, out, key = (str(home / name) for name in ("files", "c.corpus", "key"))
    return main(["corpus", "build", files, "--out", out, "--key", key, *options])


def test_build_info_verify(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A corpus is built from real files in the sandbox, described and verified."""
    capsys.readouterr()
    options = ["--background", str(home / "forms"), "--map", str(home / "map.csv"), "--json"]
    assert build(home, *options) == 0
    built = json.loads(capsys.readouterr().out)
    assert built["files"] == 2
    assert built["counts"] == {"empty": 1, "files": 3, "known": 2}
    assert built["background_documents"] == 1
    assert (home / "map.csv").read_text().startswith("file,path\nk-")
    assert main(["corpus", "info", str(home / "c.corpus"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == built
    assert main(["corpus", "verify", str(home / "c.corpus"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["intact"] is True


def test_tables_and_notices(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For people: counts on stdout; on stderr what is not known, and the lacking background."""
    capsys.readouterr()
    assert build(home) == 0
    shown = capsys.readouterr()
    assert "known files" in shown.out
    assert str(home / "files" / "e") in shown.err
    assert "empty" in shown.err
    assert "no background" in shown.err
    assert main(["corpus", "info", str(home / "c.corpus")]) == 0
    assert main(["corpus", "verify", str(home / "c.corpus")]) == 0


def test_stolen_files_left_in_the_background_are_told(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A background that holds stolen files blunts the corpus, and says so."""
    capsys.readouterr()
    assert build(home, "--background", str(home / "files"), "--json") == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["counts"]["in_background"] == 2
    assert "2 known files lie in the background too" in shown.err


def test_labels_reach_the_corpus(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Categories are told; subjects are not."""
    capsys.readouterr()
    (home / "l.csv").write_text("path,subject,category\na.txt,Fictional Person,letter\n")
    assert build(home, "--labels", str(home / "l.csv"), "--json") == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["categories"] == ["letter"]
    assert "Fictional" not in shown.out + shown.err


def test_errors_have_their_exit_codes(home: Path) -> None:
    """What is wrong with the files given is told by a stable code."""
    assert build(home) == 0
    assert build(home) == CorpusExists.exit_code
    assert main(["corpus", "info", str(home / "files")]) == CorpusError.exit_code
    manifest = home / "c.corpus" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"files": 2', '"files": 3'))
    assert main(["corpus", "verify", str(home / "c.corpus")]) == CorpusCorrupt.exit_code
    (home / "key").chmod(0o644)
    assert build(home) == KeyUnusable.exit_code
    (home / "key").unlink()
    assert build(home) == MissingFile.exit_code


@pytest.mark.parametrize("arguments", [["build"], ["build", "x"], ["info"], ["nonsense"]])
def test_wrong_usage_is_two(arguments: list[str]) -> None:
    """Missing arguments and unknown commands exit 2."""
    assert main(["corpus", *arguments]) == 2
