"""What corpora are made with, and the reading that ``build`` and ``add`` share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from leakwatch.corpus.arrange import merged
from leakwatch.corpus.calibration import CommonPolicy
from leakwatch.corpus.columns import Columns
from leakwatch.corpus.crew import Crew
from leakwatch.corpus.gather import Gathering, Problem, items_of
from leakwatch.corpus.known import file_id
from leakwatch.corpus.labels import Labels
from leakwatch.corpus.manifest import Manifest
from leakwatch.corpus.mapping import MAP_COLUMNS, UNREAD_COLUMNS, new_rows, place_rows
from leakwatch.corpus.measuring import PeakMeasure, ScoreMeasure, Yardstick
from leakwatch.corpus.packing import Hands, pack_known
from leakwatch.corpus.spooled import Survey, known_files
from leakwatch.corpus.stages import Stages
from leakwatch.corpus.workplace import Workplace
from leakwatch.errors import CorpusError, CorpusExists, MissingFile
from leakwatch.fingerprint.image import SCHEME, Words
from leakwatch.model.coverage import KindCounts, is_missing
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
    blank_quarter: Words | None = field(default=None, repr=False)
    """``PictureHasher.blank``, where files are looked through for pictures."""

    @property
    def images(self) -> str | None:
        """Return how pictures are kept, or None."""
        return None if self.blank_quarter is None else SCHEME

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
    paths: Path = field(repr=False)
    """The custodian's CSV: id and path of everything that is known, copies too."""
    unread: Path = field(repr=False)
    """Another: path, kind and reason of everything that was not read as text."""
    kinds: KindCounts


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
    raws = spool.column("raw", "u1").reshape(-1, 16)
    paths, unread = place.path / "map.csv", place.path / "unread.csv"
    survey = Survey(labels)
    with new_rows(paths, MAP_COLUMNS) as known, new_rows(unread, UNREAD_COLUMNS) as missing:
        for item in items_of(spool, gathered, folders):
            survey.add(item)
            if item.record >= 0:
                known(file_id(raws[item.record].tobytes()), item.path)
            if item.problem is not None or is_missing(item.outcome):
                missing(item.path, item.kind, item.problem or item.outcome)
    counts = survey.counts
    if counts["unreadable"] and not len(gathered.rows):
        raise CorpusError("none of the files can be read", hint="is this the right user?")
    columns = merged(known_files(spool, gathered, survey))
    counts["known"] = len(columns)
    counts["duplicate"] = len(gathered.rows) - len(columns)
    counts["without_text"] = int((columns.letters == 0).sum())
    counts["pictures"] = len(columns.pictures)
    kinds = survey.coverage.by_kind()
    return Reading(columns, counts, tuple(survey.problems), paths, unread, kinds)


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
def told_custodian(map_file: Path | None, report: Path | None, reading: Reading) -> Iterator[None]:
    """Write the custodian's files, unless what they belong to is not written after all."""
    wanted = [(reading.paths, map_file), (reading.unread, report)]
    placed = list[Path]()
    try:
        for written, path in wanted:
            if path is not None:
                place_rows(written, path)
                placed.append(path)
        yield
    except BaseException:
        for path in placed:
            path.unlink(missing_ok=True)
        raise
