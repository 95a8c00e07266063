"""What the commands that read files say of the sandbox, and refuse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from leakwatch.cli.render import Output

RequireSandbox = Annotated[
    bool,
    typer.Option(
        "--require-sandbox", help="Read nothing where the kernel lacks Landlock or seccomp."
    ),
]


def required_layers(output: Output, *, require_sandbox: bool) -> Sequence[str]:
    """Say once on stderr what this kernel lacks; return what the readers must not do without.

    Raises:
        SandboxError: something is lacking, and that is to be refused.
    """
    from leakwatch.sandbox.layers import (
        LAYERS,
        check_required,
        layers_here,
        missing_of,
        warning_of,
    )

    layers = layers_here()
    if require_sandbox:
        check_required(LAYERS, layers)
        return LAYERS
    if missing := missing_of(layers):
        output.notice(f"warning: {warning_of(missing)} (--require-sandbox refuses this)")
    return ()
