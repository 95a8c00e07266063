"""Whatever lies in a folder: counted, named for the custodian, never fatal."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leakwatch.corpus import intake
from leakwatch.corpus.arrays import ArrayFolder
from leakwatch.corpus.build import Builder, BuildRequest
from leakwatch.corpus.bundle import open_corpus
from leakwatch.corpus.kit import BuildReport
from leakwatch.errors import CorpusError
from leakwatch.match.matcher import CorpusMatcher
from leakwatch.match.peaks import background_peaks
from leakwatch.model.artefact import Artefact
from leakwatch.model.match import Grade
from tests.support.corpora import BUILT_AT, KEY, build, builder, ids, note, write_tree
from tests.support.readers import PlainReader, text_artefact

MAORI = "Kua kōrero mātou ki te whānau mō te rongoā, ā, ka hoki mai ia ā te Rāhina. " * 6
DECOMPOSED = "Kua ko\u0304rero ma\u0304tou ki te wha\u0304nau mo\u0304 te rongoa\u0304, a\u0304, ka hoki mai ia a\u0304 te Ra\u0304hina. " * 6  # fmt: skip
HEBREW = "המטופל נבדק היום ונמצא במצב טוב, יחזור לביקורת בעוד שלושה שבועות. " * 8


class Meddling(PlainReader):
    """Does something when it comes to a file of a certain name."""

    def __init__(self, name: str, then: Callable[[], object]) -> None:
        self._name = name
        self._then = then

    def read(self, body: bytes, *, name: str) -> list[Artefact]:
        if name == self._name:
            self._then()
        return list(super().read(body, name=name))


def built(home: Path, reader: PlainReader) -> BuildReport:
    made = Builder(KEY, reader, measure_peaks=background_peaks, tool="test 0")
    request = BuildRequest((home / "known",), home / "clinic.corpus", map_file=home / "clinic.csv")
    return made.build(request, created_at=BUILT_AT)


def told(report: BuildReport) -> dict[str, str]:
    return {Path(p.path).name: p.slug for p in report.problems}


def test_texts_of_all_scripts_are_known(tmp_path: Path) -> None:
    """Composed or decomposed, right to left or binary under a text's name: each is known."""
    report = build(
        tmp_path,
        {
            "composed.txt": MAORI,
            "hebrew.txt": HEBREW,
            "binary.txt": bytes(range(256)) * 8,
            "latin.txt": note(1).encode() + b"\xe9\xff",
        },
    )
    assert report.manifest.files == 4
    assert report.problems == ()
    clinic = CorpusMatcher([open_corpus(tmp_path / "clinic.corpus")], KEY)
    mapped = ids(tmp_path)
    [match] = clinic.match_artefact(text_artefact(DECOMPOSED)).matches
    assert match.file == mapped["composed.txt"]
    assert match.grade is Grade.CONCLUSIVE
    [match] = clinic.match_artefact(text_artefact(HEBREW + " ")).matches
    assert match.file == mapped["hebrew.txt"]


def test_one_long_line_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large file of a single line goes through in pieces, and an excerpt of it is found."""
    monkeypatch.setattr(intake, "LARGE_BYTES", 10_000)
    line = " ".join(note(n) for n in range(20)).replace("\n", " ")
    build(tmp_path, {"line.txt": line, "other.txt": note("other")})
    clinic = CorpusMatcher([open_corpus(tmp_path / "clinic.corpus")], KEY)
    [match] = clinic.match_artefact(text_artefact(line[9000:11000])).matches
    assert match.file == ids(tmp_path)["line.txt"]


def test_files_that_vanish_or_change_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One gone before it was read is out of reach; one written to meanwhile is known as it was."""
    monkeypatch.setattr(intake, "_BATCH_FILES", 1)
    known = write_tree(tmp_path / "known", {f"{n}.txt": note(n) for n in range(4)})

    def meddle() -> None:
        (known / "2.txt").unlink()
        (known / "1.txt").write_text(note("changed"))

    report = built(tmp_path, Meddling("1.txt", meddle))
    assert told(report) == {"1.txt": "changed", "2.txt": "unreadable"}
    assert report.manifest.counts == {
        "files": 4, "known": 3, "changed": 1, "unreadable": 1,
    }  # fmt: skip
    clinic = CorpusMatcher([open_corpus(tmp_path / "clinic.corpus")], KEY)
    assert clinic.match_artefact(text_artefact(note(1))).matches != ()


