"""``leakwatch corpus``: build, add, merge, withdraw, info, verify."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leakwatch.cli import corpus_show
from leakwatch.cli.confinement import RequireSandbox, required_layers
from leakwatch.cli.render import Bar, Output

if TYPE_CHECKING:
    from leakwatch.corpus.build import Builder
    from leakwatch.corpus.labels import Labels
    from leakwatch.fingerprint.key import FingerprintKey

corpus = typer.Typer(
    help="Fingerprint the stolen files; look at a corpus, add to it, withdraw from it.",
    no_args_is_help=True,
)
Bundle = Annotated[Path, typer.Argument(metavar="NAME.corpus", help="The corpus.")]
Folders = Annotated[list[Path], typer.Argument(metavar="DIR...", help="The stolen files.")]
Key = Annotated[Path, typer.Option("--key", metavar="FILE", help="The fingerprint key.")]
LabelsFile = Annotated[
    Path | None,
    typer.Option("--labels", metavar="CSV", help="With header path,subject,category."),
]
MapFile = Annotated[
    Path | None,
    typer.Option("--map", metavar="CSV", help="Write here which id is which path; keep it."),
]
ReportFile = Annotated[
    Path | None,
    typer.Option(
        "--report", metavar="CSV", help="Write here what was not read as text, and why; keep it."
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option("--jobs", min=1, help="Processes that read; one a core unless given."),
]
ReadPages = Annotated[
    bool, typer.Option("--ocr", help="Read pages that are pictures too; needs the extra ocr.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def register(app: typer.Typer) -> None:
    app.add_typer(corpus, name="corpus")


@corpus.command("build")
def build(
    folders: Folders,
    out: Annotated[Path, typer.Option("--out", metavar="NAME.corpus", help="What to write.")],
    key: Key,
    background: Annotated[
        list[Path] | None,
        typer.Option(
            "--background",
            metavar="DIR",
            help="Documents that were not stolen; blank forms above all. May be repeated.",
        ),
    ] = None,
    labels: LabelsFile = None,
    map_file: MapFile = None,
    report_file: ReportFile = None,
    images: Annotated[
        bool,
        typer.Option("--images", help="Pictures and scans too, if the matter's counsel agrees."),
    ] = False,
    ocr: ReadPages = False,
    jobs: Jobs = None,
    require_sandbox: RequireSandbox = False,
    as_json: AsJson = False,
) -> None:
    """Fingerprint folders of stolen files into a corpus that holds none of them.

    Blank forms and leaflets must be in the background: else a blank form is
    taken for the one filled-in copy that was stolen. Broken off, the same
    command goes on where it was. What cannot be read is counted by kind and
    reason, the first twenty are named, and --report names all; the exit code
    is 0 as long as anything can be read.

    Example: leakwatch corpus build files/ --out clinic.corpus --key fingerprint.key --background forms/
    """
    from datetime import UTC, datetime

    from leakwatch.corpus.build import BuildRequest
    from leakwatch.fingerprint.key import FingerprintKey

    output = Output(as_json=as_json)
    loaded = FingerprintKey.load(key)
    request = BuildRequest(
        folders=tuple(folders),
        out=out,
        background=tuple(background or ()),
        labels=_labels(labels, loaded),
        map_file=map_file,
        report=report_file,
        images=images,
    )
    layers = required_layers(output, require_sandbox=require_sandbox)
    reading = partial(_building, output, loaded, jobs=jobs, images=images)
    with reading(ocr=ocr, layers=layers) as (builder, bar):
        report = builder.build(request, created_at=datetime.now(UTC), stages=bar)
    corpus_show.problems(output, report.problems)
    corpus_show.warnings(output, report.manifest, request.labels)
    corpus_show.summary(output, out)


@corpus.command("add")
def add(
    path: Bundle,
    folders: Folders,
    key: Key,
    labels: LabelsFile = None,
    map_file: MapFile = None,
    report_file: ReportFile = None,
    ocr: ReadPages = False,
    jobs: Jobs = None,
    require_sandbox: RequireSandbox = False,
    as_json: AsJson = False,
) -> None:
    """Add stolen files to a corpus, as a segment of their own.

    Files that are known already are passed over. How common a phrase is, is
    counted over all files and the background that the corpus keeps. Pictures are
    added if the corpus was built with --images. A daemon takes up the new state
    by itself, and looks for the new files in all it saw before.

    Example: leakwatch corpus add clinic.corpus more-files/ --key fingerprint.key --map more.csv
    """
    from datetime import UTC, datetime

    from leakwatch.corpus.bundle import read_manifest
    from leakwatch.corpus.growth import Addition
    from leakwatch.fingerprint.key import FingerprintKey

    output = Output(as_json=as_json)
    loaded = FingerprintKey.load(key)
    images = read_manifest(path).images is not None
    addition = Addition(
        tuple(folders), labels=_labels(labels, loaded), map_file=map_file, report=report_file
    )
    layers = required_layers(output, require_sandbox=require_sandbox)
    reading = partial(_building, output, loaded, jobs=jobs, images=images)
    with reading(ocr=ocr, layers=layers) as (builder, bar):
        report = builder.add(path, addition, at=datetime.now(UTC), stages=bar)
    corpus_show.problems(output, report.problems)
    corpus_show.warnings(output, report.manifest, addition.labels)
    corpus_show.summary(output, path, added=report.added)
    if report.added:
        output.notice("next: leakwatch findings rematch compares them with what was seen before")


@corpus.command("merge")
def merge(path: Bundle, jobs: Jobs = None, as_json: AsJson = False) -> None:
    """Make one segment of all: counts anew what is common, and drops what was withdrawn.

    Needs no key and no file: everything is in the corpus. Until it ends the
    corpus is what it was.

    Example: leakwatch corpus merge clinic.corpus
    """
    from datetime import UTC, datetime

    from leakwatch.corpus.growth import merge as merge_segments

    output = Output(as_json=as_json)
    with _merging(output, path, jobs=jobs) as (kit, bar):
        merge_segments(kit, path, at=datetime.now(UTC), stages=bar)
    corpus_show.summary(output, path)


@corpus.command("withdraw")
def withdraw(
    path: Bundle,
    ids: Annotated[
        list[str] | None,
        typer.Option("--id", metavar="k-...", help="A known file. May be repeated."),
    ] = None,
    subject: Annotated[
        str | None,
        typer.Option("--subject", help="All files of one subject: as in the labels, or its s-..."),
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", help="For a subject as in the labels.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make known files known no longer, for whoever opens the corpus next.

    Their fingerprints stay on the disk until `leakwatch corpus merge`. A daemon
    takes up the new state by itself, within seconds.

    Example: leakwatch corpus withdraw clinic.corpus --id k-abcdefghijklmnop
    """
    from datetime import UTC, datetime

    from leakwatch.corpus import withdrawing
    from leakwatch.fingerprint.key import FingerprintKey

    if bool(ids) == (subject is not None):
        raise typer.BadParameter("give --id or --subject")
    output = Output(as_json=as_json)
    now = datetime.now(UTC)
    if ids:
        manifest, count = withdrawing.withdraw_ids(path, ids, at=now)
    else:
        loaded = FingerprintKey.load(key) if key is not None else None
        token = withdrawing.token_of(subject or "", loaded, manifest_of=path)
        manifest, count = withdrawing.withdraw_subject(path, token, at=now)
    fields = {"corpus": path, "withdrawn_now": count, "withdrawn": len(manifest.withdrawn)}
    fields |= {"files": manifest.files, "digest": manifest.digest}
    if as_json:
        output.record(fields)
    else:
        output.fields(fields.items())
        output.notice("their fingerprints stay on the disk until: leakwatch corpus merge")


