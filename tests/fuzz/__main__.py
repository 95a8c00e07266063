"""Fuzz the parsers of our own: ``python -m tests.fuzz [NAME...] --seconds S [--input FILE]``.

Each target runs in a process of its own under atheris, under limits of time and
memory for one input. What was found interesting is kept below ``.fuzz/`` and
gone on from; what broke a target lies there too, with the command that shows it.
"""

# ruff: noqa: T201 - a table is printed

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import re
import subprocess
import sys
import time
from pathlib import Path

from tests.fuzz.registry import TARGETS
from tests.fuzz.target import Target

_ROOT = Path(".fuzz")
_INPUT_S, _MEMORY_MIB, _INPUT_BYTES = 10, 1536, 64 * 1024
_DONE = re.compile(rb"stat::number_of_executed_units:\s+(\d+)")
_COVERAGE = re.compile(rb"cov: (\d+) ft: (\d+) corp: (\d+)")


def main() -> int:
    """Return 1 if any target broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(sorted(TARGETS))}")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--input", type=Path, help="run one target on this file alone")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in TARGETS]
    if unknown:
        parser.error(f"no such target: {', '.join(unknown)}")
    names = options.names or sorted(TARGETS)
    if options.input is not None:
        for name in names:
            TARGETS[name](options.input.read_bytes())
        return 0
    if importlib.util.find_spec("atheris") is None:
        parser.error("atheris is not installed: make fuzz installs it (CPython 3.11 to 3.13)")
    print(f"{'target':16} {'runs':>9} {'coverage':>8} {'features':>8} {'kept':>6} {'s':>5}")
    broken = [name for name in names if _fuzz(TARGETS[name], options.seconds)]
    return min(1, len(broken))


def _fuzz(target: Target, seconds: int) -> bool:
    """Run one target, print a line; return whether it broke."""
    corpus, broken = _ROOT / target.name, _ROOT / "broken" / target.name
    for folder in (corpus, broken):
        folder.mkdir(parents=True, exist_ok=True)
    for seed in target.seeds():
        corpus.joinpath(hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    limits = [f"-max_total_time={seconds}", f"-timeout={_INPUT_S}", f"-rss_limit_mb={_MEMORY_MIB}"]
    limits += [f"-max_len={_INPUT_BYTES}", f"-artifact_prefix={broken}/", "-print_final_stats=1"]
    began_s = time.monotonic()
    done = subprocess.run(  # noqa: S603  (our own interpreter and code)
        [sys.executable, "-m", "tests.fuzz.one", target.name, *limits, str(corpus)],
        capture_output=True,
        check=False,
    )
    took_s = time.monotonic() - began_s
    told = done.stderr + done.stdout
    runs, coverage = _DONE.search(told), _COVERAGE.findall(told)
    numbers = coverage[-1] if coverage else (b"-", b"-", b"-")
    shown = [value.decode() for value in (runs[1] if runs else b"-", *numbers)]
    print(
        f"{target.name:16} {shown[0]:>9} {shown[1]:>8} {shown[2]:>8} {shown[3]:>6} {took_s:5.0f}",
        flush=True,
    )
    if done.returncode:
        _report(target, broken, told)
    return done.returncode != 0


def _report(target: Target, broken: Path, told: bytes) -> None:
    lines = [line for line in told.decode("utf-8", "replace").splitlines() if line[:1] != "#"]
    print("\n".join(f"    {line}" for line in lines[-25:]))
    found = sorted(broken.iterdir(), key=lambda path: path.stat().st_mtime)
    if found:
        print(
            f"  again: {sys.executable} -m tests.fuzz {target.name} --input {found[-1]}", flush=True
        )


if __name__ == "__main__":
    sys.exit(main())
