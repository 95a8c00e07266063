"""Libraries of parsers that are loaded late: in a child, without a thread, as anybody."""

from __future__ import annotations

import importlib.util
import json

import pytest

from leakwatch.sandbox.pool import SandboxPool
from tests.support.unprivileged import CannotDrop, run_as_nobody

LIBRARIES = (
    "lxml.etree",
    "numpy",
    "pdf_oxide",
    "PIL.Image",
    "pypdfium2",
    "python_calamine",
    "rars",
)
INSTALLED = [name for name in LIBRARIES if importlib.util.find_spec(name.partition(".")[0])]
MODULE = "tests.support.hostile"
PROGRAM = f"""
import json
from leakwatch.sandbox.limits import ReadLimits
from leakwatch.sandbox.pool import SandboxPool
with SandboxPool(ReadLimits(), workers=1, parser_modules=[{MODULE!r}]) as pool:
    got = [pool.parse_now("{MODULE}:load", b"", {{"module": name}}) for name in {INSTALLED!r}]
print(json.dumps(got))
"""


@pytest.mark.parametrize("name", INSTALLED)
def test_a_child_loads_a_library_late(pool: SandboxPool, name: str) -> None:
    """Code may be read in the sandbox, and no library insists on threads of its own."""
    assert pool.parse_now(f"{MODULE}:load", b"", {"module": name}) == {"loaded": name}


def test_nobodys_child_loads_them_too() -> None:
    """Without the privilege that spares root the limit on threads."""
    try:
        done = run_as_nobody(PROGRAM)
    except CannotDrop as reason:
        pytest.skip(str(reason))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [{"loaded": name} for name in INSTALLED]
