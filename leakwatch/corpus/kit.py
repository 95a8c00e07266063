"""What corpora are made with, and the reading that ``build`` and ``add`` share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from leakwatch.corpus.arrange import merged
from leakwatch.corpus.calibration import CommonPolicy
from leakwatch.corpus.columns import Columns
from leakwatch.corpus.crew import Crew
from leakwatch.corpus.gather import Gathering, Problem, counted, items_of
from leakwatch.corpus.known import file_id
from leakwatch.corpus.labels import Labels
from leakwatch.corpus.manifest import Manifest
from leakwatch.corpus.mapping import write_map
from leakwatch.corpus.measuring import PeakMeasure, ScoreMeasure, Yardstick
from leakwatch.corpus.packing import Hands, pack_known
from leakwatch.corpus.spooled import known_files
from leakwatch.corpus.stages import Stages
from leakwatch.corpus.workplace import Workplace
from leakwatch.errors import CorpusError, CorpusExists, MissingFile
from leakwatch.model.fingerprint import FingerprintParams


@dataclass(frozen=True, slots=True)
class Kit:
    """What corpora are made with."""

    params: FingerprintParams
    crew: Crew[Hands]
    peaks: PeakMeasure
    scores: ScoreMeasure | None
    tool: str
    """Name and version, written into the manifest."""

    def yardstick(self, policy: CommonPolicy, stages: Stages) -> Yardstick:
        """Return how documents are compared with segments."""
        return Yardstick(self.peaks, self.scores, policy, self.params, self.crew, stages)


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build or an addition came to."""

    manifest: Manifest
    problems: tuple[Problem, ...] = field(repr=False)
    added: int | None = None
    """Files that were not known before; None for a build."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Folders of known files, read."""

    columns: Columns
    """Each file once, by raw digest."""
    counts: Counter[str]
    problems: tuple[Problem, ...] = field(repr=False)
    paths: tuple[tuple[str, str], ...] = field(repr=False)
    """Opaque id and path of everything that is known, copies too."""


def read_known(
    kit: Kit,
    place: Workplace,
    folders: Sequence[Path],
    labels: Labels,
    *,
    stages: Stages,
    without: Sequence[Path],
) -> Reading:
    """Read folders of known files into the place's spool, and give what it holds.

    Raises:
        CorpusError: there are files, and not one of them could be read.
    """
    folders = distinct(folders)
    spool = place.known()
    gathering = Gathering(spool, pack_known, crew=kit.crew, stages=stages)
    gathered = gathering.read(folders, stage="reading", without=(*without, place.path))
    items = list(items_of(spool, gathered, folders))
    counts = counted(items)
    columns = merged(known_files(spool, gathered, items, labels))
    raws = np.asarray(spool.column("raw", "u1")).tobytes()
    recorded = [item for item in items if item.record >= 0]
    if items and not recorded and counts["unreadable"]:
        raise CorpusError("none of the files can be read", hint="is this the right user?")
    counts["known"] = len(columns)
    counts["duplicate"] = len(recorded) - len(columns)
    counts["without_text"] = int((columns.letters == 0).sum())
    return Reading(
        columns=columns,
        counts=counts,
        problems=tuple(Problem(i.path, i.problem) for i in items if i.problem is not None),
        paths=tuple(
            (file_id(raws[16 * item.record : 16 * item.record + 16]), item.path)
            for item in recorded
        ),
    )


def distinct(folders: Sequence[Path]) -> list[Path]:
    """Return the folders without those given twice."""
    return list({folder.absolute(): folder for folder in folders}.values())


def check_folders(folders: Sequence[Path]) -> None:
    """Raise MissingFile for a folder that is not there."""
    for folder in folders:
        if not folder.is_dir():
            raise MissingFile(f"{folder}: no such folder")


def check_output(path: Path) -> None:
    """Find out before an hour's reading what would stop the writing after it.

    Raises:
        CorpusExists: the name is taken.
        CorpusError: the folder around it is not there.
    """
    if path.is_symlink() or path.exists():
        raise CorpusExists(f"{path} is there already", hint="choose another name, or remove it")
    if not path.parent.is_dir():
        raise CorpusError(f"{path}: the folder {path.parent} is not there")


@contextmanager
def mapped(path: Path | None, reading: Reading) -> Iterator[None]:
    """Write the custodian's CSV, unless what it belongs to is not written after all."""
    if path is not None:
        write_map(path, reading.paths)
    try:
        yield
    except BaseException:
        if path is not None:
            path.unlink(missing_ok=True)
        raise
