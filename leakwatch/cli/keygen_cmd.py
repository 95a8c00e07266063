"""``leakwatch keygen``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leakwatch.cli.render import Output


def register(app: typer.Typer) -> None:
    app.command("keygen")(write_key)


def write_key(
    file: Annotated[Path, typer.Argument(help="Where to write it; never overwritten.")],
) -> None:
    """Write a new fingerprint key: 32 random bytes that only you may read.

    Keep it apart from the corpora made with it: whoever holds both can test
    guesses about a file. Without it a corpus is of no use to anybody.

    Example: leakwatch keygen fingerprint.key
    """
    from leakwatch.fingerprint.key import keygen

    key = keygen(file)
    output = Output()
    output.fields([("key", file), ("key id", key.key_id)])
    output.notice("next: leakwatch corpus build DIR --out NAME.corpus --key " + str(file))
