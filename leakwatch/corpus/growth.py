"""Files added to a bundle, and its segments made one again.

Both write a whole new segment first and then replace the manifest: broken off
before that, the bundle is what it was.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leakwatch.corpus.arrange import merged
from leakwatch.corpus.bundle import (
    locked,
    open_background,
    open_segment,
    read_manifest,
    remove_unnamed,
    segment_folder,
    write_manifest,
)
from leakwatch.corpus.columns import Columns, joined, of_segment
from leakwatch.corpus.digests import once, places
from leakwatch.corpus.kit import (
    BuildReport,
    Kit,
    Reading,
    check_folders,
    check_output,
    read_known,
    told_custodian,
)
from leakwatch.corpus.labels import Labels
from leakwatch.corpus.manifest import Manifest
from leakwatch.corpus.measuring import Shelf, Yardstick, calibrate
from leakwatch.corpus.segment import NO_CATEGORY
from leakwatch.corpus.stages import Stages
from leakwatch.corpus.workplace import Workplace, workplace
from leakwatch.corpus.writing import Surroundings, write_segment
from leakwatch.errors import IncompatibleParams
from leakwatch.fingerprint.sketch import check_comparable
from leakwatch.model.coverage import Coverage, KindCounts


@dataclass(frozen=True, slots=True)
class Addition:
    """What to add."""

    folders: tuple[Path, ...]
    labels: Labels = field(default_factory=Labels)
    map_file: Path | None = None
    report: Path | None = None


@dataclass(frozen=True, slots=True)
class _Sorted:
    """Files that were read, by what the bundle knows of them."""

    rows: NDArray[np.int64]
    """Those that the new segment holds."""
    repeated: int
    """Of them, those that an older segment has too."""
    withdrawn: int
    """Left out, because they were withdrawn."""
    new: int


def add(kit: Kit, path: Path, addition: Addition, *, at: datetime, stages: Stages) -> BuildReport:
    """Add a segment of files that are not known yet.

    How common a gram is, is counted over the older files too and against the
    background that the bundle keeps; the older segments stay as they are
    until a merge. A file that came again under another name or label is kept
    with it; one that was withdrawn stays so until a merge has forgotten it.

    Args:
        kit: what it is made with.
        path: the bundle.
        addition: what to add.
        at: aware UTC, for the manifest.
        stages: told of progress.

    Raises:
        WrongKey, IncompatibleParams: the bundle was made differently.
        CorpusExists: the map's name is taken.
        CorpusError: another command is changing the bundle; or as ``build``.
    """
    manifest = read_manifest(path)
    check_comparable(kit.params, manifest.params, what=f"corpus {path.name}")
    if manifest.images != kit.images:
        raise IncompatibleParams(
            f"corpus {path.name} keeps pictures as {manifest.images}, not as {kit.images}",
            hint="build it again",
        )
    check_folders(addition.folders)
    outputs = [path for path in (addition.map_file, addition.report) if path is not None]
    for output in outputs:
        check_output(output)
    with (
        locked(path),
        workplace(path, "adding", kit.params, stages, images=kit.images is not None) as place,
    ):
        manifest = read_manifest(path)
        reading = read_known(
            kit, place, addition.folders, addition.labels, stages=stages, without=(path, *outputs)
        )
        remove_unnamed(path, manifest)
        with told_custodian(addition.map_file, addition.report, reading):
            return _added(kit, path, manifest, reading, (place, at, stages))


def _added(
    kit: Kit,
    path: Path,
    manifest: Manifest,
    reading: Reading,
    context: tuple[Workplace, datetime, Stages],
) -> BuildReport:
    place, at, stages = context
    parts = _parts(path, manifest)
    elders = joined(parts)
    gone = np.concatenate(
        [
            np.isin(np.arange(len(p)), e.withdrawn)
            for p, e in zip(parts, manifest.segments, strict=True)
        ]
    )
    chosen = _sorted(reading.columns, elders, gone)
    if not len(chosen.rows):
        return BuildReport(manifest, reading.problems, added=0)
    mine = reading.columns.of(chosen.rows)
    further = sorted(set(mine.category_names) - set(manifest.categories))
    categories = (*manifest.categories, *further)
    background = open_background(path, manifest)
    around = Surroundings(
        background, background.sample, categories, elders=elders.of(np.flatnonzero(~gone))
    )
    yardstick = kit.yardstick(manifest.common, stages)
    work = place.fresh("work")
    name = _next_name(manifest)
    written = write_segment(path, name, mine, around, yardstick=yardstick, work=work)
    counts = Counter(manifest.counts) + reading.counts
    counts["known"] = manifest.counts.get("known", 0) + chosen.new
    counts["pictures"] = manifest.counts.get("pictures", 0) + len(mine.pictures)
    counts["duplicate"] += reading.counts["known"] - chosen.new - chosen.withdrawn
    counts["withdrawn_again"] += chosen.withdrawn
    counts["in_background"] += written.in_background
    entry = replace(written.entry, repeated=chosen.repeated)
    return BuildReport(
        _replaced(
            path,
            replace(
                manifest,
                tool=kit.tool,
                segments=(*manifest.segments, entry),
                categories=categories,
                counts=dict(sorted((+counts).items())),
                kinds=_together(manifest.kinds, reading.kinds),
                history=manifest.after("add", at=at.isoformat(timespec="seconds")),
            ),
            yardstick,
            work,
        ),
        reading.problems,
        added=chosen.new,
    )


def merge(kit: Kit, path: Path, *, at: datetime, stages: Stages) -> Manifest:
    """Write all segments of a bundle as one; what was withdrawn is then gone for good.

    How common each gram is, is counted anew over all files.

    Raises:
        WrongKey, IncompatibleParams: the bundle was made differently.
        CorpusError: another command is changing the bundle, or the disk is full.
    """
    check_comparable(kit.params, read_manifest(path).params, what=f"corpus {path.name}")
    with locked(path), workplace(path, "merging", kit.params, stages, images=False) as place:
        manifest = read_manifest(path)
        remove_unnamed(path, manifest)
        stages.begin("merging")
        live = [
            part.of(np.flatnonzero(~np.isin(np.arange(len(part)), entry.withdrawn)))
            for part, entry in zip(_parts(path, manifest), manifest.segments, strict=True)
        ]
        columns = merged(joined(live))
        background = open_background(path, manifest)
        around = Surroundings(
            background,
            background.sample,
            columns.category_names,
            keep_peaks=not background.is_whole,
        )
        yardstick = kit.yardstick(manifest.common, stages)
        work = place.fresh("work")
        written = write_segment(
            path, _next_name(manifest), columns, around, yardstick=yardstick, work=work
        )
        counts = Counter(manifest.counts)
        counts["known"] = len(columns)
        counts["pictures"] = len(columns.pictures)
        counts["without_text"] = int((columns.letters == 0).sum())
        counts["in_background"] = written.in_background
        after = _replaced(
            path,
            replace(
                manifest,
                tool=kit.tool,
                segments=(written.entry,),
                categories=columns.category_names,
                counts=dict(sorted((+counts).items())),
                withdrawn=(),
                history=manifest.after("merge", at=at.isoformat(timespec="seconds")),
            ),
            yardstick,
            work,
        )
        remove_unnamed(path, after)
        return after


def _together(some: KindCounts, others: KindCounts) -> KindCounts:
    coverage = Coverage()
    coverage.add_all(some)
    coverage.add_all(others)
    return coverage.by_kind()


def _replaced(path: Path, manifest: Manifest, yardstick: Yardstick, work: Path) -> Manifest:
    """Calibrate what the bundle has become, and make it so."""
    calibration = calibrate(
        yardstick,
        [Shelf(segment_folder(path, entry), entry.population) for entry in manifest.segments],
        open_background(path, manifest),
        files=manifest.files,
        work=work,
    )
    after = replace(manifest, calibration=calibration).sealed()
    write_manifest(path, after)
    return after


def _parts(path: Path, manifest: Manifest) -> list[Columns]:
    return [of_segment(open_segment(path, e), manifest.categories) for e in manifest.segments]


def _next_name(manifest: Manifest) -> str:
    numbers = [int(entry.name) for entry in manifest.segments]
    return f"{max(numbers, default=-1) + 1:04}"


def _sorted(columns: Columns, elders: Columns, gone: NDArray[np.bool_]) -> _Sorted:
    """Tell new files from those that are known, and these by whether they bring anything."""
    rows = once(elders.raw)
    if not len(rows):
        return _Sorted(np.arange(len(columns)), repeated=0, withdrawn=0, new=len(columns))
    place = places(columns.raw, elders.raw[rows])
    is_known = place >= 0
    was_withdrawn = np.zeros(len(columns), np.bool_)
    was_withdrawn[is_known] = gone[rows[place[is_known]]]
    brings = is_known & ~was_withdrawn & _brings(columns, elders)
    return _Sorted(
        rows=np.flatnonzero(~is_known | brings),
        repeated=int(brings.sum()),
        withdrawn=int(was_withdrawn.sum()),
        new=int((~is_known).sum()),
    )


def _brings(columns: Columns, elders: Columns) -> NDArray[np.bool_]:
    """Tell which files have a name, picture, subject or category that no older copy has."""
    both = joined([elders, columns])
    old, new = merged(elders), merged(both)
    back = places(columns.raw, new.raw)
    before = places(new.raw, old.raw)[back]
    had = _extent(old)[before]
    labelled = (new.subjects[back] != 0) & (old.subjects[before] == 0)
    labelled |= (new.categories[back] != NO_CATEGORY) & (old.categories[before] == NO_CATEGORY)
    more: NDArray[np.bool_] = (_extent(new)[back] > had) | labelled
    return more


def _extent(columns: Columns) -> NDArray[np.int64]:
    """Return how many names and pictures each file has."""
    rows = np.concatenate([columns.names.rows, columns.pictures.files])
    return np.bincount(rows, minlength=max(1, len(columns)))
