"""Peak memory of a scan of a nested archive of two gigabytes; run by ``make bench``.

Usage: python -m tests.bench.memory [--megabytes N] [--archive FILE]

The archive is a ZIP file of notes, of texts and blobs of several hundred MB, of
a tar with ZIP files in it, and of ZIP files within ZIP files, stored and packed.
Memory is what all processes together hold beside what is on the disk.
"""

# ruff: noqa: T201 - a bench prints
from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from tests.bench.notes import note
from tests.bench.watched import watched
from tests.support.mixed_files import MAKERS

TARGET_MB = 1024
"""More than this for one scanning process and its child is too much."""
_MB = 1_000_000
_NOTES = 200
_BLOCK = os.urandom(_MB)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=2000)
    parser.add_argument("--archive", type=Path, help="where it is made, and stays")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        archive = arguments.archive or home / "dump.zip"
        if not archive.exists():
            make(archive, home, arguments.megabytes)
        _leakwatch("keygen", home / "key")
        (home / "files").mkdir()
        for number in range(_NOTES):
            (home / "files" / f"{number}.txt").write_text(note(number), encoding="utf-8")
        corpus = home / "notes.corpus"
        _leakwatch("corpus", "build", home / "files", "--out", corpus, "--key", home / "key")
        words = ("scan", archive, "--corpus", corpus, "--key", home / "key", "--json")
        spent = watched(partial(_scanned, words, "--jobs", "1"))
        print(f"scan of {archive.stat().st_size / 1e6:.0f} MB, nested, one job")
        print(f"  {spent.result} lines found, {spent.wall_s:.0f} s, {spent.cpu_s:.0f} s of CPU")
        over = "" if spent.peak_bytes <= TARGET_MB * 1024 * 1024 else f"  over {TARGET_MB} MiB"
        print(f"  {spent.peak_bytes / 1024 / 1024:.0f} MiB at the peak{over}")


def make(archive: Path, scratch: Path, megabytes: int) -> None:
    """Write the archive; parts of it lie in the scratch folder meanwhile."""
    share = megabytes // 15
    inner = _zip(scratch / "inner.zip", [("blob.bin", partial(_blob, 3 * share)), *_notes(0)])
    packed = _zip(scratch / "packed.zip", [("inner.zip", partial(_file, inner))], packs=True)
    deep = _zip(scratch / "deep.zip", [("packed.zip", partial(_file, packed)), *_notes(1)])
    with tarfile.open(scratch / "tree.tar", "w") as tree:
        tree.add(inner, "in/inner.zip")
        tree.add(deep, "in/deep.zip")
    members: list[tuple[str, Callable[[], Iterator[bytes]]]] = [
        ("tree.tar", partial(_file, scratch / "tree.tar")),
        ("stored.zip", partial(_file, deep)),
        ("long.txt", partial(_text, 3 * share)),
        ("blob.bin", partial(_blob, 3 * share)),
        *_notes(2),
    ]
    _zip(archive, members)
    for part in (inner, packed, deep, scratch / "tree.tar"):
        part.unlink()


def _zip(
    path: Path, members: Sequence[tuple[str, Callable[[], Iterator[bytes]]]], *, packs: bool = False
) -> Path:
    method = zipfile.ZIP_DEFLATED if packs else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", method) as made:
        for name, content in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            with made.open(info, "w", force_zip64=True) as member:
                for piece in content():
                    member.write(piece)
    return path


def _notes(part: int) -> list[tuple[str, Callable[[], Iterator[bytes]]]]:
    numbers = range(part * 60, part * 60 + 60)
    kinds = ("txt", "pdf", "docx")
    return [(f"{n}.{kind}", partial(_made, kind, n)) for n in numbers for kind in kinds]


def _made(kind: str, number: int) -> Iterator[bytes]:
    yield MAKERS[kind](note(number))


def _blob(megabytes: int) -> Iterator[bytes]:
    for number in range(megabytes):
        yield number.to_bytes(8, "little") + _BLOCK[8:]


def _text(megabytes: int) -> Iterator[bytes]:
    text = "\n".join(note(f"long/{n}") for n in range(400)).encode()[:_MB]
    for number in range(megabytes):
        yield b"%07d " % number + text[8:]


def _file(path: Path) -> Iterator[bytes]:
    with path.open("rb") as opened:
        while piece := opened.read(_MB):
            yield piece


def _scanned(words: Sequence[Path | str], *more: str) -> int:
    done = subprocess.run(  # noqa: S603
        _command(*words, *more), check=True, stdout=subprocess.PIPE
    )
    return len(done.stdout.splitlines())


def _leakwatch(*words: Path | str) -> None:
    quiet = subprocess.DEVNULL
    subprocess.run(_command(*words), check=True, stdout=quiet, stderr=quiet)  # noqa: S603


def _command(*words: Path | str) -> list[str]:
    return [sys.executable, "-m", "leakwatch", *map(str, words)]


if __name__ == "__main__":
    main()
