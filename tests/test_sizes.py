"""House rule on sizes: what does not fit on a page is split by what it knows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MAX_LINES = {"leakwatch": 400, "migrations": 400, "tests": 500}
MAX_FUNCTION_LINES = 60


def _sources(folder: str) -> Iterator[Path]:
    return (ROOT / folder).rglob("*.py")


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_file_is_too_long() -> None:
    """A file of the package stays within 400 lines, one of the tests within 500."""
    too_long = {
        str(path.relative_to(ROOT)): lines
        for folder, limit in MAX_LINES.items()
        for path in _sources(folder)
        if (lines := len(path.read_bytes().splitlines())) > limit
    }
    assert too_long == {}


def test_no_function_is_too_long() -> None:
    """A function stays within 60 lines, signature and docstring included."""
    too_long = {
        f"{path.relative_to(ROOT)}: {name}": lines
        for folder in MAX_LINES
        for path in _sources(folder)
        for name, lines in _functions(path)
        if lines > MAX_FUNCTION_LINES
    }
    assert too_long == {}


def test_the_rules_see_the_package() -> None:
    """The package's files are found, so that a moved folder cannot pass unseen."""
    assert ROOT / "leakwatch" / "clock.py" in set(_sources("leakwatch"))
