"""The container image: built from the Dockerfile, run as a careful operator would."""

from __future__ import annotations

import json
import os
import random
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import leakwatch
from tests.support.container import Engine, LockedDown, NoContainers, build_image, open_engine
from tests.support.containment import unexpected

# One image for all of them, so one worker.
pytestmark = pytest.mark.container
UID = 10001
DRAIN_S = 5.0
START_LIMIT_S = 60.0
SUPPORT = Path(__file__).resolve().parents[1] / "support"
SETTINGS = f"""
state_dir = "/var/lib/leakwatch"

[fingerprint]
key_file = "fingerprint.key"

[daemon]
drain_s = {DRAIN_S}
"""


@pytest.fixture(scope="module")
def engine() -> Engine:
    """The tools, with a base image; skips where there are none."""
    try:
        return open_engine()
    except NoContainers as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def image(engine: Engine) -> Iterator[str]:
    """The image of this tree, removed afterwards; its dependencies' layers stay cached."""
    name = build_image(engine, labels={"org.opencontainers.image.version": leakwatch.__version__})
    yield name
    engine.podman("rmi", "--force", name)


@pytest.fixture(scope="module")
def config(image: str, engine: Engine) -> dict[str, Any]:
    """What the image says of itself."""
    parts: list[dict[str, Any]] = json.loads(engine.podman("image", "inspect", image))
    return parts[0]


@pytest.fixture
def locked_down(engine: Engine, image: str, tmp_path: Path) -> Iterator[LockedDown]:
    """The image with settings of one watchman who watches nothing yet."""
    settings = tmp_path / "etc"
    for folder in (settings, settings / "matters", settings / "sources"):
        folder.mkdir()
    (settings / "leakwatch.toml").write_text(SETTINGS, encoding="utf-8")
    key = settings / "fingerprint.key"
    key.write_bytes(secrets.token_bytes(32))
    key.chmod(0o400)
    os.chown(key, UID, UID)
    volume = f"leakwatch-tests-{secrets.token_hex(6)}"
    engine.podman("volume", "create", volume)
    yield LockedDown(engine, image, settings, volume)
    engine.podman("volume", "rm", "--force", volume)
    shutil.rmtree(settings)


def test_command_runs(locked_down: LockedDown) -> None:
    """The image's entry point is leakwatch, in the version of this tree."""
    assert locked_down.once("--version").split() == ["leakwatch", leakwatch.__version__]


def test_image_says_how_to_run_it(config: dict[str, Any]) -> None:
    """User by number, one volume, the daemon by default, stopped by SIGTERM."""
    assert config["User"] == f"{UID}:{UID}"
    assert list(config["Config"]["Volumes"]) == ["/var/lib/leakwatch"]
    assert config["Config"]["Entrypoint"] == ["leakwatch"]
    assert config["Config"]["Cmd"] == ["run"]
    assert config["Config"]["StopSignal"] == "SIGTERM"
    assert config["Labels"]["org.opencontainers.image.licenses"] == "Apache-2.0"


def test_nothing_to_build_with_is_left(locked_down: LockedDown) -> None:
    """Of what built the image nothing is in it: no compiler, no installer beside leakwatch."""
    look = "! command -v cc gcc make uv hatchling && ! ls /opt/leakwatch/bin/pip*"
    locked_down.shell(look)


def test_known_file_is_found_in_confinement(locked_down: LockedDown) -> None:
    """Key, corpus and scan work as the image's user, the child that reads files included."""
    letters = random.Random(1)
    words = ["".join(letters.choices("abcdefghij", k=6)) for _ in range(300)]
    known = locked_down.settings / "known"
    known.mkdir()
    (known / "note.txt").write_text(" ".join(words), encoding="utf-8")
    state = "/var/lib/leakwatch"
    locked_down.once("keygen", f"{state}/key")
    with_key = ["--key", f"{state}/key"]
    corpus = f"{state}/made-up.corpus"
    locked_down.once("corpus", "build", "/etc/leakwatch/known", "--out", corpus, *with_key)
    scan = ["scan", "/etc/leakwatch/known", "--corpus", corpus, *with_key, "--json"]
    (line,) = locked_down.once(*scan).splitlines()
    found = json.loads(line)
    assert (found["artefact"], found["error"]) == ("note.txt", None)
    assert [match["grade"] for match in found["matches"]] == ["conclusive"]


def test_attempts_are_contained_in_the_image(locked_down: LockedDown) -> None:
    """What a parser taken over tries comes to nothing as the image's user without capabilities."""
    support = locked_down.settings / "tests" / "support"
    support.mkdir(parents=True)
    for name in ("containment", "hostile", "taken_over"):
        shutil.copy(SUPPORT / f"{name}.py", support)
    program = (
        "import sys; sys.path.insert(0, '/etc/leakwatch'); "
        "from tests.support.containment import main; main()"
    )
    said = locked_down.shell(f'exec python3 -c "{program}"')
    assert unexpected(json.loads(said.splitlines()[-1])) == {}


def test_daemon_runs_without_privilege(locked_down: LockedDown, config: dict[str, Any]) -> None:
    """With a read-only root and no capability the daemon starts, is healthy and stops cleanly."""
    engine = locked_down.engine
    locked_down.once("db", "upgrade")
    with locked_down.in_background("run") as container:
        _wait_until_healthy(engine, container, config["Healthcheck"]["Test"][1:])
        _assert_confined(engine, container)
        started = time.monotonic()
        engine.podman("kill", "--signal", "TERM", container)
        assert engine.podman("wait", container).strip() == "0", engine.attempt("logs", container)
        assert time.monotonic() - started < DRAIN_S + 15


def _wait_until_healthy(engine: Engine, container: str, check: list[str]) -> None:
    until = time.monotonic() + START_LIMIT_S
    while engine.attempt("exec", container, *check).returncode:
        running = engine.podman("inspect", "--format", "{{.State.Running}}", container).strip()
        said = engine.attempt("logs", container)
        assert running == "true", said.stdout + said.stderr
        assert time.monotonic() < until, said.stdout + said.stderr
        time.sleep(0.5)


def _assert_confined(engine: Engine, container: str) -> None:
    """The first process is what the operator asked for, whatever the image would like."""
    lines = engine.podman("exec", container, "cat", "/proc/1/status").splitlines()
    status = {name: value.split() for name, _, value in (line.partition(":") for line in lines)}
    assert status["Uid"] == [str(UID)] * 4
    assert status["Gid"] == [str(UID)] * 4
    assert {status[name][0] for name in ("CapEff", "CapPrm", "CapBnd")} == {"0" * 16}
    assert status["NoNewPrivs"] == ["1"]
    assert "Read-only" in engine.attempt("exec", container, "touch", "/opt/leakwatch/x").stderr
    assert engine.podman("exec", container, "find", "/tmp", "-type", "f") == ""  # noqa: S108
