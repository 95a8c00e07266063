"""The import rules of pyproject hold, and the vocabulary stays free of dependencies."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import grimp
import pytest
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
STDLIB_ONLY = ("model", "errors", "clock", "ports", "progress")


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Who imports whom, third-party packages as single modules."""
    return grimp.build_graph("leakwatch", include_external_packages=True, cache_dir=None)


def test_contracts_are_kept() -> None:
    """import-linter finds every contract of pyproject kept."""
    lint = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", lint], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", STDLIB_ONLY)
def test_vocabulary_needs_the_standard_library_alone(graph: grimp.ImportGraph, name: str) -> None:
    """What every stage imports pulls in no third-party package."""
    module = f"leakwatch.{name}"
    modules = {module} | graph.find_descendants(module)
    imported = {i for m in modules for i in graph.find_modules_directly_imported_by(m)}
    assert {
        i for i in imported if i.split(".")[0] not in sys.stdlib_module_names | {"leakwatch"}
    } == set()


_EXTRAS = ("tesserocr",)
"""Imported late, and only where it is there: the extra ``ocr``."""


def test_everything_imported_is_locked(graph: grimp.ImportGraph) -> None:
    """What the package imports is in the lock users install from, or in an extra they choose."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = {canonicalize_name(name) for name in re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)}
    own = {m for m in graph.modules if m.split(".")[0] == "leakwatch"}
    imported = {i.split(".")[0] for m in own for i in graph.find_modules_directly_imported_by(m)}
    providers = packages_distributions()
    unlocked = {
        name
        # ``compression`` is in the standard library from Python 3.14 on.
        for name in imported - sys.stdlib_module_names - {"leakwatch", "compression", *_EXTRAS}
        if not locked & {canonicalize_name(provider) for provider in providers.get(name, [])}
    }
    assert unlocked == set()


def test_no_drawers_for_what_did_not_fit(graph: grimp.ImportGraph) -> None:
    """No module is called by a word that says nothing of what it knows."""
    banned = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}
    own = {m for m in graph.modules if m.split(".")[0] == "leakwatch"}
    assert {m for m in own if m.rpartition(".")[2] in banned} == set()
