"""What ``leakwatch scan`` may be told."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Targets = Annotated[list[str], typer.Argument(metavar="PATH|URL...", help="What to look at.")]
Corpora = Annotated[
    list[Path], typer.Option("--corpus", metavar="NAME.corpus", help="May be repeated.")
]
Key = Annotated[Path, typer.Option("--key", metavar="FILE", help="The fingerprint key.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Explain = Annotated[bool, typer.Option("--explain", help="Say why each match is one.")]
Full = Annotated[
    bool, typer.Option("--full", help="Read a remote archive's directory whole, not a sample.")
]
Direct = Annotated[bool, typer.Option("--direct", help="Fetch URLs straight, not through Tor.")]
AllowPrivate = Annotated[
    bool, typer.Option("--allow-private", help="Fetch loopback and private addresses too.")
]
TorProxy = Annotated[str, typer.Option("--tor-proxy", metavar="URL", help="SOCKS proxy for URLs.")]
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        "--password-file",
        metavar="FILE",
        help="Passwords to try on what is encrypted, one a line. Should be yours alone to read.",
    ),
]
Ocr = Annotated[
    bool, typer.Option("--ocr", help="Read pages that are pictures too; needs the extra ocr.")
]
Jobs = Annotated[
    int | None,
    typer.Option("--jobs", min=1, help="Processes that look; one a core unless given."),
]
ExitCode = Annotated[bool, typer.Option("--exit-code", help="Exit 1 when nothing is found.")]
