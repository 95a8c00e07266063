"""Background documents compared with a segment, in the processes of a crew.

How to compare is handed in (``match/peaks.py``): the corpus does not know how
matching works. The functions handed in are those of a module, so that they can
be named to another process.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus import calibration
from leakwatch.corpus.arrays import ArrayFolder
from leakwatch.corpus.background import Background, Documents
from leakwatch.corpus.bundle import segment_in
from leakwatch.corpus.calibration import Calibration, CommonPolicy
from leakwatch.corpus.columns import Indices
from leakwatch.corpus.crew import Crew
from leakwatch.corpus.folds import AsIf, cut, removed, without_each
from leakwatch.corpus.packing import Hands
from leakwatch.corpus.quantiles import calibrated, score_names
from leakwatch.corpus.segment import F4, Segment, saturated
from leakwatch.corpus.stages import Stages
from leakwatch.fingerprint.sketch import Sketch
from leakwatch.model.fingerprint import FingerprintParams

_DOCUMENTS = 256
"""Documents given to a process at a time."""


@dataclass(frozen=True, slots=True)
class Nearness:
    """How near documents come to each of some known files."""

    scores: F4
    """f4[kept, files]: the best ``complete`` scores, least first."""
    compared: Indices
    """Documents that each file came into question for."""

    @property
    def peaks(self) -> F4:
        """Return the least of the scores kept, for each file."""
        peaks: F4 = self.scores.min(axis=0)
        return peaks

    def joined(self, other: Nearness) -> Nearness:
        """Return what both sets of documents come to."""
        both = np.concatenate([self.scores, other.scores])
        scores = np.sort(both, axis=0)[len(other.scores) :]
        return Nearness(scores, self.compared + other.compared)


class PeakMeasure(Protocol):
    """Measures how near some documents come to each known file."""

    def __call__(
        self,
        segment: Segment,
        documents: Iterable[Sketch],
        policy: CommonPolicy,
        population: int,
    ) -> Nearness:
        """Return the ``policy.background_from`` best scores of each file."""
        ...


class ScoreMeasure(Protocol):
    """Measures what is asked of documents before they match."""

    def __call__(
        self,
        segment: Segment,
        documents: Iterable[Sketch],
        policy: CommonPolicy,
        population: int,
    ) -> Mapping[str, NDArray[np.float64]]:
        """Return for each score of a threshold the best of any file, by document."""
        ...


@dataclass(frozen=True, slots=True)
class Yardstick:
    """Everything that comparing documents with segments needs."""

    peaks: PeakMeasure
    scores: ScoreMeasure | None
    policy: CommonPolicy
    params: FingerprintParams
    crew: Crew[Hands]
    stages: Stages


@dataclass(frozen=True, slots=True)
class Shelf:
    """One segment to compare with."""

    folder: Path
    population: int


@dataclass(frozen=True, slots=True)
class _Task:
    shelf: Shelf
    documents: Documents
    policy: CommonPolicy
    params: FingerprintParams
    measure: Any
    replaced: Path | None = None
    """Arrays that stand in for the segment's own."""

    def segment(self) -> Segment:
        other = {}
        if self.replaced is not None:
            folder = ArrayFolder(self.replaced)
            other = {file.stem: folder.get(file.stem) for file in self.replaced.glob("*.npy")}
        return segment_in(self.shelf.folder, **other)

    def sketches(self) -> Iterator[Sketch]:
        return (self.documents.sketch(n, self.params) for n in range(len(self.documents)))

    def measured(self) -> Any:
        return self.measure(self.segment(), self.sketches(), self.policy, self.shelf.population)


def nearest(
    yardstick: Yardstick, shelf: Shelf, documents: Documents, *, files: int, stage: str
) -> Nearness:
    """Return how near all documents come, with the ``policy.background_from`` best scores."""
    kept = yardstick.policy.background_from
    best = Nearness(np.zeros((kept, files), np.float32), np.zeros(files, np.int64))
    yardstick.stages.begin(stage, len(documents))
    tasks = (
        _Task(shelf, part, yardstick.policy, yardstick.params, yardstick.peaks)
        for part in _parts(documents)
    )
    for task, (columns, near) in yardstick.crew.in_order(_peaks, tasks):
        so_far = Nearness(best.scores[:, columns], best.compared[columns])
        together = so_far.joined(near)
        best.scores[:, columns], best.compared[columns] = together.scores, together.compared
        yardstick.stages.advance(len(task.documents))
    return best


