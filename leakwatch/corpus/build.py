"""Folders of known files -> a bundle.

Every file of the tree is a known file, and every member of an archive is one
too: a thief unpacks. What cannot be read as text is still known by its bytes,
its size and checksum, and its name.

Reading comes first and may be broken off: what was read lies in a working
folder beside the bundle, and the same command goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np

from leakwatch.corpus.arrays import ArrayFolder
from leakwatch.corpus.background import Strangers, write_background
from leakwatch.corpus.bundle import BACKGROUND, SEGMENTS, publish, read_manifest, write_manifest
from leakwatch.corpus.calibration import CommonPolicy
from leakwatch.corpus.crew import Crew
from leakwatch.corpus.gather import Gathering, Problem, problems_of
from leakwatch.corpus.growth import Addition, add, merge
from leakwatch.corpus.intake import FileReader
from leakwatch.corpus.kit import (
    BuildReport,
    Kit,
    check_folders,
    check_output,
    distinct,
    read_known,
    told_custodian,
)
from leakwatch.corpus.known import Fingerprinter
from leakwatch.corpus.labels import Labels
from leakwatch.corpus.manifest import BackgroundEntry, Manifest
from leakwatch.corpus.measuring import PeakMeasure, ScoreMeasure, Shelf, calibrate
from leakwatch.corpus.packing import Hands, hands_here, pack_documents
from leakwatch.corpus.spooled import strangers
from leakwatch.corpus.stages import Silent, Stages
from leakwatch.corpus.workplace import Workplace, workplace
from leakwatch.corpus.writing import Surroundings, write_segment
from leakwatch.fingerprint.image import PictureHasher
from leakwatch.fingerprint.key import FingerprintKey

_SILENT = Silent()


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """What to build from, and what to call it."""

    folders: tuple[Path, ...]
    out: Path
    background: tuple[Path, ...] = ()
    labels: Labels = field(default_factory=Labels)
    map_file: Path | None = None
    """Where to write the custodian's CSV of ids and paths."""
    report: Path | None = None
    """Where to write the custodian's CSV of what was not read as text."""
    images: bool = False
    """Keep hashes of pictures; the reader must have been told to look for them."""

    @property
    def outputs(self) -> tuple[Path, ...]:
        """Return all that is written: never read as if it were one of the files."""
        return (self.out, *(path for path in (self.map_file, self.report) if path is not None))


class Builder:
    """Builds bundles under one key, and adds to them.

    Args:
        key: what everything is fingerprinted under.
        reader: opens hostile bytes in this process; not used where there is a crew.
        measure_peaks: ``match.peaks.background_peaks``.
        measure_scores: ``match.peaks.best_scores``; without it nothing is calibrated.
        tool: name and version written into the manifest.
        crew: processes that read, entered; they were given the same key.
    """

    def __init__(
        self,
        key: FingerprintKey,
        reader: FileReader | None = None,
        *,
        measure_peaks: PeakMeasure,
        measure_scores: ScoreMeasure | None = None,
        tool: str,
        crew: Crew[Hands] | None = None,
    ) -> None:
        self._key = key
        self._reader = reader
        self._crew = crew
        self._measures = measure_peaks, measure_scores
        self._tool = tool

    def build(
        self, request: BuildRequest, *, created_at: datetime, stages: Stages = _SILENT
    ) -> BuildReport:
        """Write one bundle.

        Args:
            request: what to build from.
            created_at: aware UTC, for the manifest.
            stages: told of progress.

        Raises:
            CorpusExists: the output name, or the map's, is taken.
            MissingFile: a folder is not there.
            CorpusError: nothing can be written there, or nothing can be read.
        """
        for path in request.outputs:
            check_output(path)
        check_folders((*request.folders, *request.background))
        with (
            self._kit(images=request.images) as kit,
            workplace(request.out, "building", kit.params, stages, images=request.images) as place,
        ):
            return _build(kit, place, request, created_at=created_at, stages=stages)

    def add(
        self, path: Path, addition: Addition, *, at: datetime, stages: Stages = _SILENT
    ) -> BuildReport:
        """Add files to a bundle; see ``growth.add``."""
        with self._kit(images=read_manifest(path).images is not None) as kit:
            return add(kit, path, addition, at=at, stages=stages)

    def merge(self, path: Path, *, at: datetime, stages: Stages = _SILENT) -> Manifest:
        """Make one segment of all; see ``growth.merge``."""
        with self._kit(images=False) as kit:
            return merge(kit, path, at=at, stages=stages)

    @contextmanager
    def _kit(self, *, images: bool) -> Iterator[Kit]:
        params = Fingerprinter(self._key).params
        blank = PictureHasher(self._key).blank if images else None
        if self._crew is not None:
            yield Kit(params, self._crew, *self._measures, self._tool, blank)
            return
        reader = self._reader
        if reader is None:
            raise ValueError("neither a reader nor a crew was given")
        with Crew(lambda: hands_here(self._key, reader), jobs=0) as crew:
            yield Kit(params, crew, *self._measures, self._tool, blank)


def _build(
    kit: Kit, place: Workplace, request: BuildRequest, *, created_at: datetime, stages: Stages
) -> BuildReport:
    reading = read_known(
        kit, place, request.folders, request.labels, stages=stages, without=request.outputs
    )
    public = _read_background(kit, place, request, stages=stages)
    bundle, work = place.fresh("bundle"), place.fresh("work")
    policy = CommonPolicy.for_background(len(public.read.documents))
    yardstick = kit.yardstick(policy, stages)
    stages.begin("counting the background")
    out = ArrayFolder(bundle / BACKGROUND)
    background = write_background(
        public.read,
        blank_quarter=np.empty(0, np.uint64) if kit.blank_quarter is None else kit.blank_quarter,
        keep_from=policy.background_from,
        out=out,
        work=work,
    )
    entry = BackgroundEntry(background.documents, len(background.sample), out.seal())
    (bundle / SEGMENTS).mkdir()
    around = Surroundings(background, public.read.documents, reading.columns.category_names)
    segment = write_segment(bundle, "0000", reading.columns, around, yardstick=yardstick, work=work)
    counts = reading.counts
    counts["background_unread"] = len(public.problems)
    counts["in_background"] = segment.in_background
    shelf = Shelf(bundle / SEGMENTS / "0000", segment.entry.population)
    manifest = Manifest(
        tool=kit.tool,
        created_at=created_at.isoformat(timespec="seconds"),
        params=kit.params,
        common=policy,
        calibration=calibrate(
            yardstick, [shelf], background, files=len(reading.columns), work=work
        ),
        background=entry,
        images=kit.images,
        counts=dict(sorted((+counts).items())),
        kinds=reading.kinds,
        categories=reading.columns.category_names,
        segments=(segment.entry,),
    ).sealed()
    write_manifest(bundle, manifest)
    with told_custodian(request.map_file, request.report, reading):
        publish(bundle, request.out)
    return BuildReport(manifest, (*reading.problems, *public.problems))


@dataclass(frozen=True, slots=True)
class _Read:
    """The background, read."""

    read: Strangers
    problems: tuple[Problem, ...] = field(repr=False)


def _read_background(kit: Kit, place: Workplace, request: BuildRequest, *, stages: Stages) -> _Read:
    folders = distinct(request.background)
    spool = place.background()
    gathering = Gathering(spool, pack_documents, crew=kit.crew, stages=stages)
    without = (place.path, *request.outputs)
    gathered = gathering.read(folders, stage="reading the background", without=without)
    return _Read(strangers(spool, gathered), tuple(problems_of(spool, gathered, folders)))
