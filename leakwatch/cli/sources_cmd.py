"""``leakwatch sources``: list, check, coverage."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from leakwatch.cli import coverage_cmd
from leakwatch.cli.invocation import settings_of
from leakwatch.cli.render import Output
from leakwatch.errors import MissingFile
from leakwatch.model.listing import Listing, ListingEntry
from leakwatch.model.location import defanged
from leakwatch.model.post import Post, SourceBatch
from leakwatch.model.source import SourceSpec, SourceState

sources = typer.Typer(help="The places that are polled.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def register(app: typer.Typer) -> None:
    coverage_cmd.register(sources)
    app.add_typer(sources, name="sources")


@sources.command("list")
def list_sources(context: typer.Context, as_json: AsJson = False) -> None:
    """List the configured sources with their health.

    Example: leakwatch sources list
    """
    from leakwatch.places import load_places
    from leakwatch.wiring.storage import open_store

    settings = settings_of(context)
    specs = load_places(settings).sources

    async def fetch() -> Sequence[SourceState]:
        async with open_store(settings) as store, store.read() as tx:
            return await tx.sources.states()

    states = {state.name: state for state in asyncio.run(fetch())}
    output = Output(as_json=as_json)
    if as_json:
        for spec in specs:
            output.record(_summary(spec, states.get(spec.name)))
        return
    output.table(
        ("source", "kind", "health", "last good (UTC)", "next (UTC)", "last error"),
        [_row(spec, states.get(spec.name)) for spec in specs],
    )
    new = sum(spec.name not in states for spec in specs)
    output.notice(f"{len(specs)} sources" + (f", {new} not known to the daemon yet" if new else ""))


@sources.command()
def check(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of a configured source.")],
    file: Annotated[
        Path | None, typer.Option("--file", help="Read this saved page, not the network.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what is understood of a source's page; nothing is recorded.

    Examples: leakwatch sources check kazu
              leakwatch sources check kazu --file saved.html
    """
    from leakwatch.wiring.looking import preview_source

    if file is not None and not file.is_file():
        raise MissingFile(f"{file}: no such file")
    body = file.read_bytes() if file is not None else None
    batch = asyncio.run(preview_source(settings_of(context), name, body))
    output = Output(as_json=as_json)
    if as_json:
        output.record(_understood(batch))
        return
    _show_batch(output, batch)


def _show_batch(output: Output, batch: SourceBatch) -> None:
    output.fields(
        [
            ("location", batch.location),
            ("answers", len(batch.captures)),
            ("posts", len(batch.posts)),
            ("files listed", _listed(batch)),
            ("complete", "yes" if batch.is_complete else "no: more pages are there"),
            ("problem", f"{batch.problem}: {batch.detail}" if batch.problem else "none"),
        ]
    )
    if batch.posts:
        output.text()
        output.table(
            ("post", "state", "dated", "title", "letters", "links", "listed"),
            [
                (
                    post.key[:16],
                    post.state.value,
                    post.stated_at,
                    post.title[:60],
                    len(post.text),
                    len(post.links),
                    sum(len(listing.entries) for listing in _listings(post)),
                )
                for post in batch.posts
            ],
        )


def _understood(batch: SourceBatch) -> dict[str, Any]:
    return {
        "location": batch.location,
        "is_complete": batch.is_complete,
        "problem": batch.problem,
        "detail": batch.detail,
        "posts": [
            {
                "key": post.key,
                "location": post.location,
                "title": post.title,
                "state": post.state,
                "stated_at": post.stated_at,
                "letters": len(post.text),
                "links": len(post.links),
                "entries": len(post.listing.entries) if post.listing else None,
                "listings": [_told(listing) for listing in _listings(post)],
            }
            for post in batch.posts
        ],
    }


def _listings(post: Post) -> list[Listing]:
    """Return what a post says of files: those it shows by name, those of its magnet links."""
    from leakwatch.sources.wire.magnet import magnets

    found = (post.listing, magnets(link.url for link in post.links if link.is_magnet))
    return [listing for listing in found if listing is not None]


def _told(listing: Listing) -> dict[str, Any]:
    """Return how many files a listing tells of and how much they come to, least and most."""
    files = [entry for entry in listing.entries if not entry.is_directory]
    sizes = [size for entry in files if (size := _sizes(entry)) is not None]
    return {
        "origin": listing.origin,
        "files": len(files),
        "folders": len(listing.entries) - len(files),
        "unsized": len(files) - len(sizes),
        "bytes_least": sum(low for low, _ in sizes),
        "bytes_most": sum(high for _, high in sizes),
    }


def _sizes(entry: ListingEntry) -> tuple[int, int] | None:
    exact = entry.size_bytes
    return entry.size_range if exact is None else (exact, exact)


def _listed(batch: SourceBatch) -> str:
    told = [_told(listing) for post in batch.posts for listing in _listings(post)]
    if not told:
        return "none"
    total = {key: sum(one[key] for one in told) for key in told[0] if key != "origin"}
    least, most = total["bytes_least"], total["bytes_most"]
    size = f"{least:,} bytes" if least == most else f"{least:,} to {most:,} bytes"
    unsized = f", {total['unsized']:,} without a size" if total["unsized"] else ""
    return f"{total['files']:,} in {len(told):,} listings, {size}{unsized}"


def _row(spec: SourceSpec, state: SourceState | None) -> tuple[Any, ...]:
    if state is None:
        return spec.name, spec.kind, "new", None, None, None
    good, due = state.last_success_at, state.next_poll_at
    return (
        spec.name,
        spec.kind,
        state.health.value,
        f"{good:%m-%d %H:%M}" if good else "never",
        f"{due:%m-%d %H:%M}",
        state.last_error,
    )


def _summary(spec: SourceSpec, state: SourceState | None) -> dict[str, Any]:
    return {
        "name": spec.name,
        "kind": spec.kind,
        "role": spec.role,
        "via": spec.via,
        "interval_s": spec.interval_s,
        "locations": [defanged(url) for url in spec.locations],
        "health": state.health if state else None,
        "health_since": state.health_since if state else None,
        "consecutive_failures": state.consecutive_failures if state else None,
        "last_poll_at": state.last_poll_at if state else None,
        "last_success_at": state.last_success_at if state else None,
        "next_poll_at": state.next_poll_at if state else None,
        "last_error": state.last_error if state else None,
    }
