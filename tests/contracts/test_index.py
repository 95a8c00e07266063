"""The fast index says what the slow one says, on random corpora."""

from __future__ import annotations

import dataclasses
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.corpus.calibration import CommonPolicy, Thresholds
from leakwatch.corpus.known import Fingerprinter, KnownFile, RawText
from leakwatch.fingerprint.normalise import letters
from leakwatch.fingerprint.sketch import Sketch, Sketcher
from leakwatch.match import regions as regions_module
from leakwatch.match import texts as texts_module
from leakwatch.match.index import SegmentIndex
from leakwatch.match.reference import ReferenceFile, ReferenceIndex
from leakwatch.match.score import Scores, score, score_many
from tests.support.corpora import KEY, note
from tests.support.readers import text_artefact
from tests.support.segments import made

SENTENCES = [note(f"sentence/{n}", words=15) for n in range(30)]
POLICY = CommonPolicy(groups_over=3, background_from=1)
SKETCHER = Sketcher(KEY)
FINGERPRINTER = Fingerprinter(KEY)


def composed(rng: random.Random, sentences: int) -> str:
    """Return a text of sentences that other texts have too, some cut short."""
    chosen = rng.choices(SENTENCES, k=sentences)
    return " ".join(s if rng.random() < 0.7 else s[: rng.randrange(len(s))] for s in chosen)


def both(
    files: list[KnownFile], background: list[Sketch], leak: Sketch
) -> tuple[list[Scores], list[Scores]]:
    """Return what the fast and the slow index say of a leak."""
    documents = [(RawText(bytes([n + 1]) * 16, None), s) for n, s in enumerate(background)]
    bundle = made(files, documents, policy=POLICY)
    index = SegmentIndex(bundle.segment)
    fast = score(index, leak, policy=POLICY, population=bundle.population)
    reference = ReferenceIndex(
        [
            ReferenceFile(frozenset(f.values.tolist()), f.letters, int(group))
            for f, group in zip(files, bundle.segment.groups, strict=True)
        ],
        [frozenset(s.values.tolist()) for s in background],
        POLICY,
    )
    return fast, reference.score(leak.values.tolist(), leak.positions.tolist())


def known(texts: list[str]) -> list[KnownFile]:
    """Return the texts as known files, in the order a segment wants."""
    by_raw = {f.raw: f for f in (FINGERPRINTER.known_file(text_artefact(t)) for t in texts)}
    return [by_raw[raw] for raw in sorted(by_raw)]


def assert_equal(fast: list[Scores], slow: list[Scores]) -> None:
    """Compare every score of every file."""
    assert [s.file for s in fast] == [s.file for s in slow]
    for one, other in zip(fast, slow, strict=True):
        assert one.passages == other.passages
        ours, theirs = (dataclasses.asdict(s) | {"passages": None} for s in (one, other))
        assert ours == pytest.approx(theirs, abs=1e-5)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    files=st.integers(0, 8),
    background=st.integers(0, 3),
    pieces=st.integers(0, 40),
)
def test_fast_index_equals_reference(seed: int, files: int, background: int, pieces: int) -> None:
    """Every file in question has the same scores from the fast index as from the slow one."""
    rng = random.Random(seed)
    texts = [composed(rng, rng.randrange(1, 12)) for _ in range(files)]
    others = [SKETCHER.sketch(letters(composed(rng, 2))) for _ in range(background)]
    leak = SKETCHER.sketch(letters(composed(rng, pieces)))
    assert_equal(*both(known(texts), others, leak))


def test_far_apart_copies_are_regions_of_their_own() -> None:
    """Two copies of a file far apart in a long text count no more than one."""
    texts = [note("copied", 60), note("other", 200)]
    filler = " ".join(note(f"filler/{n}") for n in range(6))
    once = SKETCHER.sketch(letters(f"{filler} {texts[0]}"))
    twice = SKETCHER.sketch(letters(f"{texts[0]} {filler} {texts[0]}"))
    (single, slow_single), (double, slow_double) = (
        both(known(texts), [], once),
        both(known(texts), [], twice),
    )
    assert_equal(single, slow_single)
    assert_equal(double, slow_double)
    assert double[0].complete == pytest.approx(single[0].complete, abs=0.05)
    assert double[0].leak_in_stolen > single[0].leak_in_stolen


