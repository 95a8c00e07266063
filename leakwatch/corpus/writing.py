"""Known files in columns -> one more segment of a bundle, sealed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from leakwatch.corpus.arrange import with_forward
from leakwatch.corpus.arrays import ArrayFolder
from leakwatch.corpus.assemble import assemble
from leakwatch.corpus.background import Background, Documents
from leakwatch.corpus.bundle import SEGMENTS, segment_in
from leakwatch.corpus.columns import Columns, joined, renamed
from leakwatch.corpus.manifest import SegmentEntry
from leakwatch.corpus.measuring import Shelf, Yardstick, nearest
from leakwatch.corpus.segment import saturated


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a new segment is counted against."""

    background: Background
    documents: Documents
    """Of the background, those that nearness is measured with."""
    category_names: tuple[str, ...]
    """Of the whole bundle."""
    elders: Columns | None = None
    """Files of older segments."""
    keep_peaks: bool = False
    """Nearness can only be measured with a sample now: what was measured before counts too."""


@dataclass(frozen=True, slots=True)
class Written:
    """A new segment."""

    entry: SegmentEntry
    in_background: int


def write_segment(
    bundle: Path,
    name: str,
    columns: Columns,
    around: Surroundings,
    *,
    yardstick: Yardstick,
    work: Path,
) -> Written:
    """Write the arrays of some files below a bundle's folder.

    Args:
        bundle: its folder.
        name: of the segment.
        columns: each file once, by raw digest (``arrange.merged``).
        around: background, and files that are there already.
        yardstick: how to compare documents with the segment.
        work: a folder for what is sorted in between.
    """
    yardstick.stages.begin("writing sketches")
    out = ArrayFolder(bundle / SEGMENTS / name)
    mine = with_forward(columns, out)
    every = joined([around.elders, mine]) if around.elders is not None else mine
    every = renamed(every, around.category_names)
    yardstick.stages.begin("counting and indexing")
    assembled = assemble(
        every,
        around.background,
        first=len(every) - len(mine),
        policy=yardstick.policy,
        out=out,
        work=work,
    )
    peaks, compared = np.zeros(len(mine), np.float32), np.zeros(len(mine), np.uint16)
    out.put("background_peaks", peaks)
    out.put("background_compared", compared)
    if len(mine):
        shelf = Shelf(out.path, assembled.population)
        near = nearest(
            yardstick, shelf, around.documents, files=len(mine), stage="background peaks"
        )
        peaks, compared = near.peaks, saturated(near.compared)
    if around.keep_peaks:
        peaks = np.maximum(peaks, columns.peaks)
        compared = np.maximum(compared, columns.compared)
    out.put("background_peaks", peaks)
    out.put("background_compared", compared)
    segment_in(out.path)
    yardstick.stages.begin("sealing")
    return Written(
        SegmentEntry(
            name=name,
            files=len(mine),
            population=assembled.population,
            families=assembled.families,
            arrays=out.seal(),
        ),
        assembled.in_background,
    )
