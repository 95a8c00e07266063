"""What ``leakwatch corpus`` says of a corpus."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leakwatch.cli import coverage_show
from leakwatch.cli.render import Output

if TYPE_CHECKING:
    from collections.abc import Iterator

    from leakwatch.corpus.gather import Problem
    from leakwatch.corpus.identifiable import Unidentifiable
    from leakwatch.corpus.labels import Labels
    from leakwatch.corpus.manifest import Manifest

SHOWN_PROBLEMS = 20
_COUNTED = {
    "files": "files seen",
    "members": "members of archives",
    "duplicate": "more copies of the same bytes",
    "in_background": "also in the background",
    "without_text": "known by bytes and name only",
    "pictures": "pictures in known files",
    "unread": "could not be read as what they are",
    "changed": "changed while they were read",
    "empty": "empty, left out",
    "unreadable": "out of reach, left out",
    "skipped": "links and devices, left out",
    "background_unread": "of the background, not read as they should be",
    "withdrawn_again": "added though withdrawn, left out",
}
_WHY = {
    "no text": "nothing could be read as text",
    "short": "too few phrases to tell a copy by",
    "in the background": "a document that was not stolen has the same text",
    "common": "nearly all of its phrases are in other known files or in the background",
}


def summary(output: Output, path: Path, *, added: int | None = None) -> None:
    """Say what a corpus is."""
    from leakwatch.corpus.bundle import open_corpus

    opened = open_corpus(path, verify=False)
    failing = sum(1 for _ in _unidentifiable(path))
    info: dict[str, Any] = {
        "corpus": path,
        **opened.info(),
        "identifiable": opened.files - failing,
        "unidentifiable": failing,
        **({} if added is None else {"added": added}),
    }
    if output.as_json:
        output.record(info)
        return
    counts: dict[str, int] = info["counts"]
    background = f"{info['background_documents']} documents"
    if info["background_documents"]:
        background += (
            f" ({info['background_kept']} kept whole for calibration, "
            f"{info['background_bytes'] / 1e6:.1f} MB in all)"
        )
    output.fields(
        [
            ("corpus", path),
            ("key id", info["key_id"]),
            ("built", f"{info['created_at']} by {info['tool']}"),
            *([] if added is None else [("added now", added)]),
            ("known files", f"{info['files']} in {_many(info['segments'], 'segment')}"),
            ("identifiable", f"{info['identifiable']} by their text; {failing} by bytes and name"),
            ("families", info["families"]),
            ("withdrawn", info["withdrawn"]),
            ("background", background),
            ("pictures", info["images"] or "not looked for"),
            ("size", f"{info['size_bytes'] / 1e6:.1f} MB"),
            ("thresholds", _thresholds(opened.manifest)),
            ("digest", info["digest"]),
            *((text, counts[name]) for name, text in _COUNTED.items() if counts.get(name)),
        ]
    )
    if info["kinds"]:
        output.text()
        coverage_show.table(output, info["kinds"])
    _warn_of_growth(output, opened.manifest)


def unidentifiable(output: Output, path: Path) -> None:
    """List the files that their text does not set apart."""
    found = list(_unidentifiable(path))
    if output.as_json:
        for file in found:
            output.record({"file": file.file, "category": file.category, "why": file.why})
        return
    rows = [(file.file, file.category, file.why) for file in found]
    if rows:
        output.table(("known file", "category", "why"), rows)
        for why in sorted({file.why for file in found}):
            output.notice(f"{why}: {_WHY[why]}")
    else:
        output.notice("every known file is identifiable by its text")


def problems(output: Output, found: Sequence[Problem]) -> None:
    """Name on stderr what is not known as it should be; the names are the custodian's own."""
    for problem in found[:SHOWN_PROBLEMS]:
        output.notice(f"{problem.slug}: {problem.path}")
    more = len(found) - SHOWN_PROBLEMS
    if more > 0:
        output.notice(f"and {more} more")


def warnings(output: Output, manifest: Manifest, labels: Labels) -> None:
    """Say on stderr what makes a corpus worse than it could be."""
    if labels.unused:
        output.notice(
            f"warning: {labels.unused} of {len(labels.by_path)} labels name no file that is there"
        )
    if not manifest.background.documents:
        output.notice("warning: no background given: blank forms will be taken for stolen files")
    if public := manifest.counts.get("in_background"):
        output.notice(
            f"warning: {public} known files lie in the background too: "
            "they will never be more than possible matches"
        )


def _many(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def _thresholds(manifest: Manifest) -> str:
    calibration = manifest.calibration
    if not calibration.documents:
        return f"{calibration.origin} (calibrating needs a background of 2,000 documents)"
    related = f"; {calibration.related} that are versions of them left out"
    return (
        f"{calibration.origin}, against {calibration.files} known files"
        f"{related if calibration.related else ''}"
    )


def _warn_of_growth(output: Output, manifest: Manifest) -> None:
    calibration = manifest.calibration
    if calibration.documents and manifest.files > 1.25 * calibration.files:
        output.notice(
            f"warning: calibrated when {calibration.files} files were known, {manifest.files} are "
            "now: more documents than told will match by chance; build or merge anew"
        )


def _unidentifiable(path: Path) -> Iterator[Unidentifiable]:
    from leakwatch.corpus.bundle import open_corpus
    from leakwatch.corpus.identifiable import unidentifiable as found
    from leakwatch.match.grade import FORM_PEAK
    from leakwatch.match.reach import MIN_HITS

    return found(open_corpus(path, verify=False), min_grams=MIN_HITS, form_peak=FORM_PEAK)
