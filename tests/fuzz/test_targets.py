from __future__ import annotations

import pytest

from tests.fuzz.registry import TARGETS
from tests.fuzz.target import mutated

MUTANTS = 60


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_a_target_takes_its_seeds_and_what_becomes_of_them(name: str) -> None:
    """No parser of ours raises what it should not, on good input or on damaged input."""
    target = TARGETS[name]
    seeds = list(target.seeds())
    assert seeds
    for seed in seeds:
        target(seed)
    for data in mutated(seeds, MUTANTS, seed=7):
        target(data)


@pytest.mark.parametrize("name", sorted(TARGETS))
@pytest.mark.parametrize("data", [b"", b"\0", b"\xff" * 64, bytes(4096)])
def test_a_target_takes_nothing_and_next_to_nothing(name: str, data: bytes) -> None:
    """Empty and monotonous input is input."""
    TARGETS[name](data)