def test_a_text_may_repeat_what_many_files_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of near-copies repeated on a page, as much is looked at together as was set, no more."""
    form = note("form", 40)
    texts = [f"{form} {note(n, 4)} {note('foot', 30)}" for n in range(6)]
    leak = SKETCHER.sketch(letters(" ".join([*texts, *texts[:3]] * 2)))
    fast, slow = both(known(texts), [], leak)
    seen: list[int] = []
    kept = regions_module._Areas.of

    def watched(areas: regions_module._Areas, pairs: Any, grams: Any) -> Any:
        seen.append(len(grams))
        return kept(areas, pairs, grams)

    monkeypatch.setattr(regions_module._Areas, "of", watched)
    monkeypatch.setattr(regions_module, "_BATCH", 100)
    monkeypatch.setattr(regions_module, "_HITS_AT_ONCE", 100)
    bounded, _ = both(known(texts), [], leak)
    assert_equal(fast, slow)
    assert_equal(bounded, slow)
    # A single pair may have more, as it stays together.
    assert max(seen) <= max(4 * 100, len(leak.values))


@pytest.mark.parametrize("files", [0, 1, 2])
def test_small_corpora(files: int) -> None:
    """Nought, one and two known files are searched like many."""
    texts = [note(n) for n in range(files)]
    leak = SKETCHER.sketch(letters(" ".join(texts) or note("nobody's")))
    fast, slow = both(known(texts), [], leak)
    assert_equal(fast, slow)
    assert len(fast) == files


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    files=st.integers(0, 8),
    leaks=st.integers(0, 12),
    row=st.sampled_from([1, 60, 1 << 15]),
    batch=st.sampled_from([1, 100, 1 << 19]),
)
def test_texts_in_a_row_score_as_alone(
    seed: int, files: int, leaks: int, row: int, batch: int
) -> None:
    """However texts are put together, each has the scores it has alone."""
    rng = random.Random(seed)
    bundle = made(known([composed(rng, 6) for _ in range(files)]), [], policy=POLICY)
    index, size = SegmentIndex(bundle.segment), bundle.population
    sketches = [SKETCHER.sketch(letters(composed(rng, rng.randrange(9)))) for _ in range(leaks)]
    alone = [score(index, sketch, policy=POLICY, population=size) for sketch in sketches]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(texts_module, "TOGETHER", row)
        patched.setattr(regions_module, "_BATCH", batch)
        patched.setattr(regions_module, "_HITS_AT_ONCE", batch)
        together = score_many(index, sketches, policy=POLICY, population=size)
    assert len(together) == len(alone)
    for one, other in zip(together, alone, strict=True):
        assert_equal(one, other)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    run=st.sampled_from([10.7, 61.7, 127.7]),
    share=st.sampled_from([0.2137, 0.5137, 0.9137]),
)
def test_a_floor_leaves_out_what_reaches_nothing(seed: int, run: float, share: float) -> None:
    """Asked for what reaches a threshold, the scores are those of all that do."""
    rng = random.Random(seed)
    bundle = made(known([composed(rng, 6) for _ in range(8)]), [], policy=POLICY)
    index, size = SegmentIndex(bundle.segment), bundle.population
    floor = Thresholds(
        run=run, rare=run, noisy=2 * run, cont=share, few=share, complete=share, margin=share
    )
    sketches = [SKETCHER.sketch(letters(composed(rng, rng.randrange(9)))) for _ in range(6)]
    every = score_many(index, sketches, policy=POLICY, population=size)
    names = [field.name for field in dataclasses.fields(floor)]
    wanted = [
        [s for s in found if any(getattr(s, n) >= getattr(floor, n) for n in names)]
        for found in every
    ]
    reaching = score_many(index, sketches, policy=POLICY, population=size, floor=floor)
    for one, other in zip(reaching, wanted, strict=True):
        assert_equal(one, other)
