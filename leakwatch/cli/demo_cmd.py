"""``leakwatch demo``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    app.command()(demo)


def demo(
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the state, to try commands on it.")
    ] = False,
    directory: Annotated[
        Path | None, typer.Option("--dir", help="Where to keep the state; implies --keep.")
    ] = None,
) -> None:
    """Watch a made-up leak on this machine from the first claim to the lawyer's mail.

    Takes under a minute; nothing leaves loopback, and no real data are used.

    Example: leakwatch demo --keep
    """
    import asyncio

    from leakwatch.demo.stage import play

    raise typer.Exit(asyncio.run(play(keep=keep or directory is not None, directory=directory)))
