"""``leakwatch corpus``: build, info, verify."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leakwatch.cli.render import Output

if TYPE_CHECKING:
    from leakwatch.corpus.build import BuildReport, BuildRequest
    from leakwatch.fingerprint.key import FingerprintKey

corpus = typer.Typer(help="Fingerprint the stolen files; look at a corpus.", no_args_is_help=True)
Bundle = Annotated[Path, typer.Argument(metavar="NAME.corpus", help="The corpus.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]

SHOWN_PROBLEMS = 20
_COUNTED = {
    "files": "files seen",
    "members": "members of archives",
    "known": "known files",
    "duplicate": "more copies of the same bytes",
    "in_background": "also in the background",
    "without_text": "known by bytes and name only",
    "unread": "could not be read as what they are",
    "empty": "empty, left out",
    "unreadable": "out of reach, left out",
    "skipped": "links and devices, left out",
}


def register(app: typer.Typer) -> None:
    app.add_typer(corpus, name="corpus")


@corpus.command("build")
def build(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR...", help="The stolen files.")],
    out: Annotated[Path, typer.Option("--out", metavar="NAME.corpus", help="What to write.")],
    key: Annotated[Path, typer.Option("--key", metavar="FILE", help="The fingerprint key.")],
    background: Annotated[
        list[Path] | None,
        typer.Option(
            "--background",
            metavar="DIR",
            help="Documents that were not stolen; blank forms above all. May be repeated.",
        ),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option("--labels", metavar="CSV", help="With header path,subject,category."),
    ] = None,
    map_file: Annotated[
        Path | None,
        typer.Option("--map", metavar="CSV", help="Write here which id is which path; keep it."),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="Files read at a time.")] = 2,
    as_json: AsJson = False,
) -> None:
    """Fingerprint folders of stolen files into a corpus that holds none of them.

    Blank forms and leaflets must be in the background: else a blank form is
    taken for the one filled-in copy that was stolen.

    Example: leakwatch corpus build files/ --out clinic.corpus --key fingerprint.key --background forms/
    """
    from leakwatch.corpus.build import BuildRequest
    from leakwatch.corpus.labels import Labels, read_labels
    from leakwatch.fingerprint.key import FingerprintKey

    output = Output(as_json=as_json)
    loaded = FingerprintKey.load(key)
    request = BuildRequest(
        folders=tuple(folders),
        out=out,
        background=tuple(background or ()),
        labels=read_labels(labels, loaded) if labels else Labels(),
        map_file=map_file,
    )
    report = _build(output, loaded, request, jobs=jobs)
    _show_problems(output, report)
    if not request.background:
        output.notice("warning: no background given: blank forms will be taken for stolen files")
    public = report.manifest.counts.get("in_background")
    if public:
        output.notice(
            f"warning: {public} known files lie in the background too: "
            "they will never be more than possible matches"
        )
    _show(output, {"corpus": out, **report.manifest.info()})


def _build(output: Output, key: FingerprintKey, request: BuildRequest, *, jobs: int) -> BuildReport:
    """Build with a progress bar, in ``jobs`` children."""
    from datetime import UTC, datetime

    from leakwatch import __version__
    from leakwatch.corpus.build import Builder
    from leakwatch.match.peaks import background_peaks
    from leakwatch.sandbox.limits import ReadLimits
    from leakwatch.sandbox.pool import SandboxPool

    with (
        SandboxPool(ReadLimits(), workers=jobs, parser_modules=()) as reader,
        output.progress("files") as bar,
    ):
        builder = Builder(
            key,
            reader,
            measure_peaks=background_peaks,
            jobs=jobs,
            tool=f"leakwatch {__version__}",
        )
        return builder.build(
            request,
            created_at=datetime.now(UTC),
            progress=lambda n: bar.advance(bar.task_ids[0], n),
        )


@corpus.command("info")
def info(path: Bundle, as_json: AsJson = False) -> None:
    """Say what a corpus is: key id, counts, parameters.

    Example: leakwatch corpus info clinic.corpus
    """
    from leakwatch.corpus.bundle import read_manifest

    _show(Output(as_json=as_json), {"corpus": path, **read_manifest(path).info()})


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


def _show(output: Output, info: dict[str, Any]) -> None:
    if output.as_json:
        output.record(info)
        return
    counts: dict[str, int] = info["counts"]
    output.fields(
        [
            ("corpus", info["corpus"]),
            ("key id", info["key_id"]),
            ("built", f"{info['created_at']} by {info['tool']}"),
            ("known files", info["files"]),
            ("withdrawn", info["withdrawn"]),
            ("background", f"{info['background_documents']} documents"),
            ("size", f"{info['size_bytes'] / 1e6:.1f} MB"),
            ("thresholds", info["calibration"]["origin"]),
            ("digest", info["digest"]),
            *((text, counts[name]) for name, text in _COUNTED.items() if counts.get(name)),
        ]
    )


def _show_problems(output: Output, report: BuildReport) -> None:
    """Name on stderr what is not known as it should be; the names are the custodian's own."""
    for problem in report.problems[:SHOWN_PROBLEMS]:
        output.notice(f"{problem.slug}: {problem.path}")
    more = len(report.problems) - SHOWN_PROBLEMS
    if more > 0:
        output.notice(f"and {more} more")
