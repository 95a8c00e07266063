"""``leakwatch scan``: files against corpora, without database or daemon."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from leakwatch.cli import coverage_show
from leakwatch.cli import scan_options as opt
from leakwatch.cli.confinement import RequireSandbox, required_layers
from leakwatch.cli.matches import (
    percent,
    score_fields,
    show_in_words,
)
from leakwatch.cli.passwords import read_passwords
from leakwatch.cli.render import Output, shown
from leakwatch.match.wording import told

if TYPE_CHECKING:
    from leakwatch.fingerprint.key import FingerprintKey
    from leakwatch.match.scan import Fetched, Looker, ScanResult
    from leakwatch.model.match import Match
    from leakwatch.ports import PageParser

NOTHING_FOUND = 1


def register(app: typer.Typer) -> None:
    app.command("scan")(scan)


def scan(
    targets: opt.Targets,
    corpora: opt.Corpora,
    key: opt.Key,
    as_json: opt.AsJson = False,
    explain: opt.Explain = False,
    full: opt.Full = False,
    direct: opt.Direct = False,
    allow_private: opt.AllowPrivate = False,
    tor_proxy: opt.TorProxy = "socks5://127.0.0.1:9050",
    password_file: opt.PasswordFile = None,
    ocr: opt.Ocr = False,
    jobs: opt.Jobs = None,
    require_sandbox: RequireSandbox = False,
    exit_code: opt.ExitCode = False,
) -> None:
    """Tell which known files stand in files, folders and archives.

    Prints a line for each artefact with a match or an error; a target without
    a line is clean as far as it could be read, which stderr sums up by kind.
    Pictures are looked at only if the corpus was built with --images. Links met
    in folders are not followed. URLs go through Tor. Of an archive at a URL only
    the directory is read, a sample unless --full; a list of files is walked; what
    is over 64 MB and has no directory is left there. Ends with an error's exit
    code when a target could not be reached.

    Example: leakwatch scan dump.zip --corpus clinic.corpus --key fingerprint.key --json
    """
    from leakwatch.corpus.crew import Crew, cores
    from leakwatch.fingerprint.key import FingerprintKey
    from leakwatch.match.scan import URL_SCHEMES
    from leakwatch.match.scan import scan as scan_targets
    from leakwatch.model.coverage import Coverage

    output = Output(as_json=as_json)
    passwords = read_passwords(password_file, output) if password_file else ()
    layers = required_layers(output, require_sandbox=require_sandbox)
    looker = _looker(
        corpora,
        FingerprintKey.load(key),
        partial(_fetch, (direct, allow_private, tor_proxy), full, output.notice),
        passwords=passwords,
        layers=layers,
        ocr=ocr,
        has_urls=any(target.lower().startswith(URL_SCHEMES) for target in targets),
    )
    coverage = Coverage()
    with Crew(looker, jobs=jobs or cores()) as crew, output.progress("looked at") as bar:
        progress = partial(bar.advance, bar.task_ids[0])
        results = scan_targets(crew, targets, progress=progress, coverage=coverage)
        code = show(output, results, explain=explain)
    coverage_show.notice(output, coverage.by_kind())
    raise typer.Exit(code if code is not None else NOTHING_FOUND * exit_code)


def _fetch(
    way: tuple[bool, bool, str],
    full: bool,
    say: Callable[[str], None],
    parser: PageParser,
    url: str,
) -> Iterable[Fetched]:
    # Takes as long to load as the rest together; most targets are files.
    from leakwatch.wiring.urls import UrlTargets, Way

    is_direct, allow_private, tor_proxy = way
    ways = Way(is_direct=is_direct, allow_private=allow_private, tor_proxy=tor_proxy)
    return UrlTargets(parser=parser, way=ways, is_full=full, say=say)(url)


def _looker(
    corpora: Sequence[Path],
    key: FingerprintKey,
    fetch_target: Callable[[PageParser, str], Iterable[Fetched]],
    *,
    passwords: Sequence[str] = (),
    layers: Sequence[str] = (),
    ocr: bool,
    has_urls: bool,
) -> Callable[[], AbstractContextManager[Looker]]:
    """Open the corpora; return what gives each process its looker."""
    from leakwatch.corpus.bundle import open_corpus
    from leakwatch.extract.base import PictureLimits
    from leakwatch.match.matcher import CorpusMatcher
    from leakwatch.match.scan import Looker
    from leakwatch.sandbox.limits import PARSERS, ReadLimits
    from leakwatch.sandbox.pool import SandboxPool
    from leakwatch.wiring.ocr import ocr_limits

    # Opened and checked once: the processes inherit the maps and share their pages.
    opened = [open_corpus(path) for path in corpora]
    matcher = CorpusMatcher(opened, key)
    images = any(corpus.manifest.images for corpus in opened)
    limits = ReadLimits(pictures=PictureLimits() if images else None, ocr=ocr_limits(wanted=ocr))
    # Readers of pages and of remote directories; files need none of them.
    parsers = PARSERS if has_urls else ()

    @contextmanager
    def looker() -> Iterator[Looker]:
        pool = SandboxPool(
            limits,
            workers=1,
            parser_modules=parsers,
            required_layers=layers,
            passwords=passwords,
        )
        with pool as reader:
            yield Looker(reader, matcher, partial(fetch_target, reader))

    return looker


def show(output: Output, results: Iterable[ScanResult], *, explain: bool) -> int | None:
    """Print the results; return the exit code, or None when nothing was found."""
    rows: list[tuple[Any, ...]] = []
    found: list[tuple[ScanResult, Match]] = []
    code: int | None = None
    for result in results:
        if result.note is not None:
            output.notice(f"{result.artefact or result.target}: {result.note}")
        if not result.matches and result.error is None:
            continue
        code = code or result.exit_code or (0 if result.matches else code)
        if output.as_json:
            output.record(as_record(result, explain=explain))
        else:
            rows.extend(_rows(result))
            found += [(result, match) for match in result.matches] if explain else []
    if rows:
        columns = ("artefact", "known file", "grade", "method", "of file", "of artefact")
        output.table(columns, rows)
        _explain(output, found)
    elif not output.as_json and code is None:
        output.notice("nothing found")
    return code


def _explain(output: Output, found: Sequence[tuple[ScanResult, Match]]) -> None:
    """Say the surest matches in words."""
    ranked = sorted(found, key=lambda one: (-one[1].grade.rank, -(one[1].passage_chars or 0)))
    show_in_words(
        output,
        (
            (match, f" in {result.artefact or result.target}", result.letters)
            for result, match in ranked
        ),
    )


def as_record(result: ScanResult, *, explain: bool) -> dict[str, Any]:
    """Return the JSON object of one result (the contract of ``scan --json``)."""
    return {
        "target": result.target,
        "artefact": result.artefact,
        "kind": result.kind,
        "matches": [
            _match_record(match, explain=explain, letters=result.letters)
            for match in result.matches
        ],
        "error": result.error,
    }


def _match_record(match: Match, *, explain: bool, letters: int | None) -> dict[str, Any]:
    record = {
        "file": match.file,
        "method": match.method,
        "grade": match.grade,
        **score_fields(match),
    }
    if not explain:
        return record
    return {**record, "reasons": match.reasons, "in_words": told(match, letters=letters)}


def _rows(result: ScanResult) -> list[tuple[Any, ...]]:
    place = shown(result.artefact or result.target)
    if not result.matches:
        return [(place, "-", "not read", result.error, "", "")]
    return [
        (
            place,
            match.file,
            match.grade,
            match.method,
            percent(match.stolen_in_leak),
            percent(match.leak_in_stolen),
        )
        for match in result.matches
    ]
