from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leakwatch.corpus.bundle import Corpus, open_corpus
from leakwatch.fingerprint.normalise import letters
from leakwatch.fingerprint.sketch import Sketch, Sketcher
from leakwatch.match import sieve as sieve_module
from leakwatch.match.index import SegmentIndex
from leakwatch.match.matcher import CorpusMatcher
from leakwatch.match.score import MIN_HITS
from leakwatch.match.sieve import LEAST_HITS, Sieve
from tests.support.corpora import KEY, build, note
from tests.support.readers import text_artefact

FILES = {f"{n}.txt": note(n, 40 + 30 * n) for n in range(12)}
SKETCHER = Sketcher(KEY)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    home = tmp_path_factory.mktemp("clinic")
    build(home, FILES)
    return open_corpus(home / "clinic.corpus")


@pytest.fixture(scope="module")
def matcher(corpus: Corpus) -> CorpusMatcher:
    return CorpusMatcher([corpus], KEY)


def words(number: int, first: int, count: int) -> str:
    return " ".join(note(number, 40 + 30 * number).split()[first : first + count])


EXCERPTS = st.tuples(st.integers(0, 11), st.integers(0, 200), st.integers(0, 60))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(texts=st.lists(st.tuples(st.lists(EXCERPTS, max_size=3), st.integers(0, 40)), max_size=12))
def test_many_are_matched_as_one(
    matcher: CorpusMatcher, texts: list[tuple[list[tuple[int, int, int]], int]]
) -> None:
    """Artefacts matched together have the matches they have alone, whatever they quote."""
    artefacts = [
        text_artefact(" ".join([*(words(*excerpt) for excerpt in quoted), note(f"own/{n}", own)]))
        for n, (quoted, own) in enumerate(texts)
    ]
    alone = [matcher.match_artefact(artefact) for artefact in artefacts]
    assert matcher.match_artefacts(artefacts) == alone


def test_a_grade_takes_more_hits_than_are_let_through() -> None:
    """The sieve asks for no more than the scores do."""
    assert LEAST_HITS <= MIN_HITS


def sketches(count: int = 20) -> list[Sketch]:
    texts = [note(n, 40 + 30 * n) if n < 5 else note(f"stranger/{n}") for n in range(count)]
    return [SKETCHER.sketch(letters(text)) for text in texts]


def test_strangers_are_kept_back(corpus: Corpus) -> None:
    """Of texts that hold nothing known hardly one goes on; of those that do, every one."""
    sieve = Sieve(SegmentIndex(corpus.segments[0]))
    verdicts = sieve.in_question(sketches())
    assert verdicts[:5] == [True] * 5
    assert sum(verdicts[5:]) <= 1
    assert sieve.in_question(sketches()) == verdicts


def test_hits_are_counted_as_often_as_they_stand(corpus: Corpus) -> None:
    """One gram of a file that a text repeats is as many hits; a gram of another text is none."""
    segment = corpus.segments[0]
    posted = next(
        sketch.values[:1]
        for sketch in sketches(12)
        if len(SegmentIndex(segment).postings(sketch.values[:1])[1])
    )
    empty = sketches(1)[0]
    one, many = (
        replace(empty, values=np.tile(posted, n), positions=np.arange(n)) for n in (1, LEAST_HITS)
    )
    nothing = replace(empty, values=posted[:0], positions=np.arange(0))
    sieve = Sieve(SegmentIndex(segment))
    assert sieve.in_question([one, one, one, many, nothing]) == [False, False, False, True, False]


def test_what_is_known_no_longer_brings_nothing_into_question(corpus: Corpus) -> None:
    """Files that were withdrawn let no text through."""
    segment = corpus.segments[0]
    sieve = Sieve(SegmentIndex(segment), excluded=frozenset(range(len(segment))))
    assert not any(sieve.in_question(sketches()))


def test_a_few_texts_and_long_ones_go_on(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    """What would cost no less in full is not sorted; batches are cut without a seam."""
    sieve = Sieve(SegmentIndex(corpus.segments[0]))
    assert sieve.in_question(sketches(2)) == [True, True]
    whole = sieve.in_question(sketches())
    longest = max(len(sketch.values) for sketch in sketches())
    monkeypatch.setattr(sieve_module, "_GRAMS", longest)
    assert sieve.in_question(sketches()) == whole
    monkeypatch.setattr(sieve_module, "_GRAMS", 1)
    assert all(sieve.in_question(sketches()))
