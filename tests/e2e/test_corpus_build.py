"""A build from outside: stopped by whatever means, nothing runs on, and it can be gone on with."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from leakwatch.cli.main import main
from leakwatch.corpus.bundle import open_corpus
from tests.support.corpora import note, write_tree
from tests.support.processes import descendants, is_alive

FILES = 3000
WAIT_S = 60.0


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("build")
    write_tree(home / "files", {f"{n % 10}/{n}.txt": note(n, 30) for n in range(FILES)})
    assert main(["keygen", str(home / "key")]) == 0
    return home


def command(home: Path, out: str) -> list[str]:
    options = ["--out", str(home / out), "--key", str(home / "key"), "--jobs", "2", "--json"]
    return [sys.executable, "-m", "leakwatch", "corpus", "build", str(home / "files"), *options]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_stopped_amid_its_reading(home: Path, number: signal.Signals) -> None:
    """Interrupted, ended or killed: no process stays, no bundle is there, the next run goes on."""
    out = f"{number.name}.corpus"
    journal = home / f".{out}.building" / "known" / "journal"
    build = subprocess.Popen(  # noqa: S603  (our own command)
        command(home, out), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    with build:
        deadline = time.monotonic() + WAIT_S
        while not (journal.exists() and journal.read_bytes().count(b"\n") > 1):
            assert time.monotonic() < deadline
            assert build.poll() is None
            time.sleep(0.005)
        family = descendants(build.pid)
        build.send_signal(number)
        _, said = build.communicate(timeout=WAIT_S)
    assert build.returncode == (130 if number == signal.SIGINT else -number)
    assert (b"what was read is kept" in said) == (number == signal.SIGINT)
    assert len(family) >= 4
    while any(is_alive(pid, started) for pid, started in family.items()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert not (home / out).exists()
    again = subprocess.run(  # noqa: S603  (our own command)
        command(home, out), check=True, capture_output=True, timeout=WAIT_S
    )
    assert b"files already read" in again.stderr
    assert json.loads(again.stdout)["files"] == FILES
    assert open_corpus(home / out).files == FILES
    assert not (home / f".{out}.building").exists()
