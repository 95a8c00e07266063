from __future__ import annotations

import csv
import io
import os
import stat
import zipfile
from pathlib import Path

import pytest

from leakwatch.corpus import intake, tree
from leakwatch.corpus.build import BuildRequest
from leakwatch.corpus.bundle import open_corpus
from leakwatch.errors import CorpusError, CorpusExists, LeakwatchError, MissingFile
from tests.support.corpora import BUILT_AT, KEY, OTHER_KEY, build, builder, ids, note, write_tree


@pytest.mark.parametrize("count", [0, 1, 2])
def test_small_trees(tmp_path: Path, count: int) -> None:
    """Nought, one and two files make a bundle that opens and counts them."""
    report = build(tmp_path, {f"{n}.txt": note(n) for n in range(count)})
    assert report.manifest.files == count
    assert open_corpus(tmp_path / "clinic.corpus").files == count
    assert report.problems == ()


def test_every_file_is_counted_and_known_once(tmp_path: Path) -> None:
    """Duplicates are one known file under two paths; empty, linked and odd ones are told apart."""
    folder = write_tree(
        tmp_path / "tree",
        {
            "a.txt": note(1),
            "b/copy.txt": note(1),
            ".hidden": note(2),
            "empty": b"",
            "raw": b"\xff\x00" * 50,
        },
    )
    (folder / "link").symlink_to(tmp_path / "tree" / "a.txt")
    os.mkfifo(folder / "pipe")
    report = builder().build(
        BuildRequest((folder,), tmp_path / "c.corpus", map_file=tmp_path / "map.csv"),
        created_at=BUILT_AT,
    )
    assert dict(report.manifest.counts) == {
        "files": 7, "known": 3, "duplicate": 1, "without_text": 1, "empty": 1, "skipped": 2,
    }  # fmt: skip
    told = {(Path(p.path).name, p.slug) for p in report.problems}
    assert told == {("empty", "empty"), ("link", "skipped"), ("pipe", "skipped")}
    rows = list(csv.DictReader((tmp_path / "map.csv").read_text("utf-8").splitlines()))
    by_path = {Path(row["path"]).name: row["file"] for row in rows}
    assert set(by_path) == {"a.txt", "copy.txt", ".hidden", "raw"}
    assert by_path["a.txt"] == by_path["copy.txt"] != by_path[".hidden"]
    assert stat.S_IMODE((tmp_path / "map.csv").stat().st_mode) == 0o600


def test_members_of_archives_are_known_too(tmp_path: Path) -> None:
    """A thief unpacks: each member is a known file of its own, mapped by its member path."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("in/one.txt", note(1))
        archive.writestr("two.txt", note(2))
    report = build(tmp_path, {"all.zip": packed.getvalue(), "one.txt": note(1)})
    assert report.manifest.counts["members"] == 2
    assert report.manifest.files == 3
    mapped = ids(tmp_path)
    assert mapped["all.zip!/in/one.txt"] == mapped["one.txt"]
    assert "all.zip!/two.txt" in mapped


def test_ids_are_stable_and_opaque(tmp_path: Path) -> None:
    """The same bytes have the same id in every build under one key, another under another."""
    first = build(tmp_path / "1", {"a.txt": note(1)})
    again = build(tmp_path / "2", {"x.txt": note(1), "y.txt": note(2)})
    other = build(tmp_path / "3", {"a.txt": note(1)}, key=OTHER_KEY)
    assert first.manifest.files == other.manifest.files == 1
    assert again.manifest.files == 2
    one = ids(tmp_path / "1")["a.txt"]
    assert one == ids(tmp_path / "2")["x.txt"]
    assert one != ids(tmp_path / "3")["a.txt"]
    assert one.startswith("k-")


def test_builds_are_reproducible(tmp_path: Path) -> None:
    """The same files at the same time give the same manifest, digests included."""
    files = {f"{n}.txt": note(n) for n in range(5)}
    one = build(tmp_path / "1", files, background={"b.txt": note("b")})
    other = build(tmp_path / "2", files, background={"b.txt": note("b")})
    assert one.manifest == other.manifest
    assert one.manifest.digest == other.manifest.digest


def test_large_files_are_read_from_their_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file over the limit is streamed, and known as it would be otherwise."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("one.txt", note(1))
    files: dict[str, str | bytes] = {"a.txt": note(2), "all.zip": packed.getvalue()}
    small = build(tmp_path / "small", files)
    monkeypatch.setattr(intake, "LARGE_BYTES", 100)
    monkeypatch.setattr(tree, "_PIECE_BYTES", 100)
    large = build(tmp_path / "large", files)
    assert large.manifest == small.manifest


def test_many_files_are_read_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However the files are cut into batches, the same is known."""
    files = {f"{n}.txt": note(n, 40) for n in range(10)} | {"empty": b""}
    whole = build(tmp_path / "whole", files)
    monkeypatch.setattr(intake, "_BATCH_FILES", 3)
    assert build(tmp_path / "cut", files).manifest == whole.manifest


@pytest.mark.parametrize("taken", ["clinic.corpus", "clinic.csv"])
def test_nothing_is_overwritten(tmp_path: Path, taken: str) -> None:
    """A taken name is refused before anything is read."""
    (tmp_path / taken).write_text("mine")
    with pytest.raises(CorpusExists, match=taken):
        build(tmp_path, {"a.txt": note(1)})
    assert (tmp_path / taken).read_text() == "mine"


def test_missing_folders_are_named(tmp_path: Path) -> None:
    """A folder that is not there is an error before the reading, in or out."""
    with pytest.raises(MissingFile, match="nowhere"):
        builder().build(BuildRequest((tmp_path / "nowhere",), tmp_path / "c"), created_at=BUILT_AT)
    with pytest.raises(CorpusError, match="nowhere"):
        builder().build(BuildRequest((tmp_path,), tmp_path / "nowhere" / "c"), created_at=BUILT_AT)


def test_errors_hold_no_content(tmp_path: Path) -> None:
    """What a refused build says holds no text of the files."""
    (tmp_path / "clinic.corpus").mkdir()
    with pytest.raises(LeakwatchError) as caught:
        build(tmp_path, {"a.txt": "Unmistakable content of a made-up note"})
    assert "Unmistakable" not in str(caught.value)
    assert KEY.key_id not in str(caught.value)
