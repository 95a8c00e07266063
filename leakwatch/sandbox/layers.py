"""Which layers of defence this kernel offers, found out without starting a child."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from leakwatch.errors import SandboxError
from leakwatch.sandbox.kernel import Kernel
from leakwatch.sandbox.landlock import Landlock
from leakwatch.sandbox.seccomp import Seccomp

LAYERS = ("landlock", "seccomp")
WITHOUT: Mapping[str, str] = {
    "landlock": "a parser that is taken over could read files",
    "seccomp": "a parser that is taken over could start processes and reach the network",
}
"""What each layer keeps from happening."""


def layers_here() -> Mapping[str, int]:
    """Return Landlock's version and whether there is seccomp; 0 for none."""
    kernel = Kernel()
    return {
        "landlock": Landlock.find_version(kernel),
        "seccomp": int(Seccomp(kernel).is_available),
    }


def missing_of(layers: Mapping[str, int]) -> list[str]:
    """Return the names of the layers that are not there."""
    return [name for name in LAYERS if not layers.get(name)]


def warning_of(missing: Collection[str]) -> str:
    """Return a sentence on what is missing and what follows."""
    names = " and no ".join(missing)
    return f"this kernel offers no {names}: {'; '.join(WITHOUT[name] for name in missing)}"


def check_required(required: Collection[str], layers: Mapping[str, int]) -> None:
    """Raise SandboxError when a layer is required and not there."""
    missing = [name for name in required if not layers.get(name)]
    if missing:
        raise SandboxError(
            f"this kernel offers no {' and no '.join(missing)}, which is required",
            hint="use a kernel of 5.13 or later with them turned on, or do not require them",
        )
