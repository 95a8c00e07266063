from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from leakwatch.cli.main import main
from leakwatch.corpus.bundle import read_manifest, write_manifest
from leakwatch.errors import (
    ConfigError,
    CorpusCorrupt,
    CorpusError,
    CorpusExists,
    KeyUnusable,
    MissingFile,
    NotInCorpus,
)
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
    """Categories are told; subjects are not; labels of no file are counted."""
    capsys.readouterr()
    rows = "a.txt,Fictional Person,letter\nother/a.txt,Fictional Person,letter\n"
    (home / "l.csv").write_text(f"path,subject,category\n{rows}")
    assert build(home, "--labels", str(home / "l.csv"), "--json") == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["categories"] == ["letter"]
    assert "1 of 2 labels name no file" in shown.err
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


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    """Run a command; return its exit code and the JSON lines it printed."""
    capsys.readouterr()
    code = main(["corpus", *arguments, "--json"])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_add_withdraw_merge(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A corpus grows by a segment, loses a file at once, and is made one again."""
    assert build(home, "--map", str(home / "map.csv")) == 0
    bundle, key = str(home / "c.corpus"), str(home / "key")
    write_tree(home / "more", {"c.txt": note(3), "a.txt": note(1), "gone": b""})
    added = ["add", bundle, str(home / "more"), "--key", key, "--map", str(home / "more.csv")]
    code, [told] = run(capsys, *added)
    assert code == 0
    assert (told["files"], told["added"], told["segments"]) == (3, 1, 2)
    gone = (home / "more.csv").read_text().splitlines()[1].partition(",")[0]
    code, [told] = run(capsys, "withdraw", bundle, "--id", gone)
    assert (code, told["withdrawn_now"], told["files"]) == (0, 1, 2)
    code, [told] = run(capsys, "merge", bundle)
    assert (code, told["files"], told["segments"], told["withdrawn"]) == (0, 2, 1, 0)
    assert main(["corpus", "verify", bundle]) == 0
    assert not list(home.glob(".*"))


def test_add_says_what_comes_next(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After an addition people are told how what was seen before is compared with it."""
    assert build(home) == 0
    write_tree(home / "more", {"c.txt": note(3), "gone": b""})
    capsys.readouterr()
    arguments = ["corpus", "add", str(home / "c.corpus"), str(home / "more")]
    assert main([*arguments, "--key", str(home / "key")]) == 0
    shown = capsys.readouterr()
    assert "added now" in shown.out
    assert "findings rematch" in shown.err
    assert str(home / "more" / "gone") in shown.err


def test_unidentifiable_files_are_listed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What nothing sets apart is counted by info and listed by id, category and reason."""
    (home / "files" / "form.txt").write_text(note("form") + " signed")
    (home / "files" / "short.txt").write_text("Did not come.")
    assert build(home, "--background", str(home / "forms")) == 0
    code, [told] = run(capsys, "info", str(home / "c.corpus"))
    assert (code, told["identifiable"], told["unidentifiable"]) == (0, 2, 2)
    code, lines = run(capsys, "info", str(home / "c.corpus"), "--unidentifiable")
    assert code == 0
    assert sorted(line["why"] for line in lines) == ["common", "short"]
    assert all(line["file"].startswith("k-") for line in lines)
    assert main(["corpus", "info", str(home / "c.corpus"), "--unidentifiable"]) == 0
    shown = capsys.readouterr()
    assert "common" in shown.out
    assert "short: too few phrases" in shown.err


def test_a_subject_is_withdrawn(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A person's files go by the name in the labels, with the key, and by nobody else's."""
    (home / "l.csv").write_text("path,subject,category\na.txt,Fictional Person,letter\n")
    assert build(home, "--labels", str(home / "l.csv")) == 0
    bundle, key = str(home / "c.corpus"), str(home / "key")
    asked = ["withdraw", bundle, "--subject", "Fictional Person"]
    assert run(capsys, *asked)[0] == ConfigError.exit_code
    assert run(capsys, *asked[:-1], "Nobody", "--key", key)[0] == NotInCorpus.exit_code
    assert run(capsys, *asked, "--key", key)[1][0]["withdrawn_now"] == 1
    assert run(capsys, "withdraw", bundle, "--id", "k-nothing")[0] == NotInCorpus.exit_code
    assert run(capsys, "withdraw", bundle)[0] == 2


def test_hostile_and_odd_files_end_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Read in the sandbox, odd files are known as far as they can be; the exit code stays 0."""
    odd: dict[str, str | bytes] = {
        "binary.txt": bytes(range(256)) * 40,
        "utf16.txt": note(4).encode("utf-16"),
        "broken.zip": b"PK\x03\x04" + b"\xff" * 300,
        "line.txt": " ".join(note(f"line/{n}") for n in range(2500)),
    }
    write_tree(home / "files", odd)
    (home / "files" / "loop").symlink_to(home / "files")
    code, [told] = run(capsys, "build", str(home / "files"), "--out", str(home / "o.corpus"),
                       "--key", str(home / "key"), "--jobs", "2")  # fmt: skip
    assert code == 0
    assert told["counts"]["known"] >= 6
    assert told["counts"]["skipped"] == 1
    assert told["counts"]["unread"] >= 1


@pytest.mark.parametrize("arguments", [["build"], ["build", "x"], ["info"], ["nonsense"]])
def test_wrong_usage_is_two(arguments: list[str]) -> None:
    """Missing arguments and unknown commands exit 2."""
    assert main(["corpus", *arguments]) == 2


def test_growth_since_calibration_is_warned_of(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A corpus a quarter larger than when it was calibrated says so, and against what it was."""
    assert build(home) == 0
    path = home / "c.corpus"
    manifest = read_manifest(path)
    for files, warned in ((1, True), (2, False)):
        then = replace(manifest.calibration, origin="calibrated", documents=2000, files=files)
        write_manifest(path, replace(manifest, calibration=then).sealed())
        capsys.readouterr()
        assert main(["corpus", "info", str(path)]) == 0
        shown = capsys.readouterr()
        assert f"against {files} known files" in shown.out
        assert ("match by chance" in shown.err) == warned


def test_what_was_not_read_is_counted_by_kind_and_listed_for_the_custodian(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Counts go into the corpus, names into a file that its owner alone may read."""
    files = tmp_path / "files"
    write_tree(files, {"a.txt": note(1), "b.zip": b"PK\x03\x04 cut", "c.jpg": b"\xff\xd8\xff\xe0"})
    key, out, report = (str(tmp_path / name) for name in ("key", "c.corpus", "unread.csv"))
    assert main(["keygen", key]) == 0
    words = [str(files), "--key", key, "--report", report]
    assert main(["corpus", "build", *words, "--out", out]) == 0
    rows = Path(report).read_text(encoding="utf-8").splitlines()
    assert rows[0] == "path,kind,reason"
    assert sorted(rows[1:]) == [f"{files}/b.zip,zip,corrupt", f"{files}/c.jpg,jpeg,pictures_only"]
    assert Path(report).stat().st_mode & 0o777 == 0o600
    capsys.readouterr()
    assert main(["corpus", "info", out, "--json"]) == 0
    kinds = json.loads(capsys.readouterr().out)["kinds"]
    assert kinds == {"jpeg": {"pictures_only": 1}, "text": {"text": 1}, "zip": {"corrupt": 1}}
    assert "b.zip" not in (Path(out) / "manifest.json").read_text(encoding="utf-8")
    write_tree(tmp_path / "more", {"d.txt": note(2), "e.bin": bytes(range(1, 9)) * 32})
    more = str(tmp_path / "more.csv")
    added = ["corpus", "add", out, str(tmp_path / "more"), "--key", key, "--report", more]
    assert main(added) == 0
    assert f"{tmp_path}/more/e.bin,unknown,no_text" in Path(more).read_text(encoding="utf-8")
    capsys.readouterr()
    assert main(["corpus", "info", out]) == 0
    said = capsys.readouterr().out
    assert [line.split()[:3] for line in said.splitlines() if line.startswith("text ")] == [
        ["text", "2", "2"]
    ]
    assert main(["corpus", "build", *words, "--out", str(tmp_path / "d.corpus")]) == 57