def _peaks(_: Hands, task: _Task) -> tuple[Indices, Nearness]:
    """Return the files that any of the documents came near to, and how near."""
    near = task.measured()
    columns = np.flatnonzero(near.compared)
    return columns, Nearness(near.scores[:, columns], near.compared[columns])


def _scores(_: Hands, task: _Task) -> Mapping[str, NDArray[np.float64]]:
    return dict(task.measured())


def _parts(documents: Documents) -> Iterator[Documents]:
    for start in range(0, len(documents), _DOCUMENTS):
        stop = min(start + _DOCUMENTS, len(documents))
        yield documents.of(np.arange(start, stop)).packed()


def calibrate(
    yardstick: Yardstick,
    shelves: Sequence[Shelf],
    background: Background,
    *,
    files: int,
    work: Path,
) -> Calibration:
    """Return thresholds measured on the background's sample, or the defaults where it is small.

    Args:
        yardstick: how to compare.
        shelves: every segment of the bundle.
        background: with its sample.
        files: known files in all.
        work: a folder for what is replaced in the segments meanwhile.
    """
    segments = [segment_in(shelf.folder) for shelf in shelves]
    strangers = _strangers(background, segments)
    if yardstick.scores is None or not files or len(strangers) < calibration.MIN_DOCUMENTS:
        return Calibration()
    folds = [np.intersect1d(fold, strangers) for fold in cut(background.sample)]
    gone = removed(background, folds, yardstick.policy)
    best: dict[str, NDArray[np.float64]] = {
        name: np.zeros(len(background.sample)) for name in score_names()
    }
    for number, (shelf, segment) in enumerate(zip(shelves, segments, strict=True)):
        near = [
            nearest(
                yardstick,
                shelf,
                background.sample.of(fold),
                files=len(segment),
                stage="calibrating: background peaks",
            )
            for fold in folds
        ]
        versions = without_each(segment, gone, policy=yardstick.policy, population=shelf.population)
        yardstick.stages.begin("calibrating: scores", len(strangers))
        for fold, as_if in enumerate(versions):
            folder = work / f"fold-{number}-{fold}"
            _write(folder, as_if, near[:fold] + near[fold + 1 :])
            without = Shelf(shelf.folder, as_if.population)
            _compare(yardstick, without, folder, (background.sample, folds[fold]), best)
    return calibrated({name: values[strangers] for name, values in best.items()}, files=files)


def _strangers(background: Background, segments: Sequence[Segment]) -> Indices:
    """Return the documents of the sample that have text and are none of the known files."""
    sample = background.sample
    raw, text = background.raw_keys[: len(sample)], background.sample_text_keys
    known = np.zeros(len(sample), np.bool_)
    for segment in segments:
        known |= np.isin(raw, segment.raw_keys)
        known |= (text != 0) & np.isin(text, segment.text_keys)
    return np.flatnonzero((sample.counts > 0) & ~known)


def _write(folder: Path, as_if: AsIf, near: Sequence[Nearness]) -> None:
    out = ArrayFolder(folder)
    out.put("weights_live", as_if.weights_live)
    out.put("weights_all", as_if.weights_all)
    out.put("shared_background", as_if.shared_background)
    together = functools.reduce(Nearness.joined, near)
    out.put("background_peaks", together.peaks)
    out.put("background_compared", saturated(together.compared))


def _compare(
    yardstick: Yardstick,
    shelf: Shelf,
    replaced: Path,
    chosen: tuple[Documents, Indices],
    best: Mapping[str, NDArray[np.float64]],
) -> None:
    """Raise the best scores of some documents to what they reach in one segment."""
    sample, documents = chosen
    tasks = (
        _Task(shelf, part, yardstick.policy, yardstick.params, yardstick.scores, replaced)
        for part in _parts(sample.of(documents))
    )
    done = 0
    for task, scores in yardstick.crew.in_order(_scores, tasks):
        rows = documents[done : done + len(task.documents)]
        for name, values in best.items():
            values[rows] = np.maximum(values[rows], scores[name])
        done += len(rows)
        yardstick.stages.advance(len(rows))
