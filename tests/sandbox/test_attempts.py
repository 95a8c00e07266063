"""Everything that a parser taken over tries: each attempt costs one file and no more.

The same attempts as whoever runs the tests and as nobody; ``tests/e2e/test_container.py``
makes them in the image.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from leakwatch.sandbox.layers import layers_here
from tests.support.containment import Attempt, attempts, came_as_expected, outcomes, unexpected
from tests.support.unprivileged import CannotDrop, run_as_nobody

ATTEMPTS = attempts(Path("/nowhere"))
READING = {"read_file", "list_folder", "resolve_name"}
"""What Landlock alone refuses: the names of machines are in a file too."""
TOUCHES_FILES = {"read_file", "list_folder", "write_file", "append_file", "remove_file"}


@pytest.fixture(scope="module", autouse=True)
def _whole_kernel() -> None:
    missing = [name for name, version in layers_here().items() if not version]
    if missing:
        pytest.skip(f"this kernel has no {' and no '.join(missing)}")


@pytest.fixture(scope="module")
def came() -> Mapping[str, str]:
    """What came of each attempt, as whoever we are."""
    return outcomes()


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.says)
def test_an_attempt_is_contained_and_costs_one_file(
    came: Mapping[str, str], attempt: Attempt
) -> None:
    """It is refused, or ends the child with a reason; its neighbours are read all the same."""
    assert came_as_expected(attempt, came[attempt.says]), came[attempt.says]


def test_nothing_is_left_of_the_attempts(came: Mapping[str, str]) -> None:
    """Afterwards the owner's file is whole and the next file is read."""
    assert unexpected(came) == {}


def test_nobody_is_confined_as_root_is(came: Mapping[str, str]) -> None:
    """What comes of an attempt does not depend on who runs leakwatch."""
    try:
        done = run_as_nobody("from tests.support.containment import main; main()")
    except CannotDrop as reason:
        pytest.skip(str(reason))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == came


def test_without_landlock_files_can_be_read_and_nothing_else() -> None:
    """The other layers hold alone: no file is changed, no process or socket made."""
    told = unexpected(outcomes("tests.support.no_landlock"))
    but_reading = {a.says for a in ATTEMPTS if a.name in READING}
    assert set(told) <= but_reading, told


def test_without_seccomp_no_file_is_opened() -> None:
    """Landlock and the limits hold alone, as far as they go."""
    some = [a for a in ATTEMPTS if a.name in TOUCHES_FILES]
    assert unexpected(outcomes("tests.support.no_seccomp", only=TOUCHES_FILES), some) == {}
