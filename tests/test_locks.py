"""The locks pin everything by hash and name no host, index or folder."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUN = "requirements.lock"
BUILD = ".ci/build.lock"
DEV = "tests/requirements.lock"
PIN = re.compile(r"^(?P<pin>[A-Za-z0-9._-]+==[^\s;]+)(?: ; [^\\]+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")


def _pins(lock: str) -> dict[str, set[str]]:
    """Return canonical name -> pinned versions; more than one where markers part them."""
    pins: dict[str, set[str]] = {}
    for line in (ROOT / lock).read_text(encoding="utf-8").splitlines():
        if found := PIN.match(line):
            name, version = found["pin"].split("==")
            pins.setdefault(canonicalize_name(name), set()).add(version)
    return pins


@pytest.mark.parametrize("lock", [RUN, BUILD, DEV])
def test_lock_holds_pins_and_hashes_alone(lock: str) -> None:
    """Every line is a pin or a SHA-256: no address, option, path or comment of any machine."""
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not PIN.match(line) and not HASH.match(line)] == []


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [
        (RUN, PROJECT["project"]["dependencies"]),
        (BUILD, PROJECT["build-system"]["requires"]),
        (DEV, PROJECT["project"]["dependencies"]),
        (DEV, PROJECT["project"]["optional-dependencies"]["dev"]),
    ],
)
def test_lock_satisfies_pyproject(lock: str, wanted: list[str]) -> None:
    """Each requirement is pinned to versions it accepts; `make lock` mends a failure."""
    pins = _pins(lock)
    for requirement in map(Requirement, wanted):
        versions = pins.get(canonicalize_name(requirement.name), set())
        assert versions, f"{requirement.name} is not in {lock}"
        assert all(requirement.specifier.contains(v, prereleases=True) for v in versions)


@pytest.mark.parametrize("lock", [RUN, BUILD])
def test_tests_run_on_what_is_shipped(lock: str) -> None:
    """The tests' lock pins the same versions as the locks users install from."""
    tested = _pins(DEV)
    assert {name: v for name, v in _pins(lock).items() if tested.get(name) != v} == {}
