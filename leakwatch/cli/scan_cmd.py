"""``leakwatch scan``: files against corpora, without database or daemon."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leakwatch.cli.render import Output, shown

if TYPE_CHECKING:
    from leakwatch.match.scan import Fetched, ScanResult
    from leakwatch.model.match import Match

NOTHING_FOUND = 1


def register(app: typer.Typer) -> None:
    app.command("scan")(scan)


def scan(
    targets: Annotated[list[str], typer.Argument(metavar="PATH|URL...", help="What to look at.")],
    corpora: Annotated[
        list[Path], typer.Option("--corpus", metavar="NAME.corpus", help="May be repeated.")
    ],
    key: Annotated[Path, typer.Option("--key", metavar="FILE", help="The fingerprint key.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Say why each match is one.")] = False,
    full: Annotated[
        # Part of the command's contract: remote archives are always read whole so far.
        bool, typer.Option("--full", help="Read remote archives whole.", hidden=True)
    ] = False,
    direct: Annotated[
        bool, typer.Option("--direct", help="Fetch URLs straight, not through Tor.")
    ] = False,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Fetch loopback and private addresses too.")
    ] = False,
    tor_proxy: Annotated[
        str, typer.Option("--tor-proxy", metavar="URL", help="SOCKS proxy for URLs.")
    ] = "socks5://127.0.0.1:9050",
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", min=1, help="Processes that look; one a core unless given."),
    ] = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit 1 when nothing is found.")
    ] = False,
) -> None:
    """Tell which known files stand in files, folders and archives.

    Prints a line for each artefact with a match or an error; a target without
    a line is clean as far as it could be read: a PDF or a picture is compared
    by its bytes alone. Links met in folders are not followed. URLs go through Tor.
    Ends with an error's exit code when a target could not be reached.

    Example: leakwatch scan dump.zip --corpus clinic.corpus --key fingerprint.key --json
    """
    del full
    from leakwatch.corpus.bundle import open_corpus
    from leakwatch.corpus.crew import Crew, cores
    from leakwatch.fingerprint.key import FingerprintKey
    from leakwatch.match.matcher import CorpusMatcher
    from leakwatch.match.scan import Looker
    from leakwatch.match.scan import scan as scan_targets
    from leakwatch.sandbox.limits import ReadLimits
    from leakwatch.sandbox.pool import SandboxPool

    def fetch_target(url: str) -> Sequence[Fetched]:
        # Takes as long to load as the rest together; most targets are files.
        from leakwatch.wiring.urls import UrlTargets

        return UrlTargets(direct, allow_private, tor_proxy)(url)

    output = Output(as_json=as_json)
    loaded = FingerprintKey.load(key)
    # Opened and checked once: the processes inherit the maps and share their pages.
    matcher = CorpusMatcher([open_corpus(path) for path in corpora], loaded)

    @contextmanager
    def looker() -> Iterator[Looker]:
        with SandboxPool(ReadLimits(), workers=1, parser_modules=()) as reader:
            yield Looker(reader, matcher, fetch_target)

    with Crew(looker, jobs=jobs or cores()) as crew, output.progress("looked at") as bar:
        results = scan_targets(crew, targets, progress=lambda n: bar.advance(bar.task_ids[0], n))
        code = show(output, results, explain=explain)
    raise typer.Exit(code if code is not None else NOTHING_FOUND * exit_code)


def show(output: Output, results: Iterable[ScanResult], *, explain: bool) -> int | None:
    """Print the results; return the exit code, or None when nothing was found."""
    rows: list[tuple[Any, ...]] = []
    code: int | None = None
    for result in results:
        code = code or result.exit_code or (0 if result.matches else code)
        if output.as_json:
            output.record(as_record(result, explain=explain))
        else:
            rows.extend(_rows(result, explain=explain))
    if rows:
        why = ("why",) if explain else ()
        columns = ("artefact", "known file", "grade", "method", "of file", "of artefact", *why)
        output.table(columns, rows)
    elif not output.as_json and code is None:
        output.notice("nothing found")
    return code


def as_record(result: ScanResult, *, explain: bool) -> dict[str, Any]:
    """Return the JSON object of one result (the contract of ``scan --json``)."""
    return {
        "target": result.target,
        "artefact": result.artefact,
        "kind": result.kind,
        "matches": [_match_record(match, explain=explain) for match in result.matches],
        "error": result.error,
    }


def _match_record(match: Match, *, explain: bool) -> dict[str, Any]:
    record = {
        "file": match.file,
        "method": match.method,
        "grade": match.grade,
        "stolen_in_leak": _rounded(match.stolen_in_leak),
        "leak_in_stolen": _rounded(match.leak_in_stolen),
        "jaccard": _rounded(match.jaccard),
        "passage_chars": match.passage_chars,
    }
    return {**record, "reasons": match.reasons} if explain else record


def _rows(result: ScanResult, *, explain: bool) -> list[tuple[Any, ...]]:
    place = shown(result.artefact or result.target)
    if not result.matches:
        return [(place, "-", "not read", result.error, "", "", *([""] if explain else []))]
    return [
        (
            place,
            match.file,
            match.grade,
            match.method,
            _percent(match.stolen_in_leak),
            _percent(match.leak_in_stolen),
            *(["; ".join(match.reasons)] if explain else []),
        )
        for match in result.matches
    ]


def _rounded(ratio: float | None) -> float | None:
    return None if ratio is None else round(ratio, 4)


def _percent(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.0%}"
