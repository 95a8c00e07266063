from __future__ import annotations

from leakwatch.corpus.background import Background
from leakwatch.corpus.calibration import CommonPolicy
from leakwatch.corpus.known import Fingerprinter
from tests.support.corpora import KEY, note
from tests.support.readers import text_artefact

FINGERPRINTER = Fingerprinter(KEY)


def test_counts_only_what_known_files_hold() -> None:
    """Documents are counted for each gram of the known files, and no other gram is kept."""
    known = FINGERPRINTER.known_file(text_artefact(note(1)))
    background = Background([known])
    for text in (f"{note(1)} and more", note(2), note(1)[:400] + note(3)):
        background.add(*FINGERPRINTER.document(text_artefact(text)))
    table = background.table()
    assert table.documents == 3
    assert table.values.tolist() == known.values.tolist()
    assert table.counts.max() == 2
    assert table.counts.min() == 1
    assert len(table.sketches) == 2


def test_the_same_bytes_count_once() -> None:
    """A form kept a thousand times is one document."""
    known = FINGERPRINTER.known_file(text_artefact(note(1)))
    background = Background([known])
    for _ in range(3):
        background.add(*FINGERPRINTER.document(text_artefact(note(1))))
    table = background.table()
    assert table.documents == 1
    assert table.counts.max() == 1
    assert table.holds(known)
    assert not table.holds(FINGERPRINTER.known_file(text_artefact(note(2))))


def test_a_large_background_asks_for_a_second_document() -> None:
    """One stolen file left in a large background does not make itself common."""
    assert CommonPolicy.for_background(1999).background_from == 1
    assert CommonPolicy.for_background(2000).background_from == 2
