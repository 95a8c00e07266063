"""How near documents that were not stolen come to known files: measured at the build.

A document filled in by a machine is all common phrases: what is a person's is
the combination. How much of a combination strangers share differs from file to
file, so each file's completeness is judged against the nearest background
document. A file that is itself a blank form has one that holds all of it.

Both functions are handed to the corpus, which runs them in processes
(``corpus/measuring.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus.calibration import CommonPolicy
from leakwatch.corpus.measuring import Nearness
from leakwatch.corpus.quantiles import score_names
from leakwatch.corpus.segment import Segment
from leakwatch.fingerprint.sketch import Sketch
from leakwatch.match.grade import counting
from leakwatch.match.index import SegmentIndex
from leakwatch.match.score import Scores, score_many


def background_peaks(
    segment: Segment, documents: Iterable[Sketch], policy: CommonPolicy, population: int
) -> Nearness:
    """Return the ``policy.background_from`` best ``complete`` scores of each file.

    Only documents with an anchor come into question, as with any text: a file
    of which enough is its own peaks at 0 whatever form it stands on.

    Where grams are common from the second document on, so is nearness: the
    second nearest counts, and a stolen file left in a large background does
    not hide itself.
    """
    nearest = np.zeros((policy.background_from, len(segment)), np.float32)
    compared = np.zeros(len(segment), np.int64)
    index = SegmentIndex(segment)
    sketches = list(documents)
    for found in score_many(index, sketches, policy=policy, population=population):
        files = np.array([scores.file for scores in found], np.int64)
        complete = np.array([[scores.complete for scores in found]], np.float32)
        both = np.concatenate([nearest[:, files], complete])
        nearest[:, files] = np.sort(both, axis=0)[1:]
        compared[files] += complete[0] > 0
    return Nearness(nearest, compared)


def best_scores(
    segment: Segment, documents: Iterable[Sketch], policy: CommonPolicy, population: int
) -> Mapping[str, NDArray[np.float64]]:
    """Return for each score of a threshold the best that any file reaches, by document."""
    index = SegmentIndex(segment)
    sketches = list(documents)
    found = score_many(index, sketches, policy=policy, population=population)
    best = [_best(scores) for scores in found]
    return {name: np.array([scores[name] for scores in best]) for name in score_names()}


def _best(found: Iterable[Scores]) -> Mapping[str, float]:
    best = dict.fromkeys(score_names(), 0.0)
    for scores in found:
        for name in best:
            best[name] = max(best[name], counting(scores, name))
    return best