def test_what_was_out_of_reach_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that could not be read before the break is read after it."""
    monkeypatch.setattr(intake, "_BATCH_FILES", 1)
    known = write_tree(tmp_path / "known", {f"{n}.txt": note(n) for n in range(4)})

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intake, "read_bytes", refusing("1.txt"))
        with pytest.raises(KeyboardInterrupt):
            built(tmp_path, Meddling("3.txt", stop))
    report = built(tmp_path, PlainReader())
    assert report.problems == ()
    assert report.manifest.files == 4
    assert (known / "1.txt").exists()


def refusing(name: str) -> Callable[[object], bytes]:
    from leakwatch.corpus.tree import TreeEntry, read_bytes  # noqa: PLC0415 - the patched one

    def read(entry: object) -> bytes:
        assert isinstance(entry, TreeEntry)
        if entry.relative == name:
            raise OSError(errno.EACCES, "Permission denied")
        return read_bytes(entry)

    return read


def test_loops_and_hidden_names_are_no_trouble(tmp_path: Path) -> None:
    """Links that lead in circles are counted once, names that are no text are mapped."""
    known = write_tree(tmp_path / "known", {"a/1.txt": note(1)})
    (known / "a" / "up").symlink_to(known)
    (known / "self").symlink_to(known / "self")
    (known / os.fsdecode(b"\xff\xfe.txt")).write_text(note(2))
    report = built(tmp_path, PlainReader())
    assert told(report) == {"up": "skipped", "self": "skipped"}
    assert report.manifest.files == 2
    assert b"/known/\xff\xfe.txt\r\n" in (tmp_path / "clinic.csv").read_bytes()


def test_the_same_folder_twice_is_read_once(tmp_path: Path) -> None:
    """A folder given twice counts once; one that lies in another gives copies."""
    known = write_tree(tmp_path / "known", {"a/1.txt": note(1), "2.txt": note(2)})
    request = BuildRequest((known, known, known / "a"), tmp_path / "c.corpus")
    counts = builder().build(request, created_at=BUILT_AT).manifest.counts
    assert counts == {"files": 3, "known": 2, "duplicate": 1}


def test_nothing_readable_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of which not one file can be read ends the command; an empty one does not."""
    write_tree(tmp_path / "known", {"1.txt": note(1)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intake, "read_bytes", refusing("1.txt"))
        with pytest.raises(CorpusError, match="none of the files can be read"):
            built(tmp_path, PlainReader())
    (tmp_path / "known" / "1.txt").unlink()
    assert built(tmp_path, PlainReader()).manifest.files == 0


def test_a_full_disk_is_told_and_costs_no_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the disk fills up, what was read is kept, no half bundle is there, and it goes on."""
    write_tree(tmp_path / "known", {f"{n}.txt": note(n) for n in range(3)})

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ArrayFolder, "put", full)
        with pytest.raises(CorpusError, match="disk is full") as caught:
            built(tmp_path, PlainReader())
    assert "same command again" in str(caught.value.hint)
    assert not (tmp_path / "clinic.corpus").exists()

    def no_more() -> None:
        raise AssertionError("read again")

    assert built(tmp_path, Meddling("1.txt", no_more)).manifest.files == 3


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_disk_that_is_full_while_reading_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be written as it is read is told as a full disk, when it is closed too."""
    write_tree(tmp_path / "known", {"1.txt": note(1)})
    to_disk = Path.open

    def full(path: Path, mode: str = "r", **options: Any) -> Any:
        return to_disk(Path("/dev/full") if path.name == "tops" else path, mode, **options)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(CorpusError, match="disk is full"):
        built(tmp_path, PlainReader())


def test_no_path_of_a_problem_reaches_the_bundle(tmp_path: Path) -> None:
    """What could not be read is named to the custodian and nowhere in the bundle."""
    report = build(tmp_path, {"Zzyzx, Fictional.txt": b"", "1.txt": note(1)})
    assert [Path(p.path).name for p in report.problems] == ["Zzyzx, Fictional.txt"]
    assert "Zzyzx" not in repr(report.problems)
    held = b"".join(
        p.read_bytes() for p in (tmp_path / "clinic.corpus").rglob("*.*") if p.is_file()
    )
    assert b"Zzyzx" not in held
