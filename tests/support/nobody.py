"""Running this interpreter's version as an ordinary user who owns nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DROP = (
    *("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"),
    *("--bounding-set=-all", "--inh-caps=-all"),
)
"""As nobody, with no capability and no way to gain one."""


@cache
def python_for_nobody() -> str | None:
    """Return an interpreter that nobody may start, or None; only root may become nobody."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        return None
    ours = (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}")
    return next((python for python in ours if _is_usable(python)), None)


def path_for(python: str) -> list[str]:
    """Return where an interpreter finds its own library, ours and our packages."""
    own = subprocess.run(  # noqa: S603
        [python, "-c", "import sys; print(*sys.path[1:], sep='\\n')"],
        capture_output=True,
        text=True,
        check=True,
    )
    packages = [entry for entry in sys.path if entry.endswith("site-packages")]
    return [str(ROOT), *own.stdout.split(), *packages]


def _is_usable(python: str) -> bool:
    again = "import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-c', '']))"
    call = [*DROP, python, "-c", again]
    return Path(python).exists() and subprocess.run(call, check=False).returncode == 0  # noqa: S603
