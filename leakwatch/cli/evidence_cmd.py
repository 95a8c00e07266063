"""``leakwatch evidence``: list, verify, open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from leakwatch.cli.invocation import reading, settings_of
from leakwatch.cli.render import Output, iso
from leakwatch.errors import EntityUnknown, EvidenceError, MissingFile
from leakwatch.model.evidence import EvidenceRecord

if TYPE_CHECKING:
    from leakwatch.evidence.vault import Vault
    from leakwatch.evidence.verify import EvidenceCheck, Verification

evidence = typer.Typer(help="What was seen, sealed and chained.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def register(app: typer.Typer) -> None:
    app.add_typer(evidence, name="evidence")


@evidence.command("list")
def list_records(
    context: typer.Context,
    finding: Annotated[str | None, typer.Option(help="Only records of this finding.")] = None,
    matter: Annotated[str | None, typer.Option(help="Only records of this matter.")] = None,
    as_json: AsJson = False,
) -> None:
    """List evidence records; with --json whole, as they are digested.

    Example: leakwatch evidence list --json > ledger.jsonl
    """
    asyncio.run(_list(context, finding, matter, Output(as_json=as_json)))


async def _list(
    context: typer.Context, finding: str | None, matter: str | None, output: Output
) -> None:
    from leakwatch.evidence.canonical import as_json

    rows = []
    async with _ledger(context, finding) as records:
        async for record in records:
            if matter not in (None, record.draft.matter):
                continue
            if output.as_json:
                output.record(as_json(record))
            else:
                rows.append(_row(record))
    if not output.as_json:
        columns = ("seq", "record", "recorded (UTC)", "kind", "finding", "sealed")
        output.table(columns, rows)


@evidence.command()
def verify(
    context: typer.Context,
    expect_head: Annotated[
        str | None,
        typer.Option(
            "--expect-head",
            help="A head noted earlier: it must still be in the chain.",
            metavar="SHA256",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check the chain of records and every sealed file, and print the head.

    Note the head outside this host (a letter, counsel's inbox): a later
    --expect-head then shows that nothing before it was rewritten.
    Exit code 72: the ledger is broken; 73: a sealed file is missing or altered.

    Example: leakwatch evidence verify --expect-head 4be1...
    """
    from leakwatch.evidence.verify import EvidenceCheck

    check = EvidenceCheck(expect_head)
    asyncio.run(_read_all(context, check))
    _print_verification(check.finish(_vault(context)), Output(as_json=as_json))


async def _read_all(context: typer.Context, check: EvidenceCheck) -> None:
    async with _ledger(context, None) as records:
        async for record in records:
            check.add(record)


@evidence.command("open")
def open_sealed(
    context: typer.Context,
    identity: Annotated[
        Path, typer.Option("--identity", "-i", help="age private key.", metavar="FILE")
    ],
    out: Annotated[Path, typer.Option("--out", help="Where the WARC goes.", metavar="DIR")],
    record: Annotated[
        str | None, typer.Argument(help="Record id or seq; or name a file with --sealed.")
    ] = None,
    sealed: Annotated[
        Path | None,
        typer.Option("--sealed", help="A sealed file; needs no database.", metavar="FILE"),
    ] = None,
) -> None:
    """Open sealed content with the legal team's private key: a WARC for any viewer.

    Run it where the private key lives, not on the daemon's host. The result
    may hold patient data: it is written for its owner alone.

    Example: leakwatch evidence open --sealed 3f9c.age --identity legal.key --out ./opened
    """
    from leakwatch.evidence.unseal import read_identities, unseal

    if (record is None) == (sealed is None):
        raise typer.BadParameter("name a record or a file with --sealed, and not both")
    identities = read_identities(identity)
    name, file = _open_file(sealed) if sealed is not None else _open_record(context, record or "")
    with file:
        opened = unseal(file, identities, out / f"{name}.warc.gz")
    Output().text(f"{opened.path}: {opened.size_bytes} bytes, SHA-256 {opened.sha256}")


def _print_verification(found: Verification, output: Output) -> None:
    """Print counts, head and every problem; raise for the first.

    Raises:
        LedgerBroken, VaultDamaged: there is a problem.
    """
    ledger = found.ledger
    if output.as_json:
        problems = [{"seq": p.seq, "what": p.what} for p in found.problems]
        counts = {"records": ledger.records, "head": ledger.head, "sealed_files": found.sealed}
        output.record({**counts, "ok": not problems, "problems": problems})
    else:
        output.fields(
            [
                ("records", ledger.records),
                ("sealed files", found.sealed),
                ("head", ledger.head),
                ("problems", len(found.problems)),
            ]
        )
        for problem in found.problems:
            where = "ledger" if problem.seq is None else f"record {problem.seq}"
            output.text(f"{where}: {problem.what}")
    found.raise_if_broken()


def _open_file(path: Path) -> tuple[str, BinaryIO]:
    try:
        return path.stem, path.open("rb")
    except OSError as error:
        raise MissingFile(f"{path}: {error.strerror}") from None


def _open_record(context: typer.Context, name: str) -> tuple[str, BinaryIO]:
    found = asyncio.run(_find(context, name))
    if found.draft.sealed is None:
        raise EvidenceError(f"{found.draft.id}: no content was sealed with this record")
    return found.draft.id, _vault(context).open(found.draft.sealed)


async def _find(context: typer.Context, name: str) -> EvidenceRecord:
    """Return the one record whose seq is the name or whose id begins with it."""
    matching = []
    async with _ledger(context, None) as records:
        async for record in records:
            if name in (str(record.seq), record.draft.id):
                return record
            if record.draft.id.startswith(name):
                matching.append(record)
    if len(matching) != 1:
        what = "no record" if not matching else f"{len(matching)} records"
        raise EntityUnknown(f"{what} of that id or seq", hint="leakwatch evidence list")
    return matching[0]


@asynccontextmanager
async def _ledger(
    context: typer.Context, finding: str | None
) -> AsyncIterator[AsyncIterator[EvidenceRecord]]:
    async with reading(context) as tx:
        if finding is None:
            yield tx.evidence.ledger()
        else:
            found = await tx.findings.get(finding)
            yield _each(await tx.evidence.of_finding(found.id))


async def _each(records: Sequence[EvidenceRecord]) -> AsyncIterator[EvidenceRecord]:
    for record in records:
        yield record


def _vault(context: typer.Context) -> Vault:
    from leakwatch.evidence.vault import Vault

    return Vault(settings_of(context).state_dir / "vault")


def _row(record: EvidenceRecord) -> tuple[object, ...]:
    draft = record.draft
    size = f"{draft.sealed.size_bytes} B" if draft.sealed is not None else None
    return (record.seq, draft.id, iso(draft.recorded_at), draft.kind.value, draft.finding_id, size)
