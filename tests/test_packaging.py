"""What is in the wheel: all that runs, and nothing of the tree around it."""

from __future__ import annotations

import configparser
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

import leakwatch

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZipFile]:
    """The wheel, built from the tree with the build backend at hand."""
    out = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), "."]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = out.glob("*.whl")
    with ZipFile(built) as archive:
        yield archive


def _metadata(wheel: ZipFile, name: str) -> str:
    return wheel.read(f"leakwatch-{leakwatch.__version__}.dist-info/{name}").decode()


def test_everything_that_runs_is_shipped(wheel: ZipFile) -> None:
    """Every module of the package, its type marker and the migrations are in the wheel."""
    package = {p.relative_to(ROOT).as_posix() for p in (ROOT / "leakwatch").rglob("*.py")}
    migrations = {
        f"leakwatch/{p.relative_to(ROOT).as_posix()}" for p in (ROOT / "migrations").rglob("*.py")
    }
    assert any("/versions/" in name for name in migrations)
    assert package | migrations | {"leakwatch/py.typed"} <= set(wheel.namelist())


def test_nothing_else_is_shipped(wheel: ZipFile) -> None:
    """The wheel holds the package and its metadata: no tests, caches or compiled files."""
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert tops == {"leakwatch", f"leakwatch-{leakwatch.__version__}.dist-info"}
    strangers = [n for n in wheel.namelist() if "__pycache__" in n or n.endswith((".pyc", ".db"))]
    assert strangers == []


def test_command_is_installed(wheel: ZipFile) -> None:
    """Installing the wheel gives the `leakwatch` command."""
    entry_points = configparser.ConfigParser()
    entry_points.read_string(_metadata(wheel, "entry_points.txt"))
    assert entry_points["console_scripts"]["leakwatch"] == "leakwatch.cli.main:main"


def test_licence_is_shipped(wheel: ZipFile) -> None:
    """The licence's text and name go along."""
    assert "License-Expression: Apache-2.0" in _metadata(wheel, "METADATA")
    assert "Apache License" in _metadata(wheel, "licenses/LICENSE")


def test_no_path_of_the_builder_is_shipped(wheel: ZipFile) -> None:
    """No file names the folder it was built in or the interpreter that built it."""
    here = {str(ROOT).encode(), sys.prefix.encode()}
    assert [n for n in wheel.namelist() if any(path in wheel.read(n) for path in here)] == []
