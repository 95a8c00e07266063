"""How near the background comes to each known file: measured once, at the build.

A document filled in by a machine is all common phrases: what is a person's is
the combination. How much of a combination strangers share differs from file to
file, so each file's completeness is judged against the nearest background
document. A file that is itself a blank form has one that holds all of it.
"""

from __future__ import annotations

import numpy as np

from leakwatch.corpus.background import BackgroundTable
from leakwatch.corpus.calibration import CommonPolicy
from leakwatch.corpus.segment import F4, Segment
from leakwatch.match.index import SegmentIndex
from leakwatch.match.score import score


def background_peaks(
    segment: Segment, background: BackgroundTable, policy: CommonPolicy, population: int
) -> F4:
    """Return f4[files]: the ``complete`` score of the nearest background document.

    Only documents with an anchor come into question, as with any text: a file
    of which enough is its own peaks at 0 whatever form it stands on.

    Where grams are common from the second document on, so is nearness: the
    second nearest counts, and a stolen file left in a large background does
    not hide itself.
    """
    nearest = np.zeros((policy.background_from, len(segment)))
    index = SegmentIndex(segment)
    for sketch in background.sketches:
        for scores in score(index, sketch, policy=policy, population=population):
            column = nearest[:, scores.file]
            nearest[:, scores.file] = np.sort(np.append(column, scores.complete))[1:]
    peaks: F4 = nearest.min(axis=0, initial=1.0).astype(np.float32)
    return peaks