@corpus.command("info")
def info(
    path: Bundle,
    unidentifiable: Annotated[
        bool,
        typer.Option("--unidentifiable", help="List the files that their text does not set apart."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say what a corpus is: key id, counts, background, thresholds, what stays identifiable.

    Example: leakwatch corpus info clinic.corpus --unidentifiable
    """
    output = Output(as_json=as_json)
    if unidentifiable:
        corpus_show.unidentifiable(output, path)
    else:
        corpus_show.summary(output, path)


@corpus.command("verify")
def verify(path: Bundle, as_json: AsJson = False) -> None:
    """Compute the digest of every file of a corpus; exit 56 if one is wrong.

    Example: leakwatch corpus verify clinic.corpus
    """
    from leakwatch.corpus.bundle import open_corpus

    opened = open_corpus(path)
    output = Output(as_json=as_json)
    fields = {"corpus": path, "files": opened.files, "digest": opened.manifest_sha256}
    if as_json:
        output.record({**fields, "intact": True})
    else:
        output.fields([*fields.items(), ("intact", "every file has its digest")])


def _labels(path: Path | None, key: FingerprintKey) -> Labels:
    from leakwatch.corpus.labels import Labels, read_labels

    return read_labels(path, key) if path is not None else Labels()


@contextmanager
def _building(
    output: Output,
    key: FingerprintKey,
    *,
    jobs: int | None,
    images: bool,
    ocr: bool,
    layers: Sequence[str],
) -> Iterator[tuple[Builder, Bar]]:
    """Give a builder with processes of its own, each with its sandbox, and a progress bar."""
    from leakwatch import __version__
    from leakwatch.corpus.build import Builder
    from leakwatch.corpus.crew import Crew, cores
    from leakwatch.corpus.packing import hands
    from leakwatch.extract.base import PictureLimits
    from leakwatch.match.peaks import background_peaks, best_scores
    from leakwatch.sandbox.batch import ANY_KIND
    from leakwatch.sandbox.limits import ReadLimits
    from leakwatch.sandbox.pool import SandboxPool
    from leakwatch.wiring.ocr import ocr_limits

    limits = ReadLimits(pictures=PictureLimits() if images else None, ocr=ocr_limits(wanted=ocr))
    # The custodian's own files may share a child: else most of the time goes into forks.
    pool = SandboxPool(
        limits, workers=1, parser_modules=(), required_layers=layers, together=ANY_KIND
    )
    start = partial(hands, key, pool)
    # The processes come before the bar, which has a thread.
    with Crew(start, jobs=jobs or cores()) as crew, output.bar() as bar:
        builder = Builder(
            key,
            measure_peaks=background_peaks,
            measure_scores=best_scores,
            tool=f"leakwatch {__version__}",
            crew=crew,
        )
        try:
            yield builder, bar
        except KeyboardInterrupt:
            output.notice("what was read is kept: the same command goes on from there")
            raise


@contextmanager
def _merging(output: Output, path: Path, *, jobs: int | None) -> Iterator[tuple[Any, Bar]]:
    """Give what a merge is made with: processes that hold nothing, and a progress bar."""
    from contextlib import nullcontext

    from leakwatch import __version__
    from leakwatch.corpus.bundle import read_manifest
    from leakwatch.corpus.crew import Crew, cores
    from leakwatch.corpus.kit import Kit
    from leakwatch.fingerprint.grams import K, S
    from leakwatch.match.peaks import background_peaks, best_scores
    from leakwatch.model.fingerprint import FingerprintParams

    params = FingerprintParams(key_id=read_manifest(path).params.key_id, k=K, s=S)
    crew: Crew[Any] = Crew(nullcontext, jobs=jobs or cores())
    with crew, output.bar() as bar:
        tool = f"leakwatch {__version__}"
        yield Kit(params, crew, background_peaks, best_scores, tool), bar
