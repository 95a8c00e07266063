"""Thresholds measured on the background of a bundle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from leakwatch.corpus import background as background_module
from leakwatch.corpus import calibration, measuring
from leakwatch.corpus.build import Builder, BuildRequest
from leakwatch.corpus.bundle import open_corpus, read_manifest
from leakwatch.corpus.calibration import Calibration
from leakwatch.corpus.crew import Crew
from leakwatch.corpus.growth import Addition
from leakwatch.corpus.packing import hands_here
from leakwatch.match.peaks import background_peaks, best_scores
from tests.support.corpora import BUILT_AT, KEY, build, builder, note, write_tree
from tests.support.readers import PlainReader

KNOWN: dict[str, str | bytes] = {f"{n}.txt": f"{note('habit', 50)} {note(n)}" for n in range(5)}
SIBLINGS = {f"{n}.txt": f"{note(n % 5)[:360]} {note(f'own/{n}')}" for n in range(6)}
STRANGERS = {f"s{n}.txt": note(f"stranger/{n}", 80) for n in range(40)}


@pytest.fixture(autouse=True)
def few_documents_suffice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "MIN_DOCUMENTS", 40)
    monkeypatch.setattr(measuring, "_DOCUMENTS", 7)


def test_siblings_in_the_background_raise_the_thresholds(tmp_path: Path) -> None:
    """Documents that share passages with known files are told by the table and kept out."""
    manifest = build(tmp_path, KNOWN, background={**SIBLINGS, **STRANGERS}).manifest
    measured = manifest.calibration
    assert measured.documents == 46
    assert measured.files == 5
    assert measured.origin == "calibrated on 46 documents"
    assert measured.probable.run > Calibration().probable.run
    assert measured.survival["run"].at_least(Calibration().probable.run) >= 5 / 47
    assert measured.survival["run"].at_least(5000) == pytest.approx(1 / 47)


def test_strangers_leave_the_thresholds(tmp_path: Path) -> None:
    """A quiet background lowers nothing, and says so by its table."""
    measured = build(tmp_path, KNOWN, background=STRANGERS).manifest.calibration
    assert measured.probable == Calibration().probable
    assert measured.survival["cont"].at_least(0.29) == pytest.approx(1 / 41)


def test_known_files_in_the_background_are_no_strangers(tmp_path: Path) -> None:
    """A stolen file that was left in the background does not vote on the thresholds."""
    left = {f"left{n}": str(KNOWN[f"{n}.txt"]).replace(" ", "\n") for n in range(3)}
    measured = build(tmp_path, KNOWN, background={**STRANGERS, **left}).manifest.calibration
    assert measured.documents == 40
    assert measured.probable == Calibration().probable


def test_too_few_documents_leave_the_defaults(tmp_path: Path) -> None:
    """A background that is too small measures nothing."""
    few = dict(list(STRANGERS.items())[:39])
    assert build(tmp_path, KNOWN, background=few).manifest.calibration == Calibration()


def test_a_grown_corpus_is_calibrated_anew(tmp_path: Path) -> None:
    """An addition and a merge measure with the sample that the bundle kept."""
    build(tmp_path, KNOWN, background={**SIBLINGS, **STRANGERS})
    folder = write_tree(tmp_path / "more", {"6.txt": note("own/0"), "7.txt": note("own/1")})
    path = tmp_path / "clinic.corpus"
    before = read_manifest(path).calibration
    added = builder().add(path, Addition((folder,)), at=BUILT_AT).manifest.calibration
    assert (before.files, added.files) == (5, 7)
    assert (added.documents, added.related) == (44, 2)
    merged = builder().merge(path, at=BUILT_AT).calibration
    assert merged.files == 7
    assert merged.probable.run == pytest.approx(added.probable.run, rel=0.2)


def test_a_sample_suffices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only a part of the background was kept whole, that part is measured."""
    monkeypatch.setattr(background_module, "SAMPLE_DOCUMENTS", 42)
    measured = build(tmp_path, KNOWN, background={**SIBLINGS, **STRANGERS}).manifest.calibration
    assert measured.documents == 42


def test_processes_measure_the_same(tmp_path: Path) -> None:
    """Peaks and calibration do not depend on how many processes work on them."""
    background = {**SIBLINGS, **STRANGERS}
    alone = build(tmp_path, KNOWN, background=background)
    folders = (tmp_path / "clinic/known",), (tmp_path / "clinic/background",)
    with Crew(lambda: hands_here(KEY, PlainReader()), jobs=3) as crew:
        made = Builder(
            KEY,
            measure_peaks=background_peaks,
            measure_scores=best_scores,
            tool="test 0",
            crew=crew,
        )
        request = BuildRequest(folders[0], tmp_path / "other.corpus", folders[1])
        together = made.build(request, created_at=BUILT_AT)
    assert together.manifest == alone.manifest
    peaks = open_corpus(tmp_path / "other.corpus").segments[0].background_peaks
    assert np.array_equal(
        peaks, open_corpus(tmp_path / "clinic.corpus").segments[0].background_peaks
    )
