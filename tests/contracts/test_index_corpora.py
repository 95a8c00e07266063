"""The fast index against the slow one where corpora grow, lose files, and meet hostile texts."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from leakwatch.corpus.bundle import Corpus, open_corpus
from leakwatch.corpus.calibration import CommonPolicy
from leakwatch.corpus.columns import Columns, joined, of_segment
from leakwatch.corpus.families import families
from leakwatch.corpus.known import Fingerprinter, KnownFile, RawText, file_id
from leakwatch.corpus.segment import Segment
from leakwatch.corpus.withdrawing import withdraw_ids
from leakwatch.fingerprint.grams import K
from leakwatch.fingerprint.normalise import letters
from leakwatch.fingerprint.sketch import Sketch, Sketcher
from leakwatch.match import regions as regions_module
from leakwatch.match.index import SegmentIndex
from leakwatch.match.reference import ReferenceFile, ReferenceIndex
from leakwatch.match.score import FEW_HITS, Scores, score
from tests.contracts.test_index import assert_equal, composed
from tests.support.corpora import BUILT_AT, KEY, add, build, note
from tests.support.readers import text_artefact
from tests.support.segments import Made, made

POLICY = CommonPolicy(groups_over=3, background_from=1)
SKETCHER = Sketcher(KEY)
FINGERPRINTER = Fingerprinter(KEY)
CHUNK_LETTERS = 1 << 16


def known(texts: Sequence[str], subjects: Sequence[int | None] = ()) -> list[KnownFile]:
    """Return texts as known files by raw digest, copies too, about some people."""
    files = [FINGERPRINTER.known_file(text_artefact(text)) for text in texts]
    about = [*subjects, *[None] * len(files)]
    labelled = [replace(f, subject=s) for f, s in zip(files, about, strict=False)]
    return sorted(labelled, key=lambda f: f.raw)


def assert_alike(fast: Sequence[Scores], slow: Sequence[Scores]) -> None:
    """Compare every score; a share at the very limit of ``few`` may be rounded to either side."""
    ours, theirs = list(fast), list(slow)
    for n, pair in enumerate(zip(fast, slow, strict=False)):
        if any(abs(s.few - share) < 1e-5 for s in pair for _, share in FEW_HITS):
            ours[n], theirs[n] = (replace(s, few=0.0) for s in pair)
    assert_equal(ours, theirs)


def sketch_of(text: str) -> Sketch:
    return SKETCHER.sketch(letters(text))


def reference_of(
    segment: Segment, groups: Sequence[int], background: Sequence[Sketch], policy: CommonPolicy
) -> ReferenceIndex:
    """Return the slow index of a segment's files."""
    files = [
        ReferenceFile(_values(segment.sketch(n)), int(segment.letters[n]), int(group))
        for n, group in enumerate(groups)
    ]
    return ReferenceIndex(files, [_held_by(s) for s in background], policy)


def _values(tops: NDArray[np.integer]) -> frozenset[int]:
    """Return grams as values that keep their highest 32 bits alone, as a bundle does."""
    return frozenset(int(top) << 32 for top in tops.tolist())


def _held_by(sketch: Sketch) -> frozenset[int]:
    return _values(sketch.values >> np.uint64(32))


def slow_scores(reference: ReferenceIndex, leak: Sketch) -> list[Scores]:
    values = [value >> 32 << 32 for value in leak.values.tolist()]
    return reference.score(values, leak.positions.tolist())


def fast_scores(bundle: Made, leak: Sketch, *, excluded: frozenset[int]) -> list[Scores]:
    index = SegmentIndex(bundle.segment)
    return score(index, leak, policy=POLICY, population=bundle.population, excluded=excluded)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    subjects=st.lists(st.none() | st.integers(1, 3), max_size=9),
    background=st.integers(0, 3),
    gone=st.frozensets(st.integers(0, 8), max_size=4),
    batch=st.sampled_from([1, 40, 1 << 20]),
)
def test_labels_copies_and_tombstones(
    seed: int, subjects: list[int | None], background: int, gone: frozenset[int], batch: int
) -> None:
    """With subjects, copies, background and withdrawn files, both say the same of what is left."""
    rng = random.Random(seed)
    texts = [composed(rng, rng.randrange(1, 10)) for _ in subjects]
    texts += rng.choices(texts, k=2) if texts else []
    others = [sketch_of(composed(rng, 2)) for _ in range(background)]
    documents = [(RawText(bytes([n + 1]) * 16, None), s) for n, s in enumerate(others)]
    bundle = made(known(texts, subjects), documents, policy=POLICY)
    leak = sketch_of(" ".join([composed(rng, 20), *rng.choices(texts or [""], k=2)]))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(regions_module, "_BATCH", batch)
        fast = fast_scores(bundle, leak, excluded=gone)
    groups = bundle.segment.groups.tolist()
    slow = slow_scores(reference_of(bundle.segment, groups, others, POLICY), leak)
    assert_alike(fast, [s for s in slow if s.file not in gone])


