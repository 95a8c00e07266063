"""What a child that is taken over can do: nothing that outlasts or leaves it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from leakwatch.errors import ChildKilled, LayoutChanged, SandboxError
from leakwatch.sandbox.pool import SandboxPool

MODULE = "tests.support.hostile"


def attempt(pool: SandboxPool, name: str, **options: Any) -> Any:
    return pool.parse_now(f"{MODULE}:{name}", b"body", options)


def assert_still_serves(pool: SandboxPool) -> None:
    assert attempt(pool, "echo", a=1) == {"bytes": 4, "options": {"a": 1}}


@pytest.fixture
def layers(pool: SandboxPool) -> dict[str, int]:
    return dict(pool.start())


def require(layers: dict[str, int], name: str) -> None:
    if not layers[name]:
        pytest.skip(f"this kernel has no {name}")


@pytest.mark.parametrize("name", ["execute", "spawn", "fork", "resolve_name"])
def test_a_child_starts_no_process_and_asks_no_resolver(
    pool: SandboxPool, layers: dict[str, int], name: str
) -> None:
    """Exec, fork and name look-ups are refused, not merely without effect."""
    require(layers, "seccomp")
    assert set(attempt(pool, name)) == {"refused"}
    assert_still_serves(pool)


def test_a_child_gets_no_socket_of_any_family(pool: SandboxPool, layers: dict[str, int]) -> None:
    """Without a socket no stolen byte can leave."""
    require(layers, "seccomp")
    assert {tuple(got) for got in attempt(pool, "open_socket").values()} == {("refused",)}


def test_a_child_kills_neither_zygote_nor_pool(pool: SandboxPool, layers: dict[str, int]) -> None:
    """Signals to other processes are refused."""
    require(layers, "seccomp")
    got = attempt(pool, "kill_parent", pid=os.getpid())
    assert set(got["zygote"]) == set(got["pool"]) == {"refused"}
    assert_still_serves(pool)


@pytest.mark.parametrize("path", ["/etc/passwd", "/proc/self/environ", "/dev/null"])
def test_a_child_reads_no_file_of_the_machine(
    pool: SandboxPool, layers: dict[str, int], path: str
) -> None:
    """Only code may be read."""
    require(layers, "landlock")
    assert set(attempt(pool, "read_file", path=path)) == {"refused"}


def test_a_child_sees_nothing_beside_its_code(
    pool: SandboxPool, layers: dict[str, int], tmp_path: Path
) -> None:
    """A file next to the state directory, a key for instance, cannot be listed, read or removed."""
    require(layers, "landlock")
    secret = tmp_path / "fingerprint.key"
    secret.write_bytes(b"secret")
    for name in ("read_file", "remove_file", "chmod_file", "write_file"):
        assert set(attempt(pool, name, path=str(secret))) == {"refused"}, name
    assert set(attempt(pool, "list_folder", path=str(tmp_path))) == {"refused"}
    assert secret.read_bytes() == b"secret"
    assert secret.stat().st_mode & 0o777 != 0o777


def test_a_child_writes_no_file(pool: SandboxPool, tmp_path: Path) -> None:
    """The file size limit of 0 holds even where Landlock is missing."""
    target = tmp_path / "dropped"
    try:
        got = attempt(pool, "write_file", path=str(target))
    except ChildKilled:
        got = {"refused": 0}
    assert set(got) == {"refused"}
    assert not target.exists() or target.read_bytes() == b""


def test_a_child_cannot_raise_its_limits(pool: SandboxPool) -> None:
    """Limits are hard limits, and a root's privilege to raise them is gone."""
    assert set(attempt(pool, "raise_limits")) == {"refused"}


def test_a_child_inherits_nothing_but_input_and_output(pool: SandboxPool) -> None:
    """No control socket, rule set or log file stays open; the environment counts threads alone."""
    got = attempt(pool, "list_descriptors")
    assert got["fds"] == [0, 1, 2, 3, 4]
    told = set(got["environment"]) - {"LC_CTYPE"}
    assert all("THREAD" in key or key == "MALLOC_ARENA_MAX" for key in told), told


@pytest.mark.parametrize(
    ("name", "because"),
    [
        ("allocate", "memory"),
        ("spin", "CPU limit"),
        ("sleep", "wall limit"),
        ("close_output", "it died of SIGKILL"),
        ("flood", "output limit"),
        ("crash", "SIGSEGV"),
        ("abort", "it died of"),
        ("recurse", "memory or nesting"),
        ("talk_nonsense", "broke the protocol"),
        ("return_list", "broke the protocol"),
    ],
)
def test_what_a_child_dies_of_is_told_and_costs_nobody_else(
    pool: SandboxPool, name: str, because: str
) -> None:
    """Each death is one error with its cause; the next request is served."""
    with pytest.raises(ChildKilled, match=because):
        attempt(pool, name)
    assert_still_serves(pool)


@pytest.mark.parametrize(
    "header",
    [
        '{"t":"raised","e":"layout_changed"}',
        '{"t":"raised","e":"layout_changed","d":["x"]}',
        '{"t":"result"}',
        "[]",
        "[" * 200_000,
        "{",
    ],
)
def test_forged_frames_are_refused(pool: SandboxPool, header: str) -> None:
    """A child that speaks the protocol wrongly gives an error, never an answer."""
    with pytest.raises((ChildKilled, LayoutChanged)):
        attempt(pool, "forge_header", header=header)
    assert_still_serves(pool)


def test_a_forged_message_cannot_write_to_the_terminal(pool: SandboxPool) -> None:
    """A message of a child is cut to one short printable line."""
    header = '{"t":"raised","e":"layout_changed","d":"\\u001b[2Jgone\\n' + "x" * 5000 + '"}'
    with pytest.raises(LayoutChanged) as raised:
        attempt(pool, "forge_header", header=header)
    assert raised.value.what.startswith("?[2Jgone?x")
    assert len(raised.value.what) == 200


@pytest.mark.parametrize(
    "parser", ["os:system", "tests.support.hostile2:echo", f"{MODULE}:_attempt", MODULE, "a b:c"]
)
def test_only_named_packages_are_run(pool: SandboxPool, parser: str) -> None:
    """A parser outside the allowed packages, or a private one, is refused."""
    with pytest.raises(SandboxError, match="is not one of"):
        pool.parse_now(parser, b"", {})
