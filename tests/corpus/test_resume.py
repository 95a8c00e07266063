"""A build that was broken off goes on, and comes to the same bundle."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from leakwatch.corpus import intake
from leakwatch.corpus import spool as spool_module
from leakwatch.corpus.build import Builder, BuildRequest
from leakwatch.corpus.crew import Crew
from leakwatch.corpus.packing import hands_here
from leakwatch.errors import CorpusError
from leakwatch.match.peaks import background_peaks, best_scores
from leakwatch.model.artefact import Artefact
from tests.support.corpora import BUILT_AT, KEY, OTHER_KEY, builder, note, write_tree
from tests.support.pictures import photo, saved
from tests.support.readers import PlainReader

FILES = {f"{n % 3}/{n}.txt": note(n, 60) for n in range(12)} | {"again.txt": note(1, 60)}
BACKGROUND = {f"{n}.txt": note(f"b/{n}", 60) for n in range(8)}


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool_module, "COMMIT_FILES", 1)
    monkeypatch.setattr(intake, "_BATCH_FILES", 2)


class Counting(PlainReader):
    """Counts what it reads, and does something before the n-th file."""

    def __init__(self, at: int = -1, then: Callable[[], None] = lambda: None) -> None:
        self.files = 0
        self._at = at
        self._then = then

    def read(self, body: bytes, *, name: str) -> list[Artefact]:
        if self.files == self._at:
            self._then()
        self.files += 1
        return list(super().read(body, name=name))


def stop() -> None:
    raise KeyboardInterrupt


def request(home: Path) -> BuildRequest:
    return BuildRequest(
        (write_tree(home / "known", FILES),),
        home / "c.corpus",
        (write_tree(home / "background", BACKGROUND),),
        map_file=home / "map.csv",
    )


def build(asked: BuildRequest, reader: PlainReader) -> None:
    made = Builder(
        KEY, reader, measure_peaks=background_peaks, measure_scores=best_scores, tool="test 0"
    )
    made.build(asked, created_at=BUILT_AT)


def content(bundle: Path) -> dict[str, bytes]:
    return {str(p.relative_to(bundle)): p.read_bytes() for p in bundle.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    home = tmp_path_factory.mktemp("whole")
    build(request(home), PlainReader())
    return content(home / "c.corpus")


@pytest.mark.parametrize("at", [0, 1, 5, 12, 13, 16, 20])
def test_a_broken_off_reading_goes_on(tmp_path: Path, whole: dict[str, bytes], at: int) -> None:
    """Stopped before any file, the bundle is the same to the byte, at most a batch read twice."""
    asked = request(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        build(asked, Counting(at, stop))
    assert not asked.out.exists()
    reader = Counting()
    build(asked, reader)
    assert (
        len(FILES) + len(BACKGROUND) - at <= reader.files <= len(FILES) + len(BACKGROUND) - at + 1
    )
    assert content(asked.out) == whole
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "background", "c.corpus", "known", "map.csv",
    ]  # fmt: skip


def test_a_broken_off_writing_reads_nothing_again(tmp_path: Path, whole: dict[str, bytes]) -> None:
    """Stopped after the reading, what remains is done from what was read."""
    asked = request(tmp_path)
    measure: Any = fail
    stopped = Builder(KEY, PlainReader(), measure_peaks=measure, tool="test 0")
    with pytest.raises(KeyboardInterrupt):
        stopped.build(asked, created_at=BUILT_AT)
    assert not (tmp_path / "map.csv").exists()
    reader = Counting()
    build(asked, reader)
    assert reader.files == 0
    assert content(asked.out) == whole


def fail(*_: object, **__: object) -> Any:
    raise KeyboardInterrupt


def test_what_changed_meanwhile_is_read_again(tmp_path: Path) -> None:
    """A file that was rewritten, came or went between the runs is as it is at the end."""
    asked = request(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        build(asked, Counting(10, stop))
    known = tmp_path / "known"
    (known / "0/0.txt").write_text(note("rewritten", 60))
    (known / "0/3.txt").unlink()
    (known / "0/new.txt").write_text(note("new", 60))
    build(asked, PlainReader())
    fresh = BuildRequest((known,), tmp_path / "d.corpus", asked.background)
    build(fresh, PlainReader())
    assert content(asked.out) == content(fresh.out)


def test_another_key_reads_everything_again(tmp_path: Path) -> None:
    """What was read under one key is of no use under another, and is not used."""
    asked = request(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        build(asked, Counting(10, stop))
    builder(OTHER_KEY).build(asked, created_at=BUILT_AT)
    other = BuildRequest((tmp_path / "known",), tmp_path / "d.corpus", asked.background)
    builder(OTHER_KEY).build(other, created_at=BUILT_AT)
    assert content(asked.out) == content(other.out)


def test_two_builds_of_one_name_do_not_mix(tmp_path: Path) -> None:
    """A second build of the same name while one is under way is refused."""
    asked = request(tmp_path)

    def second() -> None:
        with pytest.raises(CorpusError, match="another leakwatch"):
            build(asked, PlainReader())

    build(asked, Counting(3, second))
    assert asked.out.exists()


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # Python 3.12, a runner's threads
def test_killed_without_warning(tmp_path: Path, whole: dict[str, bytes]) -> None:
    """Killed by the system amid its work in processes, a build goes on from its last commit."""
    asked = request(tmp_path)
    journal = tmp_path / ".c.corpus.building" / "known" / "journal"
    child = os.fork()
    if child == 0:
        try:
            reader = Counting(2, partial(time.sleep, 60))
            with Crew(lambda: hands_here(KEY, reader), jobs=2) as crew:
                made = Builder(KEY, measure_peaks=background_peaks, tool="test 0", crew=crew)
                made.build(asked, created_at=BUILT_AT)
        finally:
            os._exit(1)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and not (
        journal.exists() and journal.read_bytes().count(b"\n") > 1
    ):
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    reader = Counting()
    build(asked, reader)
    assert reader.files < len(FILES) + len(BACKGROUND)
    assert content(asked.out) == whole


def test_what_was_read_without_pictures_is_read_again_for_them(tmp_path: Path) -> None:
    """A build that was broken off and is asked for pictures now does not go on without them."""
    known = write_tree(tmp_path / "known", {"a.png": saved(photo(1), "PNG"), "b.txt": note(1)})
    public = write_tree(tmp_path / "background", {"form.txt": note(2)})
    asked = BuildRequest((known,), tmp_path / "c.corpus", (public,))
    stopped = Builder(KEY, PlainReader(), measure_peaks=fail, tool="test 0")
    with pytest.raises(KeyboardInterrupt):
        stopped.build(asked, created_at=BUILT_AT)
    report = builder(images=True).build(replace(asked, images=True), created_at=BUILT_AT)
    assert report.manifest.counts["pictures"] == 1
