"""One target under atheris, in a process of its own: ``python -m tests.fuzz.one NAME ARG...``.

The arguments after the name are libFuzzer's.
"""

from __future__ import annotations

import sys
import warnings

import atheris

# Coverage is counted in what is imported here.
with atheris.instrument_imports(include=["leakwatch"]):
    from tests.fuzz.registry import TARGETS


def main() -> None:
    """Fuzz until libFuzzer's limits end the process."""
    name, *arguments = sys.argv[1:]
    warnings.simplefilter("ignore")  # of Pillow, on every other file
    atheris.Setup([name, *arguments], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
