"""The example source files that the project ships."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from leakwatch.model.source import Role, SourceSpec, Via
from leakwatch.sources.registry import BUILT_IN, build_source

FOLDER = Path(__file__).resolve().parents[2] / "config/sources"
EXAMPLES = sorted(FOLDER.glob("*.example.toml"))


def load(path: Path) -> SourceSpec:
    raw: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    raw |= {"role": Role(raw["role"]), "via": Via(raw.get("via", "tor"))}
    raw |= {"locations": tuple(raw["locations"]), "matters": tuple(raw.get("matters", ()))}
    return SourceSpec(**raw)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_example_builds(path: Path) -> None:
    """Every example has the fields of a source, and options that its kind takes."""
    assert build_source(load(path)) is not None


def test_every_kind_has_an_example() -> None:
    """No built-in kind is left without one, and hosts are fictional."""
    specs = [load(path) for path in EXAMPLES]
    assert {spec.kind for spec in specs} == set(BUILT_IN)
    hosts = {location.split("/")[2] for spec in specs for location in spec.locations}
    assert all(h.endswith((".onion", "example.org")) or h == "t.me" for h in hosts)
    assert all(len(h.removesuffix(".onion")) == 56 for h in hosts if h.endswith(".onion"))
