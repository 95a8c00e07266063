"""``corpus build`` over mixed files, kind by kind; run by ``make bench``.

Usage: python -m tests.bench.mixed [--files N] [--jobs N] [--keep FOLDER]

Files are made up (``tests/support/mixed_files.py``): a PDF of three pages, a
note in each other kind. Each kind is built alone through the real command, then
all together in the shares of a clinic; then what 100,000 PDFs and 428,000 mixed
files take at that rate.
"""

# ruff: noqa: T201 - a bench prints
from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from tests.bench.notes import note
from tests.support.mixed_files import MAKERS

SHARES: Mapping[str, int] = {
    "txt": 20, "pdf": 40, "docx": 12, "jpg": 10, "html": 5, "rtf": 4, "xlsx": 4, "eml": 3, "zip": 2,
}  # fmt: skip
"""Of a hundred files."""
NOTES_A_PDF = 3
PDFS, ALL_FILES = 100_000, 428_000
"""What a custodian has, and what was stolen."""
_PICTURES = 50
"""Different ones: to make a picture takes a hundred times as long as to read it."""


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1500, help="of each kind")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--keep", type=Path, help="where the files are made, and stay")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        home = arguments.keep or Path(scratch)
        work = Path(scratch) / "work"
        work.mkdir()
        _keygen(work)
        measure(home, work, arguments.files, arguments.jobs)


def measure(home: Path, work: Path, files: int, jobs: int) -> None:
    """Build from each kind, then from all."""
    folders = {kind: write(home / kind, kind, files) for kind in SHARES}
    print(f"corpus build, {jobs} jobs, {files} files of each kind; start and end taken off")
    nothing = write(home / "nothing", "txt", 1)
    idle = min((build(nothing, work, jobs) for _ in range(3)), key=lambda spent: spent.wall_s)
    spents = {}
    for kind, folder in folders.items():
        spents[kind] = build(folder, work, jobs) - idle
        _line(kind, files, _bytes_in(folder), spents[kind])
    mixed = mix(home / "mixed", files)
    count = sum(1 for path in mixed.rglob("*") if path.is_file())
    spent = build(mixed, work, jobs) - idle
    _line("mixed", count, _bytes_in(mixed), spent)
    _minutes(f"{PDFS:,} PDFs of three pages", spents["pdf"], PDFS / files, jobs)
    _minutes(f"{ALL_FILES:,} mixed files", spent, ALL_FILES / count, jobs)


@dataclass(frozen=True, slots=True)
class Spent:
    """What a command took, its children included."""

    wall_s: float
    cpu_s: float

    def __sub__(self, other: Spent) -> Spent:
        return Spent(max(1e-6, self.wall_s - other.wall_s), max(0.0, self.cpu_s - other.cpu_s))


def build(folder: Path, work: Path, jobs: int) -> Spent:
    """Run the command over a folder."""
    out = work / "x.corpus"
    words = ("corpus", "build", folder, "--out", out, "--key", work / "key", "--jobs", str(jobs))
    before, began_s = os.times(), time.monotonic()
    _leakwatch(*words)
    after = os.times()
    spent = Spent(time.monotonic() - began_s, sum(after[2:4]) - sum(before[2:4]))
    subprocess.run(["rm", "-rf", out], check=True)  # noqa: S603, S607
    return spent


def write(folder: Path, kind: str, files: int) -> Path:
    """Write files of one kind, unless they are there."""
    if not folder.is_dir():
        folder.mkdir(parents=True)
        parts = [(folder, kind, range(at, min(at + 250, files))) for at in range(0, files, 250)]
        with get_context("fork").Pool() as pool:
            pool.map(_write_part, parts)
    return folder


def _write_part(part: tuple[Path, str, range]) -> None:
    folder, kind, numbers = part
    for number in numbers:
        (folder / f"{number}.{kind}").write_bytes(_file(kind, number))


def _file(kind: str, number: int) -> bytes:
    if kind == "pdf":
        first = number * NOTES_A_PDF
        return MAKERS[kind]("\n\n".join(note(n) for n in range(first, first + NOTES_A_PDF)))
    if kind == "jpg":
        # A trailer makes each a file of its own.
        return MAKERS[kind](str(number % _PICTURES)) + b"%d" % number
    return MAKERS[kind](note(f"{kind}/{number}"))


def mix(folder: Path, files: int) -> Path:
    """Link files of all kinds into one folder, in their shares."""
    if not folder.is_dir():
        folder.mkdir()
        most = files / max(SHARES.values())
        for kind, share in SHARES.items():
            for number in range(int(share * most)):
                name = f"{number}.{kind}"
                os.link(folder.parent / kind / name, folder / name)
    return folder


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def _line(kind: str, files: int, size_bytes: int, spent: Spent) -> None:
    print(
        f"  {kind:6}{files:7} files {size_bytes / 1e6:8.1f} MB {files / spent.wall_s:8.0f} files/s"
        f" {size_bytes / 1e6 / spent.wall_s:7.1f} MB/s {spent.cpu_s / files * 1000:7.2f} ms of CPU"
    )


def _minutes(what: str, spent: Spent, times: float, jobs: int) -> None:
    wall, cpu = (times * seconds / 60 for seconds in (spent.wall_s, spent.cpu_s / jobs))
    print(f"{what}: {wall:.1f} minutes; {cpu:.1f} where the cores have nothing else to do")


def _keygen(work: Path) -> None:
    _leakwatch("keygen", work / "key")


def _leakwatch(*words: Path | str) -> None:
    command: Sequence[str] = [sys.executable, "-m", "leakwatch", *map(str, words)]
    subprocess.run(  # noqa: S603
        command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


if __name__ == "__main__":
    main()
