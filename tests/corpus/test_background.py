from __future__ import annotations

import numpy as np
import pytest

from leakwatch.corpus import background as background_module
from leakwatch.corpus import columns, partitions
from leakwatch.corpus.calibration import CommonPolicy
from leakwatch.corpus.known import Fingerprinter
from tests.support.corpora import KEY, note
from tests.support.readers import text_artefact
from tests.support.segments import Made, made

FINGERPRINTER = Fingerprinter(KEY)


def gathered(*texts: str, background_from: int = 1) -> Made:
    known = FINGERPRINTER.known_file(text_artefact(note(1)))
    documents = [FINGERPRINTER.document(text_artefact(text)) for text in texts]
    return made([known], documents, policy=CommonPolicy(background_from=background_from))


def test_counts_documents_for_each_gram() -> None:
    """Each gram has the number of documents that hold it, once for each however often it repeats."""
    kept = gathered(f"{note(1)} {note(1)} more", note(2), note(1)[:400] + note(3)).background
    held = kept.counted(np.unique(FINGERPRINTER.known_file(text_artefact(note(1))).values >> 32))
    assert kept.documents == 3
    assert held.max() == 2
    assert held.min() == 1
    assert (np.diff(kept.tops.astype(np.int64)) > 0).all()


def test_the_same_bytes_count_once() -> None:
    """A form kept a thousand times is one document."""
    bundle = gathered(note(1), note(1), note(1))
    assert bundle.background.documents == 1
    assert bundle.background.counts.max() == 1
    assert bundle.background.holds(bundle.columns).tolist() == [True]
    assert gathered(note(2)).background.holds(bundle.columns).tolist() == [False]


def test_the_same_letters_lie_in_the_background_too() -> None:
    """A known file whose text is there in another layout is told like one that is there."""
    bundle = gathered(note(1).replace(" ", "\n"))
    assert bundle.background.holds(bundle.columns).tolist() == [True]


def test_a_large_background_asks_for_a_second_document() -> None:
    """One stolen file left in a large background does not make itself common."""
    assert CommonPolicy.for_background(1999).background_from == 1
    assert CommonPolicy.for_background(2000).background_from == 2


def test_grams_of_one_document_are_dropped_where_two_are_asked_for() -> None:
    """What cannot make a gram common is not kept."""
    kept = gathered(note(1), note(2), note(1)[:500], background_from=2).background
    assert kept.counts.min() == kept.counts.max() == 2


def test_the_sample_is_drawn_by_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    """However the documents come, the same few are kept whole."""
    monkeypatch.setattr(background_module, "SAMPLE_DOCUMENTS", 3)
    texts = [note(n, 50) for n in range(9)]
    one, other = gathered(*texts).background, gathered(*reversed(texts)).background
    assert len(one.sample) == 3
    assert not one.is_whole
    assert np.array_equal(one.sample.tops, other.sample.tops)
    assert np.array_equal(one.sample.positions, other.sample.positions)
    assert np.array_equal(one.raw_keys, np.sort(one.raw_keys))


def test_partitions_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in many small parts or in one, the table is the same."""
    texts = [f"{note(n, 50)} {note(n // 2, 50)}" for n in range(9)]
    whole = gathered(*texts).background
    monkeypatch.setattr(partitions, "KEYS", 16)
    monkeypatch.setattr(columns, "CHUNK_GRAMS", 40)
    cut = gathered(*texts).background
    assert np.array_equal(whole.tops, cut.tops)
    assert np.array_equal(whole.counts, cut.counts)
