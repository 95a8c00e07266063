from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from leakwatch.corpus.bundle import open_corpus
from leakwatch.corpus.calibration import CommonPolicy
from leakwatch.corpus.known import Fingerprinter
from leakwatch.match.peaks import background_peaks
from tests.support.corpora import KEY, build, note
from tests.support.readers import text_artefact
from tests.support.segments import made


def test_peak_is_the_nearest_document(tmp_path: Path) -> None:
    """A file peaks at the share of it that one background document holds; others at nought."""
    most = f"{note(1)[: len(note(1)) * 4 // 5]} {note('more')}"
    build(tmp_path, {"a": note(1), "b": note(2)}, background={"m": most, "q": note(1)[:300]})
    segment = open_corpus(tmp_path / "clinic.corpus").segments[0]
    assert sorted(segment.background_peaks.tolist()) == [0.0, pytest.approx(0.7, abs=0.12)]


@pytest.mark.parametrize(("background_from", "expected"), [(1, 1.0), (2, 0.8)])
def test_a_left_copy_does_not_hide_itself(background_from: int, expected: float) -> None:
    """Where common means two documents, the second nearest is the peak."""
    fingerprinter = Fingerprinter(KEY)
    known = [fingerprinter.known_file(text_artefact(note(1)))]
    texts = (note(1) + " ", note(1)[: len(note(1)) * 4 // 5], *(note(n, 40) for n in range(3, 60)))
    documents = [fingerprinter.document(text_artefact(text)) for text in texts]
    policy = CommonPolicy(background_from=background_from)
    bundle = made(known, documents, policy=policy)
    sketches = [sketch for _, sketch in documents]
    near = background_peaks(bundle.segment, sketches, policy, bundle.population)
    assert near.peaks.dtype == np.float32
    assert near.peaks.tolist() == [pytest.approx(expected, abs=0.12)]
    assert near.compared.tolist() == [2]
