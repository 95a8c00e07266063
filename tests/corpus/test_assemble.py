from __future__ import annotations

import random

import numpy as np
import pytest

from leakwatch.corpus import columns, families, partitions
from leakwatch.corpus.assemble import POSTED_AT_LEAST, drawn
from leakwatch.corpus.calibration import CommonPolicy
from leakwatch.corpus.known import Fingerprinter
from leakwatch.corpus.segment import array_names
from tests.support.corpora import KEY, note
from tests.support.readers import text_artefact
from tests.support.segments import made

FINGERPRINTER = Fingerprinter(KEY)
SENTENCES = [note(f"sentence/{n}", words=15) for n in range(15)]


def test_cut_small_everything_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted, weighed and posted in many small parts or in one, the arrays are equal."""
    rng = random.Random(5)
    texts = [" ".join(rng.choices(SENTENCES, k=rng.randrange(1, 8))) for _ in range(30)]
    files = [FINGERPRINTER.known_file(text_artefact(text)) for text in [*texts, ""]]
    others = [FINGERPRINTER.document(text_artefact(f"{text} more")) for text in SENTENCES[:4]]
    policy = CommonPolicy(groups_over=3)
    whole = made(files, others, policy=policy)
    monkeypatch.setattr(partitions, "KEYS", 16)
    monkeypatch.setattr(columns, "CHUNK_GRAMS", 30)
    monkeypatch.setattr(families, "_PAIRS", 3)
    cut = made(files, others, policy=policy)
    for name in array_names():
        assert np.array_equal(getattr(whole.segment, name), getattr(cut.segment, name)), name
    assert whole.population == cut.population


def test_counts_are_those_of_a_plain_count() -> None:
    """The table of shared grams says what sets say: groups and documents that hold each."""
    rng = random.Random(6)
    texts = [" ".join(rng.choices(SENTENCES, k=4)) for _ in range(12)]
    files = [FINGERPRINTER.known_file(text_artefact(text)) for text in set(texts)]
    others = [FINGERPRINTER.document(text_artefact(f"{text} more")) for text in SENTENCES[:4]]
    bundle = made(files, others, policy=CommonPolicy())
    segment = bundle.segment
    held = [set(segment.sketch(n).tolist()) for n in range(len(segment))]
    told = [set((s.values >> np.uint64(32)).tolist()) for _, s in others]
    expected = {}
    for top in set().union(*held):
        groups = len({int(segment.groups[n]) for n, tops in enumerate(held) if top in tops})
        documents = sum(top in tops for tops in told)
        if groups >= 2 or documents:
            expected[top] = (groups, documents)
    counts = zip(segment.shared_groups.tolist(), segment.shared_background.tolist(), strict=True)
    assert dict(zip(segment.shared_values.tolist(), counts, strict=True)) == expected


def test_postings_are_spread_evenly() -> None:
    """Grams are chosen across the whole range, so that no bucket fills up."""
    tops = np.random.default_rng(2).integers(0, 2**32, 100_000, dtype=np.uint32)
    chosen = np.sort(tops[np.argsort(drawn(tops))[:40_000]])
    shares = np.bincount(chosen >> np.uint32(28), minlength=16) / len(chosen)
    assert abs(shares - 1 / 16).max() < 0.005
    assert len(np.unique(drawn(tops))) == len(np.unique(tops))


def test_short_files_post_all_their_grams() -> None:
    """A file of few grams is found by any of them."""
    known = FINGERPRINTER.known_file(text_artefact(note(1, 25)))
    assert len(known.values) < POSTED_AT_LEAST
    segment = made([known], policy=CommonPolicy()).segment
    assert len(segment.posting_files) == len(known.values)


def test_a_form_filled_in_many_times_is_no_square_of_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Pairs looked at grow with the files of a bucket, not with their square."""
    looked_at = 0
    plain = families._resembling

    def counted(
        grams: object, one: np.ndarray[tuple[int], np.dtype[np.int64]], other: object
    ) -> object:
        nonlocal looked_at
        looked_at += len(one)
        return plain(grams, one, other)  # type: ignore[arg-type]

    monkeypatch.setattr(families, "_resembling", counted)
    form = note("form", 80)
    files = [FINGERPRINTER.known_file(text_artefact(f"{form} {n}")) for n in range(400)]
    assert len(np.unique(made(files, policy=CommonPolicy()).segment.families)) == 1
    assert 0 < looked_at < 4 * len(files)
