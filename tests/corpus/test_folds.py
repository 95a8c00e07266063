"""A segment without a fold is the segment of the other documents alone."""

from __future__ import annotations

import random

import numpy as np
import pytest

from leakwatch.corpus import columns
from leakwatch.corpus.calibration import CommonPolicy
from leakwatch.corpus.digests import as_digests, once
from leakwatch.corpus.folds import cut, removed, without_each
from leakwatch.corpus.known import Fingerprinter
from tests.support.corpora import KEY, note
from tests.support.readers import text_artefact
from tests.support.segments import documents_of, made

FINGERPRINTER = Fingerprinter(KEY)
SENTENCES = [note(f"sentence/{n}", words=15) for n in range(12)]


def composed(rng: random.Random) -> str:
    return " ".join([*rng.choices(SENTENCES, k=4), note(rng.random(), 30)])


@pytest.mark.parametrize("background_from", [1, 2])
@pytest.mark.parametrize("chunk", [30, 1 << 19])
def test_as_if_is_what_would_be_built(
    background_from: int, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weights, counts and population without a fold equal those assembled without it."""
    monkeypatch.setattr(columns, "CHUNK_GRAMS", chunk)
    rng = random.Random(background_from)
    policy = CommonPolicy(groups_over=3, background_from=background_from)
    files = [FINGERPRINTER.known_file(text_artefact(composed(rng))) for _ in range(8)]
    texts = [text_artefact(composed(rng)) for _ in range(16)]
    documents = [FINGERPRINTER.document(text) for text in texts]
    whole = made(files, documents, policy=policy)
    order = once(as_digests(b"".join(digests.raw for digests, _ in documents)))
    folds = cut(whole.background.sample)
    gone = removed(whole.background, folds, policy)
    versions = without_each(whole.segment, gone, policy=policy, population=whole.population)
    for fold, as_if in zip(folds, versions, strict=True):
        left = [documents[n] for n in np.delete(order, fold).tolist()]
        built = made(files, left, policy=policy)
        assert as_if.population == built.population
        assert np.allclose(as_if.weights_live, built.segment.weights_live, atol=1e-4)
        assert np.allclose(as_if.weights_all, built.segment.weights_all, rtol=1e-4)
        told = built.background.counted(whole.segment.shared_values)
        assert np.array_equal(as_if.shared_background, told)


def test_versions_of_a_document_lie_in_one_fold() -> None:
    """Near-duplicates do not vouch for one another, and the folds are of like size."""
    texts = [f"{note(n // 2)} {n}" for n in range(80)]
    sketches = [FINGERPRINTER.document(text_artefact(text))[1] for text in texts]
    folds = cut(documents_of(sketches))
    fold_of = {n: number for number, fold in enumerate(folds) for n in fold.tolist()}
    assert sorted(fold_of) == list(range(80))
    assert all(fold_of[n] == fold_of[n + 1] for n in range(0, 80, 2))
    assert {len(fold) for fold in folds} == {20}
