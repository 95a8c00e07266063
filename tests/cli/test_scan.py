from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from leakwatch.cli.main import main
from leakwatch.errors import (
    CorpusCorrupt,
    EgressRefused,
    MissingFile,
    RangeIgnored,
    SandboxError,
    WrongKey,
)
from leakwatch.sandbox.landlock import Landlock
from tests.support.corpora import note, write_tree
from tests.support.http_site import reply, serve_aside
from tests.support.locked_zips import winzip
from tests.support.pictures import letter, pages, photo, saved
from tests.support.range_site import Held, ranged


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    write_tree(home / "files", {f"{n}.txt": note(n) for n in range(3)})
    assert main(["keygen", str(home / "key")]) == 0
    files, out, key = (str(home / name) for name in ("files", "c.corpus", "key"))
    assert main(["corpus", "build", files, "--out", out, "--key", key]) == 0
    return home


def arguments(home: Path, *targets: object, options: tuple[str, ...] = ()) -> list[str]:
    corpus, key = str(home / "c.corpus"), str(home / "key")
    return ["scan", *map(str, targets), "--corpus", corpus, "--key", key, *options]


def scan(
    home: Path, capsys: pytest.CaptureFixture[str], *targets: object, options: tuple[str, ...] = ()
) -> tuple[int, list[dict[str, Any]]]:
    capsys.readouterr()
    code = main(arguments(home, *targets, options=("--json", *options)))
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_json_lines_are_the_contract(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line holds exactly the fields of the contract, in an archive's member as in a file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a/b.txt", note(1))
        archive.writestr("clean.txt", note("clean"))
    write_tree(tmp_path, {"dump.zip": packed.getvalue(), "page.html": f"<p>{note(2)}</p>"})
    code, lines = scan(home, capsys, tmp_path)
    assert code == 0
    assert [(line["target"], line["artefact"]) for line in lines] == [
        (str(tmp_path), "dump.zip!/a/b.txt"),
        (str(tmp_path), "page.html"),
    ]
    for line in lines:
        assert list(line) == ["target", "artefact", "kind", "matches", "error"]
        assert (line["kind"], line["error"]) == ("text", None)
        [match] = line["matches"]
        assert list(match) == [
            "file", "method", "grade", "stolen_in_leak", "leak_in_stolen", "jaccard", "passage_chars",
            "passages", "passage_count", "passage_total_chars", "shared_unique", "chance",
            "chance_basis",
        ]  # fmt: skip
        assert (match["method"], match["grade"]) == ("exact", "conclusive")
        assert match["file"].startswith("k-")


def test_clean_targets_print_nothing(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A clean target has no line; exit 1 only where it is asked for."""
    write_tree(tmp_path, {"clean.txt": note("clean")})
    assert scan(home, capsys, tmp_path) == (0, [])
    assert scan(home, capsys, tmp_path, options=("--exit-code",)) == (1, [])
    assert scan(home, capsys, home / "files", options=("--exit-code",))[0] == 0


def test_explain_says_why(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --explain each match carries its reasons, in numbers, and a paragraph in words."""
    write_tree(tmp_path, {"x.txt": f"{note('before')} {note(1)}"})
    _, [line] = scan(home, capsys, tmp_path, options=("--explain",))
    [match] = line["matches"]
    assert match["method"] == "text"
    assert any("letters" in reason for reason in match["reasons"])
    assert "of the known document stands in what was seen" in match["in_words"]
    assert main(arguments(home, tmp_path, options=("--explain",))) == 0
    out = capsys.readouterr().out
    assert "probable from" in " ".join(out.split())
    assert match["in_words"] in " ".join(out.split())
    assert max(map(len, out.splitlines())) <= 80


def test_what_is_said_of_many_files_is_said_once(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Copies of several known files share one paragraph, and each is named above it."""
    write_tree(tmp_path, {f"{n}.txt": note(n) for n in range(3)})
    capsys.readouterr()
    assert main(arguments(home, tmp_path, options=("--explain",))) == 0
    out = capsys.readouterr().out
    assert out.count("every byte is the same.") == 1
    assert all(f" in {n}.txt" in out for n in range(3))


def test_what_cannot_be_reached_is_an_error_line(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missing target is a line and a code at the end; the others are scanned."""
    code, lines = scan(home, capsys, tmp_path / "nowhere", home / "files" / "1.txt")
    assert code == MissingFile.exit_code
    assert [(line["kind"], line["error"]) for line in lines] == [("error", "missing_file"), ("text", None)]  # fmt: skip
    assert scan(home, capsys, "http://127.0.0.1:9/")[0] == EgressRefused.exit_code
    # An unset variable does not mean the folder that one stands in.
    assert scan(home, capsys, "")[0] == MissingFile.exit_code


DIRECT = ("--direct", "--allow-private")


def test_a_remote_archive_is_a_line_by_its_directory(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Known files named by it are in one line of kind listing; how it was read is said beside."""
    known = {f"export/{n}.txt": note(n).encode() for n in range(3)}
    others = {f"export/other-{n}.bin": os.urandom(50_000) for n in range(10)}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in {**others, **known}.items():
            archive.writestr(name, data)
    with serve_aside({"/d.zip": ranged(Held(packed.getvalue()))}) as site:
        url = site.url("/d.zip")
        code, [line] = scan(home, capsys, url, options=DIRECT)
        assert main(arguments(home, url, options=("--full", *DIRECT))) == 0
    assert code == 0
    assert list(line) == ["target", "artefact", "kind", "matches", "error"]
    assert (line["target"], line["artefact"], line["kind"]) == (url, "d.zip", "listing")
    assert {match["method"] for match in line["matches"]} == {"listing"}
    assert {match["grade"] for match in line["matches"]} == {"conclusive"}
    assert (len(line["matches"]), line["error"]) == (3, None)
    told = capsys.readouterr()
    assert "13 of 13 entries" in told.err
    assert "no member was opened" in told.err
    assert "conclusive" in told.out


def test_what_cannot_be_listed_is_said(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A server that would send the whole archive is an error with its own name and code."""
    whole = reply(bytes(9), headers={"Content-Length": str(108 * 10**9)})
    with serve_aside({"/d.zip": whole}) as site:
        code, [line] = scan(home, capsys, site.url("/d.zip"), options=DIRECT)
        assert main(arguments(home, site.url("/d.zip"), options=DIRECT)) == code
    assert code == RangeIgnored.exit_code
    assert (line["kind"], line["error"], line["matches"]) == ("error", "range_ignored", [])
    assert "sends the whole file" in capsys.readouterr().err


def test_hostile_names_cannot_reach_the_terminal(
    home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Escape sequences in names are shown escaped, in the table and in JSON."""
    (tmp_path / "\x1b[2J\x07evil\u202e.txt").write_text(note(1))
    (tmp_path / os.fsdecode(b"\xff.txt")).write_text(note(2))
    assert main(arguments(home, tmp_path)) == 0
    assert main(arguments(home, tmp_path, options=("--json",))) == 0
    out = capfd.readouterr().out
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "evil" in out


def test_keys_and_corpora_are_checked_first(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another key and a damaged corpus are refused with their codes."""
    assert main(["keygen", str(tmp_path / "other")]) == 0
    capsys.readouterr()
    corpus = str(home / "c.corpus")
    assert (
        main(["scan", ".", "--corpus", corpus, "--key", str(tmp_path / "other")])
        == WrongKey.exit_code
    )
    assert "was made with key" in capsys.readouterr().err
    shutil.copytree(corpus, tmp_path / "d.corpus")
    (tmp_path / "d.corpus" / "segments" / "0000" / "letters.npy").unlink()
    bad = ["scan", ".", "--corpus", str(tmp_path / "d.corpus"), "--key", str(home / "key")]
    assert main(bad) == CorpusCorrupt.exit_code


def test_wrong_usage_is_two(home: Path) -> None:
    """No target, no corpus, no key: wrong usage."""
    assert main(["scan"]) == 2
    assert main(["scan", "x", "--key", str(home / "key")]) == 2
    assert main(arguments(home, "x", options=("--jobs", "0"))) == 2


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, None)])
def test_interrupted_leaves_nothing(
    home: Path, tmp_path: Path, number: signal.Signals, code: int | None
) -> None:
    """Ctrl-C ends with 130, an order to end by its signal; no traceback, process or file is left."""
    work = write_tree(tmp_path / "many", {f"{n}.html": f"<p>{note(n)}</p>" for n in range(800)})
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    process = subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-m", "leakwatch", *arguments(home, work, options=("--json",))],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(temporary), "COLUMNS": "200"},
        start_new_session=True,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("{")
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    assert process.returncode == (-number if code is None else code)
    assert "Traceback" not in said
    assert list(temporary.iterdir()) == []
    deadline = time.monotonic() + 10
    while _session_members(process.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert _session_members(process.pid) == []


def test_a_process_that_dies_is_no_clean_scan(home: Path, tmp_path: Path) -> None:
    """A reading process that is killed ends the scan with an error; the others go with it."""
    work = write_tree(tmp_path / "many", {f"{n}.html": f"<p>{note(n)}</p>" for n in range(800)})
    process = subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-m", "leakwatch", *arguments(home, work, options=("--json",))],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("{")
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    os.kill(int(children.split()[0]), signal.SIGKILL)
    _, said = process.communicate(timeout=30)
    assert process.returncode == SandboxError.exit_code
    assert "a reading process died" in said
    assert "Traceback" not in said
    deadline = time.monotonic() + 10
    while _session_members(process.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert _session_members(process.pid) == []


def _session_members(session: int) -> list[int]:
    """Return the living processes of a session."""
    members = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            members.append(int(stat.parent.name))
    return members


def test_scan_leaves_no_temporary_file(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing is written outside; the temporary directory is empty after a scan."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    assert main(arguments(home, home / "files")) == 0
    assert list(tmp_path.iterdir()) == []


def test_help_imports_nothing_heavy() -> None:
    """The command line starts without NumPy, SciPy or datasketch."""
    code = (
        "import sys; from leakwatch.cli.main import main; main(['scan', '--help']);"
        "print([m for m in ('numpy', 'scipy', 'datasketch') if m in sys.modules])"
    )
    done = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_pictures_are_found_where_the_corpus_has_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Built with --images, a scan within a PDF is told from its page; a corpus without is not."""
    known = write_tree(tmp_path / "files", {"scan.pdf": pages([letter(1), letter(2)], "PDF")})
    forms = write_tree(tmp_path / "forms", {"logo.png": saved(photo(9), "PNG")})
    leak = write_tree(
        tmp_path / "leak",
        {
            "page.jpg": saved(letter(2), "JPEG"),
            "logo.jpg": saved(photo(9), "JPEG"),
            "other.jpg": saved(letter(50), "JPEG"),
        },
    )
    assert main(["keygen", str(tmp_path / "key")]) == 0
    capsys.readouterr()
    build = ["corpus", "build", str(known), "--key", str(tmp_path / "key")]
    build += ["--background", str(forms), "--jobs", "1", "--json", "--out"]
    assert main([*build, str(tmp_path / "seeing.corpus"), "--images"]) == 0
    assert main([*build, str(tmp_path / "blind.corpus")]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["images"] for line in told] == ["pdq+quarters/1", None]
    found = {}
    for name in ("seeing", "blind"):
        options = ["--corpus", str(tmp_path / f"{name}.corpus"), "--key", str(tmp_path / "key")]
        assert main(["scan", str(leak), *options, "--json"]) == 0
        found[name] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [record] = found["seeing"]
    assert (record["artefact"], record["kind"], record["error"]) == ("page.jpg", "image", None)
    [match] = record["matches"]
    assert (match["method"], match["grade"]) == ("image", "probable")
    assert match["stolen_in_leak"] is None
    assert found["blind"] == []


@pytest.mark.parametrize("command", ["scan", "build"])
def test_a_missing_layer_of_defence_is_told_once_or_refused(
    command: str,
    home: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without Landlock stderr says so in one line; with --require-sandbox nothing is read."""
    monkeypatch.setattr(Landlock, "find_version", staticmethod(lambda _kernel: 0))
    files, key = str(home / "files"), str(home / "key")
    out = str(tmp_path / "d.corpus")
    words = {
        "scan": arguments(home, files),
        "build": ["corpus", "build", files, "--out", out, "--key", key],
    }[command]
    assert main([*words, "--require-sandbox"]) == SandboxError.exit_code
    assert "no landlock, which is required" in capsys.readouterr().err
    assert not Path(out).exists()
    assert main(words) == 0
    assert capsys.readouterr().err.count("this kernel offers no landlock") == 1


def test_what_was_not_read_is_summed_up_on_stderr(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By kind and reason, in words or with --json as one object; stdout keeps to its contract."""
    write_tree(tmp_path, {"a.bin": bytes(range(1, 9)) * 32, "cut.zip": b"PK\x03\x04 cut"})
    write_tree(tmp_path, {"b.txt": note("clean")})
    code, lines = scan(home, capsys, tmp_path)
    assert (code, [line["error"] for line in lines]) == (0, ["corrupt"])
    assert main(arguments(home, tmp_path, options=("--json",))) == 0
    told = json.loads(capsys.readouterr().err.splitlines()[-1])
    assert told == {
        "summary": {"text": {"text": 1}, "unknown": {"no_text": 1}, "zip": {"corrupt": 1}}
    }
    assert main(arguments(home, tmp_path)) == 0
    said = capsys.readouterr().err
    assert "looked at 3 files and members, 2 of them not read as text" in said
    assert "zip: 1 corrupt" in said


def test_an_archive_in_volumes_is_one_in_a_folder_and_by_its_first(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Members stand below the first volume; the others have no line."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for n in range(3):
            archive.writestr(f"{n}.txt", note(n))
    raw = packed.getvalue()
    pieces = {f"dump.zip.{n + 1:03}": raw[n * 100 : (n + 1) * 100] for n in range(len(raw) // 100)}
    last = f"dump.zip.{len(pieces) + 1:03}"
    write_tree(tmp_path, {**pieces, last: raw[len(pieces) * 100 :], "other.txt": note("clean")})
    for target in (tmp_path, tmp_path / "dump.zip.001"):
        code, lines = scan(home, capsys, target)
        assert code == 0
        assert [line["artefact"] for line in lines] == [f"dump.zip.001!/{n}.txt" for n in range(3)]
        assert all(line["matches"][0]["grade"] == "conclusive" for line in lines)


def test_passwords_come_from_a_file_and_are_shown_nowhere(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the right one the archive is told to be encrypted; a file open to others is warned of."""
    passwords = tmp_path / "passwords"
    passwords.write_text("wrong\n\nhunter2\n")
    passwords.chmod(0o644)
    write_tree(tmp_path / "in", {"dump.zip": winzip([("a.txt", note(1).encode())], b"hunter2")})
    code, lines = scan(home, capsys, tmp_path / "in")
    assert [(line["artefact"], line["error"]) for line in lines if line["error"]] == [
        ("dump.zip!/a.txt", "encrypted")
    ]
    code = main(
        arguments(home, tmp_path / "in", options=("--json", "--password-file", str(passwords)))
    )
    shown = capsys.readouterr()
    assert code == 0
    [line] = map(json.loads, shown.out.splitlines())
    assert (line["artefact"], line["error"]) == ("dump.zip!/a.txt", None)
    assert "may be read by others" in shown.err
    assert "hunter2" not in shown.out + shown.err
    passwords.unlink()
    options = ("--password-file", str(passwords))
    assert main(arguments(home, tmp_path / "in", options=options)) == MissingFile.exit_code