HOSTILE = {
    "one letter": "a" * 700,
    "two letters": "ab" * 400,
    "one gram in turn": "abcdefghijklmnop" * 60,
    "a sentence again and again": f"{note('again', 12)} " * 40,
    "a file again and again": f"{note(0, 60)} " * 12,
    "a file backwards": note(0, 60)[::-1],
    "a file in pieces": " ".join(f"{w} x" for w in note(0, 60).split()),
}


@pytest.mark.parametrize("leak", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("is_known", [False, True], ids=["foreign", "known"])
def test_hostile_texts(leak: str, is_known: bool) -> None:
    """Endless repeats, as a leak or as a known file, score fast as they do slowly."""
    texts = [note(0, 60), f"{note(0, 60)} {note(1, 60)}", *([leak] if is_known else [])]
    bundle = made(known(texts), (), policy=POLICY)
    groups = bundle.segment.groups.tolist()
    for text in (leak, f"{note('page', 60)} {leak} {note(0, 60)}"):
        sketch = sketch_of(text)
        fast = fast_scores(bundle, sketch, excluded=frozenset())
        slow = slow_scores(reference_of(bundle.segment, groups, (), POLICY), sketch)
        assert_alike(fast, slow)
        assert all(0 <= s.complete <= 1 and 0 <= s.cont <= 1 for s in fast)


def test_one_gram_ten_thousand_times() -> None:
    """A gram that a leak repeats without end counts once for completeness."""
    bundle = made(known([note(0, 60), "a" * 400]), (), policy=POLICY)
    leak = sketch_of("a" * 10_000 * K)
    assert len(leak.values) > 10_000
    found = fast_scores(bundle, leak, excluded=frozenset())
    assert len(leak.distinct) == 1
    assert all(s.jaccard <= 1 and s.complete <= 1 and s.leak_in_stolen <= 1 for s in found)


@settings(max_examples=12, deadline=None)
@given(offset=st.integers(-400, 40), seed=st.integers(0, 99))
def test_a_file_across_a_border_of_chunks(offset: int, seed: int) -> None:
    """Wherever a file lies in a long text, over the border of a chunk too, it scores the same."""
    wanted = note(0, 60)
    filler = "".join(random.Random(seed).choices("bcdfghjklm", k=CHUNK_LETTERS + offset))
    bundle = made(known([wanted, note(1, 60)]), (), policy=POLICY)
    leak = sketch_of(f"{filler} {wanted} {filler[:300]}")
    [fast] = fast_scores(bundle, leak, excluded=frozenset())
    groups = bundle.segment.groups.tolist()
    assert_alike([fast], slow_scores(reference_of(bundle.segment, groups, (), POLICY), leak))
    [early] = fast_scores(bundle, sketch_of(f"x {wanted} {filler[:300]}"), excluded=frozenset())
    assert (fast.complete, fast.cont) == pytest.approx((early.complete, early.cont))
    assert fast.run >= early.run - 2 * K


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    parts=st.lists(st.integers(1, 4), min_size=2, max_size=3),
    gone=st.integers(0, 3),
)
@example(seed=1214824, parts=[1, 4], gone=0)
def test_segments_one_after_another(seed: int, parts: list[int], gone: int) -> None:
    """Each segment of a grown corpus scores as the slow index of all files up to it does."""
    rng = random.Random(seed)
    batches = [
        {f"{part}-{n}.txt": composed(rng, rng.randrange(3, 9)) for n in range(size)}
        for part, size in enumerate(parts)
    ]
    form, leak = composed(rng, 2), sketch_of(composed(rng, 40))
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        build(home, batches[0], background={"form.txt": form})
        for number, files in enumerate(batches[1:]):
            add(home, files, batch=str(number))
        corpus = open_corpus(home / "clinic.corpus")
        first = corpus.segments[0]
        ids = [file_id(first.raw(n)) for n in range(min(gone, len(first) - 1))]
        if ids:
            withdraw_ids(home / "clinic.corpus", ids, at=BUILT_AT)
        _compare_segments(open_corpus(home / "clinic.corpus"), sketch_of(form), leak)


def _compare_segments(corpus: Corpus, form: Sketch, leak: Sketch) -> None:
    """Compare each segment, as it was written, with the slow index of it and its elders."""
    parts: list[Columns] = []
    for segment, entry in zip(corpus.segments, corpus.manifest.segments, strict=True):
        first = sum(map(len, parts))
        parts.append(of_segment(segment, corpus.manifest.categories))
        every = joined(parts)
        groups = families(every.text, every.signatures, every.grams)
        reference = ReferenceIndex(
            [
                ReferenceFile(_values(every.grams.take(np.array([n]))), letters, group)
                for n, (letters, group) in enumerate(
                    zip(every.letters.tolist(), groups.tolist(), strict=True)
                )
            ],
            [_held_by(form)],
            corpus.manifest.common,
            segment=first,
        )
        slow = [
            replace(
                s,
                file=s.file - first,
                background_peak=float(segment.background_peaks[s.file - first]),
                background_compared=int(segment.background_compared[s.file - first]),
            )
            for s in slow_scores(reference, leak)
            if s.file >= first and s.file - first not in entry.withdrawn
        ]
        fast = score(
            SegmentIndex(segment),
            leak,
            policy=corpus.manifest.common,
            population=entry.population,
            excluded=frozenset(entry.withdrawn),
        )
        assert_alike(fast, slow)
