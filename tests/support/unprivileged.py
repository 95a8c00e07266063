"""Programs run as nobody, with no capability and no way to gain one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_DROP = (
    *("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"),
    *("--bounding-set=-all", "--inh-caps=-all"),
)


class CannotDrop(Exception):
    """Nobody else can be become here; the message says why."""


def run_as_nobody(program: str, *, limit_s: float = 300) -> subprocess.CompletedProcess[str]:
    """Run a Python program as nobody, with this tree and its packages on the path.

    Raises:
        CannotDrop: we are not root, or there is no interpreter that others may run.
    """
    if os.geteuid() != 0:
        raise CannotDrop("only root may become somebody else")
    if shutil.which("setpriv") is None:
        raise CannotDrop("needs the setpriv program")
    own = [sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"]
    python = next((p for p in own if _is_usable(p)), None)
    if python is None:
        raise CannotDrop("no interpreter of this version is readable for others")
    start = f"import sys; sys.path[:] = {_path_for(python)!r}\n"
    return subprocess.run(  # noqa: S603
        [*_DROP, python, "-B", "-c", start + program],
        capture_output=True,
        text=True,
        check=False,
        timeout=limit_s,
        cwd="/",
    )


def _path_for(python: str) -> list[str]:
    own = subprocess.run(  # noqa: S603
        [python, "-c", "import sys; print(*sys.path[1:], sep='\\n')"],
        capture_output=True,
        text=True,
        check=True,
    )
    packages = [entry for entry in sys.path if entry.endswith("site-packages")]
    return [str(_ROOT), *own.stdout.split(), *packages]


def _is_usable(python: str) -> bool:
    again = "import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-c', '']))"
    call = [*_DROP, python, "-c", again]
    return Path(python).exists() and subprocess.run(call, check=False).returncode == 0  # noqa: S603
